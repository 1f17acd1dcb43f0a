"""Environment and file → frozen Settings. The only reader of the environment (DESIGN section 8).

A file `xiaohao.env` of mode 0600 in XIAOHAO_HOME may hold the same names; the environment wins.
"""

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import platformdirs
from pydantic import Field, SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, SettingsConfigDict

from xiaohao import channel_settings as parts
from xiaohao.channel_settings import ChannelPart
from xiaohao.errors import Refused

SETTINGS_FILE = "xiaohao.env"
PREFIX = "XIAOHAO_"
BELOW = "__"


class Settings(BaseSettings):
    """All settings, each under XIAOHAO_ and its name in capitals."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter=BELOW,
        env_file_encoding="utf-8",
        frozen=True,
        extra="ignore",
        hide_input_in_errors=True,
    )

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
        default=None,
        description="本单位的列名对照表（字段<Tab>列名 列名 …，字段后带 ? 的只在没有别的列可用时才用），导入时先于自带的使用",
    )
    channels: str = Field(default="file", description="通知渠道，按先后用逗号分开，代码见词汇表")
    webhook_url: str = Field(default="", description="签名网络钩子的地址（https）")
    webhook_secret: SecretStr = Field(default=SecretStr(""), description="签名网络钩子的密钥")
    webhook_allow_http: bool = Field(default=False, description="允许网络钩子用 http")
    webhook_hosts: str = Field(
        default="",
        description="人员自己的网络钩子地址可以用的主机，用逗号分开，“.gov.cn”表示其下的各主机；"
        "XIAOHAO_WEBHOOK_URL 的主机不必再写",
    )
    webhook_networks: str = Field(
        default="",
        description="网络钩子可以发往的内部网段，用逗号分开，如 10.1.0.0/16；没有写明的，不发往本机和内部网络",
    )

    wecom_robot: parts.WecomRobotPart | None = Field(default=None, description="企业微信群机器人")
    wecom_app: parts.WecomAppPart | None = Field(default=None, description="企业微信应用消息")
    dingtalk_robot: parts.DingtalkRobotPart | None = Field(default=None, description="钉钉自定义机器人")
    dingtalk_work: parts.DingtalkWorkPart | None = Field(default=None, description="钉钉工作通知")
    dingtalk_gov: parts.DingtalkGovPart | None = Field(default=None, description="专有钉钉工作通知")
    feishu_robot: parts.FeishuRobotPart | None = Field(default=None, description="飞书自定义机器人")
    feishu_app: parts.FeishuAppPart | None = Field(default=None, description="飞书应用消息")
    mail: parts.MailPart | None = Field(default=None, description="电子邮件")
    sms_aliyun: parts.SmsAliyunPart | None = Field(default=None, description="阿里云短信")
    sms_tencent: parts.SmsTencentPart | None = Field(default=None, description="腾讯云短信")
    other: parts.OtherPart | None = Field(default=None, description="其他服务（Apprise）")

    delivery_hours: str = Field(
        default="08:00-20:00",
        pattern=r"^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$",
        description="发送时段（北京时间），最高一级督办和立行立改的督办不受限制，终端和文件没有时段",
    )
    delivery_days: Literal["workdays", "every"] = Field(
        default="workdays", description="哪些天发送：workdays 为工作日，every 为每天"
    )
    delivery_most_a_day: int = Field(
        default=10, ge=0, description="每人每天最多收到几份通知，多的顺延；最高一级督办不受限制，0 为不限"
    )
    acknowledged_workdays: int = Field(
        default=5,
        ge=1,
        le=60,
        description="点过“已阅”后多少个工作日内，没有新进展也不再重复通知本人；"
        "重复督办的间隔更长的，免去下一次（照常逐级上报）",
    )
    answer_workdays: int = Field(
        default=2, ge=1, le=60, description="通知送达后多少个工作日没有点“已阅”，就报上一级知悉"
    )
    delivery_tries: int = Field(
        default=8,
        ge=1,
        le=100,
        description="一份通知在一个渠道最多试几次，之后改用下一个渠道，再报上一级；"
        "对方不能识别重复、又没有答复的，最多试三次",
    )

    scopes: str = Field(
        default="whole",
        pattern="^(whole|subtrees|[1-9][0-9]?)$",
        description="夜间运行怎样分块写入：whole 为整体一次；subtrees 为街道、乡镇、部门各一次；"
        "写数字（1 至 99）为按到点件数均分成几块（用 PostgreSQL 时，各块同时进行）",
    )
    work_pool: str = Field(
        default="", description="Prefect 工作池的名称；写明后，夜间运行的各块交给工作池里的各个 worker 办理"
    )

    watch_grace_minutes: int = Field(
        default=45, ge=0, description="凌晨 2 点过后多少分钟，夜间运行还没有做就算漏跑（巡查用）"
    )
    watch_free_mb: int = Field(default=1024, ge=0, description="磁盘剩余空间少于多少 MB 就报警（巡查用）")
    heartbeat_file: Path | None = Field(
        default=None,
        description="巡查一切正常时更新的心跳文件；三种心跳都没有设置时为 XIAOHAO_HOME 里的 heartbeat.json",
    )
    heartbeat_webhook_url: SecretStr = Field(
        default=SecretStr(""), description="接收心跳的网络钩子地址（https），用 XIAOHAO_WEBHOOK_SECRET 签名"
    )
    heartbeat_apprise_url: SecretStr = Field(
        default=SecretStr(""), description="接收心跳的 Apprise 地址，如 mailtos://…"
    )

    page_host: str = Field(
        default="127.0.0.1",
        description="xiaohao up 的通知页监听的地址；让手机打开时，宜由带 https 的反向代理转来，或写内网地址",
    )
    prefect_host: str = Field(
        default="127.0.0.1", description="xiaohao up 的 Prefect 服务监听的地址；监听本机以外的地址必须有口令"
    )
    keep_runs_days: int = Field(
        default=90, ge=1, le=36_500, description="Prefect 里已结束的运行和日志保留多少天"
    )
    most_days_owed: int = Field(
        default=31,
        ge=1,
        le=36_500,
        description="离上一次夜间运行超过多少天，就不再自动补跑，而要先核对时钟、手工运行一次",
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


CHANNEL_PARTS: Mapping[str, type[ChannelPart]] = {
    "wecom_robot": parts.WecomRobotPart,
    "wecom_app": parts.WecomAppPart,
    "dingtalk_robot": parts.DingtalkRobotPart,
    "dingtalk_work": parts.DingtalkWorkPart,
    "dingtalk_gov": parts.DingtalkGovPart,
    "feishu_robot": parts.FeishuRobotPart,
    "feishu_app": parts.FeishuAppPart,
    "mail": parts.MailPart,
    "sms_aliyun": parts.SmsAliyunPart,
    "sms_tencent": parts.SmsTencentPart,
    "other": parts.OtherPart,
}
"""The settings that hold a channel's own, by their names, which are the channels' words too."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting as it is written: `name` in the environment, where it lies, and what it means."""

    name: str
    path: tuple[str, ...]
    field: FieldInfo

    def value(self, settings: Settings) -> object:
        """Its value; None where its channel has no settings at all."""
        value: object = settings
        for part in self.path:
            value = None if value is None else getattr(value, part)
        return value


def each_setting() -> Iterator[Setting]:
    """Every setting in its order, a channel's own one by one."""
    for name, field in Settings.model_fields.items():
        part = CHANNEL_PARTS.get(name)
        if part is None:
            yield Setting(name_of(name), (name,), field)
            continue
        for below, own in part.model_fields.items():
            yield Setting(name_of(name, below), (name, below), own)


def name_of(*path: object) -> str:
    """How a setting is called in the environment: XIAOHAO_MAIL__HOST."""
    return PREFIX + BELOW.join(str(part).upper() for part in path)


def load() -> Settings:
    """The settings of this process. Raises Refused where the settings file is readable by others."""
    home = Path(os.environ.get("XIAOHAO_HOME") or platformdirs.user_data_dir("xiaohao"))
    path = home / SETTINGS_FILE
    if not path.is_file():
        return Settings()
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise Refused(f"设置文件 {SETTINGS_FILE} 别人也能读，其中可能有密钥。请先把它的权限改为 0600。")
    return Settings(_env_file=path)  # type: ignore[call-arg]
