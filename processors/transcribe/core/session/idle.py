"""Which sessions' clients are gone: nothing came for the whole grace, although it could have been read.

Time counts only as far as the partition has been read to its end. So neither a broker that is down nor a transcriber
that is behind ends anybody's session."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_LONGEST_STEP_MS = 2000
"""Two looks at a partition's end say nothing about what was between them if they lie further apart: no more than this
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
    """Counts, per partition, the milliseconds for which it was read to its end, and measures each session's silence
    by them."""

    def __init__(self, grace_ms: int) -> None:
        self._grace_ms = grace_ms
        self._readable_ms: Counter[int] = Counter()
        self._seen_ms: dict[int, int] = {}
        self._quiet: dict[str, _Quiet] = {}

    def look(self, seen_ms: Mapping[int, int], sessions: Iterable[OpenSession]) -> tuple[OpenSession, ...]:
        """The sessions whose grace has just run out; each is named once until another record of it comes. `seen_ms`:
        when the end of a partition was seen, with all before it read, in milliseconds of any clock; `sessions`: all
        that are open."""
        for partition, at_ms in seen_ms.items():
            step_ms = at_ms - self._seen_ms.get(partition, at_ms)
            self._readable_ms[partition] += min(max(step_ms, 0), _LONGEST_STEP_MS)
            self._seen_ms[partition] = at_ms
        open_now = tuple(sessions)
        self._quiet = {each.session_id: self._silence(each) for each in open_now}
        gone = tuple(each for each in open_now if self._is_gone(each))
        for session in gone:
            self._quiet[session.session_id].named = True
        return gone

    def _silence(self, session: OpenSession) -> _Quiet:
        known = self._quiet.get(session.session_id)
        if known is not None and known.last_offset == session.last_offset:
            return known
        return _Quiet(session.last_offset, self._readable_ms[session.partition])

    def _is_gone(self, session: OpenSession) -> bool:
        silence = self._quiet[session.session_id]
        return not silence.named and self._readable_ms[session.partition] - silence.since_ms >= self._grace_ms
