"""The sentences of a digest: one problem's step in the words of an official notice (pure).

`notifiers.digest` lays them out. Dates are the facts' own; nothing here asks what day it is.
"""

import re
import unicodedata
from collections.abc import Sequence
from datetime import date, datetime

from models.facts import DigestItem
from xiaohao.vocabulary import Light, RectificationClass, Role, StepKind

LONGEST_TITLE = 60
LONGEST_NAME = 30
"""Characters of a name where several stand in a row."""
LAMPS = {Light.RED: "🔴", Light.YELLOW: "🟡", Light.GREEN: "🟢"}
_TAGS, _HARMLESS = (  # the full-width form of the same character
    {ord(mark): ord(mark) + 0xFEE0 for mark in marks} for marks in ("<>", "*_`[]~|")
)
_WWW = re.compile(r"(www)\.", re.IGNORECASE | re.ASCII)


def day(on: date, business_date: date) -> str:
    """The date as a notice writes it, with its year only where that is not the notice's own."""
    in_year = f"{on.month}月{on.day}日"
    return in_year if on.year == business_date.year else f"{on.year}年{in_year}"


def full_day(on: date) -> str:
    """The date with its year."""
    return f"{on.year}年{on.month}月{on.day}日"


def instant(at: datetime) -> str:
    """“2026年11月24日 08:05”, in the zone that `at` bears."""
    return f"{full_day(at.date())} {at:%H:%M}"


def one_line(text: str, longest: int | None = None) -> str:
    """Text of a ledger on one line, without invisible characters, of at most `longest` characters."""
    line = " ".join("".join(map(_visible, text)).split())
    return line if longest is None or len(line) <= longest else line[: longest - 1].rstrip() + "…"


def listed(names: Sequence[str], most: int, counted: str) -> str:
    """“甲、乙、丙”; of more than `most` the first and how many there are: “甲、乙、丙等 7 个单位”."""
    shown = "、".join(one_line(name, LONGEST_NAME) for name in names[:most])
    return shown if len(names) <= most else f"{shown}等 {len(names)} {counted}"


def unlinked(text: str) -> str:
    """The text with what a client could make a link that can be touched in its full-width form.

    That is a tag, and a bare “https://…” or “www.…”.
    """
    return _WWW.sub("\\1．", untagged(text).replace("://", "：//"))


def untagged(text: str) -> str:
    """The text with “<” and “>” in their full-width form."""
    return text.translate(_TAGS)


def unmarked(text: str) -> str:
    """The text with what markdown could read as markup, a link or a mention in its full-width form."""
    return unlinked(text).translate(_HARMLESS)


def post(unit: str | None, role: Role) -> str:
    """A post as it is addressed: “四季花城社区党支部书记”, and never “…党支部党支部书记”."""
    where = one_line(unit or "")
    label = role.label
    if where.endswith("党支部") and label.startswith("党支部"):
        label = label.removeprefix("党支部")
    return where + label


def lamp(light: Light | None) -> str:
    """“🔴红灯”; nothing for a problem without a light."""
    return "" if light is None else f"{LAMPS[light]}{light.label}灯"


def lamp_of(item: DigestItem) -> str:
    """The item's lamp; a long-term problem under 督办, which is never red, says so: “🟡黄灯·督”."""
    shown = lamp(item.light)
    return f"{shown}·督" if shown and _long_term(item) and item.kind is StepKind.ESCALATION else shown


def standing(item: DigestItem) -> str:
    """Which step it is: “一级督办”, “三级第2次督办”, “预警”, “待复核(第2次提醒)”."""
    if item.kind is StepKind.ESCALATION:
        times = f"第{item.repeat + 1}次" if item.repeat else ""
        return f"{_level(item.level)}{times}督办"
    if item.kind is StepKind.VERIFY_WAIT and item.repeat:
        return f"{item.kind.label}（第{item.repeat + 1}次提醒）"
    return item.kind.label


def clock(item: DigestItem, business_date: date) -> str:
    """How the matter stands in time, with the day that counts: “已逾期 4 天(时限 11月20日)”."""
    since = "" if item.due_on is None else day(item.due_on, business_date)
    if item.kind is StepKind.TAKE_UP:
        return f"{since}登记，至今未签收" if since else "登记后至今未签收"
    if item.kind is StepKind.VERIFY_WAIT:
        return f"{since}申请销号，至今未复核" if since else "销号申请至今未复核"
    limit = _limit(item)
    last = f"（{limit} {since}）" if since else ""
    if item.days_overdue > 0:
        return f"{_matter(item)}已逾期 {item.days_overdue} 天{last}"
    if item.due_on is None:
        return f"{_matter(item)}临近时限"
    return f"{_remaining(item, (item.due_on - business_date).days)}{last}"


