"""Settings → the channels that are there, and the way to one official.

Values come in; nothing here reads the environment or a file.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from notifiers import message
from notifiers.dingtalk_gov import DingtalkGov, DingtalkGovSettings
from notifiers.dingtalk_robot import DingtalkRobot, DingtalkRobotSettings
from notifiers.dingtalk_work import DingtalkWork, DingtalkWorkSettings
from notifiers.feishu_app import FeishuApp, FeishuAppSettings
from notifiers.feishu_robot import FeishuRobot, FeishuRobotSettings
from notifiers.mail import Mail, MailSettings
from notifiers.others import Others, OtherSettings
from notifiers.robots import DEFAULT, RobotAddress
from notifiers.sms_aliyun import SmsAliyun, SmsAliyunSettings
from notifiers.sms_tencent import SmsTencent, SmsTencentSettings
from notifiers.terminal import Terminal
from notifiers.textfile import TextFile
from notifiers.webhook import Webhook
from notifiers.wecom_app import WecomApp, WecomAppSettings
from notifiers.wecom_robot import WecomRobot, WecomRobotSettings
from xiaohao.errors import WrongUsage
from xiaohao.rules.acknowledging import Answering
from xiaohao.vocabulary import ROBOTS, Channel

_MADE_BY: Mapping[Channel, Callable[[Any], message.Channel]] = {
    Channel.WECOM_ROBOT: WecomRobot,
    Channel.WECOM_APP: WecomApp,
    Channel.DINGTALK_ROBOT: DingtalkRobot,
    Channel.DINGTALK_WORK: DingtalkWork,
    Channel.DINGTALK_GOV: DingtalkGov,
    Channel.FEISHU_ROBOT: FeishuRobot,
    Channel.FEISHU_APP: FeishuApp,
    Channel.MAIL: Mail,
    Channel.SMS_ALIYUN: SmsAliyun,
    Channel.SMS_TENCENT: SmsTencent,
    Channel.OTHER: Others,
}
"""Which class a channel is, made from the settings object of its own word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelSettings:
    """Which channels are used, the preferred one first, and what each needs, under the channel's word.

    `page_key` signs the links of notices; without one a notice's link is the page's bare address.
    A webhook address may hold a key and the secret is one: neither is shown by `repr`, nor is any other
    secret.
    """

    order: tuple[Channel, ...]
    notices_folder: Path
    page_key: bytes | None = field(default=None, repr=False)
    answering: Answering = field(default_factory=Answering)
    webhook_url: str | None = field(default=None, repr=False)
    webhook_secret: str | None = field(default=None, repr=False)
    allow_http: bool = False
    webhook_hosts: tuple[str, ...] = ()
    webhook_networks: tuple[str, ...] = ()
    wecom_robot: WecomRobotSettings | None = None
    wecom_app: WecomAppSettings | None = None
    dingtalk_robot: DingtalkRobotSettings | None = None
    dingtalk_work: DingtalkWorkSettings | None = None
    dingtalk_gov: DingtalkGovSettings | None = None
    feishu_robot: FeishuRobotSettings | None = None
    feishu_app: FeishuAppSettings | None = None
    mail: MailSettings | None = None
    sms_aliyun: SmsAliyunSettings | None = None
    sms_tencent: SmsTencentSettings | None = None
    other: OtherSettings | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressee:
    """Whom a notice is for, as far as a channel needs to know.

    `contacts` are the recipient's own contact rows, channel → address; `group_contacts` those of the
    recipient's unit, or of the nearest unit above that has one. The code is the official's or the unit's.
    """

    code: str
    name: str
    mobile: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    contacts: Mapping[Channel, str] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    group_contacts: Mapping[Channel, str] = field(default_factory=lambda: MappingProxyType({}), repr=False)


@dataclass(frozen=True, slots=True)
class Route:
    """One way to an addressee."""

    channel: Channel
    address: str = field(repr=False)


