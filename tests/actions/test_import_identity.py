"""Which row is which problem (DESIGN 4.8), and that an import is all or nothing (I9)."""

from datetime import date
from multiprocessing import get_context
from pathlib import Path
from threading import Barrier, Thread

import pytest
import sqlalchemy as sa
from importing_office import HEADS, ON, Office, counts, messages, told

from xiaohao.actions import cancel, reassign, set_up
from xiaohao.actions.import_workbook import import_files
from xiaohao.ledger import posts
from xiaohao.ledger.connect import open_engine
from xiaohao.ledger.tables import MEASURE, PROBLEM, TRAIL
from xiaohao.ledger.writing import Ledger
from xiaohao.rules.authority import Person

DAY, CLASS, LIMIT = "2026-03-02", "限期整改", "2026-04-30"


@pytest.fixture
def office(engine: sa.Engine, tmp_path: Path) -> Office:
    set_up.set_up(Ledger(engine))
    office = Office(Ledger(engine), tmp_path)
    office.has_units()
    return office


def row(number: str, title: str, unit: str = "杨干城村") -> tuple[str, ...]:
    return number, title, unit, DAY, CLASS, LIMIT


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (row("A-1", "东门外道路破损"), row("A-1", "东门外道路破损"), (0, 0, 1, 0)),  # the same row
        (row("A-1", "东门外道路破损"), row("A-1", "东门外道路破损、积水"), (0, 1, 0, 0)),  # its title mended
        (row("A-1", "东门外道路破损"), row("A-2", "东门外道路破损"), (1, 0, 0, 0)),  # another number
        (
            row("A-1", "东门外道路破损"),
            row("A-1", "东门外道路破损", "前孟村"),
            (0, 0, 1, 0),
        ),  # 转办 is an act
        (row("", "东门外道路破损"), row("", "东门外 道路破损"), (0, 1, 0, 0)),  # white space is no difference
        (row("", "东门外道路破损"), row("", "东门外道路破损、积水"), (1, 0, 0, 0)),  # another title
        (row("", "东门外道路破损"), row("", "东门外道路破损", "前孟村"), (1, 0, 0, 0)),  # another unit's
        (row("A-1", "东门外道路破损"), row("", "东门外道路破损"), (0, 0, 1, 0)),  # its number is missing now
        (row("", "东门外道路破损"), row("A-1", "东门外道路破损"), (1, 0, 0, 0)),  # told as a twin
    ],
)
def test_a_row_is_known_by_its_number_else_by_unit_and_title(
    office: Office, first: tuple[str, ...], second: tuple[str, ...], expected: tuple[int, ...]
) -> None:
    office.bring(office.ledger_file(first))
    answer = office.bring(office.ledger_file(second))
    assert counts(answer) == expected
    assert not answer.has_errors


def test_the_same_number_of_another_filing_unit_is_another_problem(office: Office) -> None:
    heads = (*HEADS, "填报单位")
    rows = [(*row("1号", "道路破损"), "孟轲乡"), (*row("1号", "乱停车", "绿城社区"), "人民路街道")]
    assert counts(office.bring(office.ledger_file(*rows, heads=heads))) == (2, 0, 0, 0)


def test_our_own_number_in_the_number_column_is_that_problem(office: Office) -> None:
    office.bring(office.ledger_file(row("", "东门外道路破损")))
    [ours] = [each.number for each in office.problems()]
    assert ours.startswith("HL-2026-")
    answer = office.bring(office.ledger_file(row(ours, "东门外道路破损、积水")))
    assert counts(answer) == (0, 1, 0, 0)


def test_a_number_used_twice_for_two_problems_is_an_error_that_names_the_first(office: Office) -> None:
    answer = office.bring(office.ledger_file(row("A-1", "道路破损"), row("A-1", "路灯不亮")))
    assert told(answer) == [("error", 3, "编号")]
    assert "第2行" in messages(answer)
    assert office.problems() == []


def test_one_problem_in_two_rows_or_two_files_goes_in_once_with_a_warning(office: Office) -> None:
    one = office.ledger_file(row("A-1", "道路破损"), row("A-1", "道路 破损"), name="一.csv")
    other = office.ledger_file(row("A-1", "道路破损"), name="二.csv")
    answer = office.bring(one, other)
    assert answer.written
    assert told(answer, 0) == [("warning", 3, "问题")]
    assert told(answer, 1) == [("warning", 2, "问题")]
    assert "一.csv" in messages(answer, 1)
    assert len(office.problems()) == 1


def test_importing_the_same_file_again_writes_nothing_at_all(office: Office) -> None:
    heads = (*HEADS, "整改措施", "整改进展", "反映人", "反映人电话", "备注")
    rows = [
        (*row("A-1", "道路破损"), "1.封闭；2.摊铺", "已封闭", "王大爷", "19900009001", "催办"),
        ("", "路灯不亮", "绿城社区", "", "立行立改", "立行立改"),
        ("", "集体经济薄弱", "孟轲乡", DAY, "长期整改", "长期坚持", "1.招商", "正在洽谈"),
    ]
    file = office.ledger_file(*rows, heads=heads)
    assert counts(office.bring(file)) == (3, 0, 0, 0)
    before = office.head()
    again = office.bring(file, on=date(2026, 5, 6))
    assert (again.written, counts(again)) == (False, (0, 0, 3, 0))
    assert office.head() == before


