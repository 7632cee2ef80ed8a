"""Where the client of each session is now."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Address:
    """`reply_to`: partition of `replies` that the edge of the connection `conn` owns."""

    conn: str
    reply_to: int


class Addresses:
    """The newest addresses that clients who came back have given. At most `most` are remembered, the newest: a client
    that comes back later than that is answered by the event that says so, if its report is made by then."""

    def __init__(self, most: int = 10_000) -> None:
        self._most = most
        self._newest: dict[str, Address] = {}

    def moved(self, session_id: str, address: Address) -> None:
        self._newest.pop(session_id, None)
        self._newest[session_id] = address
        if len(self._newest) > self._most:
            del self._newest[next(iter(self._newest))]

    def of(self, session_id: str, first: Address) -> Address:
        """`first`: where the client was when its session ended."""
        return self._newest.get(session_id, first)
