"""All sessions of the partitions that this transcriber owns.

Each session is worked through at its own log's pace: while a frame of it waits for the voice filter, its later records
wait too, and so they do while a window waits to be heard, unless windows coalesce, and while it is with the model. Due
windows are given out in the order in which they came due, one per session at a time, so that a recording sent at eight
times the speed holds nobody up and no session waits until another has been heard twice."""

from collections import Counter, deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import islice

from processors.transcribe.core.audio.vad import VadInput, VadOutput
from processors.transcribe.core.audio.windows import Hypothesis, Window
from processors.transcribe.core.session import publishing, snapshot, transitions
from processors.transcribe.core.session.idle import OpenSession
from processors.transcribe.core.session.log_records import ResumeRecord, SessionLogRecord, StartRecord
from processors.transcribe.core.session.output import NOTHING, IgnoredReason, Output, RejectedRecord, joined
from processors.transcribe.core.session.recovery import SessionRecovery
from processors.transcribe.core.session.state import Phase, TranscriptionOptions, TranscriptionState
from schemas.audio import FRAME_MS
from schemas.snapshots import LastTold, StreamSnapshot

_REMEMBERED_MS = 10 * 60_000
"""How long a session is remembered after its end, for a client that lost its connection while it waited."""
_NOTHING_TOLD = LastTold()


@dataclass
class TrackedSession:
    """`newest_offset`: its last record that was read, though it may still be waiting. `changed`: there is more to it
    than its newest snapshot says. `finals_from`: an offset in `transcripts` before which none of its finals stands."""

    stream: TranscriptionState
    newest_offset: int
    waiting: deque[SessionLogRecord] = field(default_factory=deque)
    changed: bool = True
    finals_from: int | None = None
    ended_at_ms: int | None = None

    @property
    def partition(self) -> int:
        return self.stream.newest.partition

    @property
    def is_open(self) -> bool:
        return self.stream.phase is not Phase.OVER

    @property
    def needs_from(self) -> int | None:
        """The first record that a successor must read again; None if none is needed."""
        if self.stream.audio.offsets:
            return self.stream.audio.offsets[0]
        return self.waiting[0].offset if self.waiting else None


