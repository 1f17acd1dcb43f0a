"""One problem on the screen: what it is, where it stands, what was done, what was told."""

from collections.abc import Iterable, Sequence
from typing import Any

from models.facts import ClosingLine, FiringLine, MeasureLine, PersonName, ProblemView
from xiaohao.cli.screen import Screen
from xiaohao.vocabulary import Light, StepKind


def after(s: Screen, view: ProblemView, said: str) -> None:
    """What an act did, and where the problem stands now."""
    s.line(said)
    s.line(f"{view.number}　{view.title}　{standing(view)}")


def standing(view: ProblemView) -> str:
    """Status, light and deadline in one phrase."""
    parts = [view.status.label]
    if view.light is not None:
        parts.append(f"{view.light.label}灯")
    if view.level:
        parts.append(f"督办{view.level}级")
    if view.due_on is not None:
        parts.append(f"时限 {view.due_on}")
    if view.review_on is not None:
        parts.append(f"下次报告进展 {view.review_on}")
    return "，".join(parts)


def show(s: Screen, view: ProblemView) -> None:
    """The whole problem."""
    s.line(f"{view.number}　{view.title}", style="bold")
    s.facts(_facts(view))
    _measures(s, view.measures)
    _section(s, "整改进展", ("日期", "报告人", "内容"), ((x.on, name(x.by), x.text) for x in view.progress))
    _section(
        s,
        "佐证材料",
        ("日期", "阶段", "文件", "大小"),
        ((x.on, x.phase, x.name, size(x.size)) for x in view.evidence),
    )
    _section(
        s,
        "延期",
        ("申请日期", "申请到", "理由", "批复", "批复日期", "延期到"),
        (
            (x.asked_on, x.until_asked, x.reason, x.decision, x.decided_on, x.until_granted)
            for x in view.extensions
        ),
    )
    _section(
        s,
        "中止",
        ("第一天", "最后一天", "理由", "同意日期"),
        ((x.from_on, x.until_on, x.reason, x.granted_on) for x in view.suspensions),
    )
    _section(
        s,
        "回访",
        ("日期", "回访人", "结果", "情况", "上级认定"),
        ((x.on, name(x.by), x.outcome, x.note, x.decided_on) for x in view.call_backs),
    )
    _section(
        s, "销号", ("方式", "申请", "结果", "复核", "销号日期", "用时"), (_closing(x) for x in view.closings)
    )
    _section(
        s, "预警和督办", ("日期", "事项", "起算", "通知了谁", "说明"), (_firing(x) for x in view.firings)
    )
    _section(
        s,
        "通知",
        ("业务日期", "收件人", "渠道", "状态", "送达时间"),
        ((x.business_date, x.recipient, x.channel, x.state, x.delivered_at) for x in view.notices),
    )


def name(person: PersonName | None) -> str | None:
    """An official's name with his code."""
    return None if person is None else f"{person.name}（{person.code}）"


def size(count: int) -> str:
    """A file's size."""
    return f"{count / 1024 / 1024:.1f} MB" if count >= 1024 * 1024 else f"{max(1, round(count / 1024))} KB"


def _facts(view: ProblemView) -> Iterable[tuple[str, Any]]:
    yield "状态", view.status
    yield "亮灯", None if view.light is None else Light(view.light)
    yield "督办", f"{view.level}级" if view.level else None
    yield "整改类型", view.rectification_class
    yield "责任单位", view.unit
    yield "协办单位", view.co_units
    yield "填报单位", view.register_unit if view.register_unit != view.unit else None
    yield "外部编号", view.external_number
    yield "来源", view.source
    yield "地点", view.place
    yield "类别", view.category
    yield "详细情况", view.description
    yield "发现日期", view.found_on
    yield "登记日期", view.registered_on
    yield "时限原文", view.limit_text
    yield "整改时限", view.due_on
    yield "原定时限", view.original_due_on if view.original_due_on != view.due_on else None
    yield "下次报告进展", view.review_on
    yield "应在此前签收", view.take_up_by if view.taken_up_on is None else None
    yield "签收日期", view.taken_up_on
    yield "中止到", view.suspended_until
    yield "投入资金", None if view.amount_fen is None else f"{view.amount_fen / 100:,.2f} 元"
    yield "第几轮", view.round if view.round > 1 else None
    yield "作废", None if view.cancelled_on is None else f"{view.cancelled_on} {view.cancel_reason}"
    yield "并入", view.merged_into
    yield "下一个时间点", view.next_event_on
    yield from view.extra.items()


def _measures(s: Screen, measures: Sequence[MeasureLine]) -> None:
    rows = ((at, x.text, x.due_on, x.done_on, x.owner) for at, x in enumerate(measures, start=1))
    _section(s, "整改措施", ("序号", "措施", "时限", "完成日期", "责任人"), rows)


def _section(s: Screen, title: str, heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    there = list(rows)
    if there:
        s.head(title)
        s.table(heads, there)


def _closing(x: ClosingLine) -> Sequence[Any]:
    applied = " ".join(str(part) for part in (x.applied_on, name(x.applied_by)) if part is not None)
    second = x.verified_by or x.returned_by
    seen = " ".join(
        str(part) for part in (x.verified_on or x.returned_on, name(second), x.reason) if part is not None
    )
    used = (
        None
        if x.days_used is None
        else f"{x.days_used}天" + (f"，逾期{x.days_over}天" if x.days_over else "")
    )
    return x.kind, applied, x.outcome, seen, x.closed_on, used


def _firing(x: FiringLine) -> Sequence[Any]:
    step = f"{x.level}级督办" if x.step is StepKind.ESCALATION else x.step.label
    if x.repeat:
        step += f"（第{x.repeat}次重复）"
    told = name(x.official)
    remarks = []
    if x.withdrawn_on is not None:
        remarks.append(f"{x.withdrawn_on} 撤回")
    if x.quiet:
        remarks.append("不通知")
    elif told is None and x.notice is not None:
        remarks.append("随更高一级通知")
    elif told is None and x.withdrawn_on is None:
        remarks.append("尚未通知")
    return x.crossed_on, step, x.clock_on, told, "，".join(remarks) or None
