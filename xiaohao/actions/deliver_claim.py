"""发送: what may go out now is put into the channel's body and leased; what may not is given its time."""

import random
from bisect import insort
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from models.facts import facts_from_json
from notifiers import choose, digest, links, message
from notifiers.choose import Addressee, ChannelSettings
from notifiers.message import Letter, Message, Part
from notifiers.robots import RobotAddress
from xiaohao.actions import recipients
from xiaohao.ledger import outbox, parked, sendings
from xiaohao.ledger.faults import Found
from xiaohao.ledger.outbox import LEASE, Changed, Due, Lease
from xiaohao.ledger.writing import Writing
from xiaohao.rules import delivery, rates
from xiaohao.rules.delivery import DeliveryRules, back_off
from xiaohao.vocabulary import ROBOTS, Channel, FaultKind, NoticeState

MARK = "【重发】"
WHY_MARKED = "（重发：上一次发送没有得到答复，如已收到请忽略。）"


@dataclass(frozen=True)
class Means:
    """What a pass works with; `quiet` are the channels that disturb nobody."""

    settings: ChannelSettings
    rules: DeliveryRules
    channels: Mapping[Channel, message.Channel]

    @property
    def quiet(self) -> Sequence[Channel]:
        """The channels that disturb nobody: no window, no cap."""
        return [word for word, channel in self.channels.items() if channel.always_open]


@dataclass
class Plans:
    """What a pass remembers of a channel from claim to claim.

    `by_address` and `of_all` are instants planned for later under a rate, of one address and of the whole channel;
    `ids` are the notices that they are for. `first` are the notices that are claimed before all others, once they
    are known.
    """

    by_address: defaultdict[str, list[datetime]] = field(default_factory=lambda: defaultdict(list))
    of_all: list[datetime] = field(default_factory=list)
    ids: set[int] = field(default_factory=set)
    first: Sequence[int] | None = None

    def add(self, notice_id: int, key: str, at: datetime) -> None:
        """Plan a send to an address."""
        self.ids.add(notice_id)
        insort(self.by_address[key], at)
        insort(self.of_all, at)

    def after(self, key: str, now: datetime) -> list[datetime]:
        """What is still planned for an address; what was planned for earlier has been sent, or is planned anew."""
        self.by_address[key] = [at for at in self.by_address[key] if at > now]
        return self.by_address[key]

    def all_after(self, now: datetime) -> list[datetime]:
        """What is still planned for the channel, the next one first."""
        self.of_all = [at for at in self.of_all if at > now]
        return self.of_all

    def take(self, limit: int) -> Sequence[int]:
        """The next notices of those that come first."""
        taken, self.first = (self.first or ())[:limit], (self.first or ())[limit:]
        return taken


@dataclass(frozen=True)
class Outgoing:
    """A leased notice as the channel takes it; `was` says where it stood before.

    A probe is the one notice that tries whether a parked channel works again.
    """

    id: int
    official_id: int | None
    lease_until: datetime
    attempts: int
    was: NoticeState
    letter: Letter
    is_probe: bool = False


@dataclass
class Claimed:
    """What one claim found: what goes out, what waits and until when, and what ended here."""

    outgoing: list[Outgoing] = field(default_factory=list)
    waiting: list[Changed] = field(default_factory=list)
    ended: list[Changed] = field(default_factory=list)
    capped: list[Found] = field(default_factory=list)
    is_parked: bool = False
    probes: bool = False

    @property
    def looked_at(self) -> int:
        """How many notices were due."""
        return len(self.outgoing) + len(self.waiting) + len(self.ended)


def claim(
    w: Writing, means: Means, channel: message.Channel, plans: Plans, *, now: datetime, limit: int
) -> Claimed:
    """Lease up to `limit` notices of the channel, each with the body that it is sent with.

    What the window, the cap or a rate keeps back is given the instant at which it may go out; what has no
    address ends here. `plans` is one for all claims of a pass: a long queue is spread out, and where the channel
    has limits what tells of the top of a ladder comes first. Of a parked channel nothing is claimed but, when its
    time has come, one notice.
    """
    found = Claimed()
    stopped = parked.parked(w).get(channel.name)
    if stopped is not None:
        longest = delivery.PROBES[-1] + outbox.SKEW
        if not parked.probing(w, channel.name, now=now, until=now + LEASE, longest=longest):
            return Claimed(is_parked=True)
        found.probes, limit = True, 1
    if plans.first is None:
        has_limits = channel.name in rates.LIMITS
        plans.first = outbox.top_level(w, channel.name, now=now) if has_limits else ()
    due = outbox.due(w, channel.name, now=now, limit=limit, first=plans.take(limit))
    if not due:
        return found
    gate = _Gate(w, means, channel, due, plans, now)
    leases = []
    for each in due:
        leased = _judged(each, gate, found)
        if leased is not None:
            leases.append(leased)
    outbox.lease(w, leases)
    outbox.change(w, [*found.waiting, *found.ended])
    gate.count_sends(w)
    parked.found(w, found.capped, delivery.day(now))
    return found


