"""How many are in, in total and from each address."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from edge import metrics
from edge.core.admission.handshake import Address, Refusal, Request, Rules, client_address, counted_as, refusal

_RETRY_AFTER_S = 10


class Doors:
    """One for all of an edge's listeners."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._inside: Counter[str] = Counter()

    def refuse(self, request: Request) -> Refusal | None:
        """Why this client may not come in now; None if it may."""
        refused = refusal(request, self._rules) or self._full(client_address(request, self._rules))
        if refused is not None:
            metrics.CONNECTIONS_REFUSED.labels(refused.reason).inc()
        return refused

    @contextmanager
    def inside(self, request: Request) -> Iterator[None]:
        """Counts this client while it is there."""
        who = counted_as(client_address(request, self._rules))
        self._inside[who] += 1
        try:
            yield
        finally:
            self._inside[who] -= 1
            if not self._inside[who]:
                del self._inside[who]

    def _full(self, address: Address) -> Refusal | None:
        if 0 < self._rules.total <= self._inside.total():
            return Refusal("total", 503, "This server is full.", _RETRY_AFTER_S)
        if 0 < self._rules.per_address <= self._inside[counted_as(address)]:
            return Refusal("address", 429, "There are too many connections from your address.", _RETRY_AFTER_S)
        return None
