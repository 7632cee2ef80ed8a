"""How many clients are connected, in total and from each address."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from edge import metrics
from edge.core.admission.handshake import (
    HandshakeRejection,
    HandshakeRequest,
    HandshakeRules,
    IpAddress,
    check_handshake,
    client_address,
    client_key,
)

_RETRY_AFTER_S = 10


class ConnectionLimiter:
    """One for all of an edge's listeners."""

    def __init__(self, rules: HandshakeRules) -> None:
        self._rules = rules
        self._connected: Counter[str] = Counter()

    def check(self, request: HandshakeRequest) -> HandshakeRejection | None:
        """Why this client may not connect now; None if it may."""
        rejection = check_handshake(request, self._rules) or self._full(client_address(request, self._rules))
        if rejection is not None:
            metrics.CONNECTIONS_REJECTED.labels(rejection.reason).inc()
        return rejection

    @contextmanager
    def track(self, request: HandshakeRequest) -> Iterator[None]:
        """Counts this client while the block runs."""
        client = client_key(client_address(request, self._rules))
        self._connected[client] += 1
        try:
            yield
        finally:
            self._connected[client] -= 1
            if not self._connected[client]:
                del self._connected[client]

    def _full(self, address: IpAddress) -> HandshakeRejection | None:
        if 0 < self._rules.max_connections <= self._connected.total():
            return HandshakeRejection("total", 503, "This server is full.", _RETRY_AFTER_S)
        if 0 < self._rules.max_connections_per_address <= self._connected[client_key(address)]:
            return HandshakeRejection(
                "address", 429, "There are too many connections from your address.", _RETRY_AFTER_S
            )
        return None
