"""网络钩子: a signed JSON POST to a receiver of the office's own.

The body is UTF-8 without escapes and holds no time of sending, so a second try is byte for byte the
first. `X-Xiaohao-Signature` proves who sent it (`notifiers.signing.webhook`), `Idempotency-Key` is the
notice's dedupe key, by which the receiver knows a repetition (percent-encoded where it is not ASCII).
"""

import json
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import partial
from string import punctuation
from urllib.parse import quote

import httpx

from models.facts import to_json
from notifiers import client, signing
from notifiers.message import Accepted, Again, Letter, Message, Misconfigured, Receipt, Refused
from notifiers.targets import TargetRefused, Targets, guard, host_of
from notifiers.targets import fault_of as fault_of  # the heartbeat asks it here
from xiaohao import vocabulary

SIGNATURE = "X-Xiaohao-Signature"
IDEMPOTENCY_KEY = "Idempotency-Key"
_TELLS_OF_SETTINGS = (401, 403, 407)
_SAFE_IN_HEADER = punctuation.replace("%", "")
_PASSING = (408, 425, 429)


class Webhook:
    """Posts to the address of the settings, or to a recipient's own on an allowed host, signed with one secret."""

    name = vocabulary.Channel.WEBHOOK
    deduplicates = True
    always_open = False

    def __init__(
        self,
        url: str | None,
        secret: str | None,
        *,
        allow_http: bool = False,
        hosts: Iterable[str] = (),
        networks: Iterable[str] = (),
        connect: timedelta = timedelta(seconds=5),
        answer: timedelta = timedelta(seconds=10),
        within: timedelta = timedelta(seconds=30),
        now: Callable[[], float] = time.time,
    ) -> None:
        """`url` is the settings' own address: faults found there are the operator's.

        `allow_http` lets notices go unencrypted to hosts other than this machine. Beside the host of
        `url` they may go to `hosts`, and to addresses inside the office only in `networks`
        (`notifiers.targets`; ValueError for what is no network). `connect`, `answer` and `within` bound
        reaching the receiver, each wait for it, and the whole call. `now` is Unix time in seconds, for
        the signature and for Retry-After.
        """
        self._url = url
        self._secret = secret
        self._allow_http = allow_http
        self._within = within
        self._now = now
        self._targets = Targets.of(hosts, networks, own=url)
        self._client = guard(client.new_client(connect=connect, answer=answer), self._targets)

    def body(self, message: Message, *, address: str, key: str) -> str:  # noqa: ARG002
        """The JSON that is posted: the words to show, and the facts for a receiver that computes."""
        return body_of(message, key=key).decode()

    async def send(self, letter: Letter) -> Receipt:
        """POST the body to `letter.address`, a URL. 2xx is delivered, whatever the receiver does then."""
        if not self._secret:
            return Misconfigured("secret", "未设置网络钩子的签名密钥")
        receipt = await self._sent(letter, self._secret)
        is_theirs = letter.address != self._url and receipt not in client.OF_THIS_MACHINE
        if isinstance(receipt, Misconfigured) and is_theirs:
            return Refused(receipt.code, receipt.why)  # one person's own address stops nobody else's notices
        return receipt

    async def aclose(self) -> None:
        """Close the pooled connections."""
        await self._client.aclose()

    async def _sent(self, letter: Letter, secret: str) -> Receipt:
        why = fault_of(letter.address, allow_http=self._allow_http)
        if why := why or self._targets.fault_of_host(host_of(letter.address) or ""):
            return Misconfigured("address", why)
        body = letter.body.encode()
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "xiaohao",
            IDEMPOTENCY_KEY: quote(letter.key, safe=_SAFE_IN_HEADER),
            SIGNATURE: signing.webhook(secret, int(self._now()), body),
        }
        judge = partial(read_answer, now=datetime.fromtimestamp(self._now(), UTC))
        try:
            return await client.post(
                self._client, letter.address, body, headers=headers, within=self._within, judge=judge
            )
        except TargetRefused as refused:
            return Misconfigured("address", str(refused))


def read_answer(answer: httpx.Response, *, now: datetime) -> Receipt:
    """What the receiver's status says; its body is its own affair.

    2xx took it; 408, 425, 429 and 5xx may pass, with Retry-After where it says so; 401, 403 and 407
    do not accept the signature or the sender, and 3xx means that the address has moved: faults of the
    settings. Any other 4xx refuses this notice for good.
    """
    status = answer.status_code
    if answer.is_success:
        return Accepted(delivered=True)
    if status in _PASSING or status >= 500:
        return Again(f"对方暂时不能接收（{status}）", after=client.retry_after(answer, now=now), code=status)
    if status in _TELLS_OF_SETTINGS:
        return Misconfigured(status, f"对方不认可签名或没有权限（{status}）")
    if status < 400:
        return Misconfigured(status, f"对方地址已变更（{status}），系统不跟随跳转")
    return Refused(status, f"对方拒收（{status}）")


def body_of(message: Message, *, key: str) -> bytes:
    """The JSON that is posted: the words to show, and the facts for a receiver that computes."""
    values = {
        "kind": "digest" if message.facts else "message",
        "key": key,
        "business_date": message.business_date.isoformat(),
        "recipient": {
            "code": message.facts.recipient_code if message.facts else None,
            "name": message.recipient,
        },
        "urgent": message.urgent,
        "subject": message.subject,
        "text": message.text,
        "facts": json.loads(to_json(message.facts)) if message.facts else None,
    }
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()
