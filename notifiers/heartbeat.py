"""心跳: the sign that all is well, in a file, to a signed webhook, or through Apprise. Its silence is the alarm.

What fails is a value with a reason in words; no reason bears an address or a secret.
"""

import asyncio
import contextlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

from notifiers import client, signing, webhook
from notifiers.message import Accepted, Letter, Receipt
from notifiers.others import Others, OtherSettings
from xiaohao.rules.business_date import ZONE

FILE, WEBHOOK, APPRISE = "文件", "网络钩子", "Apprise"
CONNECTS, ANSWERS, WITHIN = timedelta(seconds=5), timedelta(seconds=10), timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Beat:
    """A heartbeat: the instant (aware) and the business date whose night is done."""

    at: datetime
    business_date: date

    @property
    def body(self) -> bytes:
        """The JSON that is written and posted."""
        at = self.at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        values = {"kind": "heartbeat", "at": at, "business_date": self.business_date.isoformat()}
        return json.dumps(values).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class HeartbeatSettings:
    """Where heartbeats go; addresses may hold a key and are not shown by `repr`."""

    file: Path | None = None
    webhook_url: str = field(default="", repr=False)
    webhook_secret: str = field(default="", repr=False)
    allow_http: bool = False
    apprise_url: str = field(default="", repr=False)
    apprise_within: timedelta = timedelta(seconds=60)


def send(settings: HeartbeatSettings, beat: Beat) -> tuple[tuple[str, ...], Mapping[str, str]]:
    """Send the heartbeat everywhere; where it went, and where it did not, with the reason.

    The file comes last, so that it stands for all: a heartbeat that failed elsewhere leaves it as it was.
    """
    sent: list[str] = []
    failed: dict[str, str] = {}
    ways = (
        (WEBHOOK, settings.webhook_url, _posted),
        (APPRISE, settings.apprise_url, _notified),
        (FILE, settings.file, _written),
    )
    for name, is_set, way in ways:
        if not is_set or (name == FILE and failed):
            continue
        why = way(settings, beat)
        if why is None:
            sent.append(name)
        else:
            failed[name] = why
    return tuple(sent), failed


def _written(settings: HeartbeatSettings, beat: Beat) -> str | None:
    """The file appears whole, mode 0600, or stays as it was."""
    assert settings.file is not None
    try:
        handle, name = tempfile.mkstemp(dir=settings.file.parent, prefix=".heartbeat-")
        with _gone_if_left(Path(name)):
            with os.fdopen(handle, "wb") as file:
                file.write(beat.body + b"\n")
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(settings.file)
    except OSError as error:
        return f"写不进心跳文件（{error.strerror}）"
    return None


@contextlib.contextmanager
def _gone_if_left(file: Path) -> Iterator[None]:
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def _posted(settings: HeartbeatSettings, beat: Beat) -> str | None:
    if not settings.webhook_secret:
        return "没有设置签名密钥 XIAOHAO_WEBHOOK_SECRET"
    if why := webhook.fault_of(settings.webhook_url, allow_http=settings.allow_http):
        return why
    receipt = asyncio.run(_post(settings, beat))
    return None if isinstance(receipt, Accepted) else receipt.why


async def _post(settings: HeartbeatSettings, beat: Beat) -> Receipt:
    at = datetime.now(UTC)
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "xiaohao",
        webhook.IDEMPOTENCY_KEY: _key(beat),
        webhook.SIGNATURE: signing.webhook(settings.webhook_secret, int(at.timestamp()), beat.body),
    }
    async with client.new_client(connect=CONNECTS, answer=ANSWERS) as posting:
        return await client.post(
            posting,
            settings.webhook_url,
            beat.body,
            headers=headers,
            within=WITHIN,
            judge=partial(webhook.read_answer, now=at),
        )


def _notified(settings: HeartbeatSettings, beat: Beat) -> str | None:
    receipt = asyncio.run(_notify(settings, beat))
    return None if isinstance(receipt, Accepted) else receipt.why


async def _notify(settings: HeartbeatSettings, beat: Beat) -> Receipt:
    said = {
        "subject": f"销号：{beat.business_date} 巡查正常",
        "text": f"夜间运行已做完，各项检查正常（{beat.at.astimezone(ZONE):%Y-%m-%d %H:%M}）。",
    }
    letter = Letter(
        body=json.dumps(said),
        address=APPRISE,
        key=_key(beat),
        recipient="",
        business_date=beat.business_date,
    )
    service = Others(OtherSettings(urls={APPRISE: settings.apprise_url}), within=settings.apprise_within)
    try:
        return await service.send(letter)
    finally:
        await service.aclose()


def _key(beat: Beat) -> str:
    return f"heartbeat:{beat.at.timestamp():.3f}"
