"""The first schema. It runs before the code starts."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def where(condition: str) -> dict[str, Any]:
    """The rows that a partial index holds."""
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def upgrade() -> None:
    """Make every table and index, and the head of an empty trail."""
    op.create_table(
        "calendar",
        sa.Column("version", KEY, autoincrement=False, nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("announced_until", sa.Date(), nullable=False),
        sa.CheckConstraint("version >= 1", name=op.f("calendar_version_range")),
        sa.PrimaryKeyConstraint("version", name=op.f("calendar_pk")),
    )
    op.create_table(
        "checkpoint",
        sa.Column("id", KEY, sa.Identity(always=False), nullable=False),
        sa.Column("tree_size", KEY, nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.CheckConstraint("length(root) = 32", name=op.f("checkpoint_root_length")),
        sa.CheckConstraint("tree_size >= 0", name=op.f("checkpoint_tree_size_range")),
        sa.PrimaryKeyConstraint("id", name=op.f("checkpoint_pk")),
        sa.UniqueConstraint("tree_size", name=op.f("checkpoint_tree_size")),
    )
    op.create_table(
        "official",
        sa.Column("id", KEY, autoincrement=False, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("mobile", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("official_pk")),
        sa.UniqueConstraint("code", name=op.f("official_code")),
    )
    op.create_table(
        "policy",
        sa.Column("id", KEY, autoincrement=False, nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("policy_sha256_length")),
        sa.PrimaryKeyConstraint("id", name=op.f("policy_pk")),
    )
    op.create_table(
        "run",
        sa.Column("id", KEY, sa.Identity(always=False), nullable=False),
        sa.Column("flow", sa.Text(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("scope", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("started_at", INSTANT, nullable=True),
        sa.Column("finished_at", INSTANT, nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "done",
                "missed",
                "partial",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("counts", sa.Text(), server_default=sa.text("'{}'"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("run_pk")),
    )
    op.create_index("run_night", "run", ["business_date", "scope"], unique=True, **where("flow = 'nightly'"))
    op.create_table(
        "trail",
        sa.Column("seq", KEY, autoincrement=False, nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("run", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("(detail IS NULL) = (salt IS NULL)", name=op.f("trail_erased_whole")),
        sa.CheckConstraint("length(leaf) = 32", name=op.f("trail_leaf_length")),
        sa.CheckConstraint("length(salt) = 16", name=op.f("trail_salt_length")),
        sa.CheckConstraint("seq >= 0", name=op.f("trail_seq_range")),
        sa.PrimaryKeyConstraint("seq", name=op.f("trail_pk")),
        sa.UniqueConstraint("subject", "version", name=op.f("trail_subject_version")),
    )
    op.create_table(
        "trail_head",
        sa.Column("id", KEY, autoincrement=False, nullable=False),
        sa.Column("size", KEY, nullable=False),
        sa.Column("frontier", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("trail_head_only_one")),
        sa.CheckConstraint("size >= 0", name=op.f("trail_head_size_range")),
        sa.PrimaryKeyConstraint("id", name=op.f("trail_head_pk")),
    )
    op.create_table(
        "unit",
        sa.Column("id", KEY, autoincrement=False, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "district",
                "subdistrict",
                "township",
                "community",
                "village",
                "branch",
                "department",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("parent_id", KEY, nullable=True),
        sa.Column("path", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.CheckConstraint(
            "substr(path, 1, 1) = '/' AND substr(path, length(path) - length('/' || id || '/') + 1) = '/' || id || '/'",
            name=op.f("unit_path_ends_in_id"),
        ),
        sa.CheckConstraint("parent_id <> id", name=op.f("unit_parent_other")),
        sa.ForeignKeyConstraint(["parent_id"], ["unit.id"], name=op.f("unit_parent_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("unit_pk")),
        sa.UniqueConstraint("code", name=op.f("unit_code")),
        sa.UniqueConstraint("parent_id", "name", name=op.f("unit_parent_id_name")),
        sa.UniqueConstraint("path", name=op.f("unit_path")),
    )
    op.create_index("unit_root_name", "unit", ["name"], unique=True, **where("parent_id IS NULL"))
    op.create_table(
        "contact",
        sa.Column("id", KEY, sa.Identity(always=False), nullable=False),
        sa.Column("official_id", KEY, nullable=True),
        sa.Column("unit_id", KEY, nullable=True),
        sa.Column(
            "channel",
            sa.Enum(
                "console",
                "file",
                "webhook",
                name="channel",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("address", sa.Text(), nullable=False),
        sa.CheckConstraint("(official_id IS NULL) <> (unit_id IS NULL)", name=op.f("contact_one_owner")),
        sa.ForeignKeyConstraint(["official_id"], ["official.id"], name=op.f("contact_official_id_fk")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("contact_unit_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("contact_pk")),
    )
    op.create_table(
        "fault",
        sa.Column("id", KEY, sa.Identity(always=False), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "state_set_aside",
                "vacant_post",
                "deputy_circle",
                "nobody_to_tell",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("run_id", KEY, nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("found_on", sa.Date(), nullable=False),
        sa.Column("cleared_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fault_run_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("fault_pk")),
    )
    op.create_index("fault_open", "fault", ["kind", "subject"], unique=True, **where("cleared_on IS NULL"))
    op.create_table(
        "notice",
        sa.Column("id", KEY, sa.Identity(always=False), nullable=False),
        sa.Column("dedupe_key", sa.Text(), nullable=False),
        sa.Column("run_id", KEY, nullable=True),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("official_id", KEY, nullable=True),
        sa.Column("unit_id", KEY, nullable=True),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column(
            "channel",
            sa.Enum(
                "console",
                "file",
                "webhook",
                name="channel",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("sent_body", sa.Text(), nullable=True),
        sa.Column("foot_checkpoint", KEY, nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "held",
                "queued",
                "leased",
                "accepted",
                "delivered",
                "again",
                "uncertain",
                "dead",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            server_default=sa.text("'queued'"),
            nullable=False,
        ),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("next_attempt_at", INSTANT, nullable=True),
        sa.Column("lease_until", INSTANT, nullable=True),
        sa.Column("accepted_at", INSTANT, nullable=True),
        sa.Column("delivered_at", INSTANT, nullable=True),
        sa.Column("read_at", INSTANT, nullable=True),
        sa.Column("acknowledged_at", INSTANT, nullable=True),
        sa.Column("receipt", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state <> 'accepted' OR accepted_at IS NOT NULL", name=op.f("notice_accepted_has_time")
        ),
        sa.CheckConstraint(
            "state <> 'delivered' OR delivered_at IS NOT NULL", name=op.f("notice_delivered_has_time")
        ),
        sa.CheckConstraint(
            "state <> 'leased' OR lease_until IS NOT NULL", name=op.f("notice_leased_has_end")
        ),
        sa.CheckConstraint("(official_id IS NULL) <> (unit_id IS NULL)", name=op.f("notice_one_recipient")),
        sa.CheckConstraint("attempts >= 0", name=op.f("notice_attempts_range")),
        sa.ForeignKeyConstraint(
            ["foot_checkpoint"], ["checkpoint.id"], name=op.f("notice_foot_checkpoint_fk")
        ),
        sa.ForeignKeyConstraint(["official_id"], ["official.id"], name=op.f("notice_official_id_fk")),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("notice_run_id_fk")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("notice_unit_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("notice_pk")),
        sa.UniqueConstraint("dedupe_key", name=op.f("notice_dedupe_key")),
    )
    op.create_index("notice_business_date", "notice", ["business_date"], unique=False)
    op.create_index(
        "notice_waiting",
        "notice",
        ["next_attempt_at"],
        unique=False,
        **where("state IN ('queued', 'again', 'leased', 'uncertain')"),
    )
    op.create_table(
        "post",
        sa.Column("id", KEY, autoincrement=False, nullable=False),
        sa.Column("unit_id", KEY, nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "clerk",
                "secretary",
                "leader",
                "supervisor",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("post_unit_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("post_pk")),
        sa.UniqueConstraint("unit_id", "role", name=op.f("post_unit_id_role")),
    )
    op.create_table(
        "problem",
        sa.Column("id", KEY, autoincrement=False, nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("external_number", sa.Text(), nullable=True),
        sa.Column("register_unit_id", KEY, nullable=False),
        sa.Column(
            "entered",
            sa.Enum(
                "import",
                "hand",
                "reception",
                name="entered",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("title_key", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column(
            "source",
            sa.Enum(
                "inspection",
                "home_visit",
                "reception_day",
                "walking_table",
                "small_wish",
                "suggestion",
                "hotline",
                name="source",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=True,
        ),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("unit_id", KEY, nullable=False),
        sa.Column("found_by_unit_id", KEY, nullable=True),
        sa.Column("found_on", sa.Date(), nullable=False),
        sa.Column(
            "rectification_class",
            sa.Enum(
                "immediate",
                "time_limited",
                "long_term",
                name="rectification_class",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("limit_text", sa.Text(), nullable=True),
        sa.Column("term_count", sa.Integer(), nullable=True),
        sa.Column(
            "term_unit",
            sa.Enum(
                "day",
                "workday",
                "week",
                "month",
                name="term_unit",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=True,
        ),
        sa.Column("due_given", sa.Date(), nullable=True),
        sa.Column("registered_on", sa.Date(), nullable=False),
        sa.Column("started_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("original_due_on", sa.Date(), nullable=True),
        sa.Column("review_every", sa.Text(), nullable=True),
        sa.Column("reviews_from", sa.Date(), nullable=True),
        sa.Column("review_on", sa.Date(), nullable=True),
        sa.Column("take_up_by", sa.Date(), nullable=True),
        sa.Column("taken_up_on", sa.Date(), nullable=True),
        sa.Column("applied_on", sa.Date(), nullable=True),
        sa.Column("verified_on", sa.Date(), nullable=True),
        sa.Column("verify_by", sa.Date(), nullable=True),
        sa.Column("suspended_until", sa.Date(), nullable=True),
        sa.Column("suspensions", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("policy_id", KEY, nullable=False),
        sa.Column("calendar_version", KEY, nullable=False),
        sa.Column("next_event_on", sa.Date(), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "registered",
                "rectifying",
                "suspended",
                "applied",
                "verified",
                "closed",
                "cancelled",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column(
            "light",
            sa.Enum(
                "green", "yellow", "red", name="light", native_enum=False, create_constraint=True, length=16
            ),
            nullable=True,
        ),
        sa.Column("level", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("repeat", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("round", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("cancelled_on", sa.Date(), nullable=True),
        sa.Column("cancel_reason", sa.Text(), nullable=True),
        sa.Column("amount_fen", KEY, nullable=True),
        sa.Column("merged_into_id", KEY, nullable=True),
        sa.Column("extra", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(light IS NULL) = (status IN ('closed', 'suspended', 'cancelled'))",
            name=op.f("problem_light_while_running"),
        ),
        sa.CheckConstraint(
            "rectification_class <> 'long_term' OR light <> 'red'", name=op.f("problem_long_term_never_red")
        ),
        sa.CheckConstraint(
            "rectification_class = 'long_term' OR due_on IS NOT NULL OR status IN ('closed', 'cancelled')",
            name=op.f("problem_due_while_open"),
        ),
        sa.CheckConstraint(
            "rectification_class = 'long_term' OR review_on IS NULL", name=op.f("problem_review_of_long_term")
        ),
        sa.CheckConstraint(
            "status <> 'cancelled' OR (cancelled_on IS NOT NULL AND cancel_reason IS NOT NULL)",
            name=op.f("problem_cancelled_has_reason"),
        ),
        sa.CheckConstraint("status <> 'closed' OR level = 0", name=op.f("problem_no_level_when_closed")),
        sa.CheckConstraint(
            "status <> 'verified' OR verified_on IS NOT NULL", name=op.f("problem_verified_has_day")
        ),
        sa.CheckConstraint(
            "status NOT IN ('applied', 'verified') OR applied_on IS NOT NULL",
            name=op.f("problem_applied_has_day"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('closed', 'cancelled') OR next_event_on IS NULL",
            name=op.f("problem_no_event_at_end"),
        ),
        sa.CheckConstraint("title_key <> ''", name=op.f("problem_title_named")),
        sa.CheckConstraint("(term_count IS NULL) = (term_unit IS NULL)", name=op.f("problem_term_whole")),
        sa.CheckConstraint("amount_fen >= 0", name=op.f("problem_amount_not_negative")),
        sa.CheckConstraint("level BETWEEN 0 AND 3", name=op.f("problem_level_range")),
        sa.CheckConstraint("merged_into_id <> id", name=op.f("problem_merged_into_other")),
        sa.CheckConstraint("repeat >= 0", name=op.f("problem_repeat_range")),
        sa.CheckConstraint("round >= 1", name=op.f("problem_round_range")),
        sa.CheckConstraint("term_count BETWEEN 1 AND 9999", name=op.f("problem_term_counts")),
        sa.CheckConstraint("version >= 0", name=op.f("problem_version_range")),
        sa.ForeignKeyConstraint(
            ["calendar_version"], ["calendar.version"], name=op.f("problem_calendar_version_fk")
        ),
        sa.ForeignKeyConstraint(["found_by_unit_id"], ["unit.id"], name=op.f("problem_found_by_unit_id_fk")),
        sa.ForeignKeyConstraint(["merged_into_id"], ["problem.id"], name=op.f("problem_merged_into_id_fk")),
        sa.ForeignKeyConstraint(["policy_id"], ["policy.id"], name=op.f("problem_policy_id_fk")),
        sa.ForeignKeyConstraint(["register_unit_id"], ["unit.id"], name=op.f("problem_register_unit_id_fk")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("problem_unit_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("problem_pk")),
        sa.UniqueConstraint("number", name=op.f("problem_number")),
    )
    op.create_index(
        "problem_external_number",
        "problem",
        ["external_number", "register_unit_id"],
        unique=True,
        **where("external_number IS NOT NULL AND status <> 'cancelled'"),
    )
    op.create_index("problem_identity", "problem", ["register_unit_id", "unit_id", "title_key"], unique=False)
    op.create_index(
        "problem_next_event", "problem", ["next_event_on"], unique=False, **where("next_event_on IS NOT NULL")
    )
    op.create_index("problem_unit", "problem", ["unit_id"], unique=False)
    op.create_table(
        "workday",
        sa.Column("version", KEY, autoincrement=False, nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("working", sa.Boolean(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["version"], ["calendar.version"], name=op.f("workday_version_fk")),
        sa.PrimaryKeyConstraint("version", "on", name=op.f("workday_pk")),
    )
    op.create_table(
        "call_back",
        sa.Column("problem_id", KEY, autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("by", KEY, nullable=True),
        sa.Column(
            "outcome",
            sa.Enum(
                "satisfied",
                "dissatisfied",
                "explained",
                "not_feasible",
                name="outcome",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("decided_by", KEY, nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "decided_by IS NULL OR decided_on IS NOT NULL", name=op.f("call_back_decided_has_day")
        ),
        sa.CheckConstraint("position >= 1", name=op.f("call_back_position_range")),
        sa.CheckConstraint("round >= 1", name=op.f("call_back_round_range")),
        sa.ForeignKeyConstraint(["by"], ["official.id"], name=op.f("call_back_by_fk")),
        sa.ForeignKeyConstraint(["decided_by"], ["official.id"], name=op.f("call_back_decided_by_fk")),
        sa.ForeignKeyConstraint(["problem_id"], ["problem.id"], name=op.f("call_back_problem_id_fk")),
        sa.PrimaryKeyConstraint("problem_id", "position", name=op.f("call_back_pk")),
    )
    op.create_table(
        "closing",
        sa.Column("problem_id", KEY, autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("regular", "historic", name="kind", native_enum=False, create_constraint=True, length=16),
            nullable=False,
        ),
        sa.Column("applied_on", sa.Date(), nullable=True),
        sa.Column("applied_by", KEY, nullable=True),
        sa.Column("verified_on", sa.Date(), nullable=True),
        sa.Column("verified_by", KEY, nullable=True),
        sa.Column("returned_on", sa.Date(), nullable=True),
        sa.Column("returned_by", KEY, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column(
            "outcome",
            sa.Enum(
                "applied",
                "returned",
                "verified",
                "closed",
                name="outcome",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("days_used", sa.Integer(), nullable=True),
        sa.Column("suspended_days", sa.Integer(), nullable=True),
        sa.Column("days_over", sa.Integer(), nullable=True),
        sa.Column("highest_level", sa.Integer(), nullable=True),
        sa.Column("on_time", sa.Boolean(), nullable=True),
        sa.Column("on_time_original", sa.Boolean(), nullable=True),
        sa.CheckConstraint(
            "(outcome = 'closed') = (closed_on IS NOT NULL)", name=op.f("closing_closed_has_day")
        ),
        sa.CheckConstraint(
            "kind <> 'historic' OR (outcome = 'closed' AND applied_by IS NULL AND verified_by IS NULL AND verified_on IS NULL)",
            name=op.f("closing_historic_unverified"),
        ),
        sa.CheckConstraint(
            "kind = 'historic' OR (applied_on IS NOT NULL AND applied_by IS NOT NULL)",
            name=op.f("closing_applied_whole"),
        ),
        sa.CheckConstraint(
            "kind = 'historic' OR closed_on = verified_on", name=op.f("closing_closed_when_verified")
        ),
        sa.CheckConstraint(
            "kind = 'historic' OR outcome <> 'closed' OR (days_used IS NOT NULL AND suspended_days IS NOT NULL AND highest_level IS NOT NULL)",
            name=op.f("closing_closed_has_facts"),
        ),
        sa.CheckConstraint(
            "kind = 'historic' OR outcome NOT IN ('verified', 'closed') OR (verified_on IS NOT NULL AND verified_by IS NOT NULL)",
            name=op.f("closing_verified_whole"),
        ),
        sa.CheckConstraint(
            "outcome <> 'applied' OR (verified_on IS NULL AND returned_on IS NULL)",
            name=op.f("closing_applied_waits"),
        ),
        sa.CheckConstraint(
            "outcome <> 'returned' OR returned_on IS NOT NULL", name=op.f("closing_returned_has_day")
        ),
        sa.CheckConstraint(
            "suspended_days >= 0 AND days_over >= 0",
            name=op.f("closing_days_not_negative"),
        ),
        sa.CheckConstraint("highest_level BETWEEN 0 AND 3", name=op.f("closing_highest_level_range")),
        sa.CheckConstraint("position >= 1", name=op.f("closing_position_range")),
        sa.CheckConstraint("round >= 1", name=op.f("closing_round_range")),
        sa.CheckConstraint("verified_by <> applied_by", name=op.f("closing_verifier_other")),
        sa.ForeignKeyConstraint(["applied_by"], ["official.id"], name=op.f("closing_applied_by_fk")),
        sa.ForeignKeyConstraint(["problem_id"], ["problem.id"], name=op.f("closing_problem_id_fk")),
        sa.ForeignKeyConstraint(["returned_by"], ["official.id"], name=op.f("closing_returned_by_fk")),
        sa.ForeignKeyConstraint(["verified_by"], ["official.id"], name=op.f("closing_verified_by_fk")),
        sa.PrimaryKeyConstraint("problem_id", "position", name=op.f("closing_pk")),
    )
    op.create_index("closing_closed_on", "closing", ["closed_on"], unique=False)
    op.create_index(
        "closing_open", "closing", ["problem_id"], unique=True, **where("outcome IN ('applied', 'verified')")
    )
    op.create_table(
        "co_unit",
        sa.Column("problem_id", KEY, autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("unit_id", KEY, nullable=False),
        sa.CheckConstraint("position >= 1", name=op.f("co_unit_position_range")),
        sa.ForeignKeyConstraint(["problem_id"], ["problem.id"], name=op.f("co_unit_problem_id_fk")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("co_unit_unit_id_fk")),
        sa.PrimaryKeyConstraint("problem_id", "position", name=op.f("co_unit_pk")),
        sa.UniqueConstraint("problem_id", "unit_id", name=op.f("co_unit_problem_id_unit_id")),
    )
    op.create_index("co_unit_unit", "co_unit", ["unit_id"], unique=False)
    op.create_table(
        "evidence",
        sa.Column("problem_id", KEY, autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", KEY, nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "phase",
            sa.Enum("before", "after", name="phase", native_enum=False, create_constraint=True, length=16),
            nullable=False,
        ),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("by", KEY, nullable=True),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("evidence_sha256_length")),
        sa.CheckConstraint("position >= 1", name=op.f("evidence_position_range")),
        sa.CheckConstraint("round >= 1", name=op.f("evidence_round_range")),
        sa.CheckConstraint("size >= 0", name=op.f("evidence_size_range")),
        sa.ForeignKeyConstraint(["by"], ["official.id"], name=op.f("evidence_by_fk")),
        sa.ForeignKeyConstraint(["problem_id"], ["problem.id"], name=op.f("evidence_problem_id_fk")),
        sa.PrimaryKeyConstraint("problem_id", "position", name=op.f("evidence_pk")),
    )
    op.create_index("evidence_sha256", "evidence", ["sha256"], unique=False)
    op.create_table(
        "extension",
        sa.Column("problem_id", KEY, autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("asked_on", sa.Date(), nullable=False),
        sa.Column("asked_by", KEY, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("until_asked", sa.Date(), nullable=False),
        sa.Column(
            "decision",
            sa.Enum(
                "asked",
                "granted",
                "refused",
                name="decision",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            server_default=sa.text("'asked'"),
            nullable=False,
        ),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("decided_by", KEY, nullable=True),
        sa.Column("until_granted", sa.Date(), nullable=True),
        sa.Column("lapsed_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "(decision = 'asked') = (decided_on IS NULL)", name=op.f("extension_decided_has_day")
        ),
        sa.CheckConstraint(
            "(decision = 'granted') = (until_granted IS NOT NULL)", name=op.f("extension_granted_has_day")
        ),
        sa.CheckConstraint("position >= 1", name=op.f("extension_position_range")),
        sa.CheckConstraint("round >= 1", name=op.f("extension_round_range")),
        sa.ForeignKeyConstraint(["asked_by"], ["official.id"], name=op.f("extension_asked_by_fk")),
        sa.ForeignKeyConstraint(["decided_by"], ["official.id"], name=op.f("extension_decided_by_fk")),
        sa.ForeignKeyConstraint(["problem_id"], ["problem.id"], name=op.f("extension_problem_id_fk")),
        sa.PrimaryKeyConstraint("problem_id", "position", name=op.f("extension_pk")),
    )
    op.create_table(
        "firing",
        sa.Column("id", KEY, sa.Identity(always=False), nullable=False),
        sa.Column("problem_id", KEY, nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("clock_on", sa.Date(), nullable=False),
        sa.Column(
            "step",
            sa.Enum(
                "warning",
                "escalation",
                "take_up",
                "verify_wait",
                name="step",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("repeat", sa.Integer(), nullable=False),
        sa.Column("crossed_on", sa.Date(), nullable=False),
        sa.Column("withdrawn_on", sa.Date(), nullable=True),
        sa.Column("quiet", sa.Boolean(), nullable=False),
        sa.Column("unit_id", KEY, nullable=True),
        sa.Column(
            "role",
            sa.Enum(
                "clerk",
                "secretary",
                "leader",
                "supervisor",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=True,
        ),
        sa.Column("official_id", KEY, nullable=True),
        sa.Column("notice_id", KEY, nullable=True),
        sa.Column("run_id", KEY, nullable=True),
        sa.CheckConstraint("level BETWEEN 0 AND 3", name=op.f("firing_level_range")),
        sa.CheckConstraint("repeat >= 0", name=op.f("firing_repeat_range")),
        sa.CheckConstraint("round >= 1", name=op.f("firing_round_range")),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"], name=op.f("firing_notice_id_fk")),
        sa.ForeignKeyConstraint(["problem_id"], ["problem.id"], name=op.f("firing_problem_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("firing_pk")),
    )
    op.create_index(
        "firing_once",
        "firing",
        ["problem_id", "round", "clock_on", "step", "level", "repeat"],
        unique=True,
        **where("withdrawn_on IS NULL"),
    )
    op.create_index("firing_problem", "firing", ["problem_id"], unique=False)
    op.create_index(
        "firing_untold",
        "firing",
        ["problem_id"],
        unique=False,
        **where("notice_id IS NULL AND NOT quiet AND withdrawn_on IS NULL"),
    )
    op.create_table(
        "holding",
        sa.Column("id", KEY, autoincrement=False, nullable=False),
        sa.Column("post_id", KEY, nullable=False),
        sa.Column("official_id", KEY, nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.CheckConstraint("until_on >= from_on", name=op.f("holding_days_in_order")),
        sa.ForeignKeyConstraint(["official_id"], ["official.id"], name=op.f("holding_official_id_fk")),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("holding_post_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("holding_pk")),
    )
    op.create_index("holding_official", "holding", ["official_id"], unique=False)
    op.create_index("holding_post", "holding", ["post_id", "from_on"], unique=False)
    op.create_table(
        "measure",
        sa.Column("problem_id", KEY, autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.CheckConstraint("position >= 1", name=op.f("measure_position_range")),
        sa.ForeignKeyConstraint(["problem_id"], ["problem.id"], name=op.f("measure_problem_id_fk")),
        sa.PrimaryKeyConstraint("problem_id", "position", name=op.f("measure_pk")),
    )
    op.create_table(
        "progress",
        sa.Column("problem_id", KEY, autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("by", KEY, nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("lapsed_on", sa.Date(), nullable=True),
        sa.CheckConstraint("position >= 1", name=op.f("progress_position_range")),
        sa.CheckConstraint("round >= 1", name=op.f("progress_round_range")),
        sa.ForeignKeyConstraint(["by"], ["official.id"], name=op.f("progress_by_fk")),
        sa.ForeignKeyConstraint(["problem_id"], ["problem.id"], name=op.f("progress_problem_id_fk")),
        sa.PrimaryKeyConstraint("problem_id", "position", name=op.f("progress_pk")),
    )
    op.create_table(
        "resident",
        sa.Column("problem_id", KEY, autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.CheckConstraint("position >= 1", name=op.f("resident_position_range")),
        sa.ForeignKeyConstraint(["problem_id"], ["problem.id"], name=op.f("resident_problem_id_fk")),
        sa.PrimaryKeyConstraint("problem_id", "position", name=op.f("resident_pk")),
    )
    op.create_table(
        "suspension",
        sa.Column("problem_id", KEY, autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("granted_on", sa.Date(), nullable=False),
        sa.Column("granted_by", KEY, nullable=True),
        sa.Column("cut_on", sa.Date(), nullable=True),
        sa.CheckConstraint("position >= 1", name=op.f("suspension_position_range")),
        sa.CheckConstraint("round >= 1", name=op.f("suspension_round_range")),
        sa.CheckConstraint("until_on >= from_on", name=op.f("suspension_days_in_order")),
        sa.ForeignKeyConstraint(["granted_by"], ["official.id"], name=op.f("suspension_granted_by_fk")),
        sa.ForeignKeyConstraint(["problem_id"], ["problem.id"], name=op.f("suspension_problem_id_fk")),
        sa.PrimaryKeyConstraint("problem_id", "position", name=op.f("suspension_pk")),
    )
    op.create_table(
        "deputy",
        sa.Column("id", KEY, autoincrement=False, nullable=False),
        sa.Column("holding_id", KEY, nullable=False),
        sa.Column("official_id", KEY, nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.CheckConstraint("until_on >= from_on", name=op.f("deputy_days_in_order")),
        sa.ForeignKeyConstraint(["holding_id"], ["holding.id"], name=op.f("deputy_holding_id_fk")),
        sa.ForeignKeyConstraint(["official_id"], ["official.id"], name=op.f("deputy_official_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("deputy_pk")),
    )
    op.create_index("deputy_holding", "deputy", ["holding_id"], unique=False)
    op.create_index("deputy_official", "deputy", ["official_id"], unique=False)
    head = sa.table("trail_head", sa.column("id"), sa.column("size"), sa.column("frontier", sa.LargeBinary()))
    op.bulk_insert(head, [{"id": 1, "size": 0, "frontier": b""}])
