"""Which sessions' clients are gone: no record arrived during the whole grace period, although it could have been read.

Time counts only while a partition is read to its end, so neither a broker that is down nor a transcriber that lags
behind ends a session."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_LONGEST_STEP_MS = 2000
"""Two observations of a partition's end say nothing about the time between them if they lie further apart: no more than
this counts."""


@dataclass(frozen=True)
class OpenSession:
    """A session that has not ended."""

    session_id: str
    partition: int
    last_offset: int
    """The offset of its last record."""


@dataclass
class _Silence:
    last_offset: int
    since_ms: int
    """Reading of the partition's clock when this record was the last."""
    reported: bool = False


class IdleWatch:
    """Counts, for each partition, the milliseconds during which it was read to its end, and measures each session's
    silence by that clock."""

    def __init__(self, grace_ms: int) -> None:
        self._grace_ms = grace_ms
        self._readable_ms: Counter[int] = Counter()
        self._seen_ms: dict[int, int] = {}
        self._silences: dict[str, _Silence] = {}

    def expired(self, ends_seen_ms: Mapping[int, int], sessions: Iterable[OpenSession]) -> tuple[OpenSession, ...]:
        """The sessions whose grace period has just run out. Each is reported once, until another record of it arrives.

        `ends_seen_ms`: for each partition that has been read to its end, when that end was seen, in milliseconds of any
        clock; `sessions`: all open sessions."""
        for partition, at_ms in ends_seen_ms.items():
            step_ms = at_ms - self._seen_ms.get(partition, at_ms)
            self._readable_ms[partition] += min(max(step_ms, 0), _LONGEST_STEP_MS)
            self._seen_ms[partition] = at_ms
        open_now = tuple(sessions)
        self._silences = {each.session_id: self._silence(each) for each in open_now}
        expired = tuple(each for each in open_now if self._is_expired(each))
        for session in expired:
            self._silences[session.session_id].reported = True
        return expired

    def _silence(self, session: OpenSession) -> _Silence:
        known = self._silences.get(session.session_id)
        if known is not None and known.last_offset == session.last_offset:
            return known
        return _Silence(session.last_offset, self._readable_ms[session.partition])

    def _is_expired(self, session: OpenSession) -> bool:
        silence = self._silences[session.session_id]
        return not silence.reported and self._readable_ms[session.partition] - silence.since_ms >= self._grace_ms
