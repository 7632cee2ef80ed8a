"""An index of the first report of each session, as far as the topic `reports` has been read."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ReportLocation:
    """A record on `reports`."""

    partition: int
    offset: int
    has_report: bool
    """False if the record says that no report could be made."""


class ReportIndex:
    """The first report of each session in one partition. A report is never replaced; a failure is replaced by the first
    report that follows it, since an operator may retry a failed session. At most `max_sessions` sessions are kept: the
    oldest are dropped, and `since_ms`, the time from which the index is complete, moves on."""

    def __init__(self, since_ms: int, max_sessions: int = 100_000) -> None:
        self.since_ms = since_ms
        self._max_sessions = max_sessions
        self._sessions: dict[str, tuple[int, ReportLocation]] = {}

    def add(self, session_id: str, location: ReportLocation, at_ms: int) -> None:
        """Records are added in their order in the partition; `at_ms` is the record's timestamp."""
        known = self._sessions.get(session_id)
        if known is not None and (known[1].has_report or not location.has_report):
            return
        self._sessions[session_id] = (at_ms, location)
        if len(self._sessions) > self._max_sessions:
            oldest = next(iter(self._sessions))
            self.since_ms = max(self.since_ms, self._sessions.pop(oldest)[0] + 1)

    def first(self, session_id: str) -> ReportLocation | None:
        known = self._sessions.get(session_id)
        return known[1] if known else None
