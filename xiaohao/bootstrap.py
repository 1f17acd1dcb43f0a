"""Settings → what a command, a flow or a page works with. Only these ask here, and nobody below reads settings."""

import contextlib
import os
import re
import secrets
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pendulum
import sqlalchemy as sa
from pydantic import ValidationError
from pydantic_settings import SettingsError

from notifiers.callbacks import Callbacks
from notifiers.choose import ChannelSettings
from notifiers.heartbeat import HeartbeatSettings
from xiaohao import channels
from xiaohao import settings as settings_of
from xiaohao.actions import set_up
from xiaohao.actions.watch import WatchSettings
from xiaohao.errors import LedgerUnreachable, Refused, WrongUsage
from xiaohao.evidence_files import EvidenceFiles
from xiaohao.ledger import connect, schema
from xiaohao.ledger.writing import Ledger
from xiaohao.rules import business_date
from xiaohao.rules.acknowledging import Answering
from xiaohao.rules.delivery import DeliveryRules
from xiaohao.settings import Settings
from xiaohao.vocabulary import Channel

ZONE = business_date.ZONE.key
PAGE_KEY_BYTES = 32
HEARTBEAT_FILE = "heartbeat.json"


def settings() -> Settings:
    """The settings of this process.

    Raises Refused where the settings file is readable by others, WrongUsage for a value that is none.
    """
    try:
        return settings_of.load()
    except ValidationError as error:
        raise WrongUsage(_said(error)) from error
    except SettingsError as error:  # its cause holds what was written, which may be a secret
        raise WrongUsage(f"设置 {_field_of(error)} 不是正确的 JSON，请核对环境变量和设置文件。") from None


def _said(error: ValidationError) -> str:
    """Which settings are missing and which are wrong; never what was written."""
    missing: list[str] = []
    unknown: list[str] = []
    wrong: list[str] = []
    for each in error.errors(include_input=False, include_url=False):
        kinds = {"missing": missing, "extra_forbidden": unknown}
        kinds.get(each["type"], wrong).append(settings_of.name_of(*each["loc"]))
    said = [
        f"{what}{'、'.join(dict.fromkeys(names))}"
        for what, names in (("缺少 ", missing), ("没有这样的设置：", unknown), ("值不对的有 ", wrong))
        if names
    ]
    if wrong and not missing and not unknown:
        return f"设置 {'、'.join(dict.fromkeys(wrong))} 的值不对，请核对环境变量和设置文件。"
    return f"设置不对：{'；'.join(said)}。请核对环境变量和设置文件。"


def _field_of(error: SettingsError) -> str:
    found = re.search(r'field "(\w+)"', str(error))
    return settings_of.name_of(found[1]) if found else settings_of.PREFIX + "…"


def today() -> date:
    """The day that it is in Shanghai, wherever the machine stands."""
    day = pendulum.today(ZONE)
    return date(day.year, day.month, day.day)


def now() -> datetime:
    """The present instant, aware, as a clock in Shanghai shows it."""
    return pendulum.now(ZONE)


def in_shanghai(instant: datetime) -> datetime:
    """An aware instant as a clock in Shanghai shows it."""
    return pendulum.instance(instant).in_timezone(ZONE)


def page_key(of: Settings) -> bytes:
    """The key that links of notices are signed with, made at its first use: `keys/page.key`, mode 0600.

    Two processes that come first together end with one key. Raises LedgerUnreachable, and Refused for a key
    that others can read or that is cut short.
    """
    path = home(of) / "keys" / "page.key"
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        if not path.exists():
            _make_key(path)
        key, mode = path.read_bytes(), path.stat().st_mode
    except OSError as error:
        raise LedgerUnreachable(f"签名链接的密钥 {path} 不能建立或读取（{error.strerror}）。") from error
    if mode & 0o077:
        raise Refused(f"签名链接的密钥 {path} 别人也能读。请先把它的权限改为 0600。")
    if len(key) < PAGE_KEY_BYTES:
        raise Refused(f"签名链接的密钥 {path} 不完整。请删除它再运行，会换成新的（已发出的链接就打不开了）。")
    return key


def _make_key(path: Path) -> None:
    handle, made = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(PAGE_KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):  # another process was first: its key holds
            os.link(made, path)
    finally:
        os.unlink(made)


