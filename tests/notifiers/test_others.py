"""Any other service by an Apprise URL: what arrives at a real receiver, and what is made of Apprise's answer."""

import asyncio
import json
import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from digest_builders import digest_of, near, overdue
from loopback_receiver import Answer, Receiver, receiving

from notifiers import digest
from notifiers.message import Accepted, Again, Misconfigured, Receipt, Refused, Uncertain, letter
from notifiers.others import Others, OtherSettings

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of what Apprise imports
MESSAGE = digest.message(digest_of(overdue(), near()))
KEY = "digest:2026-11-24:1:G0007:other"


def send(urls: Mapping[str, str], address: str = "默认", *, times: int = 1, **but: Any) -> list[Receipt]:
    async def sends() -> list[Receipt]:
        channel = Others(OtherSettings(urls=urls), **but)
        try:
            said = letter(channel, MESSAGE, address=address, key=KEY)
            return list(await asyncio.gather(*(channel.send(said) for _ in range(times))))
        finally:
            await channel.aclose()

    return asyncio.run(sends())


def url_of(receiver: Receiver) -> str:
    return f"json://user:PASSWORD-IN-URL@127.0.0.1:{receiver.server_address[1]}/KEY-IN-URL"


def test_the_digest_goes_out_through_the_service_that_is_named() -> None:
    with receiving() as other, receiving() as receiver:
        urls = {"默认": url_of(other), "区里": url_of(receiver)}
        assert send(urls, "区里") == [Accepted()]
    assert other.requests == []
    (request,) = receiver.requests
    said = json.loads(request.body)
    assert said["title"] == MESSAGE.subject
    assert said["message"] == MESSAGE.text


def test_what_apprise_did_not_confirm_is_uncertain_and_the_next_try_has_the_same_body() -> None:
    """Apprise says false for a refusal and for an answer that came too late: nobody knows which."""
    with receiving(Answer(500), Answer(404), Answer()) as receiver:
        urls = {"默认": url_of(receiver)}
        receipts = [send(urls)[0] for _ in range(3)]
    assert [type(each) for each in receipts] == [Uncertain, Uncertain, Accepted]
    assert len({request.body for request in receiver.requests}) == 1
    unknown = Uncertain("这个服务没有确认收到，原因没有说，不知是否已发出")
    assert send(urls) == [unknown]  # nobody there any more


def test_what_arrived_and_was_answered_too_late_is_not_taken_for_unsent() -> None:
    with receiving(Answer(slow=1.5)) as receiver:
        receipts = send({"默认": f"{url_of(receiver)}?rto=0.3"})
        assert len(receiver.requests) == 1
    assert isinstance(receipts[0], Uncertain)


def test_who_waits_for_a_thread_surely_was_not_sent() -> None:
    with receiving(*[Answer(slow=1)] * 4) as receiver:
        receipts = send({"默认": url_of(receiver)}, times=8, wait=timedelta(seconds=0.3))
        assert len(receiver.requests) == 4
    assert [type(each) for each in receipts] == [Accepted] * 4 + [Again] * 4
    assert "尚未发出" in str(receipts[-1])


def test_a_stuck_service_keeps_its_thread_and_the_others_are_told_that_they_were_not_sent() -> None:
    """A send that is given up runs on; who would stand in line behind it has not gone out."""
    with receiving(*[Answer(slow=2)] * 4) as receiver:
        brief = {"wait": timedelta(seconds=0.3), "within": timedelta(seconds=0.3)}
        receipts = send({"默认": url_of(receiver)}, times=8, **brief)
        assert len(receiver.requests) == 4
    assert [type(each) for each in receipts] == [Uncertain] * 4 + [Again] * 4


def test_a_service_that_does_not_answer_is_uncertain_and_holds_up_nobody() -> None:
    with receiving(Answer(slow=2)) as receiver:
        quick = timedelta(seconds=0.3)
        assert isinstance(send({"默认": url_of(receiver)}, within=quick)[0], Uncertain)


def test_several_go_out_side_by_side() -> None:
    with receiving(Answer(slow=0.5)) as receiver:
        assert send({"默认": url_of(receiver)}, times=4) == [Accepted()] * 4
        assert len(receiver.requests) == 4


def test_a_name_that_is_not_in_the_settings_is_one_persons_fault() -> None:
    assert isinstance(send({}, "乡里")[0], Refused)


@pytest.mark.parametrize("url", ["nosuch://KEY-IN-URL", "KEY-IN-URL", ""])
def test_a_url_that_apprise_does_not_know_is_the_operators(url: str) -> None:
    assert isinstance(send({"默认": url})[0], Misconfigured)


def test_one_unreadable_url_stops_no_other_service() -> None:
    with receiving() as receiver:
        urls = {"默认": url_of(receiver), "区里": "nosuch://KEY-IN-URL"}
        assert send(urls, "区里") == [Refused("url", "这个服务的地址（Apprise URL）看不懂")]
        assert send(urls) == [Accepted()]


def test_no_url_shows(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    logging.getLogger("apprise").setLevel(logging.DEBUG)
    caplog.set_level(logging.DEBUG)
    with receiving(Answer(500)) as receiver:
        url = url_of(receiver)
        receipts = send({"默认": url}) + send({"默认": "nosuch://KEY-IN-URL"})
    receipts += send({"默认": url})
    told = f"{receipts} {caplog.text} {capfd.readouterr()} {OtherSettings(urls={'默认': url})!r}"
    for secret in ("KEY-IN-URL", "PASSWORD-IN-URL"):
        assert secret not in told