def limit(item: DigestItem, business_date: date) -> str:
    """The day that counts, without what has become of it since: “时限 11月20日”, “11月2日登记”."""
    if item.due_on is None:
        return ""
    since = day(item.due_on, business_date)
    match item.kind:
        case StepKind.TAKE_UP:
            return f"{since}登记，尚未签收"
        case StepKind.VERIFY_WAIT:
            return f"{since}申请销号，尚未复核"
    return f"{_limit(item)} {since}，尚未办结"


def asked(item: DigestItem) -> str:
    """What the recipient is asked to do, as a request that ends without a full stop."""
    match item.kind, item.rectification_class, item.level:
        case StepKind.TAKE_UP, _, level:
            return "请尽快签收，明确责任人" if level < 2 else "请督促责任单位尽快签收"
        case StepKind.VERIFY_WAIT, _, _:
            return "请尽快安排复核，作出通过或退回的决定"
        case StepKind.WARNING, RectificationClass.LONG_TERM, _:
            return "请按时报告整改进展"
        case StepKind.WARNING, _, _:
            return "请抓紧整改、按期办结，确需延期的请提前申请"
        case _, RectificationClass.LONG_TERM, level:
            return "请尽快报告整改进展" if level < 2 else "请督促责任单位报告整改进展"
        case _, _, level:
            return _asked_at_level(level)


def climbs(item: DigestItem, *, roles: tuple[Role, ...], unit: str | None, business_date: date) -> str:
    """When and to whom the matter climbs next, or that it will be told again; "" where neither is known.

    `roles` and `unit` are the recipient's own post: a matter that climbs to the same person says so.
    """
    unless = f"仍未{_end(item)}的"
    if item.next_role is None:
        again = "再次督办" if item.kind is StepKind.ESCALATION else "再次提醒"
        if item.next_on is not None:
            return f"{day(item.next_on, business_date)}{unless}，将{again}"
        if item.kind in (StepKind.ESCALATION, StepKind.VERIFY_WAIT):
            return f"此后定期{again.removeprefix('再次')}，直至{_end(item)}"
        return ""
    when = "此后" if item.next_on is None else day(item.next_on, business_date)
    own = item.next_role in roles and (item.next_unit is None or item.next_unit == unit)
    if own:
        return f"{when}{unless}，将{_next_standing(item)}"
    return f"{when}{unless}，将报{post(item.next_unit, item.next_role)}"


def sent_late(item: DigestItem, business_date: date) -> str:
    """“补发:应于11月21日通知,迟 3 夜”; "" for what is told in its own night."""
    if not item.late:
        return ""
    nights = f"，迟 {item.nights_late} 夜" if item.nights_late else ""
    return f"补发：应于{day(item.crossed_on, business_date)}通知{nights}"


def _visible(character: str) -> str:
    """A blank for a line break or control character, nothing for what shows nothing or is no character."""
    category = unicodedata.category(character)
    if category in ("Cf", "Cs"):
        return ""
    return " " if category in ("Cc", "Zl", "Zp", "Zs") else character


def _level(level: int) -> str:
    numerals = "零一二三四五六七八九"
    return f"{numerals[level] if level < len(numerals) else level}级"


def _long_term(item: DigestItem) -> bool:
    return item.rectification_class is RectificationClass.LONG_TERM


def _limit(item: DigestItem) -> str:
    return "应报日" if _long_term(item) else "时限"


def _matter(item: DigestItem) -> str:
    return "整改进展报告" if _long_term(item) else ""


def _remaining(item: DigestItem, days: int) -> str:
    what = "应报整改进展" if _long_term(item) else "到期"
    return f"还有 {days} 天{what}" if days > 0 else f"今日{what}"


def _end(item: DigestItem) -> str:
    if item.kind is StepKind.TAKE_UP:
        return "签收"
    if item.kind is StepKind.VERIFY_WAIT:
        return "复核"
    return "报告进展" if _long_term(item) else "办结"


def _next_standing(item: DigestItem) -> str:
    if item.kind is StepKind.ESCALATION:
        return f"升为{_level(item.level + 1)}督办"
    return f"列为{_level(1)}督办" if item.kind is StepKind.WARNING else "再次提醒"


def _asked_at_level(level: int) -> str:
    if level <= 1:
        return "请今日反馈进展，抓紧办结"
    if level == 2:
        return "请督促责任单位办结，明确办结时间"
    return "请跟踪督查，直至销号"