class SessionRegistry:
    """The sessions by id, and the order in which their windows are due."""

    def __init__(self, options: TranscriptionOptions) -> None:
        self._options = options
        self._heavy = False
        self._now_ms = 0
        self._longest_wait_ms = options.busy_window_frames * FRAME_MS
        self._sessions: dict[str, TrackedSession] = {}
        self._recoveries: dict[str, SessionRecovery] = {}
        self._due: dict[str, int] = {}
        """Since when, by the clock of `observe`."""
        self._with_model: set[str] = set()
        self._unlistened: dict[str, None] = {}
        self._resting: dict[str, None] = {}
        self._waiting: Counter[int] = Counter()

    def observe(self, now_ms: int, heavy: bool) -> None:
        """What time it is, by a clock that never goes back, and whether the model is busy: then windows that may wait
        for more audio do, though for no longer than it takes to say as much. Somebody who has fallen silent without
        an end would else see their last words when the load falls."""
        self._now_ms, self._heavy = now_ms, heavy

    @property
    def busy(self) -> bool:
        """Whether there is work without another record being read."""
        return self.restless or self.ready > 0

    @property
    def restless(self) -> bool:
        """Whether there is work besides windows."""
        return bool(self._unlistened or self._resting)

    @property
    def ready(self) -> int:
        """Windows that may be given out."""
        return sum(1 for _ in self._ready())

    def restore(self, recoveries: Iterable[SessionRecovery]) -> Output:
        """Sessions of a partition that is ours from now on; says again what the one before may not have said. The log
        is read on from where the oldest of their audio begins."""
        return joined([self._restore(recovery) for recovery in recoveries])

    def _restore(self, recovery: SessionRecovery) -> Output:
        self._recoveries[recovery.snapshot.session_id] = recovery
        self._recovered(recovery, read_to=0)
        return publishing.told_again(recovery.stream(self._options), recovery.snapshot.told)

    def _recovered(self, recovery: SessionRecovery, read_to: int) -> Output:
        """Go on with the session once all of its audio is there."""
        kept = recovery.snapshot
        if not recovery.is_complete(read_to):
            return NOTHING
        del self._recoveries[kept.session_id]
        session = TrackedSession(
            recovery.stream(self._options),
            kept.offset,
            changed=False,
            finals_from=kept.finals_from,
            ended_at_ms=kept.ended_at_ms,
        )
        self._sessions[kept.session_id] = session
        return self._stand(session)

    def advance(self, records: Iterable[SessionLogRecord]) -> Output:
        """What the log says next. Records of one partition come in its order."""
        resting, self._resting = self._resting, {}
        rested = [self._work(self._sessions[each]) for each in resting if each in self._sessions]
        return joined([*rested, *(self._take(record) for record in records)])

    def _take(self, record: SessionLogRecord) -> Output:
        recovery = self._recoveries.get(record.session_id)
        if recovery is not None:
            recovery = self._recoveries[record.session_id] = recovery.read(record)
            recovered = self._recovered(recovery, read_to=record.offset + 1)
            return recovered if record.offset <= recovery.snapshot.offset else joined((recovered, self._take(record)))
        session = self._sessions.get(record.session_id)
        if session is None:
            return self._begin(record)
        if record.offset <= session.newest_offset:
            return NOTHING  # It is read again, for the sake of another session.
        session.newest_offset = record.offset
        session.waiting.append(record)
        self._waiting[record.partition] += 1
        return self._work(session)

    def _begin(self, record: SessionLogRecord) -> Output:
        match record.body:
            case StartRecord() as start:
                stream, output = transitions.begin(self._options, record, start)
                self._sessions[record.session_id] = TrackedSession(stream, record.offset)
                return output
            case ResumeRecord() as resume:
                return publishing.gone(record.session_id, record.place, resume, "no_session")
            case _:
                return Output(dropped=(IgnoredReason.NO_SESSION,))

    def _work(self, session: TrackedSession) -> Output:
        """Go on with a session's log as far as the stream takes it now."""
        outputs = []
        is_free = session.stream.started.session_id not in self._with_model
        while is_free and session.waiting and transitions.takes(session.stream):
            record = session.waiting.popleft()
            self._waiting[record.partition] -= 1
            session.stream, output = transitions.receive(session.stream, record)
            session.changed = True
            outputs.append(output)
        return joined((*outputs, self._stand(session)))

    def _rest(self, session: TrackedSession) -> Output:
        """Leave the records that wait for the next time the log is advanced."""
        if session.waiting:
            self._resting.setdefault(session.stream.started.session_id)
        return self._stand(session)

    def _stand(self, session: TrackedSession) -> Output:
        """Note what the session waits for now."""
        stream = session.stream
        if stream.unlistened is not None:
            self._unlistened.setdefault(stream.started.session_id)
        if stream.phase is Phase.DUE:
            self._due.setdefault(stream.started.session_id, self._now_ms)
        return NOTHING

    def unlistened(self) -> tuple[VadInput, ...]:
        """The frames that the voice filter must listen to before their sessions can go on, one of each."""
        pieces = (self._sessions[each].stream.piece for each in self._unlistened)
        return tuple(piece for piece in pieces if piece is not None)

    def listened(self, pieces: Sequence[VadInput], heard: Sequence[VadOutput], go_on: bool) -> Output:
        """What the voice filter found in them. The sessions `go_on` at once, or rest until the log is advanced."""
        pairs = zip(pieces, heard, strict=True)
        return joined([self._listened(piece.session_id, each, go_on) for piece, each in pairs])

    def _listened(self, session_id: str, heard: VadOutput, go_on: bool) -> Output:
        session = self._sessions[session_id]
        del self._unlistened[session_id]
        session.stream, output = transitions.listened(session.stream, heard)
        session.changed = True
        return joined((output, self._work(session) if go_on else self._rest(session)))

    def due(self, limit: int) -> tuple[Window, ...]:
        """The windows that have waited longest, at most so many. They stay due until they are settled."""
        return tuple(islice(self._windows(), limit))

    def take_due(self, limit: int, kind: Callable[[Window], Hashable]) -> tuple[Window, ...]:
        """Of the windows that are due, the one that has waited longest, and those of its kind that have waited longest
        beside it, at most so many. They are with the model until they are settled: no other is given out of their
        sessions, whose logs wait."""
        windows = self._windows()
        first = next(windows, None) if limit > 0 else None
        if first is None:
            return ()
        wanted = kind(first)
        alike = (window for window in windows if kind(window) == wanted)
        taken = (first, *islice(alike, limit - 1))
        self._with_model.update(window.session_id for window in taken)
        return taken

    def _windows(self) -> Iterator[Window]:
        windows = (self._sessions[each].stream.window for each in self._ready())
        return (window for window in windows if window is not None)

    def _ready(self) -> Iterator[str]:
        waiting = ((each, since_ms) for each, since_ms in self._due.items() if each not in self._with_model)
        return (each for each, since_ms in waiting if not self._may_wait(each, since_ms))

    def _may_wait(self, session_id: str, since_ms: int) -> bool:
        in_time = self._now_ms - since_ms < self._longest_wait_ms
        return self._heavy and in_time and self._sessions[session_id].stream.may_wait

    def settle(self, windows: Sequence[Window], hypotheses: Sequence[Hypothesis]) -> Output:
        """What was heard in windows that were due."""
        return joined([self._settle(*pair) for pair in zip(windows, hypotheses, strict=True)])

    def _settle(self, window: Window, hypothesis: Hypothesis) -> Output:
        session = self._sessions[window.session_id]
        del self._due[window.session_id]
        self._with_model.discard(window.session_id)
        session.stream, output = transitions.settle(session.stream, window, hypothesis)
        session.changed = True
        output = joined((output, self._rest(session)))
        return joined((_rejected(window, hypothesis.failed), output)) if hypothesis.failed else output

    def forget(self, partitions: Set[int]) -> None:
        """These partitions are another's now."""
        for session_id, session in [*self._sessions.items()]:
            if session.partition in partitions:
                self._remove(session_id)
        for session_id, recovery in [*self._recoveries.items()]:
            if recovery.partition in partitions:
                del self._recoveries[session_id]

    def _remove(self, session_id: str) -> None:
        session = self._sessions.pop(session_id)
        self._waiting[session.partition] -= len(session.waiting)
        self._due.pop(session_id, None)
        for waiting in (self._unlistened, self._resting):
            waiting.pop(session_id, None)
        self._with_model.discard(session_id)

    def position(self, partition: int, read_to: int) -> int:
        """Where a successor must begin to read: at the oldest record that any session of the partition still needs,
        else where reading has come to."""
        every: list[TrackedSession | SessionRecovery] = [*self._sessions.values(), *self._recoveries.values()]
        needed = (each.needs_from for each in every if each.partition == partition)
        return min([read_to, *(offset for offset in needed if offset is not None)])

    def snapshots(
        self, partition: int, told: Mapping[str, LastTold], facts_to: int, read_to: int, now_ms: int
    ) -> dict[str, StreamSnapshot | None]:
        """Of the sessions that have changed since their last one, which is then in the past; None for those that are
        remembered no longer. `told`: what clients are told by the same commit; `facts_to`: where its finals will stand
        in `transcripts`, at the earliest."""
        mine = [(name, each) for name, each in self._sessions.items() if each.partition == partition]
        position = self.position(partition, read_to)
        forgotten = [name for name, each in mine if _is_forgotten(each, position, now_ms)]
        changed = [(name, each) for name, each in mine if each.changed and name not in forgotten]
        for session_id in forgotten:
            self._remove(session_id)
        return {
            name: _snapshot(each, told.get(name, _NOTHING_TOLD), facts_to, now_ms) for name, each in changed
        } | dict.fromkeys(forgotten)

    def crowded(self, limit: int) -> frozenset[int]:
        """Partitions of which so many records wait in memory."""
        return frozenset(partition for partition, waiting in self._waiting.items() if waiting >= limit)

    @property
    def waiting(self) -> int:
        """Records that wait for a window of their session to be heard."""
        return self._waiting.total()

    def open_sessions(self) -> tuple[OpenSession, ...]:
        sessions = (
            OpenSession(name, each.partition, each.newest_offset)
            for name, each in self._sessions.items()
            if each.is_open
        )
        recoveries = (
            OpenSession(name, each.partition, each.snapshot.offset) for name, each in self._recoveries.items()
        )
        return (*sessions, *recoveries)


def _snapshot(session: TrackedSession, told: LastTold, facts_to: int, now_ms: int) -> StreamSnapshot:
    session.changed = False
    if session.finals_from is None:
        session.finals_from = facts_to
    if not session.is_open and session.ended_at_ms is None:
        session.ended_at_ms = now_ms
    return snapshot.taken(session.stream, told, session.finals_from, session.ended_at_ms)


def _is_forgotten(session: TrackedSession, position: int, now_ms: int) -> bool:
    """Whether a session ended long enough ago, and a successor would read none of its records again: it would take
    them for a new session's."""
    ended_at_ms = session.ended_at_ms
    return ended_at_ms is not None and now_ms - ended_at_ms >= _REMEMBERED_MS and position > session.newest_offset


def _rejected(window: Window, reason: str) -> Output:
    letter = RejectedRecord(
        partition=window.partition,
        offset=window.offset,
        timestamp_ms=window.due_at_ms,
        key=window.session_id.encode(),
        value=None,
        reason=f"the window that this record made due could not be heard: {reason}",
    )
    return Output(rejected=(letter,))
