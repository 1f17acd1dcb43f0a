"""A trail entry as one sentence: what was done, in an official's words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from xiaohao.rules.counting import Term
from xiaohao.rules.policy import LADDER
from xiaohao.vocabulary import (
    Action,
    CallBackOutcome,
    ClosingKind,
    EvidencePhase,
    Light,
    RectificationClass,
    Role,
    Source,
    Status,
    StepKind,
    TermUnit,
)

Detail = Mapping[str, Any]
LEVELS = ("零", "一", "二", "三")
ERASED = "（内容已依法删除）"


@dataclass(frozen=True)
class Names:
    """What the ids and codes of a detail are called: units by id, officials by code and by id."""

    units: Mapping[int, str]
    codes: Mapping[str, str]
    officials: Mapping[int, str]


def sentence(action: Action, detail: Detail | None, before: Detail, names: Names) -> str:
    """One entry in words. `before` are the columns of the problem as the entries so far set them."""
    if detail is None:
        return f"{action.label}{ERASED}。"
    if action in (Action.REGISTER, Action.IMPORT) and not before:
        told = [action.label, *_entered(detail, names)]
    elif action is Action.TELL:
        told = [_told(detail["told"], names) if "told" in detail else _spared(detail, names)]
    else:
        told = [action.label, *_texts(detail, before, names), *_what(action, detail, names)]
    turned = [*_steps(action, detail), *_clock(detail, before)]
    if action is Action.NIGHT and turned:
        told = []
    told += turned
    return "，".join(part for part in told if part) + "。"


def chinese(iso: str) -> str:
    """2023-10-15 → 2023年10月15日."""
    day = date.fromisoformat(iso)
    return f"{day.year}年{day.month}月{day.day}日"


def _entered(detail: Detail, names: Names) -> Iterator[str]:
    problem = detail["problem"]
    yield f"“{problem['title']}”"
    yield f"责任单位{names.units[problem['unit_id']]}"
    if helping := [names.units[row["unit_id"]] for row in detail.get("co_unit", ())]:
        yield f"协办单位{'、'.join(helping)}"
    if problem.get("source"):
        yield f"来源{Source(problem['source']).label}"
    yield f"发现日期{chinese(problem['found_on'])}"
    if measures := detail.get("measure"):
        yield f"整改措施{len(measures)}条"
    for row in detail.get("closing", ()):
        if row["kind"] == ClosingKind.HISTORIC:
            yield f"导入前已于{chinese(row['closed_on'])}销号"


TEXTS: Mapping[str, str] = {
    "title": "标题",
    "description": "问题描述",
    "category": "问题类别",
    "place": "地点",
    "external_number": "编号",
}
"""Columns whose new text is told as it stands."""


def _texts(detail: Detail, before: Detail, names: Names) -> Iterator[str]:
    """What a correction, or a row that was imported again, says anew."""
    problem = detail.get("problem", {})
    for name, label in TEXTS.items():
        if name in problem and problem[name] != before.get(name):
            yield f"{label}改为“{problem[name]}”" if problem[name] else f"{label}清空"
    if problem.get("source"):
        yield f"来源改为{Source(problem['source']).label}"
    if problem.get("found_by_unit_id"):
        yield f"发现单位改为{names.units[problem['found_by_unit_id']]}"
    if helping := [names.units[row["unit_id"]] for row in detail.get("co_unit", ())]:
        yield f"协办单位变更：{'、'.join(helping)}"


def _what(action: Action, detail: Detail, names: Names) -> Iterator[str]:
    """What an act says besides the clock: its reason, its text, its days."""
    problem = detail.get("problem", {})
    match action:
        case Action.ASK_EXTENSION | Action.GRANT_EXTENSION | Action.REFUSE_EXTENSION:
            yield from _extension(action, detail)
        case Action.GRANT_SUSPENSION:
            for row in detail.get("suspension", ()):
                yield f"自{chinese(row['from_on'])}至{chinese(row['until_on'])}"
                yield f"理由：{row['reason']}"
        case Action.RETURN:
            yield from (f"理由：{row['reason']}" for row in detail.get("closing", ()))
        case Action.REASSIGN:
            yield f"责任单位改为{names.units[problem['unit_id']]}"
        case Action.CANCEL:
            yield f"理由：{problem.get('cancel_reason')}"
        case Action.CLOSE:
            yield from _closed(detail)
    yield from _parts(detail)
    why = detail.get("why", {})
    if why.get("reason") and action is not Action.CANCEL:
        yield f"理由：{why['reason']}"
    if why.get("text"):
        yield str(why["text"])


def _extension(action: Action, detail: Detail) -> Iterator[str]:
    for row in detail.get("extension", ()):
        yield f"延至{chinese(row['until_granted'] or row['until_asked'])}"
        if action is Action.ASK_EXTENSION:
            yield f"理由：{row['reason']}"


def _closed(detail: Detail) -> Iterator[str]:
    for row in detail.get("closing", ()):
        yield f"销号日期{chinese(row['closed_on'])}"
        yield f"用时{row['days_used']}天"
        if row["suspended_days"]:
            yield f"另中止{row['suspended_days']}天"
        if row["days_over"]:
            yield f"超期{row['days_over']}天"
        elif row["on_time"]:
            yield "按期完成"


def _parts(detail: Detail) -> Iterator[str]:
    for row in detail.get("progress", ()):
        yield f"“{row['text']}”"
    for row in detail.get("measure", ()):
        done = row.get("done_on")
        state = f"，{chinese(done)}完成" if done else ""
        yield f"第{row['position']}条“{row['text']}”{state}"
    for row in detail.get("evidence", ()):
        yield f"{EvidencePhase(row['phase']).label}“{row['name']}”"
    for row in detail.get("call_back", ()):
        note = f"（{row['note']}）" if row.get("note") else ""
        yield f"{CallBackOutcome(row['outcome']).label}{note}"
    if any(row.get("cut_on") for row in detail.get("suspension", ())):
        yield "中止随之结束"


def _told(told: Detail, names: Names) -> str:
    post = f"{names.units[told['unit_id']]}{Role(told['role']).label}"
    person = f"{names.codes.get(told['official'], '')}（{told['official']}）"
    return f"通知{post}{person}：{_step(told)}"


def _spared(detail: Detail, names: Names) -> str:
    code = detail["spared"]["official"]
    keys = ("clock_on", "step", "level", "repeat")
    steps = "、".join(_step(dict(zip(keys, key, strict=True))) for key in detail["quiet"])
    return f"{names.codes.get(code, '')}（{code}）已阅，不再重复通知：{steps}"


def _steps(action: Action, detail: Detail) -> Iterator[str]:
    """The steps that the entry records, withdraws, or settles untold."""
    for row in detail.get("firing", ()):
        late = "" if row["crossed_on"] == detail["on"] else f"（{chinese(row['crossed_on'])}到期）"
        note = "，不再通知" if row["quiet"] else ""
        yield f"{'' if action is Action.NIGHT else '补记'}{_step(row)}{late}{note}"
    if withdrawn := detail.get("withdrawn"):
        keys = ("clock_on", "step", "level", "repeat")
        yield f"撤回{'、'.join(_step(dict(zip(keys, key, strict=True))) for key in withdrawn)}"


def _step(row: Detail) -> str:
    kind, level, repeat = StepKind(row["step"]), row["level"], row["repeat"]
    role = LADDER[level].label
    match kind:
        case StepKind.ESCALATION:
            again = f"第{repeat}次重复，" if repeat else ""
            return f"{LEVELS[level]}级督办（{again}{role}）"
        case StepKind.WARNING:
            return "再次预警" if repeat else "预警"
        case StepKind.TAKE_UP:
            return f"逾期未签收（{role}）"
        case StepKind.VERIFY_WAIT:
            return f"申请销号待复核（{role}）"


def _clock(detail: Detail, before: Detail) -> Iterator[str]:
    """What the entry changes of class, deadline, state and light."""
    problem = detail.get("problem", {})

    def new(name: str) -> Any:
        return problem[name] if name in problem and problem[name] != before.get(name) else None

    if new("rectification_class"):
        yield RectificationClass(problem["rectification_class"]).label
    if new("term_count"):
        unit = TermUnit(problem.get("term_unit") or before["term_unit"])
        yield f"期限{Term(problem['term_count'], unit).label}"
    if new("due_on"):
        yield f"整改时限{chinese(problem['due_on'])}"
    if new("review_on"):
        yield f"下次报告进展{chinese(problem['review_on'])}"
    if new("take_up_by"):
        yield f"签收期限{chinese(problem['take_up_by'])}"
    status, light = new("status"), new("light")
    if status in (Status.SUSPENDED, Status.REGISTERED, Status.RECTIFYING) and before:
        yield f"转为{Status(status).label}"
    if light and (before or light != Light.GREEN):
        yield f"亮{Light(light).label}灯"
