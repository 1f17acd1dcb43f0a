"""Issue D, 5: a delivery that fails over every channel writes no secret anywhere, whatever it is answered."""

import base64
import json
import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

import pytest
from channels_office import MAIL_PASSWORD, SECRETS, TO, Office, office_with_every_channel
from command_runner import CommandLine
from digest_builders import digest_of, near, overdue
from prefect.settings import PREFECT_API_DATABASE_CONNECTION_URL
from small_district import SmallDistrict

from flows.deliver import DeliverForm, deliver
from models.facts import to_json
from xiaohao.ledger import bulk, outbox, schema
from xiaohao.ledger.connect import open_engine
from xiaohao.ledger.outbox import NewNotice
from xiaohao.ledger.tables import CONTACT, NOTICE
from xiaohao.ledger.writing import Ledger
from xiaohao.vocabulary import Action, Channel, NoticeState

pytestmark = [
    pytest.mark.xdist_group("prefect"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of what Apprise imports
]
SERVERS_OWN = "mail.log"
"""The log of the mail server that stands in: what it was told is none of ours."""
ON = date(2026, 11, 24)
REACHES_NOBODY = (Channel.CONSOLE, Channel.FILE)
SENT = [channel for channel in Channel if channel not in REACHES_NOBODY]


class Parrot(ThreadingHTTPServer):
    """Refuses everything, and says back all that it was told: a vendor that is careless with secrets."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.heard: list[str] = []
        self.breaks_off = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A caller that goes away is part of the test."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Parrot

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode(errors="replace")
        heard = f"{self.path} {self.headers} {body}"
        self.server.heard.append(heard)
        said = {
            **dict.fromkeys(("errmsg", "msg", "message", "Message", "errorMsg"), heard),
            "errcode": 77777,
            "code": 77777,
            "Code": f"isv.{heard}",
            "success": False,
            "Response": {"Error": {"Code": f"Failed.{heard}", "Message": heard}},
        }
        answer = json.dumps(said).encode()
        self.send_response(400, "Bad")
        self.send_header("Content-Length", str(len(answer)))
        self.send_header("Retry-After", "1")
        self.end_headers()
        self.wfile.write(answer[:20] if self.server.breaks_off else answer)
        self.close_connection = self.server.breaks_off

    do_POST = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Nothing: this server is not on trial."""


@contextmanager
def parroting() -> Iterator[Parrot]:
    with Parrot() as parrot:
        thread = threading.Thread(target=parrot.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield parrot
        finally:
            parrot.shutdown()
            thread.join(5)


def with_the_parrot(settings: dict[str, str], address: str) -> dict[str, str]:
    """Every interface is where the parrot is."""
    moved = {name: address for name in settings if name.endswith("__BASE")}
    hook = f"{address}/hook?key=KEY-IN-URL"
    other = {"默认": address.replace("http://", "json://u:PASSWORD-IN-URL@") + "/KEY-IN-URL"}
    moved |= {"XIAOHAO_WEBHOOK_URL": hook, "XIAOHAO_OTHER__URLS": json.dumps(other, ensure_ascii=False)}
    return settings | moved


def has_a_notice_for_every_channel(home: Path) -> None:
    home.mkdir(exist_ok=True)
    engine = open_engine(f"sqlite:///{home / 'xiaohao.db'}")
    schema.upgrade(engine)
    district = SmallDistrict(engine)
    district.register(date(2023, 10, 9))
    ledger = district.ledger
    facts = to_json(digest_of(overdue(), near()))
    with ledger.writing(Action.TELL, by="nightly", on=ON) as w:
        rows = [{"official_id": 1, "unit_id": None, "channel": c, "address": to} for c, to in TO.items()]
        bulk.insert_rows(w.conn, CONTACT, rows)
        notices = [NewNotice(f"digest:{c}", 1, "官员1", c, "digest", facts) for c in SENT]
        outbox.add(w, notices, now=datetime.now(UTC), held=False)
    engine.dispose()


def written(home: Path, *said: str) -> bytes:
    """Everything that was written: the home with its database, Prefect's database, and what was said."""
    database = str(PREFECT_API_DATABASE_CONNECTION_URL.value()).partition(":///")[2]
    prefects = [Path(database + end) for end in ("", "-wal") if Path(database + end).is_file()]
    assert prefects
    ours = [path for path in home.rglob("*") if path.is_file()]
    assert any(path.name == "xiaohao.db" for path in ours)
    return b"\n".join([*(path.read_bytes() for path in (*ours, *prefects)), *(s.encode() for s in said)])


def forms(secret: str) -> Iterator[bytes]:
    """The ways in which a secret may be written."""
    yield secret.encode()
    yield quote(secret, safe="").encode()
    yield json.dumps(secret)[1:-1].encode()
    yield base64.b64encode(f"u:{secret}".encode())


@pytest.mark.parametrize("trouble", ["refuses and repeats", "breaks off", "is not there"])
def test_a_delivery_that_fails_over_every_channel_writes_no_secret(
    trouble: str,
    office_home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    has_a_notice_for_every_channel(office_home)
    with office_with_every_channel(tmp_path) as office, parroting() as parrot:
        settings = fails(office, parrot, trouble)
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        deliver(DeliverForm(), return_state=True)
        said = [*commands(office_home, settings), *capfd.readouterr()]
    said += [f"{each.getMessage()} {each.exc_text}" for each in caplog.records if each.name != SERVERS_OWN]
    states = states_of(office_home)
    assert set(states) == set(SENT)
    assert NoticeState.QUEUED not in states.values()
    assert not {NoticeState.ACCEPTED, NoticeState.DELIVERED} & set(states.values())
    everything = written(office_home, *said)
    for secret in SECRETS:
        for form in forms(secret):
            assert form not in everything, secret
    if trouble != "is not there":
        heard = "".join(parrot.heard)
        for secret in (
            "KEY-IN-URL",
            "KEY-OF-ROBOT",
            "SECRET-OF-APP",
            "TOKEN1",
            "APP-SECRET",
            "TOKEN-OF-ROBOT",
        ):
            assert secret in heard, "the delivery did use it"


def fails(office: Office, parrot: Parrot, trouble: str) -> dict[str, str]:
    """The settings of an office where nothing goes out, and that is told with its own secrets."""
    office.post.answers["RCPT"] = f"550 {MAIL_PASSWORD}"
    parrot.breaks_off = trouble == "breaks off"
    address = "http://127.0.0.1:9" if trouble == "is not there" else parrot.url
    if trouble == "is not there":
        office.more["XIAOHAO_MAIL__PORT"] = "9"
    every = {
        "XIAOHAO_CHANNELS": ",".join(SENT),
        "XIAOHAO_DELIVERY_HOURS": "00:00-24:00",
        "XIAOHAO_DELIVERY_DAYS": "every",
        "XIAOHAO_DELIVERY_MOST_A_DAY": "0",
    }
    return with_the_parrot(office.settings, address) | every


def commands(home: Path, settings: dict[str, str]) -> list[str]:
    """What an operator then looks at."""
    line = CommandLine(home, **settings)
    lines = [
        ("config", "show"),
        ("config", "show", "--json"),
        ("outbox", "list"),
        ("nightly", "--direct", "--date", "2023-10-16"),
        ("status",),
    ]
    ran = [line(*words) for words in lines]
    assert [each.code for each in ran[:4]] == [0, 0, 0, 0], ran
    assert list((home / "reports").iterdir())
    wrong = line("outbox", "list", XIAOHAO_WECOM_ROBOT__KEYS='{"默认": "KEY-OF-ROBOT"')
    ran += [wrong, line("notify", "test", "wecom_robot"), line("notify", "test", "webhook", "--json")]
    return [each.out + each.err for each in ran]


def states_of(home: Path) -> dict[Channel, NoticeState]:
    engine = open_engine(f"sqlite:///{home / 'xiaohao.db'}")
    with Ledger(engine).reading() as r:
        query = NOTICE.select().where(NOTICE.c.dedupe_key.like("digest:%"))
        found = {
            row.channel: row.state
            for row in r.conn.execute(query)
            if row.dedupe_key == f"digest:{row.channel}"
        }
    engine.dispose()
    return found
