"""已阅 in the night: repeats that are spared to who acknowledged, and silence that is passed up.

`telling` asks here for what it writes beside the news of the day.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from models.facts import DigestItem
from xiaohao.ledger import acknowledgements, trail
from xiaohao.ledger.acknowledgements import Read, Silent
from xiaohao.ledger.firings import Untold
from xiaohao.ledger.writing import Reading, Writing
from xiaohao.rules.acknowledging import Answering, earliest_reached, is_spared
from xiaohao.rules.business_date import ZONE
from xiaohao.rules.counting import Counter, Suspensions
from xiaohao.rules.ladder import Org, Told
from xiaohao.rules.post_above import above, still_theirs
from xiaohao.vocabulary import Action, StepKind


class Spared(NamedTuple):
    """A repeat that is recorded and told to nobody, since this official has acknowledged the step."""

    untold: Untold
    official_id: int


class Information(NamedTuple):
    """A matter told to the next role up for information: the notice of it was not acknowledged."""

    told: Told
    item: DigestItem


def reached_before(r: Reading, on: date, terms: Answering) -> datetime:
    """The instant (UTC) before which a notice must have reached its recipient to be unanswered on `on`."""
    workdays = r.current_rules().workdays
    last = earliest_reached(on, workdays, within=terms.within)
    return datetime.combine(last + timedelta(days=1), datetime.min.time(), ZONE).astimezone(UTC)


def is_spared_to(
    w: Writing, each: Untold, official_id: int, read: Mapping[tuple[object, ...], Read], terms: Answering
) -> bool:
    """Whether all that is untold are repeats of one step that the official has acknowledged lately."""
    matter = each.matter
    if not matter.repeat or not each.only_repeats:
        return False
    key = (each.problem_id, official_id, matter.round, matter.clock_on, matter.kind, matter.level)
    found = read.get(key)
    if found is None:
        return False
    state = matter.state
    rules = w.rules(state.policy_id, state.calendar_version)
    counter = Counter(rules.workdays, Suspensions.parse(state.suspensions))
    repeats = rules.policy.repeats(state.rectification_class, matter.kind)
    day = found.at.astimezone(ZONE).date()
    return is_spared(day, found.progress_on, w.on, counter, lasts=terms.lasts, repeats=repeats)


def passed_up(org: Org, silent: Sequence[Silent], on: date) -> Iterator[tuple[int, Information]]:
    """For each matter whose notice was not acknowledged: the official of the next role up, and what he is told.

    The next role up is counted from the post that was told, which may be above a vacant one, and it is never
    the silent person himself. Warnings are left out, and so are the top of the ladder, for nobody is above, and
    problems that were given to another unit since.
    """
    for notice in silent:
        for item in notice.facts.items:
            if item.unanswered_by or item.kind is StepKind.WARNING:
                continue
            step = still_theirs(org, item.firings, notice.steps)
            if step is None:
                continue
            told = above(org, step.unit_id, step.role, (notice.official_id,), on)
            if told is None or told.official_id is None:
                continue
            day = f"{notice.business_date.month}月{notice.business_date.day}日"
            yield (
                told.official_id,
                Information(told, replace(item, unanswered_by=f"{notice.recipient}（{day}通知）")),
            )


def write_spared(w: Writing, spared: Sequence[Spared], codes: Mapping[int, str]) -> None:
    """Mark the steps, and leave a trail entry for each problem."""
    if not spared:
        return
    keys = acknowledgements.mark_spared(w, [each.untold for each in spared])
    for untold, official_id in sorted(spared, key=lambda each: each.untold.problem_id):
        said = {
            "on": w.on,
            "quiet": [list(key) for key in keys[untold.problem_id]],
            "spared": {"official": codes[official_id]},
        }
        detail = trail.detail_of(said)
        w.note(f"problem:{untold.problem_id}", untold.version + 1, detail, Action.TELL)
