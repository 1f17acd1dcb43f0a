"""Steps that were told, and whether their problems still stand as they were told."""

from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from xiaohao.ledger import dialect
from xiaohao.ledger.tables import FIRING, PROBLEM
from xiaohao.ledger.writing import Writing
from xiaohao.rules.post_above import ToldStep
from xiaohao.vocabulary import Status, StepKind

STANDS = (
    ((StepKind.WARNING, StepKind.ESCALATION), (Status.REGISTERED, Status.RECTIFYING)),
    ((StepKind.TAKE_UP,), (Status.REGISTERED,)),
    ((StepKind.VERIFY_WAIT,), (Status.APPLIED,)),
)
"""Where a problem stands while a step of a kind still asks something of somebody."""


def standing(w: Writing, firing_ids: Iterable[int]) -> Mapping[int, ToldStep]:
    """Those of these steps that were told and that still stand, by the firing's id. One statement, however many.

    A step that was spoken for by a higher one has no post and is left out; so is one that was withdrawn, whose
    problem is over, applied for or reopened, or has climbed beyond it since: then somebody above has been
    told anyhow.
    """
    ids = sorted(set(firing_ids))
    if not ids:
        return {}
    dialect.create_temp_table(w.conn, "told_step", "firing_id BIGINT PRIMARY KEY")
    dialect.fill(w.conn, "told_step", ("firing_id",), [(each,) for each in ids])
    told = (FIRING.c.unit_id, FIRING.c.role, PROBLEM.c.unit_id)
    query = (
        sa.select(FIRING.c.id, *told)
        .join_from(FIRING, PROBLEM, PROBLEM.c.id == FIRING.c.problem_id)
        .where(
            FIRING.c.id.in_(sa.text("SELECT firing_id FROM told_step")),
            FIRING.c.unit_id.is_not(None),
            FIRING.c.role.is_not(None),
            FIRING.c.withdrawn_on.is_(None),
            sa.or_(*(FIRING.c.step.in_(steps) & PROBLEM.c.status.in_(at) for steps, at in STANDS)),
            PROBLEM.c.round == FIRING.c.round,
            ~_has_climbed(),
        )
    )
    return {row[0]: ToldStep(*row[1:]) for row in w.conn.execute(query)}


def _has_climbed() -> sa.Exists:
    later = FIRING.alias("later")
    same = [later.c[name] == FIRING.c[name] for name in ("problem_id", "round", "clock_on", "step")]
    return sa.exists().where(*same, later.c.withdrawn_on.is_(None), later.c.level > FIRING.c.level)
