"""一次运行: what one run wrote, from its row in the ledger, or from the Prefect run that did its work."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from xiaohao.errors import NotFound
from xiaohao.ledger import run_rows
from xiaohao.ledger.run_rows import RunEntry, RunLine
from xiaohao.ledger.writing import Ledger
from xiaohao.vocabulary import Action, StepKind

FLOWS: Mapping[str, str] = {
    "nightly": "触发到期事项",
    "compose": "拟写通知",
    "deliver": "发送通知",
    "recheck": "重新核查",
    "watch": "巡查",
    "heartbeat": "心跳",
    "verify_trail": "核对留痕",
}
"""What a run row's flow is called."""
NIGHT = ("nightly", "compose", "deliver")
PREFECT_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
MOST_ENTRIES = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView:
    """A run with the trail's entries that bear its number: how many, and the first thousand."""

    run: RunLine
    entries: int
    first: tuple[RunEntry, ...]


def show_run(ledger: Ledger, word: str) -> tuple[RunView, ...]:
    """The run of a number, or all runs of a Prefect flow run by its id, oldest first. Raises NotFound."""
    word = word.strip().lower()
    with ledger.reading() as r:
        if PREFECT_ID.fullmatch(word):
            lines = run_rows.of_prefect_run(r, word)
        else:
            lines = run_rows.numbered(r, int(word)) if re.fullmatch(r"[0-9]{1,15}", word) else ()
        if not lines:
            raise NotFound(f"台账里没有“{word}”这次运行。请写运行的编号，或 Prefect 页面上这次运行的 Id。")
        views = []
        for line in lines:
            count, first = run_rows.entries(r, line, MOST_ENTRIES)
            views.append(RunView(run=line, entries=count, first=tuple(first)))
    return tuple(views)


def of_night(ledger: Ledger, on: date) -> tuple[RunLine, ...]:
    """The runs of a night: its scopes, the notices written, and the sending, oldest first."""
    with ledger.reading() as r:
        return run_rows.of_date(r, on, NIGHT)


def name_of(run: RunLine) -> str:
    """What a run is called, with its scope where that is not the whole district."""
    scope = "" if run.scope in ("", "all") else f"（范围 {run.scope}）"
    return FLOWS.get(run.flow, run.flow) + scope


def what(entry: RunEntry) -> str:
    """What an entry says was done, with the levels that were reached or told."""
    said = Action(entry.action).label
    detail = entry.detail or {}
    steps: Sequence[Mapping[str, Any]] = [*detail.get("firing", ()), *filter(None, [detail.get("told")])]
    words = [
        f"{step['level']}级督办" if step.get("step") == StepKind.ESCALATION else StepKind(step["step"]).label
        for step in steps
        if step.get("step") in set(StepKind)
    ]
    return f"{said}：{'、'.join(dict.fromkeys(words))}" if words else said