def home(of: Settings) -> Path:
    """The folder XIAOHAO_HOME, made with mode 0700 where it is not there. Raises LedgerUnreachable."""
    try:
        of.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        if of.home.stat().st_mode & 0o777 != 0o700:
            of.home.chmod(0o700)
    except OSError as error:
        raise LedgerUnreachable(
            f"数据文件夹 {of.home} 不能建立或使用（{error.strerror}）。请检查 XIAOHAO_HOME 的设置。"
        ) from error
    return of.home


def ledger(of: Settings) -> Ledger:
    """The ledger: an empty database is made and set up at once.

    Raises SchemaFault for a database of another version, LedgerUnreachable, LedgerBusy,
    WrongUsage for an address of another kind, PolicyFault and CalendarFault from the files
    of an office whose ledger begins.
    """
    opened = Ledger(engine(of))
    with _closed_where_refused(opened):
        schema.require_current(opened.engine)
        set_up.set_up(opened, policy=of.policy, calendar=of.calendar)
    return opened


@contextlib.contextmanager
def _closed_where_refused(opened: Ledger) -> Iterator[None]:
    """Give the connections back where the block raises: nobody else will."""
    try:
        yield
    except BaseException:
        opened.engine.dispose()
        raise


def engine(of: Settings) -> sa.Engine:
    """The database as it is, nothing made or checked but the folder. Raises as `ledger` does."""
    home(of)
    return connect.open_engine(of.database)


def empty_ledger(url: str) -> Ledger:
    """A ledger at another address, or in another file, that holds nothing yet; its tables are made.

    Raises as `ledger` does.
    """
    opened = Ledger(connect.open_engine(url if "://" in url else f"sqlite:///{url}"))
    with _closed_where_refused(opened):
        schema.require_current(opened.engine)
    return opened


def evidence_files(of: Settings) -> EvidenceFiles:
    """The folder of evidence files in XIAOHAO_HOME."""
    home(of)
    return EvidenceFiles(of.evidence)


def delivery_rules(of: Settings) -> DeliveryRules:
    """When notices may go out and how often they are tried. Raises WrongUsage for a window that never opens."""
    opens, closes = of.delivery_hours.split("-")
    rules = DeliveryRules(
        opens=time.fromisoformat(opens),
        closes=time.max if closes == "24:00" else time.fromisoformat(closes),
        working_days=of.delivery_days == "workdays",
        most_a_day=of.delivery_most_a_day,
        tries=of.delivery_tries,
    )
    if rules.opens >= rules.closes:
        raise WrongUsage(f"设置 XIAOHAO_DELIVERY_HOURS 的值“{of.delivery_hours}”不对：开始要早于结束。")
    return rules


def channel_settings(of: Settings, *, only: Channel | None = None) -> ChannelSettings:
    """Which channels are used and what each needs; with `only` that one channel, listed or not.

    Raises WrongUsage for a word that is no channel and for a channel whose settings are missing.
    """
    made = channels.channel_settings(of, only=only)
    return replace(
        made,
        page_key=page_key(of) if of.page_url else None,
        answering=answering(of),
    )


def callbacks(of: Settings) -> Callbacks:
    """The vendors' callbacks that are set up. Raises WrongUsage where one is set by half, or wrongly."""
    return channels.callbacks(of)


def answering(of: Settings) -> Answering:
    """How long an acknowledgement lasts, and how long one may wait with it."""
    return Answering(lasts=of.acknowledged_workdays, within=of.answer_workdays)


def watch_settings(of: Settings) -> WatchSettings:
    """What the watch goes by; without any heartbeat set it is a file in XIAOHAO_HOME."""
    webhook, apprise = (
        of.heartbeat_webhook_url.get_secret_value(),
        of.heartbeat_apprise_url.get_secret_value(),
    )
    file = of.heartbeat_file or (None if webhook or apprise else of.home / HEARTBEAT_FILE)
    address = sa.make_url(of.database)
    is_file = address.get_backend_name() == "sqlite" and address.database is not None
    on_disk = (Path(str(address.database)).absolute().parent,) if is_file else ()
    return WatchSettings(
        grace=timedelta(minutes=of.watch_grace_minutes),
        folders=tuple(dict.fromkeys((home(of), *on_disk))),
        free_bytes=of.watch_free_mb * 1024 * 1024,
        heartbeat=HeartbeatSettings(
            file=file,
            webhook_url=webhook,
            webhook_secret=of.webhook_secret.get_secret_value(),
            allow_http=of.webhook_allow_http,
            apprise_url=apprise,
        ),
    )
