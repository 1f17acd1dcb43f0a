"""留痕: a problem's life in Chinese, an entry a sentence: when, who, what."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from xiaohao.actions.trail_sentence import Names, sentence
from xiaohao.ledger import lists, posts, problems, units
from xiaohao.ledger.lists import TrailRow
from xiaohao.ledger.writing import Ledger
from xiaohao.vocabulary import Action

SYSTEM: Mapping[str, str] = {
    "nightly": "系统（夜间运行）",
    "import": "系统（导入）",
    "recheck": "系统（重新核查）",
    "deliver": "系统（发送）",
    "set_up": "系统（启用）",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailEntry:
    """One entry. `at` is UTC as it was hashed, `on` the day that it counts for.

    `actor` is as stored (`official:101`, `system:nightly`), `who` in words. `detail` is None where
    it was lawfully erased.
    """

    seq: int
    at: str
    on: date | None
    actor: str
    who: str
    action: str
    version: int
    detail: Mapping[str, Any] | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailView:
    """The life of one problem, oldest entry first."""

    number: str
    title: str
    unit: str
    entries: tuple[TrailEntry, ...]

    def lines(self) -> list[str]:
        """A heading, then a line an entry: 2023-10-15　李明（101）：申请销号。"""
        head = f"问题 {self.number}　{self.title}（{self.unit}），留痕{len(self.entries)}条"
        return [head, *(f"{e.on or e.at[:10]}　{e.who}：{e.text}" for e in self.entries)]


def show_trail(ledger: Ledger, number: str) -> TrailView:
    """The trail of a problem, by our number or an unambiguous external one. Raises NotFound."""
    with ledger.reading() as r:
        case = problems.find(r, number, lock=False)
        rows = lists.trail_of(r, f"problem:{case.id}")
        officials = posts.officials(r).values()
        names = Names(
            {row.id: row.name for row in units.all_units(r)},
            {each.code: each.name for each in officials},
            {each.id: each.name for each in officials},
        )
    return TrailView(
        number=case.number,
        title=str(case.row["title"]),
        unit=case.unit_name,
        entries=tuple(_entries(rows, names)),
    )


def _entries(rows: Sequence[TrailRow], names: Names) -> Iterator[TrailEntry]:
    before: dict[str, Any] = {}
    for row in rows:
        on = None if row.detail is None else row.detail.get("on")
        yield TrailEntry(
            seq=row.seq,
            at=row.at,
            on=None if on is None else date.fromisoformat(on),
            actor=row.actor,
            who=_who(row.actor, names),
            action=row.action,
            version=row.version,
            detail=row.detail,
            text=sentence(Action(row.action), row.detail, before, names),
        )
        before |= {} if row.detail is None else row.detail.get("problem", {})


def _who(actor: str, names: Names) -> str:
    kind, _, key = actor.partition(":")
    if kind == "system":
        return SYSTEM.get(key, f"系统（{key}）")
    return f"{names.codes.get(key, '')}（{key}）"
