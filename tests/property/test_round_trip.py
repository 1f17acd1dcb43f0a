"""Random ledgers, exported: importing that changes nothing, and an empty ledger that takes it exports the same.

What "the same" means stands in `xiaohao.actions.export_workbook`. The cells are read by openpyxl here.
"""

import dataclasses
import shutil
import tempfile
from datetime import UTC, date, datetime, timedelta
from itertools import zip_longest
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from xiaohao.actions import night, set_up
from xiaohao.actions.export_workbook import export
from xiaohao.actions.import_workbook import FileAnswer, import_files
from xiaohao.ledger import new_problems, trail, units
from xiaohao.ledger.connect import open_engine
from xiaohao.ledger.new_problems import NewMeasure, NewProblem, NewReport
from xiaohao.ledger.writing import Ledger
from xiaohao.rules.counting import Term
from xiaohao.vocabulary import Action, Entered, RectificationClass, Source, TermUnit, UnitKind
from xiaohao.workbooks.cell_text import line_text, long_text
from xiaohao.workbooks.words import source_of

ON = date(2026, 3, 10)
AT = datetime(2026, 3, 10, 4, tzinfo=UTC)
NOT_IMPORTED = ("编号", "状态", "亮灯", "督办级别", "原定时限", "下次复查")
UNITS = (
    ("HL", "华龙区", UnitKind.DISTRICT, None),
    ("MK", "孟轲乡", UnitKind.TOWNSHIP, -1),
    ("ZYL", "中原路街道", UnitKind.SUBDISTRICT, -1),
    ("MKQ", "前孟村", UnitKind.VILLAGE, -2),
    ("ZY1", "和平社区", UnitKind.COMMUNITY, -3),
    ("MK1", "和平社区", UnitKind.COMMUNITY, -2),  # the same name elsewhere
    ("CG", "中原路街道城管办", UnitKind.DEPARTMENT, -3),
    ("RF", "区住建局（人防办）、消防站", UnitKind.DEPARTMENT, -1),  # no reading of a cell gives this name
)
NASTY = (
    "=1+1", "@SUM(A1)", "+86 139", "-5℃以下停水", "'007", "007", "０１２", "1e5", "同上", "〃", "#N/A", "####", "无", "/",
    "<r>假标记</r>", "_x000D_", "_x005F_x0041_", "a&b<c>\"d\"", "甲\n乙", "a\nb", "甲\r\n乙\r", "甲\t乙", "合计", "示例",
    "①一；②二", "1. 甲\n2. 乙", "1、甲；2、乙", "一是甲；二是乙。", "清理杂物；安装路灯", "（共1项）甲；乙", "甲（2023-10-07完成）",
    "（未完成）", "2023-10-07：甲\n2023-10-08：乙", "2023-13-77：甲", "2023-10-07：", "👩‍🚒楼道🔥起火", "。", "①", "是", "限期整改",
    "注：见附件", "填报单位：某某", "一、立行立改问题", "  两头空格　", "零\u200b宽", "\u200b甲", "控\x00制\x0b符\x1f", "坏\ufffe字",
    "2026-03-05", "45000", "长期坚持", "15个工作日内", "2026年2月30日", "见\u2028下", "甲" * 900, "a\n" * 100 + "b",
)  # fmt: skip
HEADINGS = (
    "备注", "状态", "编号", "整改截止时间", "整改情况/完成时间", "F列", "备注（12）", "亮灯", "社区", "牵头单位：", "第" * 45, "=A1", "同上",
    "填报时间：2023年10月7日", "照片<1>", "原编号", "协办单位", "2023年", "销号时间", "1",
)  # fmt: skip
texts = st.one_of(
    st.sampled_from(NASTY),
    st.text("路灯不亮井盖1.2、；;。\n①②（）完成限责任人：=+-@\"'<>&#🔥0０ \u3000", max_size=24),
    st.text(max_size=12),
    st.lists(st.sampled_from(NASTY[:45]), min_size=2, max_size=3).map("".join),
).filter(lambda text: "\x00" not in text and not any("\ud800" <= c <= "\udfff" for c in text))
days = st.dates(date(2020, 1, 1), ON)


def said(kind: Any = line_text) -> st.SearchStrategy[str]:
    """Texts of which something is left in a cell."""
    return texts.filter(lambda text: bool(kind(text)))


