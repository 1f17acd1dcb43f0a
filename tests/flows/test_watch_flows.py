"""The flows 巡查 and 核对留痕, and how a Prefect run and its rows in the ledger are found from each other."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from prefect import Flow, flow
from prefect.client.schemas.objects import State
from small_district import SmallDistrict

from flows.deliver import deliver
from flows.fire_scope import ScopeForm, fire_scope
from flows.nightly import NightForm, nightly
from flows.recheck import recheck
from flows.verify_trail import VerifyTrailForm, verify_trail
from flows.watch import WatchForm, watch
from xiaohao.actions import outbox, show_run
from xiaohao.errors import WrongDate, WrongUsage
from xiaohao.ledger import guards
from xiaohao.ledger.tables import TRAIL
from xiaohao.vocabulary import Action

pytestmark = pytest.mark.xdist_group("prefect")
NIGHT = date(2023, 10, 16)
THAT_NIGHT = WatchForm(business_date=NIGHT)
Logs = Callable[[State[Any]], list[str]]
Artifacts = Callable[[State[Any]], dict[str, str]]


@pytest.fixture
def district(
    office_home: Path,  # noqa: ARG001
    sqlite_url: str,
    sqlite_engine: sa.Engine,
    monkeypatch: pytest.MonkeyPatch,
) -> SmallDistrict:
    """One problem that the night of 16 October turns red."""
    monkeypatch.setenv("XIAOHAO_DATABASE_URL", sqlite_url)
    return with_a_problem(sqlite_engine)


def with_a_problem(engine: sa.Engine) -> SmallDistrict:
    d = SmallDistrict(engine)
    d.register(date(2023, 10, 9))
    return d


@pytest.mark.usefixtures("district")
def test_after_a_night_the_watch_sends_a_heartbeat(
    office_home: Path, run_logs: Logs, run_artifacts: Artifacts
) -> None:
    nightly(NightForm(business_date=NIGHT), return_state=True)
    state = watch(THAT_NIGHT, return_state=True)
    assert state.is_completed()
    assert state.message == "2023-10-16：9 项检查全部正常，心跳已送到文件"
    assert json.loads((office_home / "heartbeat.json").read_text())["business_date"] == "2023-10-16"
    rows = json.loads(run_artifacts(state)["watch"])
    assert {row["结果"] for row in rows} == {"正常"}
    assert len(rows) == 9
    assert state.message in run_logs(state)
    assert watch(THAT_NIGHT.model_copy(update={"heartbeat": False}), return_state=True).is_completed()


def test_a_watch_that_finds_something_is_a_failed_run_and_no_heartbeat(
    district: SmallDistrict, office_home: Path, run_logs: Logs, run_artifacts: Artifacts
) -> None:
    """The steps are recorded and nobody was told: a night that ended between fire and compose."""
    from xiaohao.actions import night

    night.fire(district.ledger, NIGHT)
    state = watch(THAT_NIGHT, return_state=True)
    assert state.is_failed()
    assert "没有通知任何人" in str(state.message)
    assert not (office_home / "heartbeat.json").exists()
    left = {row["检查"]: row["结果"] for row in json.loads(run_artifacts(state)["watch"])}
    assert "没有通知任何人" in left["该通知的都已通知或列出"]
    assert left["夜间运行按时做完"] == "正常"
    assert any("没有通知任何人" in line for line in run_logs(state))


def test_the_daily_verification_recomputes_the_root(
    district: SmallDistrict, run_logs: Logs, run_artifacts: Artifacts
) -> None:
    nightly(NightForm(business_date=NIGHT), return_state=True)
    state = verify_trail(return_state=True)
    assert state.is_completed()
    assert str(state.message) in run_logs(state)
    left = run_artifacts(state)
    assert json.loads(left["verify-trail"]) == [{"留痕": "", "结果": "没有不符"}]
    assert float(left["verify-trail-progress"]) == 100
    with district.ledger.quiet_writing() as conn:
        guards.remove(conn)
        conn.execute(TRAIL.update().where(TRAIL.c.seq == 3).values(actor="official:7"))
        guards.install(conn)
    state = verify_trail(return_state=True)
    assert state.is_failed()
    assert "第 3 条留痕" in str(state.message)
    [row] = json.loads(run_artifacts(state)["verify-trail"])
    assert row["留痕"] == "3"


@pytest.mark.parametrize(
    ("flow", "form", "error"),
    [
        (watch, WatchForm(business_date=date(2999, 1, 1)), WrongDate),
        (verify_trail, VerifyTrailForm(size=3), WrongUsage),
    ],
)
@pytest.mark.usefixtures("office_home")
def test_a_form_that_says_nothing_sensible_is_refused(
    flow: Flow[..., Any], form: object, error: type[Exception]
) -> None:
    state = flow(form, return_state=True)
    assert isinstance(state.result(raise_on_failure=False), error)


@pytest.mark.parametrize(("flow", "form"), [(watch, WatchForm), (verify_trail, VerifyTrailForm)])
def test_the_forms_are_labelled_in_chinese_and_need_nothing(flow: Flow[..., Any], form: type) -> None:
    schema = flow.parameters.definitions[form.__name__]
    assert all(field["title"] and field["description"] for field in schema["properties"].values())
    assert not {"business_date", "heartbeat", "size", "root"} & {
        f["title"] for f in schema["properties"].values()
    }
    assert "required" not in schema
    form()


def test_an_escalation_is_traced_from_the_prefect_run_to_the_trail_and_back(
    office_engine: sa.Engine, run_logs: Logs, run_artifacts: Artifacts
) -> None:
    """Both ways: log and page of the run say the ledger's numbers; the ledger's rows say Prefect's id."""
    district = with_a_problem(office_engine)
    state = nightly(NightForm(business_date=NIGHT), return_state=True)
    prefect_run = str(state.state_details.flow_run_id)
    rows = json.loads(run_artifacts(state)["night-runs"])
    assert [row["事项"] for row in rows] == ["触发到期事项", "拟写通知", "发送通知"]
    assert {row["Prefect 运行"] for row in rows} == {prefect_run}
    said = " ".join(run_logs(state))
    for row in rows:
        assert f"已记入台账第 {row['运行编号']} 号运行" in said
    views = show_run.show_run(district.ledger, prefect_run)
    assert [str(view.run.run) for view in views] == [row["运行编号"] for row in rows]
    [entry] = views[0].first
    assert (entry.number, entry.action, show_run.what(entry)) == (
        "HL-2023-0001",
        Action.NIGHT,
        "夜间运行：未签收、预警、1级督办",
    )
    assert show_run.what(views[1].first[0]) == "通知：1级督办"
    [same] = show_run.show_run(district.ledger, rows[0]["运行编号"])
    assert same.run.prefect_runs == (prefect_run,)


