"""What running it every night needs: faults that the watch finds, lights counted from an index, Prefect's run ids.

It runs before the code starts.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

OPEN = sa.text("status NOT IN ('closed', 'cancelled')")
UNFINISHED = sa.text("state NOT IN ('accepted', 'delivered')")
KINDS = ("state_set_aside", "vacant_post", "deputy_circle", "nobody_to_tell", "watch", "trail")


def upgrade() -> None:
    """Add two indexes, a column, and two words; no row is changed."""
    op.create_index(
        "problem_lights",
        "problem",
        ["unit_id", "status", "light"],
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
    op.create_index(
        "notice_unfinished",
        "notice",
        ["state", "created_at"],
        sqlite_where=UNFINISHED,
        postgresql_where=UNFINISHED,
    )
    op.add_column("run", sa.Column("prefect_run", sa.Text(), nullable=True))
    words = ", ".join(f"'{word}'" for word in KINDS)
    with op.batch_alter_table("fault") as fault:
        fault.drop_constraint(op.f("fault_kind"), type_="check")
        fault.create_check_constraint(op.f("fault_kind"), sa.text(f"kind IN ({words})"))
