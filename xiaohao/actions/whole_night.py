"""A whole night without Prefect: the acts in their order, and what they did in one value.

`flows.nightly` runs the same acts as tasks and puts its results together with `night_of` too.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from functools import partial

from models.facts import DigestFacts
from notifiers.choose import ChannelSettings
from xiaohao.actions import deliver, night, seal
from xiaohao.actions.deliver import Sent
from xiaohao.actions.night import Composed, FiredCounts
from xiaohao.errors import Unreachable, XiaohaoError
from xiaohao.ledger import trail
from xiaohao.ledger.scopes import WHOLE, Scope
from xiaohao.ledger.trail import Head
from xiaohao.ledger.writing import Ledger
from xiaohao.rules.delivery import STANDARD, DeliveryRules
from xiaohao.vocabulary import NoticeState

LOG = logging.getLogger("xiaohao.nightly")
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Night:
    """What one night did. `fired` counts problems, `escalated` those told at each level, `missed` is in order.

    `set_aside` and `failed` are sentences for the operator: states whose timetable could not be
    worked out, and scopes that failed; the others are done. `digests` is who was told what.
    """

    business_date: date
    missed: tuple[date, ...] = ()
    fired: int = 0
    yellow: int = 0
    red: int = 0
    closed: int = 0
    escalated: Mapping[int, int] = field(default_factory=dict)
    notices: int = 0
    untold: int = 0
    trail_size: int = 0
    root: str = ""
    digests: tuple[DigestFacts, ...] = ()
    sent: Mapping[NoticeState, int] = field(default_factory=dict)
    send_failures: tuple[str, ...] = ()
    set_aside: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether nothing was set aside and no scope failed."""
        return not (self.set_aside or self.failed)

    @property
    def did_something(self) -> bool:
        """False where the night had nothing left to do."""
        return bool(self.fired or self.closed or self.notices)


def whole_night(
    ledger: Ledger,
    on: date,
    channels: ChannelSettings,
    *,
    today: date,
    scopes: Sequence[Scope] = (WHOLE,),
    page_url: str = "",
    held: bool = False,
    rules: DeliveryRules = STANDARD,
    progress: Progress = lambda _: None,
) -> Night:
    """Run the night of the business date `on`: fire by scope, compose, seal, deliver.

    A scope that fails stops no other; what it left is done by the next run. Raises WrongDate for
    a date before the last night or after `today` (in Shanghai), LedgerBusy, LedgerUnreachable.
    """
    night.check_date(ledger, on, today=today)
    missed = night.missed(ledger, on) if len(scopes) == 1 else night.note_missed(ledger, on)
    fired, failed = fire_all(ledger, on, scopes, progress=progress)
    progress("拟写通知")
    composed = night.compose(ledger, on, channels, page_url=page_url, held=held)
    head = seal.seal(ledger)
    progress("发送通知")
    sent = deliver.deliver(ledger, on, channels, rules, progress=lambda count: progress(f"已发送 {count} 份"))
    return night_of(on, missed, fired, composed, head, sent, failed)


def fire_all(
    ledger: Ledger, on: date, scopes: Sequence[Scope], *, progress: Progress = lambda _: None
) -> tuple[FiredCounts, list[str]]:
    """Fire every scope, side by side where the database lets several write: the sum, and who failed.

    A scope that fails stops no other. Raises Unreachable where one met with it, once all have ended.
    """
    fired = FiredCounts()
    failed: list[str] = []
    outside: list[Unreachable] = []
    progress(f"核对时限：{on}")
    with ThreadPoolExecutor(max_workers=night.side_by_side(ledger, scopes)) as threads:
        for scope, done in zip(scopes, threads.map(partial(_fired, ledger, on), scopes), strict=True):
            match done:
                case FiredCounts():
                    fired.add(done)
                case Unreachable():
                    outside.append(done)
                case XiaohaoError():
                    failed.append(f"范围“{scope.name}”没有完成：{done.message}")
                case _:
                    failed.append(
                        f"范围“{scope.name}”没有完成：程序出错（{type(done).__name__}），详细情况记在日志里。"
                    )
    if outside:
        raise outside[0]
    return fired, failed


def _fired(ledger: Ledger, on: date, scope: Scope) -> FiredCounts | Exception:
    try:
        return night.fire(ledger, on, scope)
    except XiaohaoError as error:
        return error
    except Exception as error:  # the others still run; told at the end
        LOG.exception("scope %s failed", scope.name)
        return error


def rehearsed(
    ledger: Ledger,
    on: date,
    channels: ChannelSettings,
    *,
    today: date,
    scopes: Sequence[Scope] = (WHOLE,),
) -> Night:
    """What the night would do; nothing is written or sent. Raises as `whole_night`."""
    night.check_date(ledger, on, today=today)
    missed = night.missed(ledger, on)
    fired, composed = night.dry_run(ledger, on, channels, scopes)
    with ledger.reading() as r:
        head = trail.head(r.conn)
    return night_of(on, missed, fired, composed, head, Sent(), ())


def night_of(
    on: date,
    missed: Sequence[date],
    fired: FiredCounts,
    composed: Composed,
    head: Head,
    sent: Sent,
    failed: Sequence[str],
) -> Night:
    """What the parts of a night did, as one value. `fired` has every scope counted in."""
    return Night(
        business_date=on,
        missed=tuple(missed),
        fired=fired.fired,
        yellow=fired.yellow,
        red=fired.red,
        closed=fired.closed,
        escalated=dict(sorted(composed.escalated.items())),
        notices=composed.notices,
        untold=composed.untold,
        trail_size=head.size,
        root=head.root,
        digests=composed.digests,
        sent=dict(sent.counts),
        send_failures=tuple(dict.fromkeys(sent.failures)),
        set_aside=fired.set_aside,
        failed=tuple(failed),
    )
