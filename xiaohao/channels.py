"""The settings of channels as they are written → as the channels take them; what is missing is said."""

from collections.abc import Mapping
from dataclasses import fields
from ipaddress import ip_network
from typing import Any

from pydantic import BaseModel, SecretStr

from notifiers import wecom_callback
from notifiers.callbacks import Callbacks
from notifiers.choose import ChannelSettings
from notifiers.dingtalk_gov import DingtalkGovSettings
from notifiers.dingtalk_robot import DingtalkRobotKey, DingtalkRobotSettings
from notifiers.dingtalk_work import DingtalkWorkSettings
from notifiers.feishu_app import FeishuAppSettings
from notifiers.feishu_callback import FeishuCallback
from notifiers.feishu_robot import FeishuRobotKey, FeishuRobotSettings
from notifiers.mail import MailSettings
from notifiers.others import OtherSettings
from notifiers.sms_aliyun import SmsAliyunSettings
from notifiers.sms_tencent import SmsTencentSettings
from notifiers.wecom_app import WecomAppSettings
from notifiers.wecom_callback import WecomCallback
from notifiers.wecom_robot import WecomRobotSettings
from xiaohao.channel_settings import ChannelPart, DingtalkRobotKeyPart, FeishuRobotKeyPart
from xiaohao.errors import WrongUsage
from xiaohao.settings import CHANNEL_PARTS, Settings, name_of
from xiaohao.vocabulary import Channel

_TAKEN_AS: Mapping[str, type] = {
    "wecom_robot": WecomRobotSettings,
    "wecom_app": WecomAppSettings,
    "dingtalk_robot": DingtalkRobotSettings,
    "dingtalk_work": DingtalkWorkSettings,
    "dingtalk_gov": DingtalkGovSettings,
    "feishu_robot": FeishuRobotSettings,
    "feishu_app": FeishuAppSettings,
    "mail": MailSettings,
    "sms_aliyun": SmsAliyunSettings,
    "sms_tencent": SmsTencentSettings,
    "other": OtherSettings,
}
_KEYS: Mapping[type[BaseModel], type] = {
    DingtalkRobotKeyPart: DingtalkRobotKey,
    FeishuRobotKeyPart: FeishuRobotKey,
}


def channel_settings(of: Settings, *, only: Channel | None = None) -> ChannelSettings:
    """Which channels are used and what each needs; with `only` that one channel, listed or not.

    Raises WrongUsage for a word that is no channel, and for a channel whose settings are missing, with
    the names of these, and as `callbacks` does.
    """
    callbacks(of)
    order = _order(of.channels) if only is None else (only,)
    for channel in order:
        _require(channel, of)
    own = {name: _taken(kind, getattr(of, name)) for name, kind in _TAKEN_AS.items()}
    return ChannelSettings(
        order=order,
        notices_folder=of.notices,
        webhook_url=of.webhook_url or None,
        webhook_secret=of.webhook_secret.get_secret_value() or None,
        allow_http=of.webhook_allow_http,
        webhook_hosts=_listed(of.webhook_hosts),
        webhook_networks=_networks(of.webhook_networks),
        **own,
    )


def callbacks(of: Settings) -> Callbacks:
    """What the vendors' callbacks are checked with, for those that are set up.

    Raises WrongUsage where only one of the two settings of a callback is written, or the key is none.
    """
    return Callbacks(wecom_app=_wecom_callback(of), feishu_app=_feishu_callback(of))


def _wecom_callback(of: Settings) -> WecomCallback | None:
    part = of.wecom_app
    if part is None or not _are_both(of, "wecom_app", "callback_token", "callback_aes_key"):
        return None
    said = part.callback_aes_key.get_secret_value()
    key = wecom_callback.aes_key_of(said)
    if key is None:
        raise WrongUsage(
            f"设置 {name_of('wecom_app', 'callback_aes_key')}：EncodingAESKey 是 43 个字母和数字，"
            f"现在写的有 {len(said)} 个字符。请从企业微信管理后台应用的“接收消息”里重新复制。"
        )
    return WecomCallback(token=part.callback_token.get_secret_value(), aes_key=key, corpid=part.corpid)


def _feishu_callback(of: Settings) -> FeishuCallback | None:
    part = of.feishu_app
    if part is None or not _are_both(of, "feishu_app", "callback_encrypt_key", "callback_verification_token"):
        return None
    return FeishuCallback(
        encrypt_key=part.callback_encrypt_key.get_secret_value(),
        verification_token=part.callback_verification_token.get_secret_value(),
    )


def _are_both(of: Settings, channel: str, *names: str) -> bool:
    part = getattr(of, channel)
    empty = [name_of(channel, name) for name in names if not getattr(part, name).get_secret_value()]
    if 0 < len(empty) < len(names):
        both = " 和 ".join(name_of(channel, name) for name in names)
        raise WrongUsage(f"缺少设置 {empty[0]}：要接收回调，{both} 都要写；不接收的，都不写。")
    return not empty


def _listed(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.replace("，", ",").split(",") if word.strip())


def _networks(text: str) -> tuple[str, ...]:
    for network in (networks := _listed(text)):
        try:
            ip_network(network)
        except ValueError as error:
            raise WrongUsage(
                f"设置 XIAOHAO_WEBHOOK_NETWORKS：“{network}”不是网段，请写成 10.1.0.0/16 的样子。"
            ) from error
    return networks


def _order(text: str) -> tuple[Channel, ...]:
    words = _listed(text)
    known = {word.value: word for word in Channel} | {word.label: word for word in Channel}
    unknown = [word for word in words if word not in known]
    if unknown or not words:
        there = "、".join(f"{word.value}（{word.label}）" for word in Channel)
        said = f"没有“{unknown[0]}”这个通知渠道" if unknown else "没有写明通知渠道"
        raise WrongUsage(f"设置 XIAOHAO_CHANNELS：{said}，可用的有 {there}。")
    return tuple(dict.fromkeys(known[word] for word in words))


def _require(channel: Channel, of: Settings) -> None:
    missing: list[str] = []
    if channel is Channel.WEBHOOK and not of.webhook_secret.get_secret_value():
        missing = [name_of("webhook_url"), name_of("webhook_secret")]
    part = CHANNEL_PARTS.get(channel.value)
    if part is not None and getattr(of, channel.value) is None:
        needed = [name for name, field in part.model_fields.items() if field.is_required()]
        missing = [name_of(channel.value, name) for name in needed]
    if missing:
        raise WrongUsage(
            f"通知渠道“{channel.label}”（{channel.value}）还没有设置，请设置 {'、'.join(missing)}。"
        )


def _taken(kind: type, part: ChannelPart | None) -> Any:
    if part is None:
        return None
    return kind(**{each.name: _plain(getattr(part, each.name)) for each in fields(kind)})


def _plain(value: Any) -> Any:
    """The value with its secrets laid open, as the channels take it; no `repr` of theirs shows one."""
    match value:
        case SecretStr():
            return value.get_secret_value()
        case BaseModel():
            return _taken(_KEYS[type(value)], value)  # type: ignore[arg-type]
        case Mapping():
            return {name: _plain(each) for name, each in value.items()}
    return value
