"""All sessions of the partitions that this transcriber owns.

Each session is worked through at its own log's pace: while a frame of it waits for the voice filter, its later records
wait too, and so they do while a window waits to be heard, unless windows coalesce. Due windows are given out in the
order in which they came due, one per session at a time, so that a recording sent at eight times the speed holds nobody
up and no session waits for more than a round."""

from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from processors.transcribe.core import stream as machine
from processors.transcribe.core.idle import OpenSession
from processors.transcribe.core.output import NOTHING, Dropped, Output, Rejected, joined
from processors.transcribe.core.records import LogRecord, Start
from processors.transcribe.core.state import Phase, Stream, StreamOptions
from processors.transcribe.core.voice import Listened, Piece
from processors.transcribe.core.windows import Hypothesis, Window


@dataclass
class _Session:
    """`begun`: its `start` record. `newest_offset`: its last record that was read, though it may still be waiting."""

    stream: Stream
    begun: LogRecord
    newest_offset: int
    waiting: deque[LogRecord] = field(default_factory=deque)


class Streams:
    """The sessions by id, and the order in which their windows are due."""

    def __init__(self, options: StreamOptions) -> None:
        self._options = options
        self._sessions: dict[str, _Session] = {}
        self._due: dict[str, None] = {}
        self._unlistened: dict[str, None] = {}
        self._resting: dict[str, None] = {}
        self._waiting: Counter[int] = Counter()

    @property
    def busy(self) -> bool:
        """Whether there is work without another record being read."""
        return bool(self._due or self._unlistened or self._resting)

    def advance(self, records: Iterable[LogRecord]) -> Output:
        """What the log says next. Records of one partition come in its order."""
        resting, self._resting = self._resting, {}
        rested = [self._work(self._sessions[each]) for each in resting if each in self._sessions]
        return joined([*rested, *(self._take(record) for record in records)])

    def _take(self, record: LogRecord) -> Output:
        session = self._sessions.get(record.session_id)
        if session is not None:
            session.newest_offset = record.offset
            session.waiting.append(record)
            self._waiting[record.partition] += 1
            return self._work(session)
        if not isinstance(record.body, Start):
            return Output(dropped=(Dropped.NO_SESSION,))
        stream, output = machine.begin(self._options, record, record.body)
        self._sessions[record.session_id] = _Session(stream, record, record.offset)
        return output

    def _work(self, session: _Session) -> Output:
        """Go on with a session's log as far as the stream takes it now."""
        outputs = []
        while session.waiting and machine.takes(session.stream):
            record = session.waiting.popleft()
            self._waiting[record.partition] -= 1
            session.stream, output = machine.receive(session.stream, record)
            outputs.append(output)
        return joined((*outputs, self._stand(session)))

    def _rest(self, session: _Session) -> Output:
        """Leave the records that wait for the next time the log is advanced."""
        if session.waiting:
            self._resting.setdefault(session.stream.started.session_id)
        return self._stand(session)

    def _stand(self, session: _Session) -> Output:
        """Note what the session waits for now."""
        stream = session.stream
        if stream.phase is Phase.OVER:
            self._remove(session)
            return Output(dropped=(Dropped.NO_SESSION,) * len(session.waiting))
        if stream.unlistened is not None:
            self._unlistened.setdefault(stream.started.session_id)
        if stream.phase is Phase.DUE:
            self._due.setdefault(stream.started.session_id)
        return NOTHING

    def unlistened(self) -> tuple[Piece, ...]:
        """The frames that the voice filter must listen to before their sessions can go on, one of each."""
        pieces = (self._sessions[each].stream.piece for each in self._unlistened)
        return tuple(piece for piece in pieces if piece is not None)

    def listened(self, pieces: Sequence[Piece], heard: Sequence[Listened], go_on: bool) -> Output:
        """What the voice filter found in them. The sessions `go_on` at once, or rest until the log is advanced."""
        pairs = zip(pieces, heard, strict=True)
        return joined([self._listened(piece.session_id, each, go_on) for piece, each in pairs])

    def _listened(self, session_id: str, heard: Listened, go_on: bool) -> Output:
        session = self._sessions[session_id]
        del self._unlistened[session_id]
        session.stream, output = machine.listened(session.stream, heard)
        return joined((output, self._work(session) if go_on else self._rest(session)))

    def due(self, limit: int) -> tuple[Window, ...]:
        """The windows that have waited longest, at most so many. They stay due until they are settled."""
        ids = list(self._due)[:limit]
        return tuple(window for window in (self._sessions[each].stream.window for each in ids) if window is not None)

    def settle(self, windows: Sequence[Window], hypotheses: Sequence[Hypothesis]) -> Output:
        """What was heard in windows that were due."""
        return joined([self._settle(*pair) for pair in zip(windows, hypotheses, strict=True)])

    def _settle(self, window: Window, hypothesis: Hypothesis) -> Output:
        session = self._sessions[window.session_id]
        del self._due[window.session_id]
        record = session.stream.newest
        session.stream, output = machine.settle(session.stream, window, hypothesis)
        output = joined((output, self._rest(session)))
        return joined((_rejected(record, hypothesis.failed), output)) if hypothesis.failed else output

    def forget(self, partitions: Iterable[int]) -> None:
        """These partitions are another's now."""
        gone = set(partitions)
        for session in [each for each in self._sessions.values() if each.begun.partition in gone]:
            self._remove(session)

    def _remove(self, session: _Session) -> None:
        session_id = session.begun.session_id
        self._waiting[session.begun.partition] -= len(session.waiting)
        for waiting in (self._due, self._unlistened, self._resting):
            waiting.pop(session_id, None)
        del self._sessions[session_id]

    def positions(self, read_to: Mapping[int, int]) -> dict[int, int]:
        """Where a successor must begin in each partition: at the start of its oldest unfinished session, else where
        reading has come to."""
        positions = dict(read_to)
        for session in self._sessions.values():
            if session.begun.partition in positions:
                positions[session.begun.partition] = min(positions[session.begun.partition], session.begun.offset)
        return positions

    def crowded(self, limit: int) -> frozenset[int]:
        """Partitions of which so many records wait in memory."""
        return frozenset(partition for partition, waiting in self._waiting.items() if waiting >= limit)

    @property
    def waiting(self) -> int:
        """Records that wait for a window of their session to be heard."""
        return self._waiting.total()

    def open_sessions(self) -> tuple[OpenSession, ...]:
        return tuple(
            OpenSession(session_id, each.begun.partition, each.newest_offset)
            for session_id, each in self._sessions.items()
        )


def _rejected(record: LogRecord, reason: str) -> Output:
    letter = Rejected(
        partition=record.partition,
        offset=record.offset,
        timestamp_ms=record.timestamp_ms,
        key=record.session_id.encode(),
        value=None,
        reason=f"the window that this record made due could not be heard: {reason}",
    )
    return Output(rejected=(letter,))
