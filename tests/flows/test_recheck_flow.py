"""The flows 重新核查 and 发送通知: what their forms choose, and what they leave."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from prefect.client.schemas.objects import State
from small_district import SmallDistrict

from flows.deliver import deliver
from flows.nightly import NightForm, nightly
from flows.recheck import RecheckForm, recheck
from xiaohao.errors import NotFound, WrongUsage
from xiaohao.ledger import outbox
from xiaohao.ledger.tables import PROBLEM
from xiaohao.vocabulary import Action, Light, NoticeState

pytestmark = pytest.mark.xdist_group("prefect")
FOUND = date(2023, 10, 9)
Logs = Callable[[State[Any]], list[str]]


def test_a_recheck_without_a_word_looks_at_every_open_problem(
    office_engine: sa.Engine, run_logs: Logs
) -> None:
    district = SmallDistrict(office_engine)
    district.register(FOUND)
    state = recheck(return_state=True)
    assert state.is_completed()
    assert light(office_engine) is Light.RED
    assert "核查 1 件，有变化 1 件" in run_logs(state)


@pytest.mark.parametrize(
    ("form", "becomes"),
    [
        (RecheckForm(dry_run=True), Light.GREEN),
        (RecheckForm(unit="濮东街道"), Light.GREEN),  # another subtree
        (RecheckForm(unit="孟轲乡"), Light.RED),
        (RecheckForm(numbers=("HL-2023-0001",)), Light.RED),
    ],
)
def test_the_form_chooses_what_is_rechecked(
    office_engine: sa.Engine, form: RecheckForm, becomes: Light
) -> None:
    number = SmallDistrict(office_engine).register(FOUND)
    assert number == "HL-2023-0001"
    assert recheck(form, return_state=True).is_completed()
    assert light(office_engine) is becomes


def test_a_recheck_tells_nobody(office_engine: sa.Engine, office_home: Path) -> None:
    district = SmallDistrict(office_engine)
    district.register(FOUND)
    recheck()
    with district.ledger.reading() as r:
        assert outbox.listed(r) == []
    assert not (office_home / "notices").exists()


@pytest.mark.parametrize(
    ("form", "error"),
    [
        (RecheckForm(numbers=("HL-2023-0001",), unit="孟轲乡"), WrongUsage),
        (RecheckForm(unit="没有这个单位"), NotFound),
        (RecheckForm(numbers=("HL-1999-0001",)), NotFound),
    ],
)
def test_a_form_that_says_nothing_sensible_is_refused(
    office_engine: sa.Engine, form: RecheckForm, error: type[Exception]
) -> None:
    SmallDistrict(office_engine).register(FOUND)
    state = recheck(form, return_state=True)
    assert state.is_failed()
    assert isinstance(state.result(raise_on_failure=False), error)
    assert light(office_engine) is Light.GREEN


def test_why_a_problem_changed_stands_on_the_page(
    office_engine: sa.Engine, run_artifacts: Callable[[State[Any]], dict[str, str]]
) -> None:
    SmallDistrict(office_engine).register(FOUND)
    left = run_artifacts(recheck(return_state=True))
    [row] = json.loads(left["recheck"])
    assert row["问题"] == "HL-2023-0001"
    assert "亮红灯" in row["变化和原因"]


def test_deliver_sends_what_was_held_and_is_released(office_engine: sa.Engine, office_home: Path) -> None:
    district = SmallDistrict(office_engine)
    district.register(FOUND)
    nightly(NightForm(business_date=date(2023, 10, 16), held=True), return_state=True)
    deliver()
    assert states(district) == {NoticeState.HELD: 1}, "a held notice stays"
    with district.ledger.writing(Action.TELL, by="deliver", on=date(2023, 10, 16)) as w:
        outbox.release(w)
    deliver()
    assert states(district) == {NoticeState.DELIVERED: 1}
    assert len([p for p in (office_home / "notices").rglob("*") if p.is_file()]) == 1


def states(district: SmallDistrict) -> dict[NoticeState, int]:
    with district.ledger.reading() as r:
        return dict(outbox.counts(r))


def light(engine: sa.Engine) -> Light | None:
    """The light of the one problem there is."""
    with engine.connect() as conn:
        found: Light | None = conn.execute(sa.select(PROBLEM.c.light)).scalar_one()
        return found
