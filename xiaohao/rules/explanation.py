"""How a deadline and the next steps come about, as values and in words (`xiaohao explain`).

`rules.reasons` works it out.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from xiaohao.rules.day_counts import DayCount, DayLine, chinese
from xiaohao.vocabulary import Light, RectificationClass, Role, Status, StepKind


class Basis(StrEnum):
    """What a deadline rests on."""

    EXTENSION = "extension"
    GIVEN_DATE = "given_date"
    GIVEN_TERM = "given_term"
    POLICY_TERM = "policy_term"
    NONE = "none"


class Turn(StrEnum):
    """What the calendar does without a step."""

    RED = "red"
    SUSPENSION_BEGINS = "suspension_begins"
    SUSPENSION_ENDS = "suspension_ends"
    CLOSE = "close"


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspendedDays:
    """An interval of suspended days, both inclusive; `days` of them fall into the count."""

    from_on: date
    until_on: date
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantedExtension:
    """The extension that counts: the new last day as granted, and the day of the grant."""

    until: date
    granted_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """Where the last day comes from.

    `given` is the date or term as it was given, or the policy's. `count` tells a term day by day;
    a date that was given stands, unless suspended days after `since` are made good: then `moved`
    are the days off that it moved over. `due_on` is what the ledger holds, inclusive.
    """

    basis: Basis
    limit_text: str | None
    given: str | None
    since: date
    count: DayCount | None
    suspended: tuple[SuspendedDays, ...]
    extension: GrantedExtension | None
    moved: tuple[DayLine, ...]
    original_due_on: date | None
    due_on: date | None
    is_day_off: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """The review day of a long-term problem: the `number`-th of a grid from the day of finding (35)."""

    every: str
    number: int
    count: DayCount
    review_on: date
    reports: tuple[date, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeUp:
    """The clock to take the problem up (40): its last day, inclusive, and when it was taken up."""

    take_up_by: date
    taken_up_on: date | None
    count: DayCount | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressee:
    """Who is told: the holder of that post on that day, or whoever stands in or comes next up.

    `official` is None where nobody up to the supervisor is there.
    """

    role: Role | None
    unit: str | None
    code: str | None
    official: str | None
    in_place_of: tuple[str, ...]
    passed_up_from: tuple[Role, ...]

    def __str__(self) -> str:
        if self.official is None or self.role is None:
            return "无人可报（各级岗位均空缺）"
        text = f"{self.unit}{self.role.label}{self.official}（{self.code}）"
        if self.in_place_of:
            text += f"，代{'、'.join(self.in_place_of)}"
        if self.passed_up_from:
            text += f"，因{'、'.join(role.label for role in self.passed_up_from)}空缺逐级上报"
        return text


@dataclass(frozen=True, slots=True, kw_only=True)
class StepLine:
    """A step of the timetable: its day, how the day comes about, and whether it is recorded.

    `count` is None where nothing is counted (the next day) and for repeats that are past.
    """

    kind: StepKind
    level: int
    repeat: int
    on: date
    how: str
    recorded: bool
    role: Role
    count: DayCount | None

    @property
    def what(self) -> str:
        """一级督办, 预警, 未签收提醒 …"""
        again = f"第{self.repeat}次重复" if self.repeat and self.kind is StepKind.ESCALATION else ""
        if self.kind is StepKind.ESCALATION:
            return f"{LEVELS[self.level]}级督办{again}"
        if self.kind is StepKind.WARNING:
            return "预警" if not self.repeat else "再次预警"
        return self.kind.label


@dataclass(frozen=True, slots=True, kw_only=True)
class NextLine:
    """What happens next, on which day, and who is told; `told` is None where nobody is.

    `overdue`: the day has come, and the next night writes it.
    """

    on: date
    what: str
    kind: StepKind | Turn
    level: int
    repeat: int
    told: Addressee | None
    overdue: bool = False


LEVELS = ("零", "一", "二", "三")


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """How a problem's deadline and next steps come about, as of the day `on`."""

    number: str
    title: str
    unit: str
    on: date
    rectification_class: RectificationClass
    status: Status
    light: Light | None
    level: int
    found_on: date
    registered_on: date
    started_on: date
    policy: int
    calendar: int
    deadline: Deadline
    review: Review | None
    take_up: TakeUp | None
    steps: tuple[StepLine, ...]
    next: tuple[NextLine, ...]
    notes: tuple[str, ...]

    def lines(self) -> list[str]:
        """The explanation in Chinese, a line a fact."""
        return [
            f"问题 {self.number}　{self.title}（{self.unit}）",
            f"截至{chinese(self.on)}：{self._state()}",
            f"依据：督办规则第{self.policy}版，工作日历第{self.calendar}版",
            "",
            "一、时限怎么来",
            *self._deadline(),
            *self._review(),
            *self._take_up(),
            "",
            "二、预警和督办怎么算",
            *self._steps(),
            "",
            "三、接下来",
            *self._next(),
            *([""] if self.notes else []),
            *(f"注：{note}" for note in self.notes),
        ]

    def _state(self) -> str:
        light = "" if self.light is None else f"，{self.light.label}灯"
        level = "" if not self.level else f"，{LEVELS[self.level]}级督办"
        return f"{self.rectification_class.label}，{self.status.label}{light}{level}。"

    def _deadline(self) -> Iterator[str]:
        deadline = self.deadline
        began = "发现" if self.started_on == self.found_on else "重新打开"
        yield f"{began}之日：{chinese(self.started_on)}（当日不计，从次日起算，民法典第二百零一条）"
        if deadline.limit_text:
            yield f"台账原文：“{deadline.limit_text}”"
        granted = "" if deadline.extension is None else chinese(deadline.extension.granted_on)
        yield BASIS[deadline.basis].format(given=deadline.given, granted=granted)
        if deadline.count is not None:
            yield from (f"　{line}" for line in deadline.count.lines())
        for span in deadline.suspended if deadline.count is None else ():
            if span.days:
                days = f"{chinese(span.from_on)}至{chinese(span.until_on)}"
                yield f"　{days}中止，其中{span.days}天不计入期限，时限相应后延"
        if deadline.moved:
            reasons = "、".join(dict.fromkeys(day.why for day in deadline.moved))
            yield f"　后延后的最后一天遇{reasons}，顺延到下一个工作日（民法典第二百零三条）"
        if deadline.due_on is not None:
            off = "，给定的日期照原样执行，不顺延" if deadline.is_day_off else ""
            named = f"（{deadline.is_day_off}{off}）" if deadline.is_day_off else ""
            yield f"整改时限：{chinese(deadline.due_on)}{named}，当日24时前都算按期"
        if deadline.original_due_on is not None and deadline.original_due_on != deadline.due_on:
            yield f"原定时限：{chinese(deadline.original_due_on)}"

    def _review(self) -> Iterator[str]:
        if self.review is None:
            return
        review = self.review
        yield f"每{review.every}报告一次进展，从发现之日起逐期推算；第{review.number}期："
        yield from (f"　{line}" for line in review.count.lines())
        yield f"最早一次尚未报告的进展：{chinese(review.review_on)}"
        if review.reports:
            yield f"已报告进展：{'、'.join(chinese(day) for day in review.reports)}"

    def _take_up(self) -> Iterator[str]:
        if self.take_up is None:
            return
        count, taken = self.take_up.count, self.take_up.taken_up_on
        counted = "" if count is None else f"（从登记之日{chinese(self.registered_on)}起{count.term}）"
        done = "尚未签收" if taken is None else f"{chinese(taken)}已签收"
        yield f"签收期限：{chinese(self.take_up.take_up_by)}{counted}，{done}"
        if count is not None and taken is None:
            yield from (f"　{line}" for line in count.lines())

    def _steps(self) -> Iterator[str]:
        if not self.steps:
            yield "没有预警和督办。"
        past_repeats = [step for step in self.steps if step.repeat and step.count is None]
        for step in self.steps:
            if step in past_repeats[:-1]:
                continue
            mark = "已记录" if step.recorded else "已到，等夜间运行记录" if step.on <= self.on else "未到"
            yield f"{chinese(step.on)}　{step.what}，{step.role.label}：{step.how}（{mark}）"
            if step.count is not None and any(not day.counted for day in step.count.days):
                yield from (f"　　{line}" for line in step.count.lines())
        if len(past_repeats) > 1:
            yield f"（此前的{len(past_repeats) - 1}次重复从略）"

    def _next(self) -> Iterator[str]:
        if not self.next:
            ended = self.status in (Status.CLOSED, Status.CANCELLED)
            yield f"{self.status.label}，不再计时。" if ended else "没有会自动发生的事。"
        for line in self.next:
            when = "下一次夜间运行时" if line.overdue else chinese(line.on)
            told = "" if line.told is None else f"，通知{line.told}"
            yield f"{when}　{line.what}{told}"


BASIS = {
    Basis.EXTENSION: "{granted}同意延期到{given}",
    Basis.GIVEN_DATE: "时限为给定的日期：{given}",
    Basis.GIVEN_TERM: "时限为给定的期限：{given}",
    Basis.POLICY_TERM: "没有写明时限，按规则为{given}",
    Basis.NONE: "没有整改时限",
}
