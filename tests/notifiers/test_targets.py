"""No webhook address makes this program speak to a machine inside, whatever its name leads to."""

import asyncio
import ssl
from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import httpx
import pytest
from certificates import self_signed
from digest_builders import digest_of, overdue
from hypothesis import given
from hypothesis import strategies as st
from loopback_receiver import Answer, receiving

from notifiers import choose, digest
from notifiers.message import Accepted, Again, Misconfigured, Receipt, Refused, letter
from notifiers.targets import TargetRefused, Targets, guard, host_of
from notifiers.webhook import Webhook
from xiaohao.channels import channel_settings
from xiaohao.errors import WrongUsage
from xiaohao.settings import Settings

MESSAGE = digest.message(digest_of(overdue()))
OWN = "https://hook.example/x?key=K"
INSIDE = "本机或内部网络的地址"
UNNAMED = "不在允许的名单里"
METADATA = "元数据地址"


def targets(*hosts: str, networks: Sequence[str] = (), own: str | None = OWN) -> Targets:
    return Targets.of(hosts, networks, own=own)


def send(address: str, *, own: str | None = OWN, **but: Any) -> Receipt:
    async def sends() -> Receipt:
        channel = Webhook(own, "this is secret", **but)
        try:
            return await channel.send(letter(channel, MESSAGE, address=address, key="k"))
        finally:
            await channel.aclose()

    return asyncio.run(sends())


@pytest.mark.parametrize(
    ("host", "allowed", "why"),
    [
        ("hook.example", (), None),
        ("HOOK.example.", (), None),
        ("other.example", (), UNNAMED),
        ("sub.hook.example", (), UNNAMED),
        ("hook.example.evil.cn", (), UNNAMED),
        ("other.example", ("other.example",), None),
        ("Other.Example", (" OTHER.example. ",), None),
        ("a.b.gov.cn", (".gov.cn",), None),
        ("a.gov.cn", ("*.gov.cn",), None),
        ("gov.cn", (".gov.cn",), UNNAMED),
        ("evilgov.cn", (".gov.cn",), UNNAMED),
        ("督办.cn", ("督办.cn",), None),
        ("督办.cn".encode("idna").decode(), ("督办.cn",), None),
        ("a.督办.cn", (".督办.cn",), None),
        ("anything.example", ("",), UNNAMED),
        ("127.0.0.1", ("127.0.0.1",), INSIDE),
        ("::1", ("::1",), INSIDE),
        ("169.254.169.254", ("169.254.169.254",), METADATA),
        ("93.184.215.14", ("93.184.215.14",), None),
    ],
)
def test_a_host_must_be_named_and_an_address_public(
    host: str, allowed: tuple[str, ...], why: str | None
) -> None:
    name = host_of(f"https://[{host}]/" if ":" in host else f"https://{host}/")
    assert name is not None
    fault = targets(*allowed).fault_of_host(name)
    assert fault is None if why is None else why in (fault or "")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.0", "::", "::1", "10.1.2.3", "172.16.0.1", "192.168.1.1",
        "169.254.1.1", "fe80::1", "fe80::1%eth0", "fd12::1", "100.64.0.1", "198.18.0.1", "224.0.0.1", "ff02::1",
        "255.255.255.255", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::",
        "2001::7f00:1", "240.0.0.1", "::7f00:1", "::10.0.0.1", "::ffff:0:7f00:1", "64:ff9b:1::7f00:1", "fec0::1",
    ],
)  # fmt: skip
def test_every_way_to_write_an_address_inside_is_refused(address: str) -> None:
    assert INSIDE in (targets().fault_of_address(ip_address(address)) or "")


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "100.100.100.200", "fd00:ec2::254", "::ffff:169.254.169.254"]
)
def test_where_a_cloud_tells_secrets_goes_nothing_unless_it_is_named_by_itself(address: str) -> None:
    wide = targets(networks=("169.254.0.0/16", "100.64.0.0/10", "fd00::/8"))
    assert METADATA in (wide.fault_of_address(ip_address(address)) or "")
    named = targets(networks=("169.254.169.254", "100.100.100.200", "fd00:ec2::254"))
    assert named.fault_of_address(ip_address(address)) is None


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07::1", "::ffff:93.184.215.14"])
def test_public_addresses_may_be_reached(address: str) -> None:
    assert targets().fault_of_address(ip_address(address)) is None


@given(st.ip_addresses())
def test_only_a_network_that_is_allowed_opens_the_inside(address: Any) -> None:
    fault = targets().fault_of_address(address)
    if address.is_loopback or address.is_private or address.is_link_local or address.is_multicast:
        embedded = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None)
        assert fault or (embedded and embedded.is_global)
    everything = targets(networks=("0.0.0.0/0", "::/0"))
    assert everything.fault_of_address(address) is None or METADATA in (fault or "")


def test_a_network_that_is_none_is_said_at_once() -> None:
    with pytest.raises(ValueError, match=r"10\.0\.0\.300"):
        targets(networks=("10.0.0.300",))
    assert targets(networks=("", " 10.0.0.0/8 ")).fault_of_address(ip_address("10.1.1.1")) is None


def test_the_operators_own_address_names_itself_and_nobody_elses() -> None:
    with receiving() as receiver:
        assert send(receiver.url, own=receiver.url) == Accepted(delivered=True)
        receipt = send(receiver.url)  # the same address, from a contact row
        assert isinstance(receipt, Refused)
        assert UNNAMED in receipt.why
        listed = send(receiver.url, hosts=("127.0.0.1",))
        assert isinstance(listed, Refused)
        assert INSIDE in listed.why
        assert send(receiver.url, hosts=("127.0.0.1",), networks=("127.0.0.1",)) == Accepted(delivered=True)
    assert len(receiver.requests) == 2


