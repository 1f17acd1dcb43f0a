"""Every channel that calls a vendor over HTTP, and its stand-in: what the tests of all channels go by.

A channel's own tests send through its `Way` too.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from typing import Any, ClassVar, TypeVar

from digest_builders import digest_of, near, overdue
from dingtalk_standin import GOV, ROBOT, SEND, TOKEN, Dingtalk, Robot, dingtalk
from feishu_standin import FeishuStandin, feishu
from sms_standin import APP, KEY_ID, SECRET, SIGN, TEMPLATE, vendors
from vendor_standin import Call, Reply, Standin, running
from wecom_standin import wecom

from notifiers import digest
from notifiers.dingtalk_gov import DingtalkGov, DingtalkGovSettings
from notifiers.dingtalk_robot import DingtalkRobot, DingtalkRobotKey, DingtalkRobotSettings
from notifiers.dingtalk_work import DingtalkWork, DingtalkWorkSettings
from notifiers.feishu_app import FeishuApp, FeishuAppSettings
from notifiers.feishu_robot import FeishuRobot, FeishuRobotKey, FeishuRobotSettings
from notifiers.message import Again, Fate, Message, Misconfigured, Receipt, Uncertain, letter
from notifiers.sms_aliyun import SmsAliyun, SmsAliyunSettings
from notifiers.sms_tencent import SmsTencent, SmsTencentSettings
from notifiers.webhook import Webhook
from notifiers.wecom_app import WecomApp, WecomAppSettings
from notifiers.wecom_robot import WecomRobot, WecomRobotSettings
from xiaohao.vocabulary import Channel

T = TypeVar("T")
NOW = 1_700_000_000
KEY = "compose-42:official-7:channel"
MESSAGE = digest.message(digest_of(overdue(), near(), page_url="https://ledger.example/n/1"))
QUICK: Mapping[str, Any] = {"answer": timedelta(seconds=0.3), "within": timedelta(seconds=2)}
CUT_OFF = Uncertain("已发出，连接中断，未收到应答")
TOO_SLOW = Uncertain("已发出，未等到应答")
NOBODY_THERE = Again("连接不上对方服务器")
NOT_HTTPS = Misconfigured("address", "接口地址须以 https:// 开头")
WECOM_KEYS = {"默认": "KEY-OF-ROBOT", "孟轲乡": "KEY-OF-TOWN"}
FEISHU_SECRET = "this is secret"
FEISHU_ROBOTS = {
    "默认": FeishuRobotKey("TOKEN-OF-ROBOT", FEISHU_SECRET),
    "孟轲乡": FeishuRobotKey("TOKEN-OF-TOWN"),
}
DINGTALK_SECRET = "SEC0f2b9a77d0c14e5fb6a1"
MOBILE = "19900000007"


def no_code(status: int = 200) -> Uncertain:
    """What an answer without a number says, but for a server that is down."""
    return Uncertain(f"应答中没有结果码（HTTP {status}），不知是否已发出", code=status)


def down(status: int, after: timedelta | None = None) -> Again:
    """A server that says that it takes nothing now."""
    return Again(f"对方暂时不能接收（{status}）", after, status)


def over(make: Callable[[], Any], act: Callable[[Any], Awaitable[T]]) -> T:
    """What `act` answers over one channel, which is closed behind it."""

    async def acts() -> T:
        channel = make()
        try:
            return await act(channel)
        finally:
            await channel.aclose()

    return asyncio.run(acts())


@dataclass(frozen=True, kw_only=True)
class Way:
    """One channel and its vendor; `settings` takes the interface's base and what else is to differ."""

    channel: Callable[..., Any]
    settings: Callable[..., Any]
    standin: Callable[[], AbstractContextManager[Any]]
    path: str
    """Where the stand-in takes messages."""
    address: str | None = None
    """None where the settings are the address."""
    token_path: str | None = None
    now: Callable[[], float] | None = None
    """The channel's clock; the stand-in's agrees with it."""
    unread: Callable[[int], Uncertain] = no_code
    knows: str = ""
    """What the vendor knows the same notice by: its "content", our "key", or by nothing."""
    secrets: tuple[str, ...]
    """What stands in no body, receipt, log or repr, or the beginning of it."""
    wrong: Mapping[str, Any] = field(default_factory=dict)
    """Settings whose secret is not the vendor's."""

    def make(self, of: Any, **but: Any) -> Any:
        clock = {} if self.now is None else {"now": self.now}
        return self.channel(of, **{**clock, **but})

    def over(self, of: Any, act: Callable[[Any], Awaitable[T]], **but: Any) -> T:
        """What `act` answers over one channel of these settings."""
        return over(partial(self.make, of, **but), act)

    def body(self, of: Any, message: Message = MESSAGE, *, address: str = "", key: str = KEY) -> str:
        async def written(channel: Any) -> str:
            body: str = channel.body(message, address=address or self.address or of, key=key)
            return body

        return self.over(of, written)

    def send(
        self,
        of: Any,
        message: Message = MESSAGE,
        *,
        address: str | None = None,
        key: str | Callable[[int], str] = KEY,
        body: str | None = None,
        times: int = 1,
        between: Callable[[int], None] = lambda _: None,
        **but: Any,
    ) -> list[Receipt]:
        """Send the message, or `body`, `times` times over one channel; `between` runs before each."""
        to = address if address is not None else self.address or of

        async def sends(channel: Any) -> list[Receipt]:
            receipts = []
            for n in range(times):
                between(n)
                if n == 0 or callable(key):
                    said = letter(channel, message, address=to, key=key(n) if callable(key) else key)
                receipts.append(await channel.send(said if body is None else replace(said, body=body)))
            return receipts

        return self.over(of, sends, **but)

    def fate(
        self,
        of: Any,
        reference: str,
        *,
        address: str | None = None,
        accepted_at: datetime | None = None,
        **but: Any,
    ) -> Fate | Again | Misconfigured:
        """What the channel hears of a notice that was accepted just now, or at that instant."""
        now = but.get("now") or self.now or time.time
        at = datetime.fromtimestamp(now(), UTC)

        async def asks(channel: Any) -> Fate | Again | Misconfigured:
            fate: Fate | Again | Misconfigured = await channel.fate(
                reference, address=address or self.address, accepted_at=accepted_at or at, at=at
            )
            return fate

        return self.over(of, asks, **but)