def test_residents_are_kept_apart_and_never_in_the_trail(office: Office) -> None:
    heads = (*HEADS, "反映人", "反映人电话")
    office.bring(office.ledger_file((*row("A-1", "道路破损"), "王大爷", "19900009001"), heads=heads))
    details = "".join(each.detail for each in office.rows(TRAIL))
    assert "道路破损" in details
    assert "王大爷" not in details
    assert "19900009001" not in details
    newer = office.ledger_file((*row("A-1", "道路破损"), "王大爷", "19900009002"), heads=heads)
    assert counts(office.bring(newer)) == (0, 1, 0, 0)


def test_one_error_and_nothing_goes_in_but_the_good_rows_when_asked_for(office: Office) -> None:
    good = office.ledger_file(row("A-1", "道路破损"), name="好.csv")
    bad = office.ledger_file(
        row("B-1", "路灯不亮"),
        row("B-2", "积水", "无此村"),
        ("B-3", "井盖缺失", "前孟村", DAY, CLASS, "2月30日"),
        name="坏.csv",
    )
    before = office.head()
    answer = office.bring(good, bad)
    assert (answer.written, answer.has_errors, office.head()) == (False, True, before)
    assert [(f.severity, f.row) for f in answer.files[1].faults] == [("error", 3), ("error", 4)]
    assert [counts(answer, 0), counts(answer, 1)] == [(0, 0, 0, 0), (0, 0, 0, 2)]
    answer = office.bring(good, bad, accept_good=True)
    assert [counts(answer, 0), counts(answer, 1)] == [(1, 0, 0, 0), (1, 0, 0, 2)]
    assert [each.external_number for each in office.problems()] == ["A-1", "B-1"]


def test_a_dry_run_says_what_would_happen_and_writes_nothing(office: Office) -> None:
    before = office.head()
    answer = office.bring(office.ledger_file(row("A-1", "道路破损")), dry_run=True)
    assert (answer.written, counts(answer)) == (False, (1, 0, 0, 0))
    assert (office.head(), office.problems()) == (before, [])


def test_a_file_that_is_none_is_refused_in_a_sentence_and_keeps_the_others_out(office: Office) -> None:
    good = office.ledger_file(row("A-1", "道路破损"))
    answer = office.bring(good, good.with_name("没有.xlsx"))
    assert (answer.written, office.problems()) == (False, [])
    [fault] = answer.files[1].faults
    assert (fault.severity, fault.row) == ("error", None)
    assert "找不到" in fault.message
    assert answer.as_json()["files"][1]["annotated"] is None


def test_a_cancelled_problem_is_not_registered_again(office: Office) -> None:
    file = office.ledger_file(row("A-1", "道路破损"), row("", "路灯不亮"))
    office.bring(file)
    by = leader(office)
    for each in office.problems():
        cancel.cancel(office.ledger, each.number, "重复", by=by, on=ON)
    before = office.head()
    answer = office.bring(file)
    assert (answer.written, counts(answer)) == (False, (0, 0, 2, 0))
    assert messages(answer).count("作废") == 2
    assert office.head() == before


def test_a_problem_given_to_another_unit_is_still_known_by_its_old_row(office: Office) -> None:
    file = office.ledger_file(row("", "道路破损"), row("", "道路破损", "绿城社区"))
    office.bring(file)
    first = office.problems()[0]
    reassign.reassign(office.ledger, first.number, "前孟村", "属前孟村地界", by=leader(office), on=ON)
    answer = office.bring(file)
    assert (answer.written, counts(answer)) == (False, (0, 0, 2, 0))
    assert told(answer) == [("warning", 2, "责任单位")]
    assert "转办" in messages(answer)


def leader(office: Office) -> Person:
    """The district's supervisor, who may do it all."""
    people = office.file(
        "人员.csv",
        [("姓名", "单位", "职务", "工号", "任职时间"), ("李明", "华龙区", "督查员", "D1", "2020-1-1")],
    )
    office.bring(people)
    with office.ledger.reading() as r:
        return posts.person(r, "D1", ON)


def test_two_imports_at_once_give_each_problem_once(office: Office) -> None:
    file = office.ledger_file(*[row(f"A-{n}", f"第{n}号路灯不亮") for n in range(40)])
    ready, answers = Barrier(2), []

    def bring() -> None:
        ready.wait()
        answers.append(office.bring(file))

    threads = [Thread(target=bring) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(counts(answer)[0] for answer in answers) == [0, 40]
    assert len({each.external_number for each in office.problems()}) == len(office.problems()) == 40


def bring_elsewhere(url: str, path: str) -> int:
    answer = import_files(Ledger(open_engine(url)), [Path(path)], on=ON)
    return answer.files[0].new


def test_two_processes_that_import_at_once_give_each_problem_once(office: Office, database_url: str) -> None:
    file = office.ledger_file(*[row("", f"第{n}号路灯不亮") for n in range(40)])
    with get_context("spawn").Pool(2) as pool:
        new = pool.starmap(bring_elsewhere, [(database_url, str(file))] * 2)
    assert sorted(new) == [0, 40]
    assert len(office.problems()) == 40


def test_the_number_of_statements_does_not_grow_with_the_rows(office: Office) -> None:
    def statements(count: int, start: int) -> int:
        file = office.ledger_file(
            *[(*row(f"A-{n}", f"第{n}号路灯不亮"), "1.更换；2.巡查") for n in range(start, start + count)],
            heads=(*HEADS, "整改措施"),
        )
        seen: list[str] = []

        def count_one(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
            seen.append(statement)

        sa.event.listen(office.ledger.engine, "before_cursor_execute", count_one)
        office.bring(file)
        office.bring(file)
        sa.event.remove(office.ledger.engine, "before_cursor_execute", count_one)
        return len(seen)

    few = statements(3, 0)
    assert statements(400, 1000) <= few
    assert len(office.rows(PROBLEM)) == 403
    assert len(office.rows(MEASURE)) == 806
