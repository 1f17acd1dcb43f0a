"""Access tokens over every channel that needs one: one request serves many, and one renewal is tried."""

import asyncio
from typing import Any

import pytest
from channel_codes import A_SECOND, STALE
from channel_sending import CUT_OFF, TOKENED, WAYS, Way, down, no_code
from digest_builders import digest_of, overdue
from dingtalk_standin import RESULT
from vendor_standin import HTML, Call, Planned, Standin

from notifiers import digest
from notifiers.message import Accepted, Again, Fate, Letter, Misconfigured, Receipt, letter
from xiaohao.vocabulary import Channel

NO_TOKEN = "没有取得访问凭证："
EACH_STALE = [(word, code, why) for word, codes in STALE.items() for code, why in codes.items()]
every_tokened = pytest.mark.parametrize("word", TOKENED)


def steps(standin: Standin, way: Way) -> list[str]:
    """What was asked for, in turn."""
    return ["token" if call.path == way.token_path else "message" for call in standin.calls]


def letters(channel: Any, way: Way, many: int) -> list[Letter]:
    """Of different content each."""
    said = [digest.message(digest_of(overdue(f"HL-{n}"))) for n in range(many)]
    return [letter(channel, each, address=way.address or "", key=f"{n}") for n, each in enumerate(said)]


def token_of(call: Call) -> str:
    return call.query.get("access_token") or call.headers["authorization"].removeprefix("Bearer ")


@every_tokened
def test_one_token_serves_all_sends_and_those_at_once(word: Channel) -> None:
    way = WAYS[word]

    async def sends(channel: Any) -> list[Receipt]:
        return list(await asyncio.gather(*map(channel.send, letters(channel, way, 20))))

    with way.standin() as standin:
        receipts = way.over(way.settings(standin.base), sends)
        assert steps(standin, way).count("token") == 1
        assert standin.taken == 20
    assert [type(receipt) for receipt in receipts] == [Accepted] * 20
    assert len({receipt.reference for receipt in receipts if isinstance(receipt, Accepted)} - {""}) == 20


@every_tokened
@pytest.mark.parametrize("lives", ["7200", None])
def test_a_token_whose_life_is_written_as_text_or_not_at_all_serves_all_sends(
    word: Channel, lives: str | None
) -> None:
    """A vendor blocks those who ask for one a message."""
    way = WAYS[word]

    async def sends(channel: Any) -> list[Receipt]:
        return [await channel.send(each) for each in letters(channel, way, 5)]

    with way.standin() as standin:
        standin.tokens["TOKEN"] = 10**12
        said = {"errcode": 0, "code": 0, "access_token": "TOKEN", "tenant_access_token": "TOKEN"}
        life = {} if lives is None else {"expires_in": lives, "expire": lives}
        standin.plan(way.token_path, Planned(said | life))
        receipts = way.over(way.settings(standin.base), sends)
        assert [type(receipt) for receipt in receipts] == [Accepted] * 5
        assert steps(standin, way).count("token") == 1


@every_tokened
def test_a_token_that_dies_in_mid_flight_is_renewed_once(word: Channel) -> None:
    way = WAYS[word]
    tokens, references = {
        Channel.WECOM_APP: (("TOKEN-1+/=", "TOKEN-2+/="), ("M2", "M5")),
        Channel.FEISHU_APP: (("t-TOKEN-1", "t-TOKEN-2"), ("om_1", "om_2")),
        Channel.DINGTALK_WORK: (("ACCESS-1", "ACCESS-2"), ("256271667526", "256271667527")),
    }[word]
    with way.standin() as standin:

        async def sends(channel: Any) -> list[Receipt]:
            first, second = letters(channel, way, 2)
            receipt = await channel.send(first)
            standin.expire_tokens()
            return [receipt, await channel.send(second)]

        assert way.over(way.settings(standin.base), sends) == [Accepted(each) for each in references]
        assert steps(standin, way) == ["token", "message", "message", "token", "message"]
        assert standin.taken == 2
        assert [*map(token_of, standin.messages)] == [tokens[0], *tokens]


