"""How much a channel takes: the vendors' limits in one table, and when one more send fits.

Only what the vendors publish or their SDKs carry; where they count an application's calls as a whole, the
limit is `shared`. A limit is kept with a margin, since a vendor counts at arrival and not at departure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from xiaohao.vocabulary import Channel

SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LEAST_MARGIN, MOST_MARGIN = timedelta(seconds=0.2), timedelta(seconds=3)


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `count` sends within any span of `within`, to one address or, `shared`, in all."""

    count: int
    within: timedelta
    shared: bool = False

    @property
    def span(self) -> timedelta:
        """`within` with the margin."""
        return self.within + min(max(self.within / 20, LEAST_MARGIN), MOST_MARGIN)


LIMITS: Mapping[Channel, tuple[Rate, ...]] = {
    # developer.work.weixin.qq.com/document/path/91770: 20 a minute a robot
    Channel.WECOM_ROBOT: (Rate(20, MINUTE),),
    # …/path/90454: one person 30 a minute and 1,000 an hour; the surplus is dropped without an error
    Channel.WECOM_APP: (Rate(30, MINUTE), Rate(1_000, HOUR)),
    # custom-robots-send-group-messages: 20 a minute a robot, over it 10 minutes of silence
    Channel.DINGTALK_ROBOT: (Rate(20, MINUTE),),
    # asynchronous-sending-of-enterprise-session-messages: 500 a day a person, 5,000 receivers a minute
    Channel.DINGTALK_WORK: (Rate(500, DAY), Rate(5_000, MINUTE, shared=True)),
    # 浙政钉 work notices of an ISV: 100 a day a person
    Channel.DINGTALK_GOV: (Rate(100, DAY),),
    # open.feishu.cn custom bot: 100 a minute and 5 a second
    Channel.FEISHU_ROBOT: (Rate(5, SECOND), Rate(100, MINUTE)),
    # im-v1 introduction: 5 a second to one person, 50 a second and 1,000 a minute in all
    Channel.FEISHU_APP: (Rate(5, SECOND), Rate(50, SECOND, shared=True), Rate(1_000, MINUTE, shared=True)),
    # the vendor's forum: a notice template to one number 50 a day
    Channel.SMS_ALIYUN: (Rate(50, DAY),),
    # FailedOperation of the SDK: the same content to one number once in 30 s
    Channel.SMS_TENCENT: (Rate(1, timedelta(seconds=30)),),
}
LONGEST = max(rate.span for rates in LIMITS.values() for rate in rates)
"""A send that is older counts for no limit."""


def earliest(
    rates: Sequence[Rate], own: Sequence[datetime], shared: Sequence[datetime], now: datetime
) -> datetime:
    """The first instant, from `now` on, at which one more send fits under every limit.

    `own` are the sends to this address, `shared` those of the whole channel, each in ascending order;
    planned ones may lie after `now`.
    """
    at = now
    for rate in rates:
        sent = shared if rate.shared else own
        if len(sent) >= rate.count:
            at = max(at, sent[-rate.count] + rate.span)
    return at
