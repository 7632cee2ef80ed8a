"""Who may connect, by what is known of a client before its first message: address, proxies, origin."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

IpAddress = IPv4Address | IPv6Address
IpNetwork = IPv4Network | IPv6Network
_UNKNOWN = IPv6Address(0)
_IPV6_PREFIX = 64
"""One customer of an internet provider has at least a /64 (RFC 6177), so its addresses count as one."""


@dataclass(frozen=True)
class HandshakeRequest:
    """A client's handshake."""

    peer: str
    """The address at the other end of the socket: the client's, or a proxy's."""
    forwarded: Sequence[str]
    """The values of `X-Forwarded-For`, in their order."""
    origin: str | None
    host: str
    plain: bool
    """Without TLS."""


@dataclass(frozen=True)
class HandshakeRejection:
    """An HTTP answer instead of a WebSocket."""

    reason: str
    """For the metric."""
    status: int
    text: str
    retry_after_s: int | None = None


@dataclass(frozen=True)
class HandshakeRules:
    """The edge's settings for handshakes."""

    proxies: tuple[IpNetwork, ...] = ()
    """Proxies whose `X-Forwarded-For` is trusted, and that may connect without TLS."""
    origins: tuple[str, ...] = ()
    """Origins of pages that may connect; none: those of the same host, and any for a client on this machine."""
    max_connections: int = 0
    """In total; 0: no limit."""
    max_connections_per_address: int = 0
    """0: no limit."""


def networks(names: Sequence[str]) -> tuple[IpNetwork, ...]:
    """Raises ValueError for a name that is not an address or a network."""
    return tuple(ip_network(name) for name in names)


def client_address(request: HandshakeRequest, rules: HandshakeRules) -> IpAddress:
    """The client's own address. Each proxy appends the address it was connected to from, so the header is read
    backwards, and only as far as trusted proxies wrote it."""
    address = _parse(request.peer) or _UNKNOWN
    hops = [name for value in request.forwarded for name in value.split(",")]
    while hops and _within(address, rules.proxies):
        hop = _parse(hops.pop())
        if hop is None:
            break
        address = hop
    return address


def check_handshake(request: HandshakeRequest, rules: HandshakeRules) -> HandshakeRejection | None:
    """None for a client that may connect."""
    address = client_address(request, rules)
    peer = _parse(request.peer) or _UNKNOWN
    if request.plain and not (peer.is_loopback or _within(peer, rules.proxies)):
        return HandshakeRejection(
            "plain", 403, "Without TLS only this machine and trusted proxies may connect: use wss."
        )
    if request.origin is not None and not _origin_allowed(request.origin, request.host, address, rules.origins):
        return HandshakeRejection(
            "origin", 403, "Pages of this origin may not connect; EDGE_ALLOWED_ORIGINS lists those that may."
        )
    return None


def client_key(address: IpAddress) -> str:
    """What counts as one client for the limit of connections per address."""
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, _IPV6_PREFIX), strict=False))
    return str(address)


def _origin_allowed(origin: str, host: str, address: IpAddress, origins: tuple[str, ...]) -> bool:
    if origins:
        return origin.lower().rstrip("/") in origins
    return address.is_loopback or (_host(origin) is not None and _host(origin) == _host(f"//{host}"))


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def _parse(name: str) -> IpAddress | None:
    try:
        address = ip_address(name.strip().strip("[]"))
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _within(address: IpAddress, several: tuple[IpNetwork, ...]) -> bool:
    return any(address in network for network in several)
