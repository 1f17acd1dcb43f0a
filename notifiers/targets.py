"""Where a webhook may go: https, named hosts, and no machine inside the office's net unless it is allowed.

An address may come from a contact row, so nobody must be able to make this program speak to a machine that
only it can reach. A name is looked up once for each connection, the addresses found are checked, and the
connection goes to one of those very addresses: between check and use nothing is looked up again.
Redirects are never followed. Behind a proxy the proxy looks names up; there the list of hosts stands alone.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

import httpcore
import httpx

from notifiers.client import Nowhere

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Host and port → every address of the host, as text."""
_METADATA = frozenset(map(ip_address, ("169.254.169.254", "100.100.100.200", "fd00:ec2::254")))
_NAT64 = ip_network("64:ff9b::/96")
_NOT_PUBLIC = tuple(map(ip_network, ("::/96", "::ffff:0:0:0/96", "64:ff9b:1::/48", "fec0::/10")))
"""Ways to an address inside that Python's lists leave out: RFC 4291 §2.5.5.1 and §2.5.7, RFC 7915, RFC 8215."""
_THIS_MACHINE = ("127.0.0.1", "::1")


class TargetRefused(Exception):
    """The host of a webhook leads to an address to which nothing may be sent. The text says why, in words."""


@dataclass(frozen=True, slots=True)
class Targets:
    """The hosts that webhooks may go to, and the networks inside that they may reach.

    A host is a name, an address, or “.example.cn” for everything below it.
    """

    hosts: frozenset[str]
    networks: tuple[Network, ...] = ()

    @classmethod
    def of(cls, hosts: Iterable[str], networks: Iterable[str], *, own: str | None) -> "Targets":
        """What the settings allow; `own` is the webhook address of the settings themselves.

        Its host is allowed by being written there, and an address inside too where it is written as
        one, or as localhost: the operator has named it. Raises ValueError for what is no network.
        """
        named = {_plain(host.removeprefix("*")) for host in hosts if host.strip()}
        inside = [ip_network(network.strip()) for network in networks if network.strip()]
        if host := host_of(own or ""):
            named.add(host)
            literals = _THIS_MACHINE if host == "localhost" else (host,)
            inside += [ip_network(each) for each in literals if _literal(each)]
        return cls(frozenset(named), tuple(inside))

    def fault_of_host(self, host: str) -> str | None:
        """Why nothing may be sent to this host, as far as its name alone tells; None where it may."""
        name = _plain(host)
        if not any(name == each or (each.startswith(".") and name.endswith(each)) for each in self.hosts):
            return "网络钩子的主机不在允许的名单里，请在设置中写明"
        address = _literal(name)
        return None if address is None else self.fault_of_address(address)

    def fault_of_address(self, address: Address) -> str | None:
        """Why no connection may be made to this address; None where it may.

        Public addresses may be reached, all others only in a network that is allowed; the address where a
        cloud tells its machines their secrets only if it is allowed by itself.
        """
        real = _real(address)
        inside = [network for network in self.networks if real in network]
        if real in _METADATA:
            alone = any(network.num_addresses == 1 for network in inside)
            return None if alone else "网络钩子的主机指向云主机的元数据地址，不能发送"
        if inside or _is_public(real):
            return None
        return "网络钩子的主机指向本机或内部网络的地址，确需发送的，请在设置中允许该网段"


def host_of(url: str) -> str | None:
    """The host of a URL in lower case, international names in their ASCII form; None without one."""
    try:
        return _plain(httpx.URL(url).raw_host.decode("ascii")) or None
    except (httpx.InvalidURL, TypeError, ValueError):
        return None


def fault_of(address: str, *, allow_http: bool) -> str | None:
    """Why notices may not be sent to this URL, for the operator, or None where they may.

    Without `allow_http` it must be https, but for this machine itself; name and password in a URL
    are refused, since they would be sent in the clear and logged by others.
    """
    try:
        url = httpx.URL(address)
    except (httpx.InvalidURL, TypeError, ValueError):
        return "网络钩子地址格式不正确"
    if url.scheme not in ("http", "https") or not url.host:
        return "网络钩子地址须以 https:// 开头"
    if url.userinfo:
        return "网络钩子地址中不能写用户名和密码"
    if url.scheme == "http" and not allow_http and not is_this_machine(url.host):
        return "网络钩子地址须用 https（确需 http 的，请在设置中允许）"
    return None


def guard(
    client: httpx.AsyncClient, targets: Targets, *, resolve: Resolve | None = None
) -> httpx.AsyncClient:
    """Make every direct connection of `client` a checked one. Returns the same client.

    httpx takes no network backend, so that of its pool is exchanged; an httpx that keeps it elsewhere
    raises AttributeError here, before anything is sent. A client that connects nowhere stays as it is.
    """
    if isinstance(client._transport, Nowhere):
        return client
    pool = client._transport._pool  # type: ignore[attr-defined]
    if not isinstance(pool._network_backend, httpcore.AsyncNetworkBackend):
        raise AttributeError("the pool of httpx has no network backend")
    pool._network_backend = _Checked(targets, resolve or _resolved)
    return client


class _Checked(httpcore.AsyncNetworkBackend):
    """Opens TCP connections to addresses that the targets allow, and to no others."""

    def __init__(self, targets: Targets, resolve: Resolve) -> None:
        self._targets = targets
        self._resolve = resolve
        self._sockets = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Look the host up, check what was found, and connect to the first that answers.

        Raises TargetRefused where none of its addresses is allowed.
        """
        try:
            async with asyncio.timeout(timeout):
                found = await self._resolve(host, port)
        except (OSError, UnicodeError) as error:  # a time-out is an OSError too
            raise httpcore.ConnectError(str(error)) from error
        failure: Exception = httpcore.ConnectError("the host has no address")
        for address in self._allowed(found):
            try:
                return await self._sockets.connect_tcp(
                    address,
                    port,
                    timeout=timeout,
                    local_address=local_address,
                    socket_options=socket_options,
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    async def sleep(self, seconds: float) -> None:
        """Wait, as httpcore asks between tries."""
        await asyncio.sleep(seconds)

    def _allowed(self, found: Sequence[str]) -> list[str]:
        faults = {address: self._targets.fault_of_address(ip_address(address)) for address in found}
        allowed = [address for address, why in faults.items() if why is None]
        if faults and not allowed:
            raise TargetRefused(next(why for why in faults.values() if why))
        return allowed


async def _resolved(host: str, port: int) -> Sequence[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


def _real(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for, where it stands for one."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _is_public(address: Address) -> bool:
    listed = any(address in network for network in _NOT_PUBLIC)
    return address.is_global and not address.is_multicast and not listed


def _plain(host: str) -> str:
    """A host as it is compared: lower case, no final stop, ASCII, no brackets."""
    name = host.strip().strip("[]").rstrip(".").lower()
    if name.isascii():
        return name
    try:
        encoded = httpx.URL(f"https://{name.removeprefix('.')}/").raw_host.decode("ascii")
        return f".{encoded}" if name.startswith(".") else encoded
    except (httpx.InvalidURL, ValueError):
        return name


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def is_this_machine(host: str) -> bool:
    """Whether a host of a URL is this machine itself: by name, or by a loopback address."""
    address = _literal(host)
    return host == "localhost" or (address is not None and address.is_loopback)
