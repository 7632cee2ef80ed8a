"""How many may come in."""

from contextlib import ExitStack

from edge.connection_limits import ConnectionLimiter
from edge.core.admission.handshake import HandshakeRejection, HandshakeRequest, HandshakeRules


def from_(address: str) -> HandshakeRequest:
    return HandshakeRequest(address, (), None, "speak.example", plain=False)


def reason(refused: HandshakeRejection | None) -> str | None:
    return refused.reason if refused else None


def test_a_full_house_takes_nobody_until_somebody_leaves() -> None:
    limiter = ConnectionLimiter(HandshakeRules(max_connections=2, max_connections_per_address=0))
    with limiter.track(from_("192.0.2.1")):
        assert limiter.check(from_("192.0.2.1")) is None
        with limiter.track(from_("192.0.2.2")):
            refused = limiter.check(from_("192.0.2.3"))
            assert refused is not None
            assert (refused.reason, refused.status, refused.retry_after_s) == ("total", 503, 10)
    assert limiter.check(from_("192.0.2.3")) is None


def test_one_address_leaves_room_for_others() -> None:
    limiter = ConnectionLimiter(HandshakeRules(max_connections=0, max_connections_per_address=2))
    with ExitStack() as inside:
        for _ in range(2):
            assert limiter.check(from_("192.0.2.1")) is None
            inside.enter_context(limiter.track(from_("192.0.2.1")))
        assert reason(limiter.check(from_("192.0.2.1"))) == "address"
        assert limiter.check(from_("192.0.2.2")) is None
    assert limiter.check(from_("192.0.2.1")) is None
