"""转送: the facts of a notice that did not arrive go to the recipient's next channel, then to the post above."""

from collections.abc import Sequence
from datetime import datetime

from notifiers import choose
from notifiers.choose import Addressee, ChannelSettings
from xiaohao.actions import pass_up, recipients
from xiaohao.ledger import outbox, outbox_chain, parked
from xiaohao.ledger.outbox import NewNotice
from xiaohao.ledger.outbox_chain import Ended, Tried
from xiaohao.ledger.writing import Writing
from xiaohao.rules.delivery import day


def pass_on(w: Writing, settings: ChannelSettings, ids: Sequence[int], *, now: datetime) -> int:
    """Write the notices that stand in for dead ones; how many.

    Each links to the one that it stands in for, and its key is made from it: so the same facts go the same
    way once, however often this is called. Where no channel is left the next post up is told for
    information (`pass_up`), and a fault says who cannot be reached.
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
        told, faults = pass_up.pass_up(w, stranded, tried, settings)
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
