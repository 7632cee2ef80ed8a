"""Who may come in: what is known of a client before it has said a word."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
_NOWHERE = IPv6Address(0)
# One customer of an internet provider has at least so many IPv6 addresses (RFC 6177), so they count as one.
_IPV6_PREFIX = 64


@dataclass(frozen=True)
class Request:
    """A client's handshake. `peer`: who the socket leads to; `forwarded`: the values of `X-Forwarded-For`, as they
    came; `plain`: without TLS."""

    peer: str
    forwarded: Sequence[str]
    origin: str | None
    host: str
    plain: bool


@dataclass(frozen=True)
class Refusal:
    """An HTTP answer instead of a WebSocket; `reason` is for the metric."""

    reason: str
    status: int
    text: str
    retry_after_s: int | None = None


@dataclass(frozen=True)
class Rules:
    """`proxies`: those whose `X-Forwarded-For` is believed, and who may speak to us without TLS. `origins`: of pages
    that may; none: those from the same host, and any page for a client on this machine. A number of 0 is no limit."""

    proxies: tuple[Network, ...] = ()
    origins: tuple[str, ...] = ()
    total: int = 0
    per_address: int = 0


def networks(names: Sequence[str]) -> tuple[Network, ...]:
    """Raises ValueError for what is no address and no network."""
    return tuple(ip_network(name) for name in names)


def client_address(request: Request, rules: Rules) -> Address:
    """Where the client is. Each proxy appends whom it heard; so read backwards, and only as far as proxies wrote it."""
    address = _address(request.peer) or _NOWHERE
    heard = [name for value in request.forwarded for name in value.split(",")]
    while heard and _within(address, rules.proxies):
        said = _address(heard.pop())
        if said is None:
            break
        address = said
    return address


def refusal(request: Request, rules: Rules) -> Refusal | None:
    """None for a client that may try."""
    address = client_address(request, rules)
    peer = _address(request.peer) or _NOWHERE
    if request.plain and not (peer.is_loopback or _within(peer, rules.proxies)):
        return Refusal("plain", 403, "Without TLS only this machine and declared proxies are heard: use wss.")
    if request.origin is not None and not _may_be_from(request.origin, request.host, address, rules.origins):
        return Refusal("origin", 403, "Pages from this origin are not heard here; EDGE_ALLOWED_ORIGINS says which are.")
    return None


def counted_as(address: Address) -> str:
    """Who counts as one, for the limit of connections by address."""
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, _IPV6_PREFIX), strict=False))
    return str(address)


def _may_be_from(origin: str, host: str, address: Address, origins: tuple[str, ...]) -> bool:
    if origins:
        return origin.lower().rstrip("/") in origins
    return address.is_loopback or (_host(origin) is not None and _host(origin) == _host(f"//{host}"))


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def _address(name: str) -> Address | None:
    try:
        address = ip_address(name.strip().strip("[]"))
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _within(address: Address, several: tuple[Network, ...]) -> bool:
    return any(address in network for network in several)
