"""`outbox list` and `resend`, and what `deliver` says of notices that wait: JSON, exit codes, a clerk's words."""

import pytest
from command_runner import NIGHT, CommandLine
from loopback_receiver import Answer, receiving


def test_the_list_is_narrowed_by_state_and_channel(after_night: CommandLine) -> None:
    document = after_night.json("outbox", "list", "--channel", "文件", "--state", "已送达")
    assert document["total"] == 41
    first = document["notices"][0]
    assert {"id", "state", "channel", "why", "next_attempt_at", "read_at", "instead_of"} <= set(first)
    assert (first["why"], first["instead_of"]) == (None, None)
    assert after_night.json("outbox", "list", "--channel", "webhook")["total"] == 0
    assert "共 41 份" in after_night("outbox", "list", "--date", NIGHT).out


def test_what_is_to_be_sent_again_must_be_said(after_night: CommandLine) -> None:
    for words in ((), ("1", "--dead"), ("1", "--channel", "文件")):
        ran = after_night("outbox", "resend", *words)
        assert (ran.code, "请写明重发哪些" in ran.err) == (2, True)


def test_a_notice_that_arrived_is_not_sent_again(after_night: CommandLine) -> None:
    number = after_night.json("outbox", "list")["notices"][0]["id"]
    ran = after_night("outbox", "resend", str(number), "--json")
    assert ran.code == 1
    assert ran.document["missing"] == [f"{number} 号已送达，不必重发"]
    assert after_night("outbox", "resend", "99999").code == 1


def test_with_nothing_dead_there_is_nothing_to_send_again(after_night: CommandLine) -> None:
    assert after_night.json("outbox", "resend", "--dead") == {"resent": 0, "released_channels": []}
    assert after_night("outbox", "resend", "--dead").out == "没有要重发的通知。\n"
    said = after_night("outbox", "resend", "--channel", "webhook").out
    assert said == "渠道“网络钩子”没有停用。\n没有要重发的通知。\n"


def test_a_parked_channel_is_seen_and_its_notices_go_another_way(example: CommandLine) -> None:
    """A webhook that does not know our signature is the operator's to mend."""
    with receiving(Answer(401)) as receiver:
        hook = {
            "XIAOHAO_CHANNELS": "webhook",
            "XIAOHAO_WEBHOOK_URL": receiver.url,
            "XIAOHAO_WEBHOOK_SECRET": "s",
            "XIAOHAO_WEBHOOK_ALLOW_HTTP": "true",
            "XIAOHAO_DELIVERY_DAYS": "every",
            "XIAOHAO_DELIVERY_HOURS": "00:00-24:00",
        }
        ran = example("nightly", "--direct", "--date", NIGHT, "--json", **hook)
        assert ran.code == 0, ran
        assert ran.document["notices"] == 41
        ran = example("deliver", **hook)
        assert "渠道“网络钩子”已停用，通知都留着" in ran.out
        assert ran.code == 3
    listed = example.json("outbox", "list")
    assert {each["state"] for each in listed["notices"]} == {"queued"}
    assert "渠道已停用" in listed["notices"][0]["why"]
    assert "渠道停用" in example("status").out
    moved = example.json("deliver")
    assert (moved["tried"], moved["delivered"], moved["dead"]) == (82, 41, 41)


@pytest.mark.parametrize(
    ("answers", "code", "delivered"),
    [((Answer(503),), 3, 0), ((Answer(204), Answer(503)), 0, 1), ((Answer(404),), 0, 0)],
)
def test_deliver_ends_with_3_only_where_nothing_got_through_since_the_receiver_is_out_of_reach(
    example: CommandLine, answers: tuple[Answer, ...], code: int, delivered: int
) -> None:
    """A notice that is refused is judged: the receiver is there."""
    hook = {
        "XIAOHAO_CHANNELS": "webhook",
        "XIAOHAO_WEBHOOK_SECRET": "s",
        "XIAOHAO_WEBHOOK_ALLOW_HTTP": "true",
        "XIAOHAO_DELIVERY_DAYS": "every",
        "XIAOHAO_DELIVERY_HOURS": "00:00-24:00",
    }
    with receiving(*answers) as receiver:
        hook["XIAOHAO_WEBHOOK_URL"] = receiver.url
        example("nightly", "--direct", "--date", NIGHT, "--hold", **hook)
        example("outbox", "release")
        ran = example("deliver", "--json", **hook)
    assert (ran.code, ran.document["delivered"]) == (code, delivered)


@pytest.mark.parametrize("hours", ["20:00-08:00", "08:00-08:00", "早上到晚上"])
def test_a_window_that_never_opens_is_refused(line: CommandLine, hours: str) -> None:
    ran = line("deliver", XIAOHAO_DELIVERY_HOURS=hours)
    assert (ran.code, "XIAOHAO_DELIVERY_HOURS" in ran.err) == (2, True)
