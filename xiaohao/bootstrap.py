"""Settings → what a command, a flow or a page works with. Only these ask here, and nobody below reads settings."""

from datetime import date, datetime
from pathlib import Path

import pendulum
import sqlalchemy as sa
from pydantic import ValidationError

from notifiers.choose import ChannelSettings
from xiaohao import settings as settings_of
from xiaohao.actions import set_up
from xiaohao.errors import LedgerUnreachable, WrongUsage
from xiaohao.evidence_files import EvidenceFiles
from xiaohao.ledger import connect, schema
from xiaohao.ledger.writing import Ledger
from xiaohao.settings import Settings
from xiaohao.vocabulary import Channel

ZONE = "Asia/Shanghai"


def settings() -> Settings:
    """The settings of this process.

    Raises Refused where the settings file is readable by others, WrongUsage for a value that is none.
    """
    try:
        return settings_of.load()
    except ValidationError as error:
        names = "、".join(f"XIAOHAO_{str(each['loc'][0]).upper()}" for each in error.errors())
        raise WrongUsage(f"设置 {names} 的值不对，请核对环境变量和设置文件。") from error


def today() -> date:
    """The day that it is in Shanghai, wherever the machine stands."""
    day = pendulum.today(ZONE)
    return date(day.year, day.month, day.day)


def now() -> datetime:
    """The present instant, aware, as a clock in Shanghai shows it."""
    return pendulum.now(ZONE)


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
    schema.require_current(opened.engine)
    set_up.set_up(opened, policy=of.policy, calendar=of.calendar)
    return opened


def engine(of: Settings) -> sa.Engine:
    """The database as it is, nothing made or checked but the folder. Raises as `ledger` does."""
    home(of)
    return connect.open_engine(of.database)


def empty_ledger(url: str) -> Ledger:
    """A ledger at another address, or in another file, that holds nothing yet; its tables are made.

    Raises as `ledger` does.
    """
    opened = Ledger(connect.open_engine(url if "://" in url else f"sqlite:///{url}"))
    schema.require_current(opened.engine)
    return opened


def evidence_files(of: Settings) -> EvidenceFiles:
    """The folder of evidence files in XIAOHAO_HOME."""
    home(of)
    return EvidenceFiles(of.evidence)


def channel_settings(of: Settings) -> ChannelSettings:
    """Which channels are used and what each needs. Raises WrongUsage for a word that is no channel."""
    return ChannelSettings(
        order=_channels(of.channels),
        notices_folder=of.notices,
        webhook_url=of.webhook_url or None,
        webhook_secret=of.webhook_secret.get_secret_value() or None,
        allow_http=of.webhook_allow_http,
    )


def _channels(text: str) -> tuple[Channel, ...]:
    words = [word.strip() for word in text.replace("，", ",").split(",") if word.strip()]
    known = {word.value: word for word in Channel} | {word.label: word for word in Channel}
    unknown = [word for word in words if word not in known]
    if unknown or not words:
        there = "、".join(f"{word.value}（{word.label}）" for word in Channel)
        said = f"没有“{unknown[0]}”这个通知渠道" if unknown else "没有写明通知渠道"
        raise WrongUsage(f"设置 XIAOHAO_CHANNELS：{said}，可用的有 {there}。")
    return tuple(dict.fromkeys(known[word] for word in words))
