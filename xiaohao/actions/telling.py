"""Who is told what: untold steps become tellings, one digest a recipient. Decisions 13, 47 to 53."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from models.facts import DigestFacts, DigestItem, UnitCount, to_json
from notifiers.choose import ChannelSettings, route
from xiaohao.actions import recipients
from xiaohao.actions.answering import (
    Information,
    Spared,
    is_spared_to,
    passed_up,
    reached_before,
    write_spared,
)
from xiaohao.actions.urgency import urgency
from xiaohao.ledger import acknowledgements, faults, figures, firings, outbox, posts, trail, units
from xiaohao.ledger.acknowledgements import Silent
from xiaohao.ledger.faults import Found
from xiaohao.ledger.firings import Matter, Teller, Untold
from xiaohao.ledger.posts import Official
from xiaohao.ledger.trail import Checkpoint
from xiaohao.ledger.writing import Reading, Writing
from xiaohao.rules.acknowledging import Answering
from xiaohao.rules.counting import Suspensions
from xiaohao.rules.ladder import Org, PostFault, Told, acting, stand_in, who
from xiaohao.rules.policy import LADDER
from xiaohao.rules.timetable import next_climb
from xiaohao.vocabulary import Action, FaultKind, Light, Role, StepKind

CLIMBS = StepKind.ESCALATION
FAULT_KINDS = (FaultKind.VACANT_POST, FaultKind.DEPUTY_CIRCLE, FaultKind.NOBODY_TO_TELL)


class Telling(NamedTuple):
    """One problem told to one official."""

    untold: Untold
    told: Told
    item: DigestItem


@dataclass
class Plan:
    """What compose is going to write."""

    tellings: list[Telling] = field(default_factory=list)
    untold: list[Untold] = field(default_factory=list)
    faults: list[Found] = field(default_factory=list)
    digests: dict[int, DigestFacts] = field(default_factory=dict)
    spared: list[Spared] = field(default_factory=list)
    silent: list[Silent] = field(default_factory=list)
    by_official: dict[int, list[Telling]] = field(default_factory=lambda: defaultdict(list))
    officials: Mapping[int, Official] = field(default_factory=dict)
    checkpoint_id: int | None = None

    @property
    def writes(self) -> bool:
        """Whether anything beside faults is going to be written."""
        return bool(self.digests or self.spared or self.silent)


@dataclass(frozen=True)
class _District:
    """What telling needs to know of units and people, read once."""

    org: Org
    officials: Mapping[int, Official]
    names: Mapping[int, str]
    reds: Mapping[int, int]
    checkpoint: Checkpoint | None
    acting: Mapping[int, Sequence[tuple[int, Role]]]


@dataclass(frozen=True)
class _Line:
    """What a digest says of every problem of one matter; `next_role` is whom it climbs to next."""

    next_role: Role | None
    said: Mapping[str, Any]


def plan(w: Writing, untold: Sequence[Untold], *, page_url: str, terms: Answering) -> Plan:
    """Find the holder of the day for each step, and what his digest says.

    Without a page nobody can acknowledge, so nothing is passed up for want of it.
    """
    read = acknowledgements.read_steps(w) if untold else {}
    org = posts.org(w)
    district = _District(
        org,
        posts.officials(w),
        {row.id: row.name for row in units.all_units(w)},
        figures.red_by_unit(w),
        trail.last_checkpoint(w.conn),
        acting(org, w.on),
    )
    at = district.checkpoint
    made = Plan(officials=district.officials, checkpoint_id=None if at is None else at.id)
    answers: dict[tuple[int, int], Told] = {}
    lines: dict[int, _Line] = {}
    helping = firings.helping_units(w)
    for each in untold:
        matter = each.matter
        asked = (each.unit_id, matter.level)
        if asked not in answers:
            answers[asked] = who(district.org, *asked, w.on)
            made.faults += [_post_fault(fault, district) for fault in answers[asked].faults]
        told = answers[asked]
        if told.official_id is None:
            made.untold.append(each)
            continue
        if is_spared_to(w, each, told.official_id, read, terms):
            made.spared.append(Spared(each, told.official_id))
            continue
        if matter.no not in lines:
            lines[matter.no] = _line(w, matter)
        item = _item(each, lines[matter.no], district, helping.get(each.problem_id, ()))
        telling = Telling(each, told, item)
        made.tellings.append(telling)
        made.by_official[told.official_id].append(telling)
    made.faults += _nobody(made.untold, district)
    informing: dict[int, list[Information]] = defaultdict(list)
    if page_url:
        made.silent = acknowledgements.unanswered(w, reached_before(w, w.on, terms))
        for official_id, information in passed_up(district.org, made.silent, w.on):
            informing[official_id].append(information)
    for official_id in dict.fromkeys((*made.by_official, *informing)):
        tellings = made.by_official.get(official_id, [])
        made.digests[official_id] = _digest(
            district, official_id, tellings, informing[official_id], w.on, page_url
        )
    return made


def write(w: Writing, made: Plan, routes: ChannelSettings, *, held: bool) -> int:
    """Write the notices, mark the steps, and leave a trail entry for each problem told; how many notices."""
    write_spared(w, made.spared, {key: official.code for key, official in made.officials.items()})
    acknowledgements.mark_passed_up(w, made.silent)
    if not made.digests:
        return 0
    people = recipients.addressees(w, list(made.digests), w.on)
    notices = []
    for official_id, digest in made.digests.items():
        official = people[official_id]
        way = route(official, routes)
        channel = routes.order[0] if way is None else way.channel
        notices.append(
            outbox.NewNotice(
                f"digest:{w.on}:{w.run_id}:{official.code}:{channel.value}",
                official_id,
                official.name,
                channel,
                outbox.DIGEST,
                to_json(digest),
                foot_checkpoint=made.checkpoint_id,
            )
        )
    ids = outbox.add(w, notices, now=datetime.now(UTC), held=held)
    told: list[tuple[Untold, Teller]] = []
    for notice_id, official_id in zip(ids, made.digests, strict=True):
        code = made.officials[official_id].code
        for each in made.by_official.get(official_id, ()):
            post = (each.told.unit_id or 0, each.told.role or Role.SUPERVISOR)
            told.append((each.untold, Teller(notice_id, official_id, code, *post)))
    told.sort(key=lambda each: each[0].problem_id)  # as the tables and the trail's index lie
    firings.mark_told(w, told)
    details: dict[tuple[object, ...], bytes] = {}
    for untold, teller in told:
        key = firings.told_key(untold.matter, teller)
        if key not in details:
            details[key] = trail.detail_of(firings.told_detail(untold.matter, teller, w.on))
        w.note(f"problem:{untold.problem_id}", untold.version + 1, details[key], Action.TELL)
    return len(notices)


def any_silence(r: Reading, on: date, page_url: str, terms: Answering) -> bool:
    """Whether a notice was not acknowledged in time; without a page nobody can."""
    if not page_url:
        return False
    return acknowledgements.any_unanswered(r, reached_before(r, on, terms))


def still_open(w: Writing) -> list[Found]:
    """Open faults of posts that are still vacant or in a circle on the day, told or not."""
    kinds = (FaultKind.VACANT_POST, FaultKind.DEPUTY_CIRCLE)
    rows = [row for row in faults.open_faults(w) if row.kind in kinds]
    if not rows:
        return []
    org = posts.org(w)
    kept = []
    for row in rows:
        _, unit_id, role = row.subject.split(":")
        seat = org.seat(int(unit_id), Role(role), w.on)
        official, _, circle = (None, (), False) if seat is None else stand_in(org, seat, w.on)
        if circle if row.kind is FaultKind.DEPUTY_CIRCLE else official is None:
            kept.append(Found(row.kind, row.subject, row.message))
    return kept


def _line(w: Writing, matter: Matter) -> _Line:
    state = matter.state
    rules = w.rules(state.policy_id, state.calendar_version)
    try:
        climb = next_climb(state, rules.policy, rules.workdays, w.on)
    except ValueError:  # a state that cannot be worked out is told all the same; the night has set it aside
        climb = None
    ladder = matter.kind in (StepKind.WARNING, StepKind.ESCALATION)
    suspended = Suspensions.parse(state.suspensions).days_between(matter.clock_on, w.on)
    overdue = (w.on - matter.clock_on).days - suspended if ladder else 0
    climbs = climb is not None and (climb.level > matter.level or climb.kind is not matter.kind)
    next_role = LADDER[climb.level] if climb is not None and climbs and climb.level else None
    return _Line(
        next_role,
        {
            "kind": matter.kind,
            "rectification_class": state.rectification_class,
            "light": matter.light,
            "level": matter.level,
            "repeat": matter.repeat,
            "due_on": matter.clock_on,
            "days_overdue": max(0, overdue),
            "crossed_on": matter.crossed_on,
            "late": matter.crossed_on < w.on,
            "nights_late": (w.on - matter.crossed_on).days,
            "next_on": None if climb is None else climb.crossed_on,
            "next_role": next_role,
        },
    )


def _item(each: Untold, line: _Line, district: _District, co_units: tuple[str, ...]) -> DigestItem:
    unit_id = None if line.next_role is None else district.org.unit_of(each.unit_id, line.next_role)
    return DigestItem(
        number=each.number,
        title=each.title,
        unit=district.names[each.unit_id],
        next_unit=None if unit_id is None else district.names[unit_id],
        co_units=co_units,
        firings=each.firing_ids,
        **line.said,
    )


def _digest(
    district: _District,
    official_id: int,
    tellings: Sequence[Telling],
    informing: Sequence[Information],
    on: date,
    page_url: str,
) -> DigestFacts:
    official = district.officials[official_id]
    tellings = sorted(tellings, key=lambda each: urgency(each.item))
    counts: dict[str, int] = defaultdict(int)
    for item in (*(telling.item for telling in tellings), *(each.item for each in informing)):
        counts[item.unit] += 1
    instead = dict.fromkeys(i for telling in tellings for i in telling.told.in_place_of)
    passed = dict.fromkeys(
        f"{district.names[unit_id]}{role.label}"
        for telling in tellings
        for role in telling.told.passed_up_from
        if (unit_id := district.org.unit_of(telling.untold.unit_id, role)) is not None
        and _is_vacant(telling.told, unit_id, role)
    )
    told = [*(t.told for t in tellings), *(i.told for i in informing)]
    first = told[0]
    return DigestFacts(
        business_date=on,
        recipient=official.name,
        recipient_code=official.code,
        roles=tuple(dict.fromkeys(each.role for each in told if each.role is not None)),
        unit=None if first.unit_id is None else district.names[first.unit_id],
        items=(*(telling.item for telling in tellings), *(each.item for each in informing)),
        in_place_of=tuple(district.officials[i].name for i in instead),
        passed_up_from=tuple(passed),
        counts_by_unit=tuple(UnitCount(unit=u, count=n) for u, n in counts.items())
        if len(counts) > 1
        else (),
        other_overdue=_others(district, official_id, tellings, informing),
        page_url=page_url or None,
        checkpoint=_short(district.checkpoint),
    )


def _others(
    district: _District, official_id: int, tellings: Sequence[Telling], informing: Sequence[Information]
) -> int:
    """The red problems that all the recipient's posts answer for and that this digest does not name."""
    told = (*(each.told for each in tellings), *(each.told for each in informing))
    held = {(each.unit_id, each.role) for each in told} | {*district.acting.get(official_id, ())}
    answers_for = {u for at, role in held if at and role for u in district.org.answers_for(at, role)}
    named = sum(t.untold.unit_id in answers_for and t.item.light is Light.RED for t in tellings)
    named += len({i.item.number for i in informing if i.item.light is Light.RED and i.item.kind is CLIMBS})
    return max(0, sum(district.reds.get(unit_id, 0) for unit_id in answers_for) - named)