class _Gate:
    """Window, cap and rates of one channel at one instant; what it lets through counts from then on."""

    def __init__(
        self,
        w: Writing,
        means: Means,
        channel: message.Channel,
        due: Sequence[Due],
        plans: Plans,
        now: datetime,
    ) -> None:
        self._plans = plans
        self.means, self.channel, self.now = means, channel, now
        self.addressees = recipients.addressees(w, [each.official_id for each in due], w.on)
        self.workdays = w.current_rules().workdays
        self.limits = rates.LIMITS.get(channel.name, ())
        self._sent: dict[str, list[datetime]] = defaultdict(list)
        self._all: list[datetime] = []
        if self.limits:
            self._read_sends(w, [self.address(each) for each in due])
        officials = [each.official_id for each in due if each.official_id is not None]
        self._told: Counter[int] = Counter()
        self._today = delivery.day_start(now)
        if means.rules.most_a_day and not channel.always_open:
            since = self._today
            self._told.update(outbox.disturbed(w, officials, since=since, now=now, quiet=means.quiet))
        self._went: list[str] = []

    def addressee(self, each: Due) -> Addressee:
        """Whom the notice is for."""
        return self.addressees.get(each.official_id or 0) or Addressee(code="", name=each.recipient)

    def address(self, each: Due) -> str | None:
        """Where this channel reaches the recipient."""
        return choose.address_of(self.channel.name, self.addressee(each), self.means.settings)

    def opens(self, said: Message) -> datetime:
        """When the window lets the message out."""
        if self.channel.always_open or said.urgent:
            return self.now
        return self.means.rules.opens_at(self.now, self.workdays)

    def is_capped(self, each: Due, said: Message) -> bool:
        """Whether the recipient has had his fill today; the top level does not ask."""
        most = self.means.rules.most_a_day
        if not most or self.channel.always_open or each.official_id is None or said.is_top:
            return False
        return not self._is_counted(each) and self._told[each.official_id] >= most

    def fits(self, each: Due, address: str) -> datetime:
        """When the channel's limits let one more send to the address through; it is planned for then.

        One whose planned time has come goes before what is planned for later; any other goes after it.
        """
        if not self.limits:
            return self.now
        key = place(self.channel.name, address)
        own, shared = self._sent[key], self._all
        if each.id not in self._plans.ids:
            own = sorted([*own, *self._plans.after(key, self.now)])
            shared = sorted([*shared, *self._plans.all_after(self.now)])
        at = rates.earliest(self.limits, own, shared, self.now)
        if at > self.now:
            self._plans.add(each.id, key, at)
        else:
            insort(self._sent[key], at)
            insort(self._all, at)
        return at

    def let_out(self, each: Due, address: str) -> None:
        """Count a send that happens now."""
        if each.official_id is not None and not self._is_counted(each):
            self._told[each.official_id] += 1
        if self.limits:
            self._went.append(place(self.channel.name, address))

    def _is_counted(self, each: Due) -> bool:
        """Whether an earlier try of today has been counted: the recipient may have got it."""
        since = each.unsure_since(self.now)
        return since is not None and since >= self._today

    def count_sends(self, w: Writing) -> None:
        """Write down what was let out."""
        sendings.add(w, self.channel.name, self._went, at=self.now)

    def _read_sends(self, w: Writing, addresses: Sequence[str | None]) -> None:
        word, until = self.channel.name, self.now + outbox.SKEW
        own = max((rate.span for rate in self.limits if not rate.shared), default=rates.SECOND)
        hashes = {place(word, address) for address in addresses if address}
        self._sent.update(sendings.to_addresses(w, word, hashes, since=self.now - own, until=until))
        if shared := [rate.span for rate in self.limits if rate.shared]:
            self._all = sendings.of_channel(w, word, since=self.now - max(shared), until=until)


def place(channel: Channel, address: str) -> str:
    """What stands for where a send goes: a robot, whomever it mentions, or the address itself."""
    where = RobotAddress.parse(address).robot if channel in ROBOTS else address
    return sendings.address_hash(channel, where)


def is_there(sent_to: str | None, here: str) -> bool:
    """Whether a notice was sent to this place, as `place` gives it, and to no other since."""
    return sent_to in sendings.sent_to(here)


