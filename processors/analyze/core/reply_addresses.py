"""The current reply address of each session's client."""

from schemas.replies import ReplyAddress


class ReplyAddresses:
    """The newest addresses of clients that reconnected after their session had ended. At most `max_sessions` are kept.
    A client whose address was dropped still gets its report if the report is there when it reconnects."""

    def __init__(self, max_sessions: int = 10_000) -> None:
        self._max_sessions = max_sessions
        self._newest: dict[str, ReplyAddress] = {}

    def update(self, session_id: str, address: ReplyAddress) -> None:
        self._newest.pop(session_id, None)
        self._newest[session_id] = address
        if len(self._newest) > self._max_sessions:
            del self._newest[next(iter(self._newest))]

    def current(self, session_id: str, original: ReplyAddress) -> ReplyAddress:
        """`original`: the address at the end of the session."""
        return self._newest.get(session_id, original)
