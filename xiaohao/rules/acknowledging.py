"""已阅: what a person who has acknowledged a notice is spared, and when silence is passed up.

Acknowledging never stops the ladder: it spares that person the repeats at the same level, for a while.
"""

from dataclasses import dataclass
from datetime import date

from xiaohao.rules.counting import Counter, Term
from xiaohao.rules.workdays import Workdays


@dataclass(frozen=True, slots=True)
class Answering:
    """The office's own terms, both in working days.

    `lasts`: an acknowledgement spares repeats for so long after it, or after the last progress since; never
    shorter than until the next repeat.
    `within`: a notice that reached somebody and is not acknowledged within it is told to the next role up.
    """

    lasts: int = 5
    within: int = 2


def is_spared(
    acknowledged_on: date,
    progress_on: date | None,
    on: date,
    counter: Counter,
    *,
    lasts: int,
    repeats: Term | None,
) -> bool:
    """Whether a repeat on the business date `on` is spared to one who acknowledged on that day.

    The days are counted from the acknowledgement or from the last progress after it; the `lasts`-th
    working day is still spared. A step that comes again in longer spans, `repeats`, is spared for one such span:
    else an acknowledgement would have worn off before there is anything to spare.
    """
    since = max(acknowledged_on, progress_on or acknowledged_on)
    if on <= counter.workdays.after(since, lasts):
        return True
    return repeats is not None and on <= counter.after(since, repeats)


def is_unanswered(reached_on: date, on: date, workdays: Workdays, *, within: int) -> bool:
    """Whether a notice that the channel took on `reached_on` has waited too long on the business date `on`.

    The `within`-th working day is still in time; the night after it passes the matter up.
    """
    return on > workdays.after(reached_on, within)


def earliest_reached(on: date, workdays: Workdays, *, within: int) -> date:
    """The last day `reached_on` on which a notice is unanswered on `on`; later ones are still in time."""
    day = workdays.before(on, within)
    while not is_unanswered(day, on, workdays, within=within):
        day = workdays.before(day, 1)
    return day
