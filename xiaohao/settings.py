"""Environment and file → frozen Settings. The only reader of the environment (DESIGN section 8).

A file `xiaohao.env` of mode 0600 in XIAOHAO_HOME may hold the same names; the environment wins.
"""

import os
import stat
from functools import cached_property
from pathlib import Path
from typing import Literal

import platformdirs
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from xiaohao.errors import Refused

SETTINGS_FILE = "xiaohao.env"


class Settings(BaseSettings):
    """All settings, each under XIAOHAO_ and its name in capitals."""

    model_config = SettingsConfigDict(env_prefix="XIAOHAO_", frozen=True, extra="ignore")

    home: Path = Field(
        default_factory=lambda: Path(platformdirs.user_data_dir("xiaohao")),
        description="存放数据库、佐证材料、报告、密钥和 Prefect 状态的文件夹",
    )
    database_url: str = Field(default="", description="台账数据库地址，默认为 XIAOHAO_HOME 里的 SQLite")
    by: str = Field(default="", description="由谁操作（工号），命令里没有写 --by 时用它")
    page_url: str = Field(default="", description="页面地址，没有时消息里不带链接")
    policy: Path | None = Field(default=None, description="启用台账时所用的规则文件，默认用程序自带的")
    calendar: Path | None = Field(default=None, description="启用台账时在自带日历之上再用的本地日历文件")
    headings: Path | None = Field(
        default=None, description="本单位的列名对照表（字段<Tab>列名 列名 …），导入时先于自带的使用"
    )
    channels: str = Field(default="file", description="通知渠道，按先后用逗号分开：file、console、webhook")
    webhook_url: str = Field(default="", description="签名网络钩子的地址（https）")
    webhook_secret: SecretStr = Field(default=SecretStr(""), description="签名网络钩子的密钥")
    webhook_allow_http: bool = Field(default=False, description="允许网络钩子用 http 或本机地址")

    scopes: Literal["whole", "subtrees"] = Field(
        default="whole",
        description="夜间运行怎样分块写入：whole 为整体一次，subtrees 为街道、乡镇、部门各一次（用 PostgreSQL 时）",
    )

    @property
    def database(self) -> str:
        """The address of the ledger's database."""
        return self.database_url or f"sqlite:///{self.home / 'xiaohao.db'}"

    @cached_property
    def notices(self) -> Path:
        """Where the channel `file` writes."""
        return self.home / "notices"

    @cached_property
    def reports(self) -> Path:
        """Where reports lie."""
        return self.home / "reports"

    @cached_property
    def evidence(self) -> Path:
        """Where evidence files lie."""
        return self.home / "evidence"


def load() -> Settings:
    """The settings of this process. Raises Refused where the settings file is readable by others."""
    home = Path(os.environ.get("XIAOHAO_HOME") or platformdirs.user_data_dir("xiaohao"))
    path = home / SETTINGS_FILE
    if not path.is_file():
        return Settings()
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise Refused(f"设置文件 {SETTINGS_FILE} 别人也能读，其中可能有密钥。请先把它的权限改为 0600。")
    return Settings(_env_file=path)  # type: ignore[call-arg]
