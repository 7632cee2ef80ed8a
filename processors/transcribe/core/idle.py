"""Which sessions' clients are gone: nothing came for the whole grace, although it could have been read.

Time counts only while the partition was readable and read to its end. So neither a broker that is down nor a
transcriber that is behind ends anybody's session."""

from collections import Counter
from collections.abc import Iterable, Set
from dataclasses import dataclass

_LONGEST_TICK_MS = 2000
"""Two looks at a partition say nothing about what was between them if they lie further apart: no more than this
counts."""


@dataclass(frozen=True)
class OpenSession:
    """A session that has not ended, and the offset of its last record."""

    session_id: str
    partition: int
    last_offset: int


@dataclass
class _Quiet:
    """`since_ms`: reading of the partition's clock when this record was the last."""

    last_offset: int
    since_ms: int
    named: bool = False


class IdleWatch:
    """Counts, per partition, the milliseconds in which it could be read, and measures each session's silence by
    them."""

    def __init__(self, grace_ms: int) -> None:
        self._grace_ms = grace_ms
        self._readable_ms: Counter[int] = Counter()
        self._last_ms: int | None = None
        self._last_readable: frozenset[int] = frozenset()
        self._quiet: dict[str, _Quiet] = {}

    def tick(self, now_ms: int, readable: Set[int], sessions: Iterable[OpenSession]) -> tuple[OpenSession, ...]:
        """The sessions whose grace has just run out; each is named once until another record of it comes. `now_ms`: a
        clock that never goes back; `readable`: the partitions that could be read to their ends just now; `sessions`:
        all that are open."""
        elapsed_ms = min(now_ms - self._last_ms, _LONGEST_TICK_MS) if self._last_ms is not None else 0
        for partition in readable & self._last_readable:
            self._readable_ms[partition] += elapsed_ms
        self._last_ms, self._last_readable = now_ms, frozenset(readable)
        quiet = {each.session_id: self._silence(each) for each in sessions}
        self._quiet = {session_id: silence for session_id, (_, silence) in quiet.items()}
        gone = tuple(session for session, silence in quiet.values() if self._is_over(session, silence))
        for session in gone:
            self._quiet[session.session_id].named = True
        return gone

    def _silence(self, session: OpenSession) -> tuple[OpenSession, _Quiet]:
        known = self._quiet.get(session.session_id)
        if known is None or known.last_offset != session.last_offset:
            known = _Quiet(session.last_offset, self._readable_ms[session.partition])
        return session, known

    def _is_over(self, session: OpenSession, silence: _Quiet) -> bool:
        return not silence.named and self._readable_ms[session.partition] - silence.since_ms >= self._grace_ms
