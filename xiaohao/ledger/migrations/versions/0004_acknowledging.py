"""已阅: whose silence was told to the next role up.

It runs before the code starts.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

UNANSWERED = sa.text("accepted_at IS NOT NULL AND acknowledged_at IS NULL AND passed_up_on IS NULL")


def upgrade() -> None:
    """Add a column and an index; no row is changed."""
    op.add_column("notice", sa.Column("passed_up_on", sa.Date(), nullable=True))
    op.create_index(
        "notice_unanswered",
        "notice",
        ["accepted_at"],
        sqlite_where=UNANSWERED,
        postgresql_where=UNANSWERED,
    )