@st.composite
def problems(draw: st.DrawFn) -> NewProblem:
    """A problem as an import or a clerk may have brought it in."""
    kind = draw(st.sampled_from(RectificationClass))
    found = draw(days)
    closed = draw(st.none() | st.dates(found, ON))
    dated = kind is not RectificationClass.LONG_TERM
    due = draw(st.dates(found - timedelta(9), date(2027, 12, 31))) if dated else None
    if kind is RectificationClass.IMMEDIATE and draw(st.booleans()):
        due = None
    source = draw(st.none() | st.sampled_from(Source))
    extra = {key: draw(said(long_text)) for key in draw(st.sets(st.sampled_from(HEADINGS), max_size=3))}
    owner = draw(
        st.none() | st.sampled_from(["张三", "李四 13800000001、王五13900000002", "#N/A", "=张"]) | said()
    )
    odd_source = draw(said())
    extra |= {} if owner is None else {"责任人": owner}
    extra |= {} if source or source_of(line_text(odd_source)) else {"来源": odd_source}
    several = st.lists(st.integers(1, len(UNITS)), max_size=3, unique=True)
    unit = draw(st.integers(1, len(UNITS)))
    return NewProblem(
        draw(st.sampled_from(Entered)),
        draw(said()),
        unit,
        draw(st.integers(1, len(UNITS))),
        kind,
        found,
        external_number=draw(
            st.none() | st.sampled_from(["00{}", "PD-{}", "HL-2023-000{}", "=A{}", "（{}）"])
        ),
        description=draw(texts),
        category=draw(texts),
        source=source,
        place=draw(texts),
        limit_text=draw(texts) if due or not dated else "",
        due_given=due,
        review_every=draw(st.none() | st.builds(Term, st.integers(1, 24), st.sampled_from(TermUnit)))
        if not dated
        else None,
        co_unit_ids=tuple(each for each in draw(several) if each != unit),
        measures=tuple(
            draw(
                st.lists(
                    st.builds(
                        NewMeasure,
                        said(),
                        st.none() | days,
                        st.none() | days,
                        st.sampled_from(["", "张三", "（；）", "甲；乙"]),
                    ),
                    max_size=4,
                )
            )
        ),
        reports=tuple(draw(st.lists(st.builds(NewReport, said(long_text), days), max_size=3))),
        amount_fen=draw(st.none() | st.integers(0, 9 * 10**15)),
        extra=extra,
        closed_on=closed,
    )


@st.composite
def ledgers(draw: st.DrawFn) -> list[NewProblem]:
    """One to five problems; their own numbers differ."""
    found = [draw(problems()) for _ in range(draw(st.integers(1, 5)))]
    return [
        dataclasses.replace(each, external_number=each.external_number and each.external_number.format(place))
        for place, each in enumerate(found, start=1)
    ]


def open_district(template: Path, folder: Path, name: str) -> Ledger:
    file = folder / f"{name}.db"
    shutil.copyfile(template, file)
    ledger = Ledger(open_engine(f"sqlite:///{file}"))
    set_up.set_up(ledger)
    with ledger.writing(Action.UNIT, by="import", on=ON) as w:
        units.add(w, [{"code": c, "name": n, "kind": k, "parent_id": p} for c, n, k, p in UNITS])
    return ledger


def root(ledger: Ledger) -> trail.Head:
    with ledger.reading() as r:
        return trail.head(r.conn)


def brought(ledger: Ledger, file: Path) -> FileAnswer:
    (answer,) = import_files(ledger, [file], on=ON).files
    assert [fault for fault in answer.faults if fault.severity == "error"] == []
    return answer


def rows(file: Path) -> list[dict[str, Any]]:
    """The rows below the head by heading; a second column of one heading has a dash behind it."""
    sheet = openpyxl.load_workbook(file)["问题台账"]
    head, *below = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=3)]
    names: list[str] = []
    for heading in head:
        names.append(f"{heading}-" if heading in names else str(heading))
    return [dict(zip(names, row, strict=True)) for row in below]


def tried(examples: int) -> settings:
    return settings(
        max_examples=examples,
        deadline=None,
        phases=(Phase.explicit, Phase.reuse, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )


@dataclasses.dataclass(frozen=True)
class GoneRound:
    """What became of problems that were exported and imported again."""

    at_home: tuple[int, int, int]
    """New, updated and unchanged rows where they came from."""
    trail_grew: bool
    """Whether that import left a trace."""
    elsewhere: tuple[int, int, int]
    """The same in an empty ledger."""
    differing: list[Any]
    """Pairs of rows that differ between the first export and that of the other ledger."""


@tried(10)
@given(new=ledgers())
def test_an_export_comes_back(sqlite_template: Path, new: list[NewProblem]) -> None:
    assert gone_round(sqlite_template, new) == GoneRound((0, 0, len(new)), False, (len(new), 0, 0), [])


@pytest.mark.long
@tried(60)
@given(new=ledgers())
def test_many_exports_come_back(sqlite_template: Path, new: list[NewProblem]) -> None:
    assert gone_round(sqlite_template, new) == GoneRound((0, 0, len(new)), False, (len(new), 0, 0), [])


def gone_round(sqlite_template: Path, new: list[NewProblem]) -> GoneRound:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ledger, other = (open_district(sqlite_template, folder, name) for name in ("one", "other"))
        with ledger.writing(Action.IMPORT, by="import", on=ON, bulk="import") as w:
            new_problems.register_all(w, new)
        night.fire(ledger, ON)
        file = export(ledger, folder / "一.xlsx", at=AT).file
        before = root(ledger)
        at_home = counts(brought(ledger, file))
        trail_grew = root(ledger) != before
        elsewhere = counts(brought(other, file))
        again = export(other, folder / "二.xlsx", at=AT).file
        first, second = rows(file), rows(again)
        for line in (*first, *second):
            for heading in NOT_IMPORTED:
                del line[heading]
        for each in (ledger, other):
            each.engine.dispose()
        differing = [pair for pair in zip_longest(first, second) if pair[0] != pair[1]]
        return GoneRound(at_home, trail_grew, elsewhere, differing)


def counts(answer: FileAnswer) -> tuple[int, int, int]:
    return answer.new, answer.updated, answer.unchanged