def test_a_scope_fired_in_a_run_of_its_own_is_found_from_the_night_it_is_a_part_of(
    district: SmallDistrict,
) -> None:
    @flow(name="一夜")
    def one_night() -> None:
        fire_scope(ScopeForm(business_date=NIGHT))

    state = one_night(return_state=True)
    [view] = show_run.show_run(district.ledger, str(state.state_details.flow_run_id))
    assert view.run.flow == "nightly"
    above, own = view.run.prefect_runs
    assert (above, own != above) == (str(state.state_details.flow_run_id), True)


def test_a_second_run_of_a_night_joins_the_first_on_its_row(district: SmallDistrict) -> None:
    """Where it had something left to do; a run that wrote nothing is on no row."""
    states = [nightly(NightForm(business_date=NIGHT), return_state=True) for _ in range(2)]
    district.register(date(2023, 10, 9))
    states.append(nightly(NightForm(business_date=NIGHT), return_state=True))
    first, idle, last = (str(state.state_details.flow_run_id) for state in states)
    night_row = show_run.show_run(district.ledger, first)[0].run
    assert night_row.prefect_runs == (first, last)
    assert night_row.counts["fired"] == 2
    with pytest.raises(show_run.NotFound):
        show_run.show_run(district.ledger, idle)


def test_recheck_deliver_watch_and_verification_are_traced_too(
    district: SmallDistrict, run_logs: Logs, run_artifacts: Artifacts
) -> None:
    done = {"recheck": recheck(return_state=True)}
    nightly(NightForm(business_date=NIGHT, held=True), return_state=True)
    outbox.release(district.ledger, on=NIGHT)
    done["deliver"] = deliver(return_state=True)
    done["watch"] = watch(THAT_NIGHT, return_state=True)
    done["verify_trail"] = verify_trail(return_state=True)
    for name, state in done.items():
        prefect_run = str(state.state_details.flow_run_id)
        views = {view.run.flow: view.run.run for view in show_run.show_run(district.ledger, prefect_run)}
        assert name in views
        said = " ".join(run_logs(state))
        assert f"第 {views[name]} 号" in said, (name, said)
    assert float(run_artifacts(done["recheck"])["recheck-progress"]) == 100