def test_the_settings_reach_the_channel() -> None:
    def receipt_of(of: Settings, address: str) -> Receipt:
        async def sends() -> Receipt:
            (channel,) = choose.channels(channel_settings(of)).values()
            try:
                return await channel.send(letter(channel, MESSAGE, address=address, key="k"))
            finally:
                await channel.aclose()

        return asyncio.run(sends())

    given: dict[str, Any] = {"channels": "webhook", "webhook_secret": "this is secret", "webhook_url": OWN}
    with receiving() as receiver:
        allowed = Settings(**given, webhook_hosts="127.0.0.1，.gov.cn", webhook_networks="127.0.0.0/8")
        assert receipt_of(allowed, receiver.url) == Accepted(delivered=True)
        assert isinstance(receipt_of(Settings(**given), receiver.url), Refused)
    with pytest.raises(WrongUsage, match=r"10\.1\.0\.0/33"):
        channel_settings(Settings(**given, webhook_networks="10.1.0.0/33"))


@pytest.mark.parametrize("name", ["localhost", "127.1", "0x7f000001", "2130706433", "017700000001"])
def test_a_name_that_leads_inside_gets_no_connection(name: str) -> None:
    """The resolver of the system knows these for loopback; no text of theirs looks like an address."""
    with receiving() as receiver:
        address = receiver.url.replace("127.0.0.1", name)
        receipt = send(address, hosts=(name,), allow_http=True)
        assert isinstance(receipt, Refused)
        assert INSIDE in receipt.why
        assert receiver.requests == []
        assert send(address, hosts=(name,), networks=("127.0.0.0/8", "::1"), allow_http=True) == Accepted(
            delivered=True
        )
    assert receiver.requests[0].headers["Host"].startswith(name)


def test_the_settings_own_name_that_leads_inside_is_the_operators_fault() -> None:
    with receiving() as receiver:
        own = receiver.url.replace("127.0.0.1", "127.1")
        receipt = send(own, own=own, allow_http=True)
        assert isinstance(receipt, Misconfigured)
        assert INSIDE in receipt.why
        as_localhost = receiver.url.replace("127.0.0.1", "localhost")
        assert send(as_localhost, own=as_localhost) == Accepted(delivered=True)


def test_a_redirect_to_a_machine_inside_is_not_followed() -> None:
    with receiving() as inside, receiving(Answer(302, {"Location": inside.url})) as receiver:
        assert isinstance(send(receiver.url, own=receiver.url), Misconfigured)
        assert inside.requests == []


def test_a_name_that_cannot_be_looked_up_is_tried_again_and_does_no_harm() -> None:
    own = f"https://{'a' * 64}.example/"
    assert send(own, own=own) == Again("连接不上对方服务器")


class Turning:
    """A resolver whose answer turns from one address to the next at each question."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def __call__(self, _host: str, _port: int) -> Sequence[str]:
        self.asked += 1
        return self.answers.pop(0)


def through(
    resolve: Turning, port: int, *, times: int = 1, header: dict[str, str] | None = None
) -> list[int]:
    """Post to a name over a guarded client; 127.0.0.1 stands for what is allowed, 127.0.0.2 for what is not."""

    async def posts() -> list[int]:
        async with httpx.AsyncClient(trust_env=False) as client:
            guard(client, targets("hook.example", networks=("127.0.0.1",)), resolve=resolve)
            url = f"http://hook.example:{port}/"
            return [(await client.post(url, headers=header)).status_code for _ in range(times)]

    return asyncio.run(posts())


def test_the_connection_goes_to_the_address_that_was_checked_and_nothing_is_asked_twice() -> None:
    """DNS rebinding: the second answer would lead inside, and it is never asked for."""
    with receiving() as receiver:
        turning = Turning(["127.0.0.1"], ["127.0.0.2"])
        assert through(turning, receiver.server_address[1], times=3) == [200] * 3
    assert turning.asked == 1
    assert len({request.connection for request in receiver.requests}) == 1


def test_a_new_connection_is_checked_anew() -> None:
    with receiving() as receiver:
        turning = Turning(["127.0.0.1"], ["127.0.0.2"])
        with pytest.raises(TargetRefused, match=INSIDE):
            through(turning, receiver.server_address[1], times=2, header={"Connection": "close"})
    assert turning.asked == 2
    assert len(receiver.requests) == 1


def test_of_several_addresses_only_the_allowed_are_tried() -> None:
    with receiving() as receiver:
        port = receiver.server_address[1]
        assert through(Turning(["127.0.0.2", "127.0.0.1"]), port) == [200]
        with pytest.raises(httpx.ConnectError):
            through(Turning([]), port)
    assert len(receiver.requests) == 1


def test_the_certificate_is_verified_for_the_name_and_not_for_the_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection is made to 127.0.0.1, for which this certificate stands, but it was asked for a name."""
    certificate, key = self_signed(tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with receiving(tls=tls) as receiver:
        own = receiver.url.replace("127.0.0.1", "localhost")
        assert send(own, own=own) == Misconfigured("certificate", "对方证书不受信任")
        assert send(receiver.url, own=receiver.url) == Accepted(delivered=True)
    assert len(receiver.requests) == 1


def test_an_httpx_that_keeps_its_pool_elsewhere_is_noticed_before_anything_is_sent() -> None:
    async def made() -> None:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=None)) as client:  # type: ignore[arg-type]
            guard(client, targets())

    with pytest.raises(AttributeError):
        asyncio.run(made())