@pytest.mark.parametrize(("word", "code", "why"), EACH_STALE)
def test_a_token_refused_twice_is_the_operators(word: Channel, code: int, why: str) -> None:
    way = WAYS[word]
    with way.standin() as standin:
        standin.refuse(code, code)
        assert way.send(way.settings(standin.base)) == [
            Misconfigured(code, f"换了新的访问凭证仍不被认可：{why}")
        ]
        assert steps(standin, way) == ["token", "message", "token", "message"]
        assert standin.taken == 0


@pytest.mark.parametrize("word", [Channel.FEISHU_APP, Channel.DINGTALK_WORK])
def test_a_stale_token_is_renewed_when_asking_too(word: Channel) -> None:
    way = WAYS[word]
    with way.standin() as standin:
        of = way.settings(standin.base)
        (receipt,) = way.send(of)
        assert isinstance(receipt, Accepted)
        path = RESULT if word is Channel.DINGTALK_WORK else f"{way.path}/{receipt.reference}/read_users"
        for code in STALE[word]:
            standin.plan(path, Planned(standin.refusal(code).said))
            assert way.fate(of, receipt.reference) == Fate(delivered=True)
        assert len(standin.asked(path)) == 2 * len(STALE[word])


@every_tokened
@pytest.mark.parametrize(
    ("planned", "expected"),
    [
        (Planned(HTML), Again(NO_TOKEN + no_code().why, code=200)),
        (Planned(HTML, 503), down(503)),
        (Planned(hang_up=True), Again(NO_TOKEN + CUT_OFF.why)),
    ],
)
def test_an_interface_that_gives_no_token_is_tried_again(
    word: Channel, planned: Planned, expected: Receipt
) -> None:
    way = WAYS[word]
    with way.standin() as standin:
        standin.plan(way.token_path, planned)
        assert way.send(way.settings(standin.base)) == [expected]
        assert steps(standin, way) == ["token"]


WECOM, FEISHU, DINGTALK = TOKENED


@pytest.mark.parametrize(
    ("word", "said", "expected"),
    [
        (WECOM, {"errcode": 0, "errmsg": "ok"}, Again(f"{NO_TOKEN}应答中没有访问凭证")),
        (WECOM, {"errcode": 0, "access_token": "令牌", "expires_in": 1}, Again(f"{NO_TOKEN}应答中没有访问凭证")),
        (WECOM, {"errcode": -1}, Again("企业微信系统繁忙", code=-1)),
        (WECOM, {"errcode": 40014}, Misconfigured(40014, "访问凭证无效")),
        (WECOM, {"errcode": 81013}, Misconfigured(81013, "此人不在企业微信通讯录，或不在应用可见范围内")),
        (FEISHU, {"code": 0}, Again(f"{NO_TOKEN}应答中没有访问凭证")),
        (FEISHU, {"code": 0, "tenant_access_token": "令牌"}, Again(f"{NO_TOKEN}应答中没有访问凭证")),
        (DINGTALK, {"errcode": 0}, Again(f"{NO_TOKEN}钉钉没有给出访问凭证")),
        (DINGTALK, {"errcode": 40089, "errmsg": "不合法"}, Misconfigured(40089, "AppKey 或 AppSecret 不正确")),
        (DINGTALK, {"errcode": 40035, "errmsg": "缺少参数"}, Misconfigured(40035, "消息格式不正确")),
        (DINGTALK, {"errcode": 90018, "errmsg": "调用过快"}, Again("调用过快", A_SECOND, 90018)),
        (DINGTALK, {"errcode": 40001}, Misconfigured(40001, "AppKey 或 AppSecret 不正确")),
    ],
)  # fmt: skip
def test_without_a_token_nothing_is_sent(word: Channel, said: object, expected: Receipt) -> None:
    way = WAYS[word]
    with way.standin() as standin:
        standin.plan(way.token_path, Planned(said))
        assert way.send(way.settings(standin.base)) == [expected]
        assert steps(standin, way) == ["token"]
