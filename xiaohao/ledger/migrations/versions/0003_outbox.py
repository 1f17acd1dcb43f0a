"""The outbox that loses and doubles nothing: all channels, parked ones, sends that rate limits count.

It runs before the code starts. A body of an unfinished notice goes, for it held words and not what is posted.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
WAITING = "state IN ('queued', 'again', 'leased', 'uncertain')"
UNFINISHED = "state NOT IN ('accepted', 'delivered')"
OLD_CHANNELS = ("console", "file", "webhook")
CHANNELS = (
    *OLD_CHANNELS,
    "wecom_robot",
    "wecom_app",
    "dingtalk_robot",
    "dingtalk_work",
    "dingtalk_gov",
    "feishu_robot",
    "feishu_app",
    "mail",
    "sms_aliyun",
    "sms_tencent",
    "other",
)
STATES = ("held", "queued", "leased", "accepted", "delivered", "again", "uncertain", "dead")
OLD_FAULTS = ("state_set_aside", "vacant_post", "deputy_circle", "nobody_to_tell", "watch", "trail")
FAULTS = (
    "state_set_aside",
    "vacant_post",
    "deputy_circle",
    "nobody_to_tell",
    "channel_parked",
    "day_cap",
    "unreached",
    "watch",
    "trail",
)


def upgrade() -> None:
    """Widen three CHECKs, add six columns, four indexes and two tables."""
    with op.batch_alter_table("contact", copy_from=contact()) as batch:
        widen(batch, "contact", "channel", CHANNELS)
    with op.batch_alter_table("fault", copy_from=fault()) as batch:
        widen(batch, "fault", "kind", FAULTS)
    with op.batch_alter_table("notice", copy_from=notice()) as batch:
        widen(batch, "notice", "channel", CHANNELS)
        batch.add_column(sa.Column("instead_of", KEY, nullable=True))
        for name in ("unsure_at", "marked_at", "next_ask_at"):
            batch.add_column(sa.Column(name, INSTANT, nullable=True))
        batch.add_column(sa.Column("sent_to", sa.Text(), nullable=True))
        batch.create_foreign_key(op.f("notice_instead_of_fk"), "notice", ["instead_of"], ["id"])
    for name, columns, condition in (
        ("notice_channel_waiting", ["channel", "id"], WAITING),
        ("notice_asked", ["channel", "next_ask_at"], "next_ask_at IS NOT NULL"),
        ("notice_accepted_by", ["official_id", "accepted_at"], "accepted_at IS NOT NULL"),
        ("notice_instead_of", ["instead_of"], "instead_of IS NOT NULL"),
    ):
        op.create_index(name, "notice", columns, **where(condition))
    op.execute(sa.text(f"UPDATE notice SET sent_body = NULL WHERE {WAITING}"))
    op.create_table(
        "parked_channel",
        sa.Column("channel", words("channel", CHANNELS), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("next_probe_at", INSTANT, nullable=False),
        sa.Column("probes", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("probes >= 0", name=op.f("parked_channel_probes_range")),
        sa.PrimaryKeyConstraint("channel", name=op.f("parked_channel_pk")),
    )
    op.create_table(
        "sending",
        sa.Column("id", KEY, sa.Identity(always=False), nullable=False),
        sa.Column("channel", words("channel", CHANNELS), nullable=False),
        sa.Column("address_hash", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("sending_pk")),
    )
    op.create_index("sending_to", "sending", ["channel", "address_hash", "at"])
    op.create_index("sending_at", "sending", ["at"])


def widen(batch: Any, table: str, column: str, codes: Sequence[str]) -> None:
    """Let the column hold these codes."""
    name = op.f(f"{table}_{column}")
    batch.drop_constraint(name, type_="check")
    batch.create_check_constraint(name, sa.text(one_of(column, codes)))


def where(condition: str) -> dict[str, Any]:
    """The rows that a partial index holds."""
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def one_of(column: str, codes: Sequence[str]) -> str:
    """The condition of a CHECK."""
    listed = ", ".join(f"'{code}'" for code in codes)
    return f"{column} IN ({listed})"


def words(name: str, codes: Sequence[str]) -> sa.Enum:
    """A column that holds these codes and no others."""
    return sa.Enum(*codes, name=name, native_enum=False, create_constraint=True, length=16)


def coded(table: str, column: str, codes: Sequence[str]) -> sa.CheckConstraint:
    """The CHECK of a column as it stands."""
    return sa.CheckConstraint(one_of(column, codes), name=op.f(f"{table}_{column}"))


def points(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    """A reference as it stands."""
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"{table}_{column}_fk"))


def contact() -> sa.Table:
    """The table as 0002 leaves it: SQLite makes it anew, and would forget its CHECKs."""
    return sa.Table(
        "contact",
        sa.MetaData(),
        sa.Column("id", KEY, sa.Identity(always=False), nullable=False),
        sa.Column("official_id", KEY, nullable=True),
        sa.Column("unit_id", KEY, nullable=True),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        coded("contact", "channel", OLD_CHANNELS),
        sa.CheckConstraint("(official_id IS NULL) <> (unit_id IS NULL)", name=op.f("contact_one_owner")),
        points("contact", "official_id", "official"),
        points("contact", "unit_id", "unit"),
        sa.PrimaryKeyConstraint("id", name=op.f("contact_pk")),
    )


def fault() -> sa.Table:
    """The table as 0002 leaves it."""
    return sa.Table(
        "fault",
        sa.MetaData(),
        sa.Column("id", KEY, sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("run_id", KEY, nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("found_on", sa.Date(), nullable=False),
        sa.Column("cleared_on", sa.Date(), nullable=True),
        coded("fault", "kind", OLD_FAULTS),
        points("fault", "run_id", "run"),
        sa.PrimaryKeyConstraint("id", name=op.f("fault_pk")),
        sa.Index("fault_open", "kind", "subject", unique=True, **where("cleared_on IS NULL")),
    )


def notice() -> sa.Table:
    """The table as 0002 leaves it."""
    promises = {
        "accepted_has_time": "state <> 'accepted' OR accepted_at IS NOT NULL",
        "delivered_has_time": "state <> 'delivered' OR delivered_at IS NOT NULL",
        "leased_has_end": "state <> 'leased' OR lease_until IS NOT NULL",
        "one_recipient": "(official_id IS NULL) <> (unit_id IS NULL)",
        "attempts_range": "attempts >= 0",
    }
    return sa.Table(
        "notice",
        sa.MetaData(),
        sa.Column("id", KEY, sa.Identity(always=False), nullable=False),
        sa.Column("dedupe_key", sa.Text(), nullable=False),
        sa.Column("run_id", KEY, nullable=True),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("official_id", KEY, nullable=True),
        sa.Column("unit_id", KEY, nullable=True),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("sent_body", sa.Text(), nullable=True),
        sa.Column("foot_checkpoint", KEY, nullable=True),
        sa.Column("state", sa.String(16), server_default=sa.text("'queued'"), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        *(
            sa.Column(name, INSTANT, nullable=True)
            for name in (
                "next_attempt_at",
                "lease_until",
                "accepted_at",
                "delivered_at",
                "read_at",
                "acknowledged_at",
            )
        ),
        sa.Column("receipt", sa.Text(), nullable=True),
        coded("notice", "channel", OLD_CHANNELS),
        coded("notice", "state", STATES),
        *(sa.CheckConstraint(text, name=op.f(f"notice_{name}")) for name, text in promises.items()),
        points("notice", "foot_checkpoint", "checkpoint"),
        points("notice", "official_id", "official"),
        points("notice", "run_id", "run"),
        points("notice", "unit_id", "unit"),
        sa.PrimaryKeyConstraint("id", name=op.f("notice_pk")),
        sa.UniqueConstraint("dedupe_key", name=op.f("notice_dedupe_key")),
        sa.Index("notice_business_date", "business_date"),
        sa.Index("notice_waiting", "next_attempt_at", **where(WAITING)),
        sa.Index("notice_unfinished", "state", "created_at", **where(UNFINISHED)),
    )
