"""When a notice may go out: the delivery window, the cap a day, and how long a failed try waits."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from xiaohao.rules.business_date import ZONE
from xiaohao.rules.workdays import ONE_DAY, Workdays

FIRST_WAIT = timedelta(minutes=1)
TIMES_LONGER = 3
LONGEST_WAIT = timedelta(hours=6)
MOST_UNSURE = 3
"""So many tries, where each may be one more message to somebody who has got it already."""
JITTER = 0.2
"""A wait is shortened or lengthened by up to this part, so that what failed together does not return together."""
PROBES = (timedelta(minutes=10), timedelta(minutes=30), timedelta(hours=1), timedelta(hours=3))
"""How long a parked channel waits before the first, second … notice tries it; the last one repeats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRules:
    """What an office settles about sending.

    `opens` and `closes` bound the delivery window on Shanghai's clock, `closes` exclusive; where
    `working_days` the window has working days only. `most_a_day` is the cap a person and day, 0 for none.
    `tries`: with 8, a channel that is down is given up after some 12 hours, one working day; then the
    facts go to the next channel, so nobody waits longer for a channel than an escalation's first step.
    """

    opens: time = time(8)
    closes: time = time(20)
    working_days: bool = True
    most_a_day: int = 10
    tries: int = 8

    def opens_at(self, at: datetime, workdays: Workdays) -> datetime:
        """`at` where the window is open then, else the instant at which it opens next. `at` bears a zone."""
        here = at.astimezone(ZONE)
        day = here.date()
        if self._has(day, workdays) and here.time() < self.closes:
            return at if here.time() >= self.opens else self._start(day)
        return self.next_day(at, workdays)

    def next_day(self, at: datetime, workdays: Workdays) -> datetime:
        """The instant at which the window opens on a later day than that of `at` in Shanghai."""
        day = at.astimezone(ZONE).date() + ONE_DAY
        while not self._has(day, workdays):
            day += ONE_DAY
        return self._start(day)

    def _has(self, day: date, workdays: Workdays) -> bool:
        return not self.working_days or workdays.is_working(day)

    def _start(self, day: date) -> datetime:
        return datetime.combine(day, self.opens, ZONE)


STANDARD = DeliveryRules()
"""What is settled where the settings say nothing else."""


def day(at: datetime) -> date:
    """The day that it is in Shanghai at `at`, which bears a zone."""
    return at.astimezone(ZONE).date()


def day_start(at: datetime) -> datetime:
    """The first instant of the day that `at` falls on in Shanghai."""
    return datetime.combine(day(at), time(), ZONE)


def back_off(tries: int, *, dice: float, at_least: timedelta | None = None) -> timedelta:
    """How long to wait after the `tries`-th try (1 or more) that failed: 1, 3, 9, 27 … minutes, at most 6 hours.

    `dice`, from 0 to 1, spreads the wait by a fifth to either side; it is never shorter than `at_least`,
    which a receiver may have asked for.
    """
    wait = LONGEST_WAIT if tries > 8 else min(FIRST_WAIT * TIMES_LONGER ** (tries - 1), LONGEST_WAIT)
    return max(wait * (1 + JITTER * (2 * dice - 1)), at_least or timedelta())


def seldom(tries: int, *, dice: float) -> timedelta:
    """How long to wait after the `tries`-th try that may have arrived, where a further one would arrive too.

    Some 9 minutes, then 4 hours: the few tries (MOST_UNSURE) are spread over half a working day, which most
    faults of a line do not last.
    """
    return back_off(MOST_UNSURE * tries, dice=dice)


def next_probe(probes: int) -> timedelta:
    """How long a channel that was tried `probes` times while parked is left alone."""
    return PROBES[min(probes, len(PROBES) - 1)]