class Hook(Standin):
    """A receiver of webhooks: it takes whatever comes."""

    message_paths: ClassVar[tuple[str, ...]] = ("/hook",)

    @property
    def taken(self) -> int:
        return len(self.messages)

    def answer(self, call: Call) -> Reply:  # noqa: ARG002
        return Reply(b"")


@contextmanager
def feishu_at_our_time() -> Iterator[FeishuStandin]:
    """A second goes by whenever the vendor looks at its clock, so that no rate is in the way."""
    ticks = count(NOW)
    with feishu() as standin:
        standin.clock = lambda: next(ticks)
        yield standin


@contextmanager
def dingtalk_that_signs() -> Iterator[Dingtalk]:
    """Its robot asks for signatures."""
    with dingtalk() as standin:
        standin.robots["TOKEN1"] = Robot(secret=DINGTALK_SECRET)
        yield standin


def _of_sms(vendor: str) -> Callable[[int], Uncertain]:
    return lambda status: Uncertain(f"{vendor}的应答看不懂", code=status)


def _settings(kind: Callable[..., Any], **given: Any) -> Callable[..., Any]:
    return lambda base, **but: kind(**{**given, "base": base, **but})


WAYS: Mapping[Channel, Way] = {
    Channel.WECOM_ROBOT: Way(
        channel=WecomRobot,
        settings=_settings(WecomRobotSettings, keys=WECOM_KEYS),
        standin=wecom,
        path="/cgi-bin/webhook/send",
        address="默认@WangJianguo",
        secrets=("KEY-OF",),
        wrong={"keys": {"默认": "KEY-OF-NONE"}},
    ),
    Channel.WECOM_APP: Way(
        channel=WecomApp,
        settings=_settings(
            WecomAppSettings, corpid="ww0000000000000001", secret="SECRET-OF-APP", agent_id=1000002
        ),
        standin=wecom,
        path="/cgi-bin/message/send",
        address="WangJianguo",
        token_path="/cgi-bin/gettoken",
        knows="content",
        secrets=("SECRET-OF-APP", "TOKEN-"),
        wrong={"secret": "SECRET-OF-APP-WRONG"},
    ),
    Channel.FEISHU_ROBOT: Way(
        channel=FeishuRobot,
        settings=_settings(FeishuRobotSettings, robots=FEISHU_ROBOTS),
        standin=feishu_at_our_time,
        path="/open-apis/bot/v2/hook/TOKEN-OF-ROBOT",
        address="默认@ou_wang",
        now=lambda: NOW,
        secrets=(FEISHU_SECRET, "TOKEN-", "sign"),
        wrong={"robots": {"默认": FeishuRobotKey("TOKEN-OF-ROBOT", f"{FEISHU_SECRET} too")}},
    ),
    Channel.FEISHU_APP: Way(
        channel=FeishuApp,
        settings=_settings(FeishuAppSettings, app_id="cli_a000000000000001", secret="SECRET-OF-APP"),
        standin=feishu_at_our_time,
        path="/open-apis/im/v1/messages",
        address="ou_wang",
        token_path="/open-apis/auth/v3/tenant_access_token/internal",
        now=lambda: NOW,
        knows="key",
        secrets=("SECRET-OF-APP", "TOKEN-"),
        wrong={"secret": "SECRET-OF-APP-WRONG"},
    ),
    Channel.DINGTALK_ROBOT: Way(
        channel=DingtalkRobot,
        settings=_settings(
            DingtalkRobotSettings,
            robots={"默认": DingtalkRobotKey(token="TOKEN1", secret=DINGTALK_SECRET)},
        ),
        standin=dingtalk_that_signs,
        path=ROBOT,
        address="默认@13800000000",
        knows="key",
        secrets=(DINGTALK_SECRET, "TOKEN1"),
        wrong={"robots": {"默认": DingtalkRobotKey(token="TOKEN1", secret=f"{DINGTALK_SECRET}2")}},
    ),
    Channel.DINGTALK_WORK: Way(
        channel=DingtalkWork,
        settings=_settings(DingtalkWorkSettings, app_key="KEY1", app_secret="APP-SECRET", agent_id=42),
        standin=dingtalk,
        path=SEND,
        address="u1",
        token_path=TOKEN,
        knows="content",
        secrets=("APP-SECRET", "ACCESS-", "topapi", "gettoken"),
        wrong={"app_secret": "APP-SECRET-WRONG"},
    ),
    Channel.DINGTALK_GOV: Way(
        channel=DingtalkGov,
        settings=_settings(DingtalkGovSettings, app_key="KEY1", app_secret="APP-SECRET", tenant_id="196729"),
        standin=dingtalk,
        path=GOV,
        address="1001",
        knows="key",
        secrets=("APP-SECRET",),
        wrong={"app_secret": "APP-SECRET-WRONG"},
    ),
    Channel.SMS_ALIYUN: Way(
        channel=SmsAliyun,
        settings=_settings(
            SmsAliyunSettings,
            access_key_id=KEY_ID,
            access_key_secret=SECRET,
            sign_name=SIGN,
            template_code=TEMPLATE,
        ),
        standin=vendors,
        path="/",
        address=MOBILE,
        unread=_of_sms("阿里云"),
        secrets=(SECRET, MOBILE),
        wrong={"access_key_secret": f"{SECRET} too"},
    ),
    Channel.SMS_TENCENT: Way(
        channel=SmsTencent,
        settings=_settings(
            SmsTencentSettings,
            secret_id=KEY_ID,
            secret_key=SECRET,
            app_id=APP,
            sign_name=SIGN,
            template_id=TEMPLATE,
        ),
        standin=vendors,
        path="/",
        address=MOBILE,
        unread=_of_sms("腾讯云"),
        secrets=(SECRET, MOBILE),
        wrong={"secret_key": f"{SECRET} too"},
    ),
    Channel.WEBHOOK: Way(
        channel=lambda of, secret="this is secret", **but: Webhook(of, secret, **but),
        settings=lambda base: f"{base}/hook?key=KEY-IN-URL",
        standin=lambda: running(Hook()),
        path="/hook",
        now=lambda: NOW,
        secrets=("this is secret", "KEY-IN-URL", "hook"),
    ),
}
OF_CODES = tuple(word for word in WAYS if word is not Channel.WEBHOOK)
"""Those whose vendor answers in the body; a receiver of webhooks does in the status line."""
OF_SMS = (Channel.SMS_ALIYUN, Channel.SMS_TENCENT)
TOKENED = tuple(word for word, way in WAYS.items() if way.token_path)
TRACKING = (Channel.FEISHU_APP, Channel.DINGTALK_WORK, *OF_SMS)
