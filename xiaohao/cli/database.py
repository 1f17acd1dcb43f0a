"""`xiaohao db` and `config`."""

from collections.abc import Iterator
from dataclasses import dataclass

import click
import sqlalchemy as sa
from pydantic import SecretStr

from xiaohao import bootstrap
from xiaohao.cli import desk
from xiaohao.cli.commands import Answer, Group
from xiaohao.cli.screen import Screen
from xiaohao.ledger import schema
from xiaohao.settings import Settings

HIDDEN = "（已设，不显示）"


@click.group("db", cls=Group, help="升级或检查数据库。")
def db_command() -> None:
    """数据库."""


@db_command.command("upgrade", help="把数据库升级到本程序的版本。\n请先备份。", examples=["db upgrade"])
def upgrade_command() -> Answer:
    settings = bootstrap.settings()
    engine = desk.engine(settings)
    upgraded = schema.upgrade(engine)
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


def _show_faults(s: Screen, faults: list[str]) -> None:
    for fault in faults:
        s.line(fault)
    s.line(f"共 {len(faults)} 处不符。" if faults else "数据库完整。")


@click.group("config", cls=Group, help="查看设置。")
def config_command() -> None:
    """设置."""


@config_command.command(
    "show", help="查看各项设置和它们的值。\n密钥只显示是否已设。", examples=["config show"]
)
def show_command() -> Answer:
    lines = list(setting_lines(bootstrap.settings()))
    rows = [(x.name, x.value, x.description) for x in lines]
    return Answer({"settings": lines}, lambda s: s.table(("设置", "值", "说明"), rows))


@dataclass(frozen=True)
class SettingLine:
    """A setting as it stands in this process; `value` is None where it is not set."""

    name: str
    value: str | None
    description: str


def setting_lines(settings: Settings) -> Iterator[SettingLine]:
    """Every setting in its order; secrets, and the parts of addresses that may hold one, are not shown."""
    for name, field in Settings.model_fields.items():
        yield SettingLine(
            f"XIAOHAO_{name.upper()}", _shown(name, getattr(settings, name)), field.description or ""
        )


def _shown(name: str, value: object) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, SecretStr):
        return HIDDEN if value.get_secret_value() else None
    if name == "database_url":
        return sa.make_url(str(value)).render_as_string(hide_password=True)
    if name == "webhook_url":
        return f"{str(value).split('?')[0].rsplit('/', 1)[0]}/…"
    return ("是" if value else "否") if isinstance(value, bool) else str(value)
