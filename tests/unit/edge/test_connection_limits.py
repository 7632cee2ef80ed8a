"""How many clients may connect."""

from contextlib import ExitStack

from edge.connection_limits import ConnectionLimiter
from edge.core.admission.handshake import HandshakeRejection, HandshakeRequest, HandshakeRules


def from_(address: str) -> HandshakeRequest:
    return HandshakeRequest(address, (), None, "speak.example", plain=False)


def reason(rejection: HandshakeRejection | None) -> str | None:
    return rejection.reason if rejection else None


def test_a_full_server_accepts_no_client_until_one_leaves() -> None:
    limiter = ConnectionLimiter(HandshakeRules(max_connections=2, max_connections_per_address=0))
    with limiter.track(from_("192.0.2.1")):
        assert limiter.check(from_("192.0.2.1")) is None
        with limiter.track(from_("192.0.2.2")):
            rejection = limiter.check(from_("192.0.2.3"))
            assert rejection is not None
            assert (rejection.reason, rejection.status, rejection.retry_after_s) == ("total", 503, 10)
    assert limiter.check(from_("192.0.2.3")) is None


def test_connections_are_limited_per_address() -> None:
    limiter = ConnectionLimiter(HandshakeRules(max_connections=0, max_connections_per_address=2))
    with ExitStack() as connected:
        for _ in range(2):
            assert limiter.check(from_("192.0.2.1")) is None
            connected.enter_context(limiter.track(from_("192.0.2.1")))
        assert reason(limiter.check(from_("192.0.2.1"))) == "address"
        assert limiter.check(from_("192.0.2.2")) is None
    assert limiter.check(from_("192.0.2.1")) is None
