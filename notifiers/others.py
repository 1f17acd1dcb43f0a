"""其他服务: whatever Apprise can reach, by one of the URLs in the settings.

Apprise answers true or false and says nothing of why: false may be a refusal, or an answer that came too
late, so it is uncertain (存疑). A URL holds keys: an address is only its name in the settings, and Apprise's
own log is silenced. The import takes a while, and happens in a thread when the first notice goes out.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from notifiers import threads
from notifiers.message import Accepted, Again, Letter, Message, Misconfigured, Receipt, Refused, Uncertain
from notifiers.robots import of_one
from notifiers.threads import Departure, Threads
from xiaohao import vocabulary

_AT_ONCE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherSettings:
    """The services by names, which contacts use: name → Apprise URL."""

    urls: Mapping[str, str] = field(repr=False)


class Others:
    """Sends through the service that an address names."""

    name = vocabulary.Channel.OTHER
    deduplicates = False
    always_open = False

    def __init__(
        self, settings: OtherSettings, *, within: timedelta = threads.WITHIN, wait: timedelta = threads.WAIT
    ) -> None:
        """`within` bounds the whole send, and `wait` the time before, until a thread is free.

        Apprise cannot be broken off: a thread that it holds is not free before it lets go.
        """
        self._urls = settings.urls
        self._threads = Threads(_AT_ONCE, "apprise", wait=wait, within=within)

    def body(self, message: Message, *, address: str, key: str) -> str:  # noqa: ARG002
        """Subject and text as JSON; Apprise puts them into the service's own form."""
        said = {"subject": message.subject, "text": message.text}
        return json.dumps(said, ensure_ascii=False, separators=(",", ":"))

    async def send(self, letter: Letter) -> Receipt:
        """Send once through the service called `letter.address`.

        A fault of one URL among several refuses the notice and does not stop the others.
        """
        url = self._urls.get(letter.address)
        if url is None:
            return Refused("name", "设置中没有这个名称的服务")
        said = json.loads(letter.body)
        receipt = await self._threads.receipt(partial(_sent, url, said["subject"], said["text"]))
        return of_one(receipt, self._urls)

    async def aclose(self) -> None:
        """End the threads; one that still waits for a service ends by itself."""
        self._threads.close(wait=False)


def _sent(url: str, subject: str, text: str, departure: Departure) -> Receipt:
    """In a thread: Apprise waits for each service for some seconds."""
    _silence()
    import apprise

    try:
        services = apprise.Apprise(asset=apprise.AppriseAsset(storage_mode="memory"))
        if not services.add(url):
            return Misconfigured("url", "这个服务的地址（Apprise URL）看不懂")
        if not departure.leave():
            return Again("时间已到，尚未发出")
        taken = services.notify(title=subject, body=text, body_format=apprise.NotifyFormat.TEXT)
    except Exception as error:  # a plugin's own fault, whose text may hold the URL
        why = f"经这个服务发送时出错（{type(error).__name__}）"
        return Uncertain(f"{why}，不知是否已发出") if departure.gone else Again(f"{why}，尚未发出")
    return Accepted() if taken else Uncertain("这个服务没有确认收到，原因没有说，不知是否已发出")


def _silence() -> None:
    """Apprise and what it calls log addresses: nothing of that is to be written anywhere."""
    for chatty in ("apprise", "urllib3", "requests"):
        logging.getLogger(chatty).setLevel(logging.CRITICAL + 1)
