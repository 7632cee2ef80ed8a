"""Who may connect, by address, proxy and origin."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.core.admission.handshake import (
    HandshakeRequest,
    HandshakeRules,
    check_handshake,
    client_address,
    client_key,
    networks,
)

PROXIES = networks(["10.0.0.0/8", "fd00::1"])


def request(
    peer: str = "203.0.113.9",
    *,
    forwarded: tuple[str, ...] = (),
    origin: str | None = None,
    host: str = "speak.example:8443",
    plain: bool = False,
) -> HandshakeRequest:
    return HandshakeRequest(peer, forwarded, origin, host, plain)


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.9", (), "203.0.113.9"),
        ("203.0.113.9", ("198.51.100.1",), "203.0.113.9"),  # Not a trusted proxy: any client can send that.
        ("10.0.0.1", ("198.51.100.1",), "198.51.100.1"),
        ("10.0.0.1", ("6.6.6.6, 198.51.100.1",), "198.51.100.1"),  # The client wrote the first itself.
        ("10.0.0.1", ("6.6.6.6", "198.51.100.1, 10.0.0.2"), "198.51.100.1"),
        ("10.0.0.1", ("10.0.0.3, 10.0.0.2",), "10.0.0.3"),
        ("10.0.0.1", ("hello",), "10.0.0.1"),
        ("10.0.0.1", ("198.51.100.1, ",), "10.0.0.1"),
        ("10.0.0.1", (), "10.0.0.1"),
        ("fd00::1", ("[2001:db8::7]",), "2001:db8::7"),
        ("::ffff:10.0.0.1", ("198.51.100.1",), "198.51.100.1"),
        ("", (), "::"),
    ],
)
def test_the_clients_address_behind_proxies(peer: str, forwarded: tuple[str, ...], address: str) -> None:
    assert str(client_address(request(peer, forwarded=forwarded), HandshakeRules(PROXIES))) == address


@given(st.text(max_size=30), st.lists(st.text(max_size=60), max_size=3))
def test_any_forwarded_header_is_safe(peer: str, forwarded: list[str]) -> None:
    client_address(request(peer, forwarded=tuple(forwarded)), HandshakeRules(PROXIES))
    client_address(request("10.0.0.1", forwarded=tuple(forwarded)), HandshakeRules(PROXIES))


@pytest.mark.parametrize(
    ("peer", "refused"), [("127.0.0.1", False), ("::1", False), ("10.0.0.1", False), ("203.0.113.9", True), ("", True)]
)
def test_without_tls_only_loopback_and_proxies_may_connect(peer: str, *, refused: bool) -> None:
    found = check_handshake(request(peer, plain=True), HandshakeRules(PROXIES))
    assert (found is not None and found.reason == "plain") is refused
    assert check_handshake(request(peer), HandshakeRules(PROXIES)) is None


@pytest.mark.parametrize(
    ("origin", "peer", "origins", "refused"),
    [
        (None, "203.0.113.9", (), False),
        (None, "203.0.113.9", ("https://speak.example",), False),
        ("https://speak.example", "203.0.113.9", (), False),
        ("https://evil.example", "203.0.113.9", (), True),
        ("null", "203.0.113.9", (), True),
        ("http://[", "203.0.113.9", (), True),
        ("http://localhost:8080", "127.0.0.1", (), False),
        ("https://evil.example", "127.0.0.1", ("https://speak.example",), True),
        ("https://Speak.example", "203.0.113.9", ("https://speak.example",), False),
        ("https://speak.example,https://evil.example", "203.0.113.9", ("https://speak.example",), True),
        ("http://speak.example", "203.0.113.9", ("https://speak.example",), True),
    ],
)
def test_pages_are_admitted_by_origin(
    origin: str | None, peer: str, origins: tuple[str, ...], *, refused: bool
) -> None:
    found = check_handshake(request(peer, origin=origin), HandshakeRules(origins=origins))
    assert (found is not None and found.reason == "origin") is refused


def test_ipv6_clients_are_counted_by_prefix() -> None:
    assert client_key(client_address(request("203.0.113.9"), HandshakeRules())) == "203.0.113.9"
    first, second, other = (
        client_key(client_address(request(peer), HandshakeRules()))
        for peer in ("2001:db8::1", "2001:db8::2", "2001:db8:0:1::1")
    )
    assert first == second != other


def test_a_proxy_must_be_an_address_or_a_network() -> None:
    with pytest.raises(ValueError, match="proxy"):
        networks(["proxy.example"])
