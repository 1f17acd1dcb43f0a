"""One scope of a night as a run of its own."""

from datetime import date

import pytest
import sqlalchemy as sa
from small_district import SmallDistrict, imported

from flows.fire_scope import SET_ASIDE, ScopeForm, fire_scope
from xiaohao.errors import NotFound
from xiaohao.ledger import outbox
from xiaohao.ledger.tables import PROBLEM, RUN
from xiaohao.vocabulary import Light

pytestmark = pytest.mark.xdist_group("prefect")
NIGHT = date(2023, 10, 16)
REGISTERED = date(2023, 10, 9)


def test_it_fires_its_subtree_and_tells_nobody(office_engine: sa.Engine) -> None:
    district = SmallDistrict(office_engine)
    district.imports(REGISTERED, [imported("路灯不亮", unit, date(2023, 10, 8)) for unit in (3, 5, 5)])
    state = fire_scope(ScopeForm(business_date=NIGHT, scope="濮东街道"), return_state=True)
    assert state.message == "范围“PD”：到点 2 件，亮黄灯 0，亮红灯 2，销号 0"
    paths = fire_scope(ScopeForm(business_date=NIGHT, scope="/1/. /1/2/", name="2/2"), return_state=True)
    assert paths.message == "范围“2/2”：到点 1 件，亮黄灯 0，亮红灯 1，销号 0"
    with district.ledger.reading() as r:
        assert outbox.listed(r) == []
        assert set(r.conn.execute(sa.select(RUN.c.scope)).scalars()) == {"PD", "2/2"}


def test_with_nothing_given_it_is_the_whole_district_on_the_date_owed(office_engine: sa.Engine) -> None:
    SmallDistrict(office_engine).imports(REGISTERED, [imported("路灯不亮", 3, date(2023, 10, 8))])
    assert "范围“all”：到点 1 件" in str(fire_scope(return_state=True).message)
    assert "到点 0 件" in str(
        fire_scope(return_state=True).message
    )  # not called done: nobody has been told yet


def test_a_state_that_is_set_aside_fails_the_run_and_the_rest_is_done(office_engine: sa.Engine) -> None:
    district = SmallDistrict(office_engine)
    district.imports(
        REGISTERED, [imported("路灯不亮", 3, date(2023, 10, 8)), imported("雨棚", 5, date(2023, 10, 7))]
    )
    with office_engine.begin() as conn:
        conn.execute(PROBLEM.update().where(PROBLEM.c.id == 1).values(suspensions="坏"))
    state = fire_scope(ScopeForm(business_date=NIGHT), return_state=True)
    assert (state.is_failed(), state.name) == (True, SET_ASIDE)
    assert "算不出时间表" in str(state.message)
    with office_engine.connect() as conn:
        red = sa.select(PROBLEM.c.id).where(PROBLEM.c.light == "red")
        assert list(conn.execute(red).scalars()) == [2]


@pytest.mark.parametrize(
    ("revision", "said"),
    [
        ("9999", "台账数据库比本程序新，本次没有任何改动。请改用新版程序。"),
        ("0001", "台账数据库是旧版本，本次没有任何改动。请先备份，再运行 xiaohao db upgrade。"),
    ],
)
def test_a_worker_of_another_version_refuses_the_ledger(
    office_engine: sa.Engine, revision: str, said: str
) -> None:
    """Each run opens the ledger anew: a worker that nobody upgraded writes nothing, and says why."""
    SmallDistrict(office_engine).imports(REGISTERED, [imported("路灯不亮", 3, date(2023, 10, 8))])
    with office_engine.begin() as conn:
        conn.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{revision}'")
    state = fire_scope(ScopeForm(business_date=NIGHT), return_state=True)
    assert state.is_failed()
    assert said in str(state.message)
    with office_engine.connect() as conn:
        assert list(conn.execute(sa.select(RUN.c.id))) == []
        assert list(conn.execute(sa.select(PROBLEM.c.light)).scalars()) == [Light.GREEN]


def test_a_unit_that_is_not_there_is_refused(office_engine: sa.Engine) -> None:
    SmallDistrict(office_engine)
    with pytest.raises(NotFound):
        fire_scope(ScopeForm(business_date=NIGHT, scope="没有的乡"))


def test_the_form_is_labelled_in_chinese() -> None:
    schema = fire_scope.parameters.definitions["ScopeForm"]
    assert [field["title"] for field in schema["properties"].values()] == ["业务日期", "范围", "范围名称"]
    assert all(field["description"] for field in schema["properties"].values())
    assert "required" not in schema
