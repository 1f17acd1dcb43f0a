"""状态: whether the nights ran, what waits to be told or sent, which posts are vacant, and the lights."""

from dataclasses import dataclass
from datetime import date, timedelta

from xiaohao.actions.answering import reached_before
from xiaohao.actions.people import ForetoldVacancy, Vacancy, foretold_in, vacancies_in
from xiaohao.ledger import figures, posts, rounds, runs
from xiaohao.ledger.acknowledgements import UnansweredLine, unanswered_lines
from xiaohao.ledger.figures import FaultLine, UnannouncedYear, UnitLights, UntoldLine
from xiaohao.ledger.rounds import Round
from xiaohao.ledger.writing import Ledger
from xiaohao.rules.acknowledging import Answering
from xiaohao.vocabulary import NoticeState

REMEMBERED = timedelta(days=30)
WAITING = (NoticeState.QUEUED, NoticeState.LEASED, NoticeState.AGAIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeCounts:
    """How many notices ended undelivered, wait to be sent, are uncertain, or are held.

    `dead` counts none whose facts reached the same person by another channel.
    """

    dead: int
    waiting: int
    uncertain: int
    held: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusView:
    """What an operator looks at first.

    `last_night` is the business date of the last night that ran. `missed` are nights of the last 30
    days that did not run, those that the next night will write down included. `untold` is the number
    of steps that are recorded and not told, `untold_problems` the highest of each problem.
    `last_watch`, `last_heartbeat` and `last_verification` are the last rounds of the watch, of a
    heartbeat that went out, and of the trail's verification; None before the first. `unannounced`
    are calendar years not announced yet that last days of open problems lie in. `unanswered` are notices
    that reached their recipient (未阅); those that reached nobody are among `notices` as dead (未送达).
    """

    on: date
    last_night: date | None
    missed: tuple[date, ...]
    untold: int
    untold_problems: tuple[UntoldLine, ...]
    notices: NoticeCounts
    vacancies: tuple[Vacancy, ...]
    foretold: tuple[ForetoldVacancy, ...]
    unanswered: tuple[UnansweredLine, ...]
    faults: tuple[FaultLine, ...]
    lights: tuple[UnitLights, ...]
    unannounced: tuple[UnannouncedYear, ...] = ()
    last_watch: Round | None = None
    last_heartbeat: Round | None = None
    last_verification: Round | None = None


def status(ledger: Ledger, on: date, terms: Answering | None = None) -> StatusView:
    """The state of the whole ledger as of the day `on` (for posts, missed nights and answers).

    `terms` say how long an answer may take; the usual ones where none are given.
    """
    with ledger.reading() as r:
        org = posts.org(r)
        by_state = figures.notice_counts(r)
        written = [day for day in runs.missed(r) if on - REMEMBERED <= day <= on]
        return StatusView(
            on=on,
            last_night=runs.last_night(r),
            missed=tuple(sorted({*written, *runs.missed_between(r, on)})),
            untold=figures.untold_steps(r),
            untold_problems=figures.untold_lines(r),
            notices=NoticeCounts(
                dead=by_state.get(NoticeState.DEAD, 0),
                waiting=sum(by_state.get(state, 0) for state in WAITING),
                uncertain=by_state.get(NoticeState.UNCERTAIN, 0),
                held=by_state.get(NoticeState.HELD, 0),
            ),
            vacancies=vacancies_in(r, org, on),
            foretold=foretold_in(r, org, on),
            unanswered=tuple(unanswered_lines(r, reached_before(r, on, terms or Answering()))),
            faults=figures.fault_lines(r),
            lights=figures.lights_by_unit(r),
            unannounced=figures.unannounced(r),
            last_watch=rounds.last(r, rounds.WATCH),
            last_heartbeat=rounds.last(r, rounds.HEARTBEAT),
            last_verification=rounds.last(r, rounds.VERIFY),
        )
