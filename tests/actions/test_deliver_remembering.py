"""A vendor that knows a repetition for a while only: after it, a send that may be the second says so."""

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from feishu_standin import feishu
from sending_office import SendingOffice
from vendor_standin import Trouble

from notifiers.feishu_app import FeishuAppSettings
from xiaohao.vocabulary import Channel, NoticeState


@pytest.mark.parametrize(("wait", "is_marked"), [(timedelta(minutes=30), False), (timedelta(hours=2), True)])
def test_a_second_try_is_marked_only_where_the_vendor_has_forgotten_the_first(
    engine: sa.Engine, tmp_path: Path, wait: timedelta, is_marked: bool
) -> None:
    office = SendingOffice(engine, tmp_path)
    with feishu() as standin:
        office.uses(
            Channel.FEISHU_APP,
            feishu_app=FeishuAppSettings(
                app_id=standin.app_id, secret=standin.secret, base=f"{standin.url}/open-apis"
            ),
        )
        office.reaches(Channel.FEISHU_APP, "ou_wang")
        office.has(1)
        standin.troubles.append(Trouble.HANG_UP)
        office.delivers()
        assert office.states() == {NoticeState.UNCERTAIN: 1}
        office.passes(wait)
        office.delivers()
        first, second = (call.body.decode() for call in standin.messages)
    assert "重发" not in first
    assert ("重发" in second) is is_marked
    assert (first == second) is not is_marked
