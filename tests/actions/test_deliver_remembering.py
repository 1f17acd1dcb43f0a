"""A vendor that knows a repetition for a while only: after it, a send that may be the second says so."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from digest_builders import TONIGHT
from feishu_standin import FeishuStandin, feishu
from sending_office import SendingOffice
from vendor_standin import Trouble

from notifiers.feishu_app import FeishuAppSettings
from xiaohao.actions import outbox
from xiaohao.ledger.outbox import LEASE
from xiaohao.vocabulary import Channel, NoticeState


@pytest.fixture
def standin() -> Iterator[FeishuStandin]:
    with feishu() as standin:
        yield standin


@pytest.fixture
def office(engine: sa.Engine, tmp_path: Path, standin: FeishuStandin) -> SendingOffice:
    """One notice for 飞书, which knows a send again for an hour."""
    office = SendingOffice(engine, tmp_path)
    office.uses(
        Channel.FEISHU_APP,
        feishu_app=FeishuAppSettings(
            app_id=standin.app_id, secret=standin.secret, base=f"{standin.url}/open-apis"
        ),
    )
    office.reaches(Channel.FEISHU_APP, "ou_wang")
    office.has(1)
    return office


@pytest.mark.parametrize(("wait", "is_marked"), [(timedelta(minutes=30), False), (timedelta(hours=2), True)])
def test_a_second_try_is_marked_only_where_the_vendor_has_forgotten_the_first(
    office: SendingOffice, standin: FeishuStandin, wait: timedelta, is_marked: bool
) -> None:
    standin.troubles.append(Trouble.HANG_UP)
    office.delivers()
    assert office.states() == {NoticeState.UNCERTAIN: 1}
    office.passes(wait)
    office.delivers()
    first, second = (call.body.decode() for call in standin.messages)
    assert "重发" not in first
    assert ("重发" in second) is is_marked
    assert (first == second) is not is_marked


def killed_after_the_vendor_took_it(office: SendingOffice) -> datetime:
    """The sender leaves a lease; when it began."""
    office.delivers()
    untold = dict.fromkeys(("accepted_at", "delivered_at", "receipt", "next_ask_at"))
    office.changes(state=NoticeState.LEASED, lease_until=office.at + LEASE, **untold)
    return office.at


@pytest.mark.parametrize("before", ["nothing", "a pass in the closed window", "resent by hand"])
def test_the_first_try_of_a_sender_that_died_counts_from_its_lease_however_long_the_machine_was_off(
    office: SendingOffice, standin: FeishuStandin, before: str
) -> None:
    first_at = killed_after_the_vendor_took_it(office)
    office.passes(timedelta(hours=19, minutes=55))  # 07:55 in the morning
    if before == "a pass in the closed window":
        assert office.delivers().waiting == 1
    elif before == "resent by hand":
        assert outbox.resend(office.ledger, numbers=[1], on=TONIGHT, now=office.at).resent == 1
    office.passes(timedelta(minutes=5))
    office.delivers()
    [notice] = office.notices()
    assert notice.unsure_at == first_at
    assert "重发" in standin.messages[-1].body.decode()
