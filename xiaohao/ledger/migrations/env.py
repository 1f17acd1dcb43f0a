"""Alembic's way into the ledger: on the connection that `xiaohao.ledger.schema` hands over.

Migrations run in the caller's transaction; there are no triggers meanwhile.
"""

import sqlalchemy as sa
from alembic import context
from sqlmodel import SQLModel

import models  # noqa: F401  (makes the metadata whole)


def migrate(conn: sa.Connection) -> None:
    """Run the steps that are asked for on `conn`."""
    context.configure(
        connection=conn,
        target_metadata=SQLModel.metadata,
        render_as_batch=conn.dialect.name == "sqlite",
        compare_server_default=False,
    )
    context.run_migrations()


migrate(context.config.attributes["connection"])
