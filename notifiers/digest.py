"""A digest's facts → the message that a secretary reads on a phone, in Chinese (pure).

The three most urgent items in full, the rest counted; the same facts always give the same bytes.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from models.facts import DigestFacts, DigestItem, UnitCount
from notifiers import wording
from notifiers.message import Message, Part
from xiaohao.rules.policy import TOP_LEVEL
from xiaohao.vocabulary import Light, RectificationClass, Role, StepKind

IN_FULL = 3
UNITS_NAMED = 5
"""Of more units only the largest counts are named: the head has its share of the room, and no more."""
NAMED = 3
"""Co-units, persons and vacant posts that are named; of more, the first."""
_MOST_URGENT_LIGHT = (Light.RED, Light.YELLOW, Light.GREEN)
_HEADLINES = {
    StepKind.ESCALATION: "督办通知",
    StepKind.TAKE_UP: "签收提醒",
    StepKind.VERIFY_WAIT: "复核提醒",
    StepKind.WARNING: "预警提醒",
}
_DUTIES = {
    Role.CLERK: "您经办的问题有 {n} 件需要办理",
    Role.SECRETARY: "您负责的问题有 {n} 件需要办理",
    Role.LEADER: "您分管的问题有 {n} 件需要督促办理",
    Role.SUPERVISOR: "您督查的问题有 {n} 件需要督办",
}


def message(facts: DigestFacts) -> Message:
    """What `facts` tell, in words.

    It may go out at any hour where a matter stands at level 3, or a problem to be put right at once
    (立行立改) is overdue.
    """
    shown, rest = facts.items[:IN_FULL], facts.items[IN_FULL:]
    subject = _subject(facts)
    return Message(
        subject=subject,
        head=_head(facts),
        items=tuple(_item(number, item, facts) for number, item in enumerate(shown, start=1)),
        foot=_foot(facts, rest),
        recipient=wording.one_line(facts.recipient),
        business_date=facts.business_date,
        urgent=any(_is_urgent(item) for item in facts.items),
        is_top=any(_is_top(item) for item in facts.items),
        light=_worst(facts.items),
        link=facts.page_url,
        facts=facts,
    )


def page(facts: DigestFacts) -> Message:
    """The same words for a page that has room for every item; without a link to itself."""
    said = replace(facts, page_url=None)
    return replace(
        message(said),
        head=_head(said, units=len(said.counts_by_unit)),
        items=tuple(_item(number, item, facts) for number, item in enumerate(said.items, start=1)),
        foot=_foot(said, ()),
    )


def _subject(facts: DigestFacts) -> str:
    """“🔴 督办通知:逾期 2 件、临期 1 件”: what the lock screen shows."""
    worst = _worst(facts.items)
    mark = f"{wording.LAMPS[worst]} " if worst else ""
    kinds = {item.kind for item in facts.items if not item.unanswered_by}
    headline = next(
        (words for kind, words in _HEADLINES.items() if kind in kinds),
        "未阅提醒" if facts.items else "工作提醒",
    )
    news = [item for item in facts.items if not item.unanswered_by]
    late = "（补发）" if news and all(item.late for item in news) else ""
    counts = _counts(facts.items)
    return f"{mark}{headline}{late}" + (f"：{counts}" if counts else "")


def _head(facts: DigestFacts, units: int = UNITS_NAMED) -> Part:
    opening = [f"{_salutation(facts)}：", *_stands_in(facts)]
    duty = _DUTIES[facts.roles[0]] if len(facts.roles) == 1 else "与您有关的问题有 {n} 件需要办理"
    silent = sum(item.unanswered_by is not None for item in facts.items)
    said = [duty.format(n=len(facts.items) - silent)] if len(facts.items) > silent else []
    said += [f"{silent} 件问题的通知至今未阅，报您知悉"] if silent else []
    opening.append(f"截至{wording.full_day(facts.business_date)}，{'；'.join(said)}。")
    if facts.counts_by_unit:
        opening.append(f"分单位：{_by_unit(facts.counts_by_unit, units)}。")
    return _part(opening)


def _by_unit(counts: Sequence[UnitCount], units: int) -> str:
    """“甲村 9 件、乙村 7 件”; of more than `units` the largest counts, and how many units there are."""
    if len(counts) > units:  # else in the order of the facts
        counts = sorted(counts, key=lambda each: -each.count)
    names = [f"{wording.one_line(each.unit, wording.LONGEST_NAME)} {each.count} 件" for each in counts]
    return wording.listed(names, units, "个单位")


def _salutation(facts: DigestFacts) -> str:
    posts = "、".join(
        wording.post(facts.unit if index == 0 else None, role) for index, role in enumerate(facts.roles)
    )
    recipient = wording.one_line(facts.recipient)
    if posts in ("", recipient):  # an office may list a post under its own name
        return f"{recipient}同志"
    return f"{posts} {recipient}同志"


def _stands_in(facts: DigestFacts) -> Iterable[str]:
    if facts.in_place_of:
        names = wording.listed(facts.in_place_of, NAMED, "位")
        yield f"（代{names}同志履职，本通知由您办理。）"
    if meant_for := list(dict.fromkeys(filter(None, (_meant_for(each, facts) for each in facts.items)))):
        names = wording.listed(meant_for, NAMED, "位")
        which = "本通知" if len(meant_for) == 1 else "通知"
        yield f"（发给{names}同志的{which}未能送达，现报您知悉，请转告并督促办理。）"
    if facts.passed_up_from:
        posts = wording.listed(facts.passed_up_from, NAMED, "个岗位")
        yield f"（{posts}空缺，本通知转由您办理。）"


def _item(number: int, item: DigestItem, facts: DigestFacts) -> Part:
    on = facts.business_date
    title = wording.one_line(item.title, wording.LONGEST_TITLE)
    heading = " ".join(filter(None, (wording.lamp_of(item), wording.one_line(item.number), title)))
    where = [wording.one_line(item.unit), item.rectification_class.label, wording.standing(item)]
    if item.co_units:
        where.append("协办：" + wording.listed(item.co_units, NAMED, "个单位"))
    climbs = wording.climbs(item, roles=facts.roles, unit=facts.unit, business_date=on)
    lines = [" · ".join(where), wording.limit(item, on) if item.unanswered_by else wording.clock(item, on)]
    if item.unanswered_by:
        lines.append(f"{wording.one_line(item.unanswered_by)}至今未阅，请提醒其查看办理。")
    else:
        name = _meant_for(item, facts)
        asked = _asked_for(name) if name else wording.asked(item)
        lines += [asked + (f"；{climbs}" if climbs else "") + "。", wording.sent_late(item, on)]
    said = [line for line in lines if line]
    text = "\n".join([f"{number}. {heading}", *(f"   {line}" for line in said)])
    marked = "\n".join([f"**{number}. {wording.unmarked(heading)}**", *map(wording.unmarked, said)])
    return Part(text, marked)


def _meant_for(item: DigestItem, facts: DigestFacts) -> str | None:
    """Whom an item that is told for information was meant for, since nobody could reach him."""
    return item.undelivered_to[0].name if item.undelivered_to else facts.undelivered_to


def _asked_for(name: str) -> str:
    """What he is asked who is told for information, since nobody could reach the one who is to act."""
    return f"请提醒{wording.one_line(name)}同志并督促办理"


def _foot(facts: DigestFacts, rest: Sequence[DigestItem]) -> Part:
    lines = [f"其余 {len(rest)} 件：{_counts(rest)}。"] if rest else []
    if facts.other_overdue:
        lines.append(f"另有 {facts.other_overdue} 件逾期未办结。")
    plain = _part(lines)
    text, marked = plain.text.splitlines(), plain.markdown.splitlines()
    if facts.page_url:
        text.append(f"查看并点“已阅”：{facts.page_url}")
        marked.append(f"[查看并点“已阅”]({facts.page_url})")
    if facts.checkpoint:
        text.append(f"留痕检查点 {facts.checkpoint}")
        marked.append(f"留痕检查点 {wording.unmarked(facts.checkpoint)}")
    return Part("\n".join(text), "\n".join(marked))


def _part(lines: Sequence[str]) -> Part:
    text = "\n".join(lines)
    return Part(text, wording.unmarked(text))


def _counts(items: Sequence[DigestItem]) -> str:
    """“逾期 2 件、待报进展 1 件”, in the order of urgency."""
    counted = Counter(_counted_as(item) for item in items)
    order = ("逾期", "待报进展", "未签收", "待复核", "临期", "未阅")
    return "、".join(f"{word} {counted[word]} 件" for word in order if counted[word])


def _counted_as(item: DigestItem) -> str:
    if item.unanswered_by:
        return "未阅"
    if item.kind in (StepKind.TAKE_UP, StepKind.VERIFY_WAIT):
        return item.kind.label
    if item.rectification_class is RectificationClass.LONG_TERM:
        return "待报进展"
    return "逾期" if item.kind is StepKind.ESCALATION else "临期"


def _worst(items: Sequence[DigestItem]) -> Light | None:
    lights = {item.light for item in items}
    return next((light for light in _MOST_URGENT_LIGHT if light in lights), None)


def _is_urgent(item: DigestItem) -> bool:
    immediate = item.rectification_class is RectificationClass.IMMEDIATE
    return _is_top(item) or (immediate and _climbs(item))


def _is_top(item: DigestItem) -> bool:
    """At level 3, or nobody is above and it only repeats (a long-term problem's top level is 2)."""
    return _climbs(item) and (item.level >= TOP_LEVEL or item.next_role is None)


def _climbs(item: DigestItem) -> bool:
    """Whether it is an escalation that is news, and not told for information."""
    return item.kind is StepKind.ESCALATION and not item.unanswered_by
