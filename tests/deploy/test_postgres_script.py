"""deploy/postgres.sql on a real PostgreSQL: both databases, each for its own user, and again without harm."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import debian_postgres
import pytest
import sqlalchemy as sa
from debian_postgres import Postgres

from xiaohao.ledger import schema
from xiaohao.ledger.connect import open_engine

SCRIPT = Path(__file__).parents[2] / "deploy" / "postgres.sql"
PASSWORDS = {"XIAOHAO_DB_PASSWORD": "ledger7", "PREFECT_DB_PASSWORD": "prefect7"}
pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    """A server on which the script has run."""
    with debian_postgres.running() as server:
        done = server.psql("-f", SCRIPT, **PASSWORDS)
        assert done.returncode == 0, done.stderr
        yield server


def address(server: Postgres, user: str, password: str, database: str) -> sa.URL:
    return sa.URL.create("postgresql+psycopg", user, password, "127.0.0.1", server.port, database)


def test_the_ledger_comes_up_with_the_user_that_was_made(postgres: Postgres) -> None:
    engine = open_engine(address(postgres, "xiaohao", "ledger7", "xiaohao"))
    schema.upgrade(engine)
    assert schema.check(engine) == []
    with engine.connect() as conn:
        assert conn.exec_driver_sql("SHOW server_encoding").scalar() == "UTF8"
    engine.dispose()


@pytest.mark.parametrize(
    ("user", "password", "database"),
    [("xiaohao", "ledger7", "prefect"), ("prefect", "prefect7", "xiaohao"), ("xiaohao", "wrong", "xiaohao")],
)
def test_neither_user_enters_the_database_of_the_other(
    postgres: Postgres, user: str, password: str, database: str
) -> None:
    engine = sa.create_engine(address(postgres, user, password, database))
    with pytest.raises(sa.exc.OperationalError, match=r"permission denied|authentication failed"):
        engine.connect()
    engine.dispose()


def test_the_script_may_run_again_and_changes_no_password(postgres: Postgres) -> None:
    again = postgres.psql("-f", SCRIPT, **PASSWORDS | {"XIAOHAO_DB_PASSWORD": "another"})
    assert (again.returncode, again.stdout) == (0, "")
    engine = open_engine(address(postgres, "xiaohao", "ledger7", "xiaohao"))
    with engine.connect() as conn:
        assert conn.exec_driver_sql("SELECT 1").scalar() == 1
    engine.dispose()


def test_without_a_password_nothing_is_made() -> None:
    with debian_postgres.running() as server:
        done = server.psql("-f", SCRIPT, XIAOHAO_DB_PASSWORD="ledger7")
        assert done.returncode != 0
        assert "没有设 PREFECT_DB_PASSWORD，什么也没有建。" in done.stderr
        there = server.psql("-c", "SELECT rolname FROM pg_roles WHERE rolname IN ('xiaohao', 'prefect')")
        assert there.stdout == ""


def test_prefect_makes_its_tables_with_the_extension(postgres: Postgres, tmp_path: Path) -> None:
    """Its migrations need pg_trgm, which its own user may not be allowed to add."""
    url = f"postgresql+asyncpg://prefect:prefect7@127.0.0.1:{postgres.port}/prefect"
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PREFECT_", "XIAOHAO_"))}
    env = kept | {
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": url,
        "PREFECT_HOME": str(tmp_path),
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    }
    command = [sys.executable, "-m", "prefect", "server", "database", "upgrade", "-y"]
    done = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    tables = postgres.psql(
        "-d", "prefect", "-c", "SELECT count(*) FROM pg_tables WHERE tablename = 'flow_run'"
    )
    assert tables.stdout.strip() == "1"
