"""其他服务: whatever Apprise can reach, by one of the URLs in the settings.

Apprise answers true or false and says nothing of why, so that a notice that it did not deliver is tried
again. A URL holds keys: an address is only its name in the settings, and Apprise's own log is silenced.
The import takes a while, and happens in a thread when the first notice goes out.
"""

import asyncio
import json
import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta

from notifiers.message import Accepted, Again, Letter, Message, Misconfigured, Receipt, Refused, Uncertain
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

    def __init__(self, settings: OtherSettings, *, within: timedelta = timedelta(seconds=60)) -> None:
        """`within` bounds the whole send, as far as Apprise lets itself be bounded."""
        self._urls = settings.urls
        self._within = within
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="apprise")
        self._places = asyncio.Semaphore(_AT_ONCE)

    def body(self, message: Message, *, address: str, key: str) -> str:  # noqa: ARG002
        """Subject and text as JSON; Apprise puts them into the service's own form."""
        said = {"subject": message.subject, "text": message.text}
        return json.dumps(said, ensure_ascii=False, separators=(",", ":"))

    async def send(self, letter: Letter) -> Receipt:
        """Send once through the service called `letter.address`."""
        url = self._urls.get(letter.address)
        if url is None:
            return Refused("name", "设置中没有这个名称的服务")
        said = json.loads(letter.body)
        loop = asyncio.get_running_loop()
        async with self._places:
            done = loop.run_in_executor(self._threads, _sent, url, said["subject"], said["text"])
            try:
                async with asyncio.timeout(self._within.total_seconds()):
                    return await done
            except TimeoutError:
                return Uncertain("已发出，未等到应答")

    async def aclose(self) -> None:
        """End the threads; one that still waits for a service ends by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _sent(url: str, subject: str, text: str) -> Receipt:
    """In a thread: Apprise waits for each service for some seconds."""
    _silence()
    import apprise

    try:
        services = apprise.Apprise(asset=apprise.AppriseAsset(storage_mode="memory"))
        if not services.add(url):
            return Misconfigured("url", "这个服务的地址（Apprise URL）看不懂")
        taken = services.notify(title=subject, body=text, body_format=apprise.NotifyFormat.TEXT)
    except Exception as error:  # a plugin's own fault, whose text may hold the URL
        return Again(f"这个服务没有接受（{type(error).__name__}）")
    return Accepted() if taken else Again("这个服务没有接受，原因它没有说")


def _silence() -> None:
    """Apprise and what it calls log addresses: nothing of that is to be written anywhere."""
    for chatty in ("apprise", "urllib3", "requests"):
        logging.getLogger(chatty).setLevel(logging.CRITICAL + 1)
