"""Which schema a database has, and how it is made and brought up to date.

`xiaohao db upgrade` and `xiaohao db check` call this. Alembic is imported only where it is needed:
opening a current ledger costs one small query.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa
from sqlmodel import SQLModel

import models  # noqa: F401  (makes the metadata whole)
from xiaohao.errors import SchemaFault
from xiaohao.ledger import guards
from xiaohao.ledger.connect import FLOW_WAITS, reading, writing_connection
from xiaohao.ledger.dialect import is_sqlite, take_bulk_lock

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"
REVISIONS = ("0001", "0002", "0003", "0004")
"""Every revision, oldest first; the last one is the schema of this program."""

VERSION = "SELECT version_num FROM alembic_version"

State = Literal["empty", "current", "older", "newer"]


def revision_state(engine: sa.Engine) -> State:
    """Where the database stands; one small query where it is current.

    Raises SchemaFault where the database holds other tables and none of ours.
    """
    try:
        with reading(engine) as conn:
            return _judged(conn.exec_driver_sql(VERSION).scalar_one())
    except sa.exc.DBAPIError as error:
        if not _lacks_table(error):
            raise
    with reading(engine) as conn:
        return _state(conn)


def require_current(engine: sa.Engine) -> None:
    """Make an empty database at once; refuse an older or newer one with what to do.

    Raises SchemaFault.
    """
    match revision_state(engine):
        case "empty":
            upgrade(engine)
        case "older":
            raise SchemaFault("台账数据库是旧版本，本次没有任何改动。请先备份，再运行 xiaohao db upgrade。")
        case "newer":
            raise SchemaFault("台账数据库比本程序新，本次没有任何改动。请改用新版程序。")
        case "current":
            pass


def make_if_empty(engine: sa.Engine) -> bool:
    """Make the tables where the database is empty. True where this call made them."""
    if revision_state(engine) != "empty":
        return False
    return upgrade(engine)


def upgrade(engine: sa.Engine) -> bool:
    """Bring the database to the schema of this program, in one transaction.

    True where anything was changed; two processes at once do it once. Raises SchemaFault where
    the database is newer than the program, or is somebody else's.
    """
    from alembic import command

    with _migrating(engine) as conn:
        state = _state(conn)
        if state == "newer":
            raise SchemaFault("台账数据库比本程序新，没有升级。请改用新版程序。")
        if state == "current":
            return False
        guards.remove(conn)
        command.upgrade(configuration(conn), "head")
        guards.install(conn)
        _refuse_broken_references(conn)
        return True


def check(engine: sa.Engine) -> list[str]:
    """What the database lacks, one Chinese sentence each; empty where all is there.

    Looks for tables, columns, constraints, indexes, triggers and the head of the trail.
    """
    with reading(engine) as conn:
        state = _state(conn)
        if state == "current":
            return _shortcomings(conn)
    return {
        "empty": ["数据库是空的，请运行 xiaohao db upgrade。"],
        "older": ["数据库是旧版本，请先备份，再运行 xiaohao db upgrade。"],
        "newer": ["数据库比本程序新，请改用新版程序。"],
    }[state]


def configuration(conn: sa.Connection) -> "Config":
    """Alembic's configuration, made in code: an installed wheel has no alembic.ini."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = conn
    return config


def _state(conn: sa.Connection) -> State:
    tables = sa.inspect(conn).get_table_names()
    if "alembic_version" in tables:
        return _judged(conn.exec_driver_sql(VERSION).scalar_one())
    if tables:
        raise SchemaFault(f"这个数据库里已有别的表（{tables[0]} 等），没有动它。请为台账另建一个空数据库。")
    return "empty"


def _judged(revision: str) -> State:
    if revision == REVISIONS[-1]:
        return "current"
    return "older" if revision in REVISIONS else "newer"


def _lacks_table(error: sa.exc.DBAPIError) -> bool:
    if isinstance(error, sa.exc.ProgrammingError):
        return getattr(error.orig, "sqlstate", None) == "42P01"  # undefined_table
    return "no such table" in str(error.orig)


@contextmanager
def _migrating(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A write transaction in which tables may be re-created: foreign keys are off on SQLite."""
    if engine.name != "sqlite":
        with writing_connection(engine, FLOW_WAITS) as conn:
            take_bulk_lock(conn, "schema")
            yield conn
        return
    lenient = engine.execution_options(foreign_keys=False)
    with writing_connection(lenient, FLOW_WAITS) as conn:
        yield conn


def _refuse_broken_references(conn: sa.Connection) -> None:
    if is_sqlite(conn) and (broken := conn.exec_driver_sql("PRAGMA foreign_key_check").fetchall()):
        raise SchemaFault(f"升级后有 {len(broken)} 处引用失效，已全部撤销，数据库没有变化。")


def _shortcomings(conn: sa.Connection) -> list[str]:
    missing = [
        *_missing_parts(conn),
        *(f"触发器“{name}”不在、被停用或与程序不符。" for name in guards.missing(conn)),
    ]
    if missing:
        return missing
    heads = conn.exec_driver_sql("SELECT count(*) FROM trail_head").scalar_one()
    return [] if heads == 1 else [f"留痕的头部应有一行，现有 {heads} 行。"]


def _missing_parts(conn: sa.Connection) -> Iterator[str]:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    for difference in compare_metadata(MigrationContext.configure(conn), SQLModel.metadata):
        yield from _sentences(difference)
    for table in SQLModel.metadata.sorted_tables:
        if sa.inspect(conn).has_table(table.name):
            yield from _missing_checks(conn, table)


def _missing_checks(conn: sa.Connection, table: sa.Table) -> Iterator[str]:
    """Alembic does not look at CHECKs."""
    found = {each["name"]: each["sqltext"] for each in sa.inspect(conn).get_check_constraints(table.name)}
    expected = {str(each.name) for each in table.constraints if isinstance(each, sa.CheckConstraint)}
    yield from (f"数据表“{table.name}”缺少约束“{name}”。" for name in sorted(expected - found.keys()))
    for column in table.columns:
        if isinstance(column.type, sa.Enum):
            name = f"{table.name}_{column.type.name}"
            if name in found and set(re.findall(r"'(\w+)'", found[name])) != set(column.type.enums):
                yield f"数据表“{table.name}”的约束“{name}”与程序不符。"


def _sentences(difference: Any) -> Iterator[str]:
    match difference:
        case list():
            for each in difference:
                yield from _sentences(each)
        case ("add_table", table):
            yield f"缺少数据表“{table.name}”。"
        case ("add_column", _, table, column):
            yield f"数据表“{table}”缺少字段“{column.name}”。"
        case ("add_index", index):
            yield f"数据表“{index.table.name}”缺少索引“{index.name}”。"
        case ("add_constraint" | "add_fk", constraint):
            yield f"数据表“{constraint.table.name}”缺少约束“{constraint.name}”。"
        case ("remove_table", table):
            yield f"数据表“{table.name}”是多出来的。"
        case ("remove_column", _, table, column):
            yield f"数据表“{table}”的字段“{column.name}”是多出来的。"
        case ("remove_index" | "remove_constraint" | "remove_fk", part):
            yield f"数据表“{part.table.name}”的“{part.name}”是多出来的。"
        case (str(), _, table, column, *_):
            yield f"数据表“{table}”的字段“{column}”与程序不符。"
