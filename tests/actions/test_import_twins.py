"""A title that was edited by hand is taken for a new problem, and the one it came from is named (DESIGN 4.8)."""

import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from importing_office import Office, counts, messages, told

from xiaohao.actions import set_up
from xiaohao.actions.import_twins import NearTitles, are_near, bare
from xiaohao.ledger.near_titles import KnownTitle
from xiaohao.ledger.writing import Ledger


@pytest.fixture
def office(engine: sa.Engine, tmp_path: Path) -> Office:
    set_up.set_up(Ledger(engine))
    office = Office(Ledger(engine), tmp_path)
    office.has_units()
    return office


@pytest.mark.parametrize(("one", "other"), [
    ("静和苑东门道路破损严重", "静和苑小区东门道路破损严重"),
    ("老旧小区供水管道老化", "老旧小区供水管道老化，水压不足，居民意见大"),
    ("瑞景花园公厕管护不到位", "瑞景花园公厕管理不到位"),
    ("飞线充电，存在隐患", "飞线充电 存在隐患。"),
    ("人民路北段路灯不亮影响出行", "人民路北段路灯不亮，影响居民出行"),
])  # fmt: skip
def test_an_edit_by_hand_is_seen(one: str, other: str) -> None:
    assert are_near(bare(one), bare(other))
    assert are_near(bare(other), bare(one))


@pytest.mark.parametrize(("one", "other"), [
    ("静和苑东门道路破损严重", "静和苑西门道路破损严重"),   # another gate
    ("锦绣家园三单元电梯停运", "锦绣家园五单元电梯停运"),
    ("静和苑停水", "静和苑停电"),
    ("路灯不亮", "道路破损"),
    ("村集体经济薄弱", "村集体经济薄弱，党员教育管理不严格，阵地建设滞后"),   # more than twice as long
    ("小区无物业管理垃圾清运不及时", "小区门口占道经营影响居民出行"),
])  # fmt: skip
def test_another_problem_is_no_edit(one: str, other: str) -> None:
    assert not are_near(bare(one), bare(other))
    assert not are_near(bare(other), bare(one))


def test_titles_with_other_numbers_are_never_compared() -> None:
    known = NearTitles([KnownTitle(1, "HL-2026-0001", 1, 2, "昆吾花园3号楼楼顶漏水")])
    assert known.twin(1, 2, "昆吾花园5号楼楼顶漏水") is None
    assert known.twin(1, 2, "昆吾花园3号楼顶层漏水") is not None
    assert known.twin(1, 3, "昆吾花园3号楼顶层漏水") is None
    assert known.twin(2, 2, "昆吾花园3号楼顶层漏水") is None


def test_the_import_names_the_problem_that_was_edited(office: Office) -> None:
    row = ("", "静和苑东门道路破损严重", "绿城社区", "2026-03-02", "限期整改", "2026-04-30")
    office.bring(office.ledger_file(row))
    [known] = office.problems()
    edited = ("", "静和苑小区东门道路破损严重", *row[2:])
    answer = office.bring(office.ledger_file(edited))
    assert counts(answer) == (1, 0, 0, 0)
    assert ("warning", 2, "问题") in told(answer)
    assert f"“静和苑东门道路破损严重”（{known.number}）" in messages(answer)


def test_a_known_title_that_is_still_in_the_file_was_not_edited(office: Office) -> None:
    row = ("", "静和苑东门道路破损严重", "绿城社区", "2026-03-02", "限期整改", "2026-04-30")
    office.bring(office.ledger_file(row))
    answer = office.bring(office.ledger_file(row, ("", "静和苑小区东门道路破损严重", *row[2:])))
    assert counts(answer) == (1, 0, 1, 0)
    assert "只差几个字" not in messages(answer)


@pytest.mark.parametrize("change", [
    {0: "B-1"},          # a 编号 of its own tells it apart
    {2: "前孟村"},       # another unit
])  # fmt: skip
def test_a_row_with_another_identity_is_no_twin(office: Office, change: dict[int, str]) -> None:
    row = ("", "静和苑东门道路破损严重", "绿城社区", "2026-03-02", "限期整改", "2026-04-30")
    office.bring(office.ledger_file(row))
    edited = [change.get(n, value) for n, value in enumerate(("", "静和苑小区东门道路破损严重", *row[2:]))]
    assert "只差几个字" not in messages(office.bring(office.ledger_file(edited)))


def test_a_cancelled_problem_names_nobody(office: Office) -> None:
    row = ("", "静和苑东门道路破损严重", "绿城社区", "2026-03-02", "限期整改", "2026-04-30")
    office.bring(office.ledger_file(row))
    with office.ledger.quiet_writing() as conn:
        conn.exec_driver_sql(
            "UPDATE problem SET status = 'cancelled', cancelled_on = '2026-03-05', cancel_reason = '重复',"
            " next_event_on = NULL, light = NULL"
        )
    edited = office.ledger_file(("", "静和苑小区东门道路破损严重", *row[2:]))
    assert "只差几个字" not in messages(office.bring(edited))


def test_ten_thousand_titles_of_one_unit_are_asked_in_no_time() -> None:
    """Each shares its boilerplate with all others: only what is rare in it is looked up."""
    syllables = "金银铜铁锡铅锌钢铝镍钨钼钛钒铬锰钴镁钙钠钾锂硅硼磷硫氯氟溴碘"
    names = [a + b + c for a in syllables for b in syllables for c in syllables][:10_000]
    known = NearTitles(
        KnownTitle(n, str(n), 1, 1, f"{name}小区门口路灯不亮影响居民夜间出行") for n, name in enumerate(names)
    )
    started = time.process_time()
    found = [known.twin(1, 1, f"{name}小区大门口路灯不亮影响居民夜间出行") for name in names]
    assert time.process_time() - started < 20
    assert all(twin is not None for twin in found)
