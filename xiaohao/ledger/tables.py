"""The tables by name, typed for SQLAlchemy. Only this room sees them."""

import sqlalchemy as sa
from sqlmodel import SQLModel

import models  # noqa: F401  (declares every table)


def table(name: str) -> sa.Table:
    """The table of this name. Raises KeyError where there is none."""
    return SQLModel.metadata.tables[name]


UNIT = table("unit")
OFFICIAL = table("official")
CONTACT = table("contact")
POST = table("post")
HOLDING = table("holding")
DEPUTY = table("deputy")
PROBLEM = table("problem")
MEASURE = table("measure")
PROGRESS = table("progress")
EVIDENCE = table("evidence")
CO_UNIT = table("co_unit")
EXTENSION = table("extension")
SUSPENSION = table("suspension")
CALL_BACK = table("call_back")
RESIDENT = table("resident")
CLOSING = table("closing")
POLICY = table("policy")
CALENDAR = table("calendar")
WORKDAY = table("workday")
FIRING = table("firing")
RUN = table("run")
FAULT = table("fault")
NOTICE = table("notice")
PARKED_CHANNEL = table("parked_channel")
SENDING = table("sending")
TRAIL = table("trail")
TRAIL_HEAD = table("trail_head")
CHECKPOINT = table("checkpoint")

PARTS: tuple[sa.Table, ...] = (
    MEASURE,
    PROGRESS,
    EVIDENCE,
    CO_UNIT,
    EXTENSION,
    SUSPENSION,
    CALL_BACK,
    CLOSING,
)
"""The children of a problem that its trail carries, each keyed by (problem_id, position)."""
