"""夜间运行报告: what the operator reads the next morning, as a file and as the page of a run."""

import contextlib
import os
import tempfile
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import count
from pathlib import Path

from xiaohao.actions.whole_night import Night
from xiaohao.errors import LedgerUnreachable
from xiaohao.ledger import figures
from xiaohao.ledger.figures import UnitLights
from xiaohao.ledger.writing import Ledger

Lights = Sequence[UnitLights]
LIGHT_HEADS = ("单位", "绿", "黄", "红", "中止", "待复核", "昨夜销号", "未销号合计")
TOLD_HEADS = ("收件人", "单位", "件数", "最急的一件")
SENT_HEADS = ("状态", "份数")
MOST_TOLD = 200
"""A page of more recipients than this names the first ones only."""


def lights(ledger: Ledger) -> Lights:
    """The lights of each unit directly under the district as they stand now."""
    with ledger.reading() as r:
        return figures.lights_by_unit(r)


def headline(done: Night) -> str:
    """The whole night in one sentence."""
    if not done.did_something:
        return f"{done.business_date}：没有新的事项，该办的已经办完"
    levels = "、".join(f"{level}级 {n}" for level, n in sorted(done.escalated.items())) or "0"
    return (
        f"{done.business_date}：到点 {done.fired} 件，亮黄灯 {done.yellow}，亮红灯 {done.red}，督办 {levels}，"
        f"销号 {done.closed}，通知 {done.notices} 份，无人可报 {done.untold} 件"
    )


def light_rows(lights: Lights) -> list[tuple[str, ...]]:
    """The rows under LIGHT_HEADS."""
    return [
        tuple(map(str, (u.unit, u.green, u.yellow, u.red, u.suspended, u.applied, u.closed, u.open)))
        for u in lights
    ]


def told_rows(done: Night) -> list[tuple[str, ...]]:
    """The rows under TOLD_HEADS: who was told how much, and the most urgent matter."""
    rows: list[tuple[str, ...]] = []
    for digest in done.digests[:MOST_TOLD]:
        first = digest.items[0]
        level = f"{first.level}级" if first.level else ""
        urgent = f"{first.number} {first.title}（{level}{first.kind.label}）"
        rows.append((digest.recipient, digest.unit or "", str(len(digest.items)), urgent))
    return rows


def sent_rows(done: Night) -> list[tuple[str, ...]]:
    """The rows under SENT_HEADS: what became of the notices that were sent."""
    return [(state.label, str(n)) for state, n in done.sent.items()]


def page(done: Night, lights: Lights) -> str:
    """The report as Markdown."""
    parts = [f"# 夜间运行报告　{done.business_date}", headline(done) + "。"]
    if done.missed:
        parts.append(f"漏跑 {len(done.missed)} 天，这次一并补上：{_days(done.missed)}。")
    if troubles := (*done.failed, *done.set_aside):
        parts.append("## 需要处理\n\n" + _list(troubles))
    parts.append("## 各单位亮灯\n\n" + _table(LIGHT_HEADS, light_rows(lights)))
    if done.digests:
        parts.append("## 通知了谁\n\n" + _table(TOLD_HEADS, told_rows(done)))
        if (more := len(done.digests) - MOST_TOLD) > 0:
            parts.append(f"另有 {more} 人，用 xiaohao outbox list 查看。")
    if done.sent:
        parts.append("## 发送情况\n\n" + _table(SENT_HEADS, sent_rows(done)))
    if done.send_failures:
        parts.append("没有送达的原因：\n\n" + _list(done.send_failures))
    parts.append(f"## 留痕\n\n共 {done.trail_size} 条，根 `{done.root}`。")
    return "\n\n".join(parts) + "\n"


def write(folder: Path, done: Night, lights: Lights) -> Path | None:
    """Write the report as `<business date>.md`; its place, None where it would say nothing new.

    A later run of the same date that did something writes `<business date>-2.md` beside it: a
    report once written is never changed. Raises LedgerUnreachable where the folder takes no file.
    """
    if not done.did_something and done.is_whole and (folder / f"{done.business_date}.md").exists():
        return None
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return _put(folder, done.business_date, page(done, lights))
    except OSError as error:
        raise LedgerUnreachable(f"报告写不进文件夹 {folder}（{error.strerror}）。") from error


def _put(folder: Path, on: date, text: str) -> Path:
    """The whole file appears at once under the first name that is free, or not at all."""
    handle, name = tempfile.mkstemp(dir=folder, prefix=".", suffix=".md")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        for number in count(1):
            target = folder / (f"{on}.md" if number == 1 else f"{on}-{number}.md")
            with contextlib.suppress(FileExistsError):
                os.link(name, target)
                return target
    finally:
        Path(name).unlink()
    raise AssertionError("count ended")


def _days(days: Sequence[date]) -> str:
    return str(days[0]) if len(days) == 1 else f"{days[0]} 至 {days[-1]}"


def _list(lines: Iterable[str]) -> str:
    return "\n".join(f"- {_cell(line)}" for line in lines)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(map(_cell, line)) + " |" for line in lines)


def _cell(text: str) -> str:
    """A text that Markdown reads as one cell of words: titles of problems are entered by anybody."""
    for char in "\\`*_[]<>|#":
        text = text.replace(char, f"\\{char}")
    return " ".join(text.split())