def _short(checkpoint: Checkpoint | None) -> str | None:
    """“1842·9f3c61d0…”: the last checkpoint before this notice, short enough to be read out."""
    return None if checkpoint is None else f"{checkpoint.head.size}·{checkpoint.head.root[:8]}"


def _is_vacant(told: Told, unit_id: int, role: Role) -> bool:
    """A role passed over is named only where its post should be filled: a missing clerk is none."""
    return any(fault.unit_id == unit_id and fault.role is role for fault in told.faults)


def _post_fault(fault: PostFault, district: _District) -> Found:
    unit = district.names[fault.unit_id]
    if fault.kind is FaultKind.DEPUTY_CIRCLE:
        message = f"{unit}{fault.role.label}的代理人相互代理成圈，通知仍发给本人，请改正代理安排。"
    else:
        message = f"{unit}的{fault.role.label}空缺，通知已逐级上报，请尽快明确人选。"
    return Found(fault.kind, f"post:{fault.unit_id}:{fault.role.value}", message)


def _nobody(untold: Sequence[Untold], district: _District) -> list[Found]:
    by_unit: dict[int, int] = defaultdict(int)
    for each in untold:
        by_unit[each.unit_id] += 1
    return [
        Found(
            FaultKind.NOBODY_TO_TELL,
            f"unit:{unit_id}",
            f"{district.names[unit_id]}有 {count} 件问题该通知却无人可报：从本单位到区里都没有在岗的人，请先补齐任职。",
        )
        for unit_id, count in by_unit.items()
    ]
