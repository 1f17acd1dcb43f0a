"""What each channel needs, as it is written in the environment or the settings file: XIAOHAO_MAIL__HOST.

One class a channel, named like the channel's word in `xiaohao.settings`. Whatever is a secret is a
SecretStr; a map is written as JSON. The fields are those of the channel's own settings in `notifiers`.
"""

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

_NAMES = "名称由本单位自定，单位表的“群机器人”一列写的就是它；名称为“默认”的，给没有另写的单位用"


class ChannelPart(BaseModel):
    """The settings of one channel, all or none: a name that is not known is refused."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, str_strip_whitespace=True
    )


class WecomRobotPart(ChannelPart):
    """企业微信群机器人."""

    keys: Mapping[str, SecretStr] = Field(
        description='各群机器人的 key，写成 {"默认": "…", "孟轲乡": "…"}。' + _NAMES, min_length=1
    )
    base: str = Field(default="https://qyapi.weixin.qq.com", description="接口地址")


class WecomAppPart(ChannelPart):
    """企业微信应用消息."""

    corpid: str = Field(description="企业 ID", min_length=1)
    secret: SecretStr = Field(description="应用的 Secret", min_length=1)
    agent_id: int = Field(description="应用的 AgentId")
    base: str = Field(default="https://qyapi.weixin.qq.com", description="接口地址（政务微信填自己的）")
    plain_text: bool = Field(
        default=False, description="只发纯文字：在微信里看企业微信消息的人多时用，微信不显示 markdown"
    )
    callback_token: SecretStr = Field(
        default=SecretStr(""),
        description="接收消息（回调）的 Token；与下一项都写了，收件人在应用里回复“已阅”就能记录",
    )
    callback_aes_key: SecretStr = Field(
        default=SecretStr(""), description="接收消息（回调）的 EncodingAESKey，43 个字母和数字"
    )


class DingtalkRobotKeyPart(ChannelPart):
    """One robot of DingTalk."""

    token: SecretStr = Field(min_length=1)
    secret: SecretStr | None = None
    keyword: str | None = None


class DingtalkRobotPart(ChannelPart):
    """钉钉自定义机器人."""

    robots: Mapping[str, DingtalkRobotKeyPart] = Field(
        description='各机器人，写成 {"默认": {"token": "…", "secret": "SEC…", "keyword": "督办"}}，'
        "没有加签或关键词的不写那一项。" + _NAMES,
        min_length=1,
    )
    base: str = Field(default="https://oapi.dingtalk.com", description="接口地址")
    deduplicates: bool = Field(
        default=False, description="已确认接口按 msgUuid 去重的，写 true，重发的通知不再标注“重发”"
    )


class DingtalkWorkPart(ChannelPart):
    """钉钉工作通知."""

    app_key: str = Field(description="应用的 AppKey", min_length=1)
    app_secret: SecretStr = Field(description="应用的 AppSecret", min_length=1)
    agent_id: int = Field(description="应用的 AgentId")
    base: str = Field(default="https://oapi.dingtalk.com", description="接口地址（组织云钉钉填自己的）")


class DingtalkGovPart(ChannelPart):
    """专有钉钉工作通知."""

    app_key: str = Field(description="应用的 App Key", min_length=1)
    app_secret: SecretStr = Field(description="应用的 App Secret", min_length=1)
    tenant_id: str = Field(description="租户 ID", min_length=1)
    base: str = Field(
        default="https://openplatform.dg-work.cn",
        description="接口地址，每套部署不同，浙政钉为 https://openplatform-pro.ding.zj.gov.cn",
    )
    ip: str = Field(default="127.0.0.1", description="本机地址，部署方核对时填真实的")
    mac: str = Field(default="00:00:00:00:00:00", description="本机网卡地址，部署方核对时填真实的")


class FeishuRobotKeyPart(ChannelPart):
    """One robot of Feishu."""

    token: SecretStr = Field(min_length=1)
    secret: SecretStr | None = None


class FeishuRobotPart(ChannelPart):
    """飞书自定义机器人."""

    robots: Mapping[str, FeishuRobotKeyPart] = Field(
        description='各机器人，写成 {"默认": {"token": "…", "secret": "…"}}，没有签名校验的不写 secret。'
        + _NAMES,
        min_length=1,
    )
    base: str = Field(default="https://open.feishu.cn/open-apis", description="接口地址")


class FeishuAppPart(ChannelPart):
    """飞书应用消息."""

    app_id: str = Field(description="应用的 App ID", min_length=1)
    secret: SecretStr = Field(description="应用的 App Secret", min_length=1)
    base: str = Field(default="https://open.feishu.cn/open-apis", description="接口地址")
    callback_encrypt_key: SecretStr = Field(
        default=SecretStr(""),
        description="事件与回调的 Encrypt Key；与下一项都写了，卡片上就有“已阅”按钮",
    )
    callback_verification_token: SecretStr = Field(
        default=SecretStr(""), description="事件与回调的 Verification Token"
    )


class MailPart(ChannelPart):
    """电子邮件."""

    host: str = Field(description="发信服务器（SMTP）", min_length=1)
    sender: str = Field(description="发件人，如 督办 <duban@example.gov.cn>", min_length=1)
    user: str = Field(default="", description="登录用户名，不写就不登录（内网中继）")
    password: SecretStr = Field(default=SecretStr(""), description="登录密码或授权码")
    security: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="加密方式：starttls、tls，none 为不加密，这时不能登录"
    )
    port: int | None = Field(default=None, ge=1, le=65_535, description="端口，默认按加密方式为 587、465、25")


class SmsAliyunPart(ChannelPart):
    """阿里云短信."""

    access_key_id: str = Field(description="AccessKey ID", min_length=1)
    access_key_secret: SecretStr = Field(description="AccessKey Secret", min_length=1)
    sign_name: str = Field(description="已审核的短信签名", min_length=1)
    template_code: str = Field(description="已审核的模板，如 SMS_1；有两个变量：几件、哪天", min_length=1)
    base: str = Field(default="https://dysmsapi.aliyuncs.com", description="接口地址")
    count_variable: str = Field(default="n", description="模板里“几件”的变量名")
    day_variable: str = Field(default="d", description="模板里“哪天”的变量名")


class SmsTencentPart(ChannelPart):
    """腾讯云短信."""

    secret_id: str = Field(description="SecretId", min_length=1)
    secret_key: SecretStr = Field(description="SecretKey", min_length=1)
    app_id: str = Field(description="短信应用的 SdkAppId", min_length=1)
    sign_name: str = Field(description="已审核的短信签名", min_length=1)
    template_id: str = Field(description="已审核的模板编号；有两个变量：先是几件，后是哪天", min_length=1)
    region: str = Field(default="ap-guangzhou", description="地域")
    base: str = Field(default="https://sms.tencentcloudapi.com", description="接口地址")


class OtherPart(ChannelPart):
    """其他服务."""

    urls: Mapping[str, SecretStr] = Field(
        description='各服务的 Apprise 地址，写成 {"默认": "bark://…"}；名称由本单位自定', min_length=1
    )
