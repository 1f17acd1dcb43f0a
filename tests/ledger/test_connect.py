"""The two ways to a connection: who waits, who is refused, and what outside becomes which error."""

import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
import sqlalchemy as sa
from bare_rows import put, put_world

from xiaohao.errors import LedgerBusy, LedgerUnreachable, WrongUsage
from xiaohao.ledger import schema
from xiaohao.ledger.connect import open_engine, reading, writing_connection


def count_units(engine: sa.Engine) -> int:
    with reading(engine) as conn:
        return int(conn.exec_driver_sql("SELECT count(*) FROM unit").scalar_one())


def test_a_sqlite_ledger_is_its_owners_alone_and_survives_a_power_cut(tmp_path: Path) -> None:
    file = tmp_path / "ledger.db"
    engine = open_engine(f"sqlite:///{file}")
    schema.upgrade(engine)
    with reading(engine) as conn:
        pragmas = {
            name: conn.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "recursive_triggers")
        }
        modes = {stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()}
    engine.dispose()
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "recursive_triggers": 1}
    assert modes == {0o600}


def test_postgres_is_read_committed_in_utc_also_under_the_short_address(postgres_url: str) -> None:
    engine = open_engine(postgres_url.replace("postgresql+psycopg://", "postgresql://"))
    with reading(engine) as conn:
        assert conn.exec_driver_sql("SHOW transaction_isolation").scalar() == "read committed"
        assert conn.exec_driver_sql("SHOW timezone").scalar() == "UTC"
    engine.dispose()


def test_a_writer_commits_or_rolls_back(engine: sa.Engine) -> None:
    with writing_connection(engine) as conn:
        put_world(conn)
    with pytest.raises(KeyError), writing_connection(engine) as conn:
        put_and_fail(conn)
    assert count_units(engine) == 2


def test_what_a_reader_writes_is_thrown_away(engine: sa.Engine) -> None:
    with reading(engine) as conn:
        put_world(conn)
    assert count_units(engine) == 0


def test_readers_stand_beside_a_writer(engine: sa.Engine) -> None:
    with writing_connection(engine) as conn:
        put_world(conn)
        assert count_units(engine) == 0
    assert count_units(engine) == 2


def test_a_second_writer_waits_and_is_then_told_that_the_ledger_is_busy(engine: sa.Engine) -> None:
    with writing_connection(engine) as conn:
        conn.exec_driver_sql("UPDATE trail_head SET size = 1")
        began = time.monotonic()
        with (
            pytest.raises(LedgerBusy, match="请稍后再试"),
            writing_connection(engine, wait_seconds=0.3) as other,
        ):
            other.exec_driver_sql("UPDATE trail_head SET size = 2")
        assert 0.2 < time.monotonic() - began < 5
    with writing_connection(engine, wait_seconds=0.3) as conn:
        conn.exec_driver_sql("UPDATE trail_head SET size = 3")


def test_a_second_writer_goes_on_where_the_first_ends_in_time(engine: sa.Engine) -> None:
    holds = Event()

    def first() -> None:
        with writing_connection(engine) as conn:
            conn.exec_driver_sql("UPDATE trail_head SET size = size + 1")
            holds.set()
            time.sleep(0.3)

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(first)
        holds.wait(5)
        with writing_connection(engine, wait_seconds=10) as conn:
            conn.exec_driver_sql("UPDATE trail_head SET size = size + 1")
        done.result()
    with reading(engine) as conn:
        assert conn.exec_driver_sql("SELECT size FROM trail_head").scalar() == 2


def test_two_processes_that_open_a_new_ledger_make_it_once(tmp_path: Path) -> None:
    program = (
        "import sys; from xiaohao.ledger import connect, schema; "
        "print(schema.make_if_empty(connect.open_engine(sys.argv[1])))"
    )
    command = [sys.executable, "-c", program, f"sqlite:///{tmp_path / 'ledger.db'}"]
    both = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(schema.__file__).parents[2])
        for _ in range(2)
    ]
    said = sorted(each.communicate(timeout=60)[0].strip() for each in both)
    assert [each.returncode for each in both] == [0, 0]
    assert said in (["False", "True"],)


def test_a_ledger_that_cannot_be_reached_says_so(tmp_path: Path) -> None:
    with pytest.raises(LedgerUnreachable, match="所在文件夹不存在"):
        open_engine(f"sqlite:///{tmp_path / 'none' / 'ledger.db'}")
    folder = open_engine(f"postgresql://someone:secret@/ledger?host={tmp_path}")
    with pytest.raises(LedgerUnreachable) as unreachable, reading(folder):
        pass
    assert "secret" not in str(unreachable.value)
    assert unreachable.value.exit_code == 3


def test_a_database_that_is_not_there_says_so(postgres_server: sa.URL) -> None:
    engine = open_engine(postgres_server.set(database="nowhere"))
    with pytest.raises(LedgerUnreachable), reading(engine):
        pass


def test_a_file_that_is_no_ledger_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "letter.txt"
    file.write_text("尊敬的各位领导：" * 100)
    engine = open_engine(f"sqlite:///{file}")
    with pytest.raises(LedgerUnreachable, match="不是数据库文件"), reading(engine):
        pass
    assert file.read_text().startswith("尊敬")


def test_a_lost_server_connection_says_so_and_the_next_one_works(postgres_engine: sa.Engine) -> None:
    with pytest.raises(LedgerUnreachable), reading(postgres_engine) as conn:
        lose(postgres_engine, conn)
    assert count_units(postgres_engine) == 0


@pytest.mark.parametrize("url", ["mysql://h/x", "sqlite://", "sqlite:///:memory:", "nonsense"])
def test_another_kind_of_address_is_wrong_usage(url: str) -> None:
    with pytest.raises(WrongUsage):
        open_engine(url)


def put_and_fail(conn: sa.Connection) -> None:
    put(conn, "unit")
    raise KeyError


def lose(engine: sa.Engine, conn: sa.Connection) -> None:
    """Let the server end the connection of `conn`, which finds it out."""
    pid = conn.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    with engine.connect() as other:
        other.exec_driver_sql(f"SELECT pg_terminate_backend({pid}, 5000)")
    conn.exec_driver_sql("SELECT 1")
