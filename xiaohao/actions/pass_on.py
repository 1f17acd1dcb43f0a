"""转送: the facts of a notice that did not arrive go to the recipient's next channel, then to the post above."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from models.facts import DigestFacts, DigestItem, facts_from_json, to_json
from notifiers import choose
from notifiers.choose import Addressee, ChannelSettings
from xiaohao.actions import recipients
from xiaohao.ledger import outbox, outbox_chain, parked, posts, units
from xiaohao.ledger.faults import Found
from xiaohao.ledger.outbox import NewNotice
from xiaohao.ledger.outbox_chain import Ended, ToldPost, Tried
from xiaohao.ledger.posts import Official
from xiaohao.ledger.writing import Writing
from xiaohao.rules.delivery import day
from xiaohao.rules.ladder import Org, Told
from xiaohao.rules.post_above import above
from xiaohao.vocabulary import FaultKind


@dataclass(frozen=True)
class _District:
    """Who holds what, read once where somebody above is to be told."""

    org: Org
    officials: Mapping[int, Official]
    names: Mapping[int, str]
    posts: Mapping[int, ToldPost]


def pass_on(w: Writing, settings: ChannelSettings, ids: Sequence[int], *, now: datetime) -> int:
    """Write the notices that stand in for dead ones; how many.

    Each links to the one that it stands in for, and its key is made from it: so the same facts go the same
    way once, however often this is called. Where no channel is left the next post up is told for
    information: the level stays, and a fault says who cannot be reached.
    """
    if not ids:
        return 0
    ended = outbox_chain.ended(w, ids)
    tried = outbox_chain.tried(w, ids)
    people = recipients.addressees(w, [each.official_id for each in ended], w.on)
    new: list[NewNotice] = []
    stranded: list[Ended] = []
    for each in ended:
        following = _on_next_channel(each, people.get(each.official_id or 0), tried[each.id], settings)
        if following is None:
            stranded.append(each)
        else:
            new.append(following)
    if stranded:
        told, faults = _to_the_post_above(w, stranded, tried, settings)
        new += told
        parked.found(w, faults, day(now))
    outbox.add(w, new, now=now, held=False)
    return len(new)


def _on_next_channel(
    each: Ended, addressee: Addressee | None, tried: Tried, settings: ChannelSettings
) -> NewNotice | None:
    if addressee is None or each.official_id is None:
        return None
    done = tried.get(each.official_id, ())
    for route in choose.routes(addressee, settings):
        if route.channel not in done:
            return NewNotice(
                f"instead:{each.id}:{addressee.code}:{route.channel.value}",
                each.official_id,
                each.recipient,
                route.channel,
                each.kind,
                each.facts,
                each.id,
                each.business_date,
                each.foot_checkpoint,
            )
    return None


def _to_the_post_above(
    w: Writing, stranded: Sequence[Ended], tried: Mapping[int, Tried], settings: ChannelSettings
) -> tuple[list[NewNotice], list[Found]]:
    facts = {each.id: _facts(each) for each in stranded}
    firings = {firing for said in facts.values() if said for item in said.items for firing in item.firings}
    district = _District(
        posts.org(w),
        posts.officials(w),
        {row.id: row.name for row in units.all_units(w)},
        outbox_chain.told_posts(w, firings),
    )
    new: list[NewNotice] = []
    faults: list[Found] = []
    for each in stranded:
        said = facts[each.id]
        by_official = _told_above(w, said, district, tried[each.id]) if said else {}
        people = recipients.addressees(w, list(by_official), w.on)
        for official_id, (told, items) in by_official.items():
            addressee = people[official_id]
            route = choose.route(addressee, settings)
            channel = settings.order[0] if route is None else route.channel
            assert said is not None
            new.append(
                NewNotice(
                    f"instead:{each.id}:{addressee.code}:{channel.value}",
                    official_id,
                    addressee.name,
                    channel,
                    outbox.INFORMATION,
                    to_json(_for_information(said, each, addressee, told, items, district)),
                    each.id,
                    each.business_date,
                    each.foot_checkpoint,
                )
            )
        faults.append(_unreached(each, (told for told, _ in by_official.values()), district))
    return new, faults


def _told_above(
    w: Writing, facts: DigestFacts, district: _District, tried: Tried
) -> dict[int, tuple[Told, list[DigestItem]]]:
    """The next post up for each matter of the notice, gathered by who holds it on the day."""
    found: dict[int, tuple[Told, list[DigestItem]]] = {}
    answers: dict[ToldPost, Told | None] = {}
    for item in facts.items:
        post = next((district.posts[each] for each in item.firings if each in district.posts), None)
        if post is None:
            continue
        if post not in answers:
            answers[post] = above(district.org, post.unit_id, post.role, tried, w.on)
        told = answers[post]
        if told is not None and told.official_id is not None:
            found.setdefault(told.official_id, (told, []))[1].append(item)
    return found


def _for_information(
    facts: DigestFacts,
    ended: Ended,
    addressee: Addressee,
    told: Told,
    items: Sequence[DigestItem],
    district: _District,
) -> DigestFacts:
    counts = Counter(item.unit for item in items)
    kept = (replace(each, count=counts[each.unit]) for each in facts.counts_by_unit if counts[each.unit])
    return replace(
        facts,
        recipient=addressee.name,
        recipient_code=addressee.code,
        roles=() if told.role is None else (told.role,),
        unit=None if told.unit_id is None else district.names[told.unit_id],
        items=tuple(items),
        in_place_of=tuple(district.officials[i].name for i in told.in_place_of),
        passed_up_from=(),
        counts_by_unit=tuple(kept),
        other_overdue=0,
        undelivered_to=facts.undelivered_to or ended.recipient,
    )


def _unreached(each: Ended, above_him: Iterable[Told], district: _District) -> Found:
    names = [
        f"{district.names[told.unit_id]}{told.role.label}{district.officials[told.official_id].name}"
        for told in above_him
        if told.unit_id is not None and told.role is not None and told.official_id is not None
    ]
    what = f"已报{'、'.join(names)}知悉" if names else "上级也无人可报，请当面转告"
    said = f"{each.recipient}的通知在各个渠道都没有送到（{each.receipt or '原因不明'}），{what}；请核对其联系方式。"
    return Found(FaultKind.UNREACHED, f"official:{each.official_id}", said)


def _facts(each: Ended) -> DigestFacts | None:
    """What the notice tells; None where nobody can read it."""
    try:
        return facts_from_json(each.facts)
    except ValueError:
        return None
