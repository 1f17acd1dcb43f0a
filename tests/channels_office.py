"""An office that uses every channel: stand-ins of all vendors on loopback, and the settings that reach them.

Its secrets are unmistakable, so that they are found wherever one was written.
"""

import json
import ssl
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiosmtpd.smtp import AuthResult
from certificates import self_signed
from dingtalk_standin import Dingtalk, dingtalk
from dingtalk_standin import Robot as DingtalkRobot
from feishu_standin import FeishuStandin, feishu
from loopback_receiver import Receiver, receiving
from mail_standin import Postman, serving
from sms_standin import APP, KEY_ID, SIGN, TEMPLATE, Vendors, vendors
from sms_standin import SECRET as SMS_SECRET
from vendor_callers import AES_KEY
from wecom_standin import WecomStandin, wecom

from xiaohao.vocabulary import Channel

WEBHOOK_SECRET = "WEBHOOK-SECRET-OF-OURS"
MAIL_PASSWORD = "MAIL-PASSWORD-OF-OURS"
ROBOT_SECRET = "SEC-OF-DINGTALK-ROBOT"
SECRETS = (
    WEBHOOK_SECRET,
    MAIL_PASSWORD,
    ROBOT_SECRET,
    SMS_SECRET,
    "KEY-IN-URL",
    "KEY-OF-ROBOT",
    "SECRET-OF-APP",
    "TOKEN1",
    "APP-SECRET",
    "TOKEN-OF-ROBOT",
    "this is secret",
    "PASSWORD-IN-URL",
    "TOKEN-OF-CALLBACK",
    AES_KEY,
    "ENCRYPT-KEY",
    "VERIFICATION-TOKEN",
)
TO: Mapping[Channel, str] = {
    Channel.WECOM_APP: "LiMing",
    Channel.DINGTALK_WORK: "u1",
    Channel.DINGTALK_GOV: "1001",
    Channel.FEISHU_APP: "ou_li",
    Channel.MAIL: "li.ming@office.example",
    Channel.SMS_ALIYUN: "19900000007",
    Channel.SMS_TENCENT: "19900000007",
}


@dataclass
class Office:
    """The stand-ins, and the environment of an office that uses them."""

    wecom: WecomStandin
    dingtalk: Dingtalk
    feishu: FeishuStandin
    sms: Vendors
    webhook: Receiver
    other: Receiver
    post: Postman
    mail_port: int
    certificate: Path
    more: dict[str, str] = field(default_factory=dict)

    @property
    def settings(self) -> dict[str, str]:
        """Every channel's settings, as they stand in the environment."""
        url = f"json://u:PASSWORD-IN-URL@127.0.0.1:{self.other.server_address[1]}/KEY-IN-URL"
        dingtalk_robots = {"默认": {"token": "TOKEN1", "secret": ROBOT_SECRET}}
        feishu_robots = {"默认": {"token": "TOKEN-OF-ROBOT", "secret": "this is secret"}}
        settings = {
            "WEBHOOK_URL": self.webhook.url,
            "WEBHOOK_SECRET": WEBHOOK_SECRET,
            "WEBHOOK_ALLOW_HTTP": "true",
            "WECOM_ROBOT__KEYS": _json({"默认": "KEY-OF-ROBOT"}),
            "WECOM_ROBOT__BASE": self.wecom.url,
            "WECOM_APP__CORPID": self.wecom.corpid,
            "WECOM_APP__SECRET": self.wecom.secret,
            "WECOM_APP__AGENT_ID": str(self.wecom.agent_id),
            "WECOM_APP__BASE": self.wecom.url,
            "WECOM_APP__CALLBACK_TOKEN": "TOKEN-OF-CALLBACK",
            "WECOM_APP__CALLBACK_AES_KEY": AES_KEY,
            "DINGTALK_ROBOT__ROBOTS": _json(dingtalk_robots),
            "DINGTALK_ROBOT__BASE": self.dingtalk.base,
            "DINGTALK_WORK__APP_KEY": self.dingtalk.app_key,
            "DINGTALK_WORK__APP_SECRET": self.dingtalk.app_secret,
            "DINGTALK_WORK__AGENT_ID": str(self.dingtalk.agent_id),
            "DINGTALK_WORK__BASE": self.dingtalk.base,
            "DINGTALK_GOV__APP_KEY": self.dingtalk.app_key,
            "DINGTALK_GOV__APP_SECRET": self.dingtalk.app_secret,
            "DINGTALK_GOV__TENANT_ID": self.dingtalk.tenant,
            "DINGTALK_GOV__BASE": self.dingtalk.base,
            "FEISHU_ROBOT__ROBOTS": _json(feishu_robots),
            "FEISHU_ROBOT__BASE": self.feishu.base,
            "FEISHU_APP__APP_ID": self.feishu.app_id,
            "FEISHU_APP__SECRET": self.feishu.secret,
            "FEISHU_APP__BASE": self.feishu.base,
            "FEISHU_APP__CALLBACK_ENCRYPT_KEY": "ENCRYPT-KEY",
            "FEISHU_APP__CALLBACK_VERIFICATION_TOKEN": "VERIFICATION-TOKEN",
            "MAIL__HOST": "127.0.0.1",
            "MAIL__PORT": str(self.mail_port),
            "MAIL__SENDER": "督办 <ledger@office.example>",
            "MAIL__USER": "office",
            "MAIL__PASSWORD": MAIL_PASSWORD,
            "MAIL__SECURITY": "tls",
            "SMS_ALIYUN__ACCESS_KEY_ID": KEY_ID,
            "SMS_ALIYUN__ACCESS_KEY_SECRET": SMS_SECRET,
            "SMS_ALIYUN__SIGN_NAME": SIGN,
            "SMS_ALIYUN__TEMPLATE_CODE": TEMPLATE,
            "SMS_ALIYUN__BASE": self.sms.url,
            "SMS_TENCENT__SECRET_ID": KEY_ID,
            "SMS_TENCENT__SECRET_KEY": SMS_SECRET,
            "SMS_TENCENT__APP_ID": APP,
            "SMS_TENCENT__SIGN_NAME": SIGN,
            "SMS_TENCENT__TEMPLATE_ID": TEMPLATE,
            "SMS_TENCENT__BASE": self.sms.url,
            "OTHER__URLS": _json({"默认": url}),
        }
        ours = {f"XIAOHAO_{name}": value for name, value in settings.items()}
        return ours | {"SSL_CERT_FILE": str(self.certificate)} | self.more


@contextmanager
def office_with_every_channel(folder: Path) -> Iterator[Office]:
    """All stand-ins, running; `folder` takes a certificate."""
    certificate, key = self_signed(folder)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    post = Postman()
    with ExitStack() as stack:
        there = stack.enter_context(dingtalk())
        there.robots["TOKEN1"] = DingtalkRobot(secret=ROBOT_SECRET)
        sms = stack.enter_context(vendors())
        sms.state.report = "DELIVERED"
        yield Office(
            wecom=stack.enter_context(wecom()),
            dingtalk=there,
            feishu=stack.enter_context(feishu()),
            sms=sms,
            webhook=stack.enter_context(receiving()),
            other=stack.enter_context(receiving()),
            post=post,
            mail_port=stack.enter_context(
                serving(post, tls=tls, authenticator=_known, auth_require_tls=False)
            ),
            certificate=certificate,
        )


def _known(_server: object, _session: object, _envelope: object, _mechanism: str, data: object) -> AuthResult:
    said = (getattr(data, "login", b""), getattr(data, "password", b""))
    return AuthResult(success=said == (b"office", MAIL_PASSWORD.encode()), handled=False)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
