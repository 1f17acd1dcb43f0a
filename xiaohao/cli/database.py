"""`xiaohao db` and `config`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import click
import sqlalchemy as sa
from pydantic import SecretStr

from xiaohao import bootstrap
from xiaohao.actions.copy_ledger import copy_ledger
from xiaohao.cli import desk
from xiaohao.cli.commands import Answer, Group
from xiaohao.cli.parameters import Text, argument
from xiaohao.cli.screen import Screen, note
from xiaohao.ledger import schema
from xiaohao.settings import CHANNEL_PARTS, Settings, each_setting, name_of
from xiaohao.vocabulary import Channel

HIDDEN = "（已设，不显示）"


@click.group("db", cls=Group, help="升级、检查或复制数据库。")
def db_command() -> None:
    """数据库."""


@db_command.command(
    "upgrade",
    help="把数据库升级到本程序的版本。\n先停止 xiaohao up（它在运行时不升级），并备份。",
    examples=["db upgrade"],
)
def upgrade_command() -> Answer:
    settings = bootstrap.settings()
    with desk.without_up(settings, so="没有升级。"):
        upgraded = schema.upgrade(desk.engine(settings))
        desk.ledger(settings)
    said = "数据库已升级。" if upgraded else "数据库已是最新版本，没有改动。"
    return Answer({"upgraded": upgraded, "revision": schema.REVISIONS[-1]}, lambda s: s.line(said))


@db_command.command(
    "check",
    help="检查数据库是否完整。\n核对数据表、字段、约束、索引和触发器；不改动任何内容。",
    examples=["db check"],
)
def check_command() -> Answer:
    faults = schema.check(desk.engine())
    document = {"complete": not faults, "revision": schema.REVISIONS[-1], "faults": faults}
    return Answer(document, lambda s: _show_faults(s, faults), 1 if faults else 0)


@db_command.command(
    "copy",
    help="把台账复制到另一个空的数据库，例如由 SQLite 搬到 PostgreSQL。\n"
    "先停止 xiaohao up（它在运行时不复制）和其他写入，几台机器的都要停。复制后核对每个数据表的行数，并由留痕逐条重新算出根；全部相符才写入。"
    "原来的数据库不变；把 XIAOHAO_DATABASE_URL 改为新地址后启用。佐证材料等文件不在数据库里，仍留在原处。",
    examples=["db copy postgresql://xiaohao@127.0.0.1/xiaohao", "db copy 另存.db"],
)
@argument(
    "target",
    metavar="数据库",
    help="复制到哪里：postgresql://用户@主机/库名，或 SQLite 文件名。",
    type=Text("数据库"),
)
def copy_command(target: str) -> Answer:
    settings = bootstrap.settings()
    with desk.without_up(settings, so="没有复制任何内容。"):
        source = desk.ledger(settings)
        copied = copy_ledger(source, desk.closed_at_end(bootstrap.empty_ledger(target)), progress=note)
    said = (
        f"已复制 {len(copied.tables)} 个数据表、{copied.rows} 行，行数相符；"
        f"留痕 {copied.trail_size} 条逐条核对无误，根 {copied.root}。"
    )
    return Answer(copied, lambda s: s.line(said))


def _show_faults(s: Screen, faults: list[str]) -> None:
    for fault in faults:
        s.line(fault)
    s.line(f"共 {len(faults)} 处不符。" if faults else "数据库完整。")


@click.group("config", cls=Group, help="查看设置。")
def config_command() -> None:
    """设置."""


@dataclass(frozen=True)
class SettingLine:
    """A setting as it stands in this process; `value` is None where it is not set."""

    name: str
    value: str | None
    description: str


@config_command.command(
    "show", help="查看各项设置和它们的值。\n密钥只显示是否已设。", examples=["config show"]
)
def show_command() -> Answer:
    settings = bootstrap.settings()
    lines = list(setting_lines(settings))
    return Answer({"settings": lines}, lambda s: _show_settings(s, settings, lines))


def _show_settings(s: Screen, settings: Settings, lines: list[SettingLine]) -> None:
    """The table leaves out the parts of channels that have no settings at all, and names these channels."""
    unset = [name for name in CHANNEL_PARTS if getattr(settings, name) is None]
    hidden = tuple(name_of(name, "") for name in unset)
    rows = [(x.name, x.value, x.description) for x in lines if not x.name.startswith(hidden)]
    s.table(("设置", "值", "说明"), rows)
    if unset:
        s.line(f"没有设置的渠道：{'、'.join(Channel(name).label for name in unset)}。")


def setting_lines(settings: Settings) -> Iterator[SettingLine]:
    """Every setting in its order; secrets, and the parts of addresses that may hold one, are not shown."""
    for each in each_setting():
        value = each.value(settings)
        yield SettingLine(each.name, _shown(each.path[-1], value), each.field.description or "")


def _shown(name: str, value: object) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, SecretStr):
        return HIDDEN if value.get_secret_value() else None
    if isinstance(value, Mapping):
        return f"{'、'.join(value)}{HIDDEN}"
    if name == "database_url":
        return sa.make_url(str(value)).render_as_string(hide_password=True)
    if name == "webhook_url":
        return f"{str(value).split('?')[0].rsplit('/', 1)[0]}/…"
    return ("是" if value else "否") if isinstance(value, bool) else str(value)
