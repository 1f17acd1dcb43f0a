"""转报: what reached its recipient on no channel is told to the post above, for information; the level stays.

One notice a recipient and business date: what cannot be delivered later is added to it while it waits to be sent.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import NamedTuple

from models.facts import DigestFacts, DigestItem, PersonName, UnitCount, facts_from_json, to_json
from notifiers import choose
from notifiers.choose import Addressee, ChannelSettings
from xiaohao.actions import recipients
from xiaohao.actions.urgency import urgency
from xiaohao.ledger import dialect, outbox, outbox_chain, posts, told_steps, units
from xiaohao.ledger.faults import Found
from xiaohao.ledger.outbox import NewNotice
from xiaohao.ledger.outbox_chain import Ended, Informed, Tried
from xiaohao.ledger.posts import Official
from xiaohao.ledger.writing import Writing
from xiaohao.rules.ladder import Org, Told
from xiaohao.rules.post_above import ToldStep, above, still_theirs
from xiaohao.vocabulary import FaultKind

PASSING_UP = "pass_up"
"""One process at a time looks whether a recipient has such a notice already."""


@dataclass(frozen=True)
class _District:
    """Who holds what, and which of the steps still stand; read once."""

    org: Org
    officials: Mapping[int, Official]
    names: Mapping[int, str]
    steps: Mapping[int, ToldStep]

    @cached_property
    def by_code(self) -> Mapping[str, int]:
        """The officials' ids by their codes."""
        return {official.code: key for key, official in self.officials.items()}

    def person(self, official_id: int) -> PersonName:
        """An official by code and name."""
        official = self.officials[official_id]
        return PersonName(code=official.code, name=official.name)


class _News(NamedTuple):
    """One matter of a dead notice and who is told of it; the item says whom it did not reach."""

    official_id: int
    told: Told
    item: DigestItem
    ended: Ended
    said: DigestFacts


def pass_up(
    w: Writing, stranded: Sequence[Ended], tried: Mapping[int, Tried], settings: ChannelSettings
) -> tuple[list[NewNotice], list[Found]]:
    """The notices to the posts above that stand in for dead ones, and a fault for each person not reached.

    Each matter goes to a person once, however often this is called. What no longer stands as it was told, or
    belongs to another unit by now, is passed to nobody. A new notice links to the first of the dead ones;
    whom each item did not reach stands on the item.
    """
    facts = {each.id: _facts(each.facts) for each in stranded}
    firings = {firing for said in facts.values() if said for item in said.items for firing in item.firings}
    district = _District(
        posts.org(w),
        posts.officials(w),
        {row.id: row.name for row in units.all_units(w)},
        told_steps.standing(w, firings),
    )
    news: list[_News] = []
    faults: list[Found] = []
    for each in stranded:
        said = facts[each.id]
        above_him = list(_told_above(each, said, tried[each.id], district, w.on)) if said else []
        news += above_him
        faults.append(_unreached(each, said, above_him, district))
    return _notices(w, news, settings, district), faults


def _told_above(
    ended: Ended, said: DigestFacts, tried: Tried, district: _District, on: date
) -> Iterator[_News]:
    """The next post up for each matter of the notice that still stands."""
    for item in said.items:
        step = still_theirs(district.org, item.firings, district.steps)
        if step is None:
            continue
        persons = _undelivered_to(item, ended, tried, district)
        passed = {district.by_code[each.code] for each in persons}
        told = above(district.org, step.unit_id, step.role, passed, on)
        if told is not None and told.official_id is not None:
            yield _News(told.official_id, told, replace(item, undelivered_to=persons), ended, said)


def _undelivered_to(
    item: DigestItem, ended: Ended, tried: Tried, district: _District
) -> tuple[PersonName, ...]:
    """Whom this matter did not reach, the first first.

    A notice that gathers several dead ones stands in for the first of them: its items know better than its
    chain.
    """
    chain = [district.person(each) for each in tried]
    mine = [] if ended.official_id is None else [district.person(ended.official_id)]
    return tuple(dict.fromkeys((*item.undelivered_to, *mine) if item.undelivered_to else chain))