def channels(settings: ChannelSettings) -> dict[Channel, message.Channel]:
    """One channel object for each word in `settings.order`, in that order.

    They hold connections: make them inside the event loop that sends, and close each with `aclose`.
    Raises WrongUsage for a channel whose settings are not there.
    """
    return {word: _channel(word, settings) for word in settings.order}


def address_of(channel: Channel, addressee: Addressee, settings: ChannelSettings) -> str | None:
    """Where this channel reaches the addressee; None where it does not.

    A contact row of the addressee's own comes first. Else mail goes to his mail address and an SMS to his
    mobile number; a robot is that of his unit or of the nearest unit above, else the one called 默认, and
    mentions him. Another service is found as a robot is. Console and file reach everybody, and so does
    the webhook where its address is set. An application needs a contact row: nothing else is a userid.
    """
    own = addressee.contacts.get(channel)
    if channel in ROBOTS:
        return _robot(channel, own, addressee, settings)
    if own:
        return own
    match channel:
        case Channel.CONSOLE | Channel.FILE:
            return addressee.code
        case Channel.WEBHOOK:
            return settings.webhook_url or None
        case Channel.MAIL:
            return addressee.email or None
        case Channel.SMS_ALIYUN | Channel.SMS_TENCENT:
            return addressee.mobile or None
        case Channel.OTHER:
            return addressee.group_contacts.get(channel) or _default(channel, settings)
    return None


def routes(addressee: Addressee, settings: ChannelSettings) -> tuple[Route, ...]:
    """Every way to the addressee in the order of the settings: the first is used, the next if it fails."""
    found = ((channel, address_of(channel, addressee, settings)) for channel in settings.order)
    return tuple(Route(channel, address) for channel, address in found if address)


def route(addressee: Addressee, settings: ChannelSettings) -> Route | None:
    """The first way to the addressee; None where no channel reaches him."""
    return next(iter(routes(addressee, settings)), None)


def _robot(channel: Channel, own: str | None, addressee: Addressee, settings: ChannelSettings) -> str | None:
    written = own or addressee.group_contacts.get(channel) or _default(channel, settings)
    if not written:
        return None
    address = RobotAddress.parse(written)
    if address.mention is None:
        address = replace(address, mention=_mention(channel, addressee))
    return str(address)


def _mention(channel: Channel, addressee: Addressee) -> str | None:
    """What a robot calls the addressee by: the id that the application of the same kind knows him by."""
    contacts = addressee.contacts
    if channel is Channel.DINGTALK_ROBOT:
        return addressee.mobile or contacts.get(Channel.DINGTALK_WORK)
    return contacts.get(Channel.WECOM_APP if channel is Channel.WECOM_ROBOT else Channel.FEISHU_APP)


def _default(channel: Channel, settings: ChannelSettings) -> str | None:
    names = names_of(channel, settings)
    return DEFAULT if DEFAULT in names else None


def names_of(channel: Channel, settings: ChannelSettings) -> tuple[str, ...]:
    """The names of a channel's robots, or other services, in the settings; none for all other channels."""
    names: Mapping[str, object] = {}
    match channel:
        case Channel.WECOM_ROBOT if settings.wecom_robot:
            names = settings.wecom_robot.keys
        case Channel.DINGTALK_ROBOT if settings.dingtalk_robot:
            names = settings.dingtalk_robot.robots
        case Channel.FEISHU_ROBOT if settings.feishu_robot:
            names = settings.feishu_robot.robots
        case Channel.OTHER if settings.other:
            names = settings.other.urls
    return tuple(names)


def _channel(word: Channel, settings: ChannelSettings) -> message.Channel:
    match word:
        case Channel.CONSOLE:
            return Terminal()
        case Channel.FILE:
            return TextFile(settings.notices_folder)
        case Channel.WEBHOOK:
            return Webhook(
                settings.webhook_url,
                settings.webhook_secret,
                allow_http=settings.allow_http,
                hosts=settings.webhook_hosts,
                networks=settings.webhook_networks,
            )
    own = getattr(settings, word.value)
    if own is None:
        raise WrongUsage(f"通知渠道“{word.label}”还没有设置。")
    return _MADE_BY[word](own)