def _judged(each: Due, gate: _Gate, found: Claimed) -> Lease | None:
    """The lease of a notice that goes out now; else `found` says what becomes of it."""
    address = gate.address(each)
    if address is None:
        found.ended.append(changed(each, gate.now, NoticeState.DEAD, "no_address：没有这个渠道的地址"))
        return None
    try:
        said = digest.message(
            links.linked(facts_from_json(each.facts), each.id, gate.means.settings.page_key)
        )
        until, why = _kept_back(each, gate, said, address, found)
        if until > gate.now:
            until = min(until, gate.now + outbox.FARTHEST)
            found.waiting.append(changed(each, gate.now, each.resting_state, why, until=until))
            return None
        written = _written(each, gate.channel, said, address, gate.now)
    except Exception as error:  # one notice that cannot be put into words holds up no other
        _unreadable(each, gate, error, found)
        return None
    gate.let_out(each, address)
    until = gate.now + LEASE
    attempts = written.attempts
    letter = Letter(
        body=written.body,
        address=address,
        key=written.key,
        recipient=said.recipient,
        business_date=said.business_date,
    )
    found.outgoing.append(
        Outgoing(each.id, each.official_id, until, attempts, written.was, letter, found.probes)
    )
    unsure_at, marked_at, sent_to = written.unsure_at, written.marked_at, written.sent_to
    return Lease(each.id, NoticeState.LEASED, until, attempts, written.body, unsure_at, marked_at, sent_to)


def _kept_back(each: Due, gate: _Gate, said: Message, address: str, found: Claimed) -> tuple[datetime, str]:
    """When the notice may go out, and why not now."""
    opens = gate.opens(said)
    if opens > gate.now:
        return opens, "不在发送时段，顺延"
    if gate.is_capped(each, said):
        most, until = gate.means.rules.most_a_day, gate.means.rules.next_day(gate.now, gate.workdays)
        found.capped.append(
            Found(
                FaultKind.DAY_CAP,
                f"official:{each.official_id}",
                f"{each.recipient}今天已收到 {most} 份通知，达到每人每天的上限，其余的顺延到 "
                f"{until:%m-%d %H:%M} 以后发送；最高一级督办不受限制。",
            )
        )
        return until, f"达到每人每天 {most} 份的上限，顺延"
    return gate.fits(each, address), "达到渠道的频率限制，排队"


@dataclass(frozen=True)
class _Written:
    """One try of a notice: its body and key, and what the lease keeps; `was` is its state before."""

    body: str
    key: str
    sent_to: str
    attempts: int
    was: NoticeState
    unsure_at: datetime | None = None
    marked_at: datetime | None = None


def _written(each: Due, channel: message.Channel, said: Message, address: str, now: datetime) -> _Written:
    """The try that is made now.

    Where an earlier one may have arrived at this address the body is the kept one, but for 重发 where the
    channel would not know it again. Else nothing went out, and the body is made by the settings of now. Where
    one may have arrived at another address, this is a new send, under a key of its own: a vendor that has
    seen the first key would drop it.
    """
    here = place(channel.name, address)
    first, later = sendings.sent_to(here)
    is_elsewhere = each.is_unsure and each.sent_to is not None and not is_there(each.sent_to, here)
    if is_elsewhere or each.sent_to == later:
        key, sent_to = f"{each.dedupe_key}@{here}", later
    else:
        key, sent_to = each.dedupe_key, first
    if is_elsewhere or not each.is_unsure:
        body = channel.body(said, address=address, key=key)
        attempts, was = (1, NoticeState.QUEUED) if is_elsewhere else (each.attempts + 1, each.state)
        return _Written(body, key, sent_to, attempts, was)
    unsure_at = each.unsure_since(now) or now
    marks = each.marked_at is not None or not _knows_again(channel, unsure_at - LEASE, now)
    body = each.sent_body or ""
    if each.sent_body is None or (marks and each.marked_at is None):
        body = channel.body(marked(said) if marks else said, address=address, key=key)
    marked_at = each.marked_at or (now if marks else None)
    return _Written(body, key, sent_to, each.attempts + 1, each.resting_state, unsure_at, marked_at)


def _knows_again(channel: message.Channel, first_at: datetime, now: datetime) -> bool:
    """As the channel says; when a clock that was ahead sent the first one, nobody knows how long ago it was."""
    return first_at <= now and message.knows_again(channel, first_at, now)


def marked(said: Message) -> Message:
    """The message as one that may come for the second time (重发)."""
    head = Part(f"{WHY_MARKED}\n{said.head.text}", f"{WHY_MARKED}\n{said.head.markdown}")
    return replace(said, subject=f"{MARK}{said.subject}", head=head)


def _unreadable(each: Due, gate: _Gate, error: Exception, found: Claimed) -> None:
    attempts = each.attempts + 1
    why = f"这份通知写不出来（{type(error).__name__}）"
    if attempts >= gate.means.rules.tries:
        found.ended.append(changed(each, gate.now, NoticeState.DEAD, f"试了 {attempts} 次：{why}", tries=1))
        return
    until = gate.now + back_off(attempts, dice=random.random())
    found.waiting.append(changed(each, gate.now, NoticeState.AGAIN, why, until=until, tries=1))


def changed(
    each: Due,
    now: datetime,
    state: NoticeState,
    why: str,
    *,
    until: datetime | None = None,
    tries: int = 0,
) -> Changed:
    """A notice that is not sent now: it waits until an instant or ends; `tries` are added to those it had.

    What ended is to be passed on.
    """
    at = now if state is NoticeState.DEAD else until
    return Changed(each.id, state, each.attempts + tries, why, at, each.unsure_since(now))