def _notices(
    w: Writing, news: Sequence[_News], settings: ChannelSettings, district: _District
) -> list[NewNotice]:
    """One notice for each person told and business date, but where one that waits to be sent can tell it too."""
    by_recipient: dict[tuple[int, date], list[_News]] = defaultdict(list)
    for each in news:
        by_recipient[each.official_id, each.ended.business_date].append(each)
    if not by_recipient:
        return []
    dialect.take_bulk_lock(w.conn, PASSING_UP)
    officials = {official_id for official_id, _ in by_recipient}
    informed: dict[tuple[int, date], list[Informed]] = defaultdict(list)
    for notice in outbox_chain.informed(w, officials, {day for _, day in by_recipient}):
        informed[notice.official_id, notice.business_date].append(notice)
    people = recipients.addressees(w, officials, w.on)
    new: list[NewNotice] = []
    more: dict[int, str] = {}
    for key, mine in by_recipient.items():
        before = {each: facts for each in informed[key] if (facts := _facts(each.facts))}
        fresh = _not_yet_told(mine, before.values())
        if not fresh:
            continue
        waiting = next((each for each, facts in before.items() if _takes_more(each, facts)), None)
        if waiting is not None:
            more[waiting.id] = to_json(_with(before[waiting], fresh, district))
        else:
            new.append(_notice(fresh, people[key[0]], settings, district))
    outbox_chain.add_to(w, more)
    return new


def _not_yet_told(news: Sequence[_News], before: Iterable[DigestFacts]) -> list[_News]:
    """What the same person has not been told for information already."""
    known = {firing for facts in before for item in facts.items for firing in item.firings}
    fresh = []
    for each in news:
        if known.isdisjoint(each.item.firings):
            known.update(each.item.firings)
            fresh.append(each)
    return fresh


def _takes_more(notice: Informed, facts: DigestFacts) -> bool:
    """Whether items of others can be added; the items of an earlier version do not say whom they did not reach."""
    return notice.is_open and all(item.undelivered_to for item in facts.items)


def _notice(
    news: Sequence[_News], addressee: Addressee, settings: ChannelSettings, district: _District
) -> NewNotice:
    first = news[0]
    route = choose.route(addressee, settings)
    channel = settings.order[0] if route is None else route.channel
    unit_id = first.told.unit_id
    empty = replace(
        first.said,
        recipient=addressee.name,
        recipient_code=addressee.code,
        roles=(),
        unit=None if unit_id is None else district.names[unit_id],
        items=(),
        in_place_of=(),
        passed_up_from=(),
        other_overdue=0,
    )
    return NewNotice(
        f"instead:{first.ended.id}:{addressee.code}:{channel.value}",
        first.official_id,
        addressee.name,
        channel,
        outbox.INFORMATION,
        to_json(_with(empty, news, district)),
        first.ended.id,
        first.ended.business_date,
        first.ended.foot_checkpoint,
    )


def _with(facts: DigestFacts, news: Sequence[_News], district: _District) -> DigestFacts:
    """The facts with these items among theirs."""
    items = sorted((*facts.items, *(each.item for each in news)), key=urgency)
    meant_for = {item.undelivered_to[0] for item in items}
    counts = Counter(item.unit for item in items)
    roles = (each.told.role for each in news if each.told.role is not None)
    instead = (district.officials[i].name for each in news for i in each.told.in_place_of)
    return replace(
        facts,
        roles=tuple(dict.fromkeys((*facts.roles, *roles))),
        items=tuple(items),
        in_place_of=tuple(dict.fromkeys((*facts.in_place_of, *instead))),
        counts_by_unit=tuple(UnitCount(unit=u, count=n) for u, n in counts.items())
        if len(counts) > 1
        else (),
        undelivered_to=next(iter(meant_for)).name if len(meant_for) == 1 else None,
    )


def _unreached(
    ended: Ended, said: DigestFacts | None, above_him: Sequence[_News], district: _District
) -> Found:
    names = dict.fromkeys(
        f"{district.names[told.unit_id]}{told.role.label}{district.officials[official_id].name}"
        for official_id, told, *_ in above_him
        if told.unit_id is not None and told.role is not None
    )
    if names:
        what = f"已报{'、'.join(names)}知悉"
    elif said and said.items and not _stands(said, district):
        what = "所通知的问题已经办结或另有变动，不再上报"
    else:
        what = "上级也无人可报，请当面转告"
    why = ended.receipt or "原因不明"
    message = f"{ended.recipient}的通知在各个渠道都没有送到（{why}），{what}；请核对其联系方式。"
    return Found(FaultKind.UNREACHED, f"official:{ended.official_id}", message)


def _stands(said: DigestFacts, district: _District) -> bool:
    return any(still_theirs(district.org, item.firings, district.steps) for item in said.items)


def _facts(text: str) -> DigestFacts | None:
    """What a notice tells; None where nobody can read it."""
    try:
        return facts_from_json(text)
    except ValueError:
        return None
