"""All sessions of the partitions that this transcriber owns.

Each session advances at its own log's pace: its records wait while a frame of it waits for the voice activity detector
and while its window is with the model; and while its window waits for its turn, unless windows coalesce."""

from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field

from processors.transcribe.core.audio.vad import VadInput, VadOutput
from processors.transcribe.core.audio.windows import Hypothesis, Window
from processors.transcribe.core.session import publishing, transitions
from processors.transcribe.core.session.idle_sessions import OpenSession
from processors.transcribe.core.session.log_records import ResumeRecord, SessionLogRecord, StartRecord
from processors.transcribe.core.session.output import NOTHING, IgnoredReason, Output, RejectedRecord, joined
from processors.transcribe.core.session.recovery import SessionRecovery
from processors.transcribe.core.session.snapshot import take_snapshot
from processors.transcribe.core.session.state import TranscriptionOptions, TranscriptionPhase, TranscriptionState
from processors.transcribe.core.session.window_scheduler import WindowScheduler
from schemas.snapshots import Redelivery, TranscriptionSnapshot

_REMEMBERED_MS = 10 * 60_000
"""How long a session is remembered after its end, for a client that lost its connection while it waited."""
_NO_REPLIES = Redelivery()


@dataclass
class TrackedSession:
    state: TranscriptionState
    newest_offset: int
    """Its last record that was read, though it may still be buffered."""
    buffered: deque[SessionLogRecord] = field(default_factory=deque)
    """Records that the state cannot receive yet."""
    changed: bool = True
    """Whether it has changed since its newest snapshot."""
    finals_from: int | None = None
    """An offset in `transcripts` before which there is no final of the session."""
    ended_at_ms: int | None = None

    @property
    def partition(self) -> int:
        return self.state.last_record.partition

    @property
    def is_open(self) -> bool:
        return self.state.phase is not TranscriptionPhase.ENDED

    @property
    def needs_from(self) -> int | None:
        """The first record that the next owner must read again; None if none is needed."""
        if self.state.audio.offsets:
            return self.state.audio.offsets[0]
        return self.buffered[0].offset if self.buffered else None


class SessionRegistry:
    """The sessions by id. `scheduler` knows whose windows are due."""

    def __init__(self, options: TranscriptionOptions) -> None:
        self._options = options
        self._sessions: dict[str, TrackedSession] = {}
        self._recoveries: dict[str, SessionRecovery] = {}
        self._pending_vad: dict[str, None] = {}
        self._yielded: dict[str, None] = {}
        """Sessions with buffered records that continue when the log is next advanced."""
        self._buffered: Counter[int] = Counter()
        self.scheduler = WindowScheduler(lambda session_id: self._sessions[session_id].state, options)

    @property
    def has_work(self) -> bool:
        """Whether there is work without another record being read."""
        return self.has_records_or_frames or self.scheduler.ready > 0

    @property
    def has_records_or_frames(self) -> bool:
        """Whether there is work other than windows."""
        return bool(self._pending_vad or self._yielded)

    def restore(self, recoveries: Iterable[SessionRecovery]) -> Output:
        """Sessions of a newly assigned partition. Their last replies are sent again, for the previous owner may not
        have sent them. The log is read on from where the oldest of their audio begins."""
        return joined([self._restore(recovery) for recovery in recoveries])

    def _restore(self, recovery: SessionRecovery) -> Output:
        self._recoveries[recovery.snapshot.session_id] = recovery
        self._complete_recovery(recovery, next_offset=0)
        return publishing.redelivery(recovery.state(self._options), recovery.snapshot.told)

    def _complete_recovery(self, recovery: SessionRecovery, next_offset: int) -> None:
        """Track the session once all of its audio has been read again."""
        snapshot = recovery.snapshot
        if not recovery.is_complete(next_offset):
            return
        del self._recoveries[snapshot.session_id]
        session = TrackedSession(
            recovery.state(self._options),
            snapshot.offset,
            changed=False,
            finals_from=snapshot.finals_from,
            ended_at_ms=snapshot.ended_at_ms,
        )
        self._sessions[snapshot.session_id] = session
        self._queue(session)

    def advance(self, records: Iterable[SessionLogRecord]) -> Output:
        """The next records of the log, those of one partition in order. Sessions that yielded continue."""
        yielded, self._yielded = self._yielded, {}
        continued = [self._drain(self._sessions[each]) for each in yielded if each in self._sessions]
        return joined([*continued, *(self._receive(record) for record in records)])

    def _receive(self, record: SessionLogRecord) -> Output:
        recovery = self._recoveries.get(record.session_id)
        if recovery is not None:
            recovery = self._recoveries[record.session_id] = recovery.read(record)
            self._complete_recovery(recovery, next_offset=record.offset + 1)
            return NOTHING if record.offset <= recovery.snapshot.offset else self._receive(record)
        session = self._sessions.get(record.session_id)
        if session is None:
            return self._start(record)
        if record.offset <= session.newest_offset:
            return NOTHING  # It is read again for another session's sake.
        session.newest_offset = record.offset
        session.buffered.append(record)
        self._buffered[record.partition] += 1
        return self._drain(session)

    def _start(self, record: SessionLogRecord) -> Output:
        match record.body:
            case StartRecord() as body:
                state, output = transitions.start(self._options, record, body)
                self._sessions[record.session_id] = TrackedSession(state, record.offset)
                return output
            case ResumeRecord() as resume:
                return publishing.resume_refused(record.session_id, record.position, resume, "no_session")
            case _:
                return Output(ignored=(IgnoredReason.NO_SESSION,))

    def _drain(self, session: TrackedSession) -> Output:
        """Process a session's buffered records as far as its state can receive them."""
        outputs = []
        is_free = not self.scheduler.is_in_flight(session.state.started.session_id)
        while is_free and session.buffered and transitions.can_receive(session.state):
            record = session.buffered.popleft()
            self._buffered[record.partition] -= 1
            session.state, output = transitions.receive(session.state, record)
            session.changed = True
            outputs.append(output)
        self._queue(session)
        return joined(outputs)

    def _yield(self, session: TrackedSession) -> None:
        """Leave the buffered records until the log is next advanced."""
        if session.buffered:
            self._yielded.setdefault(session.state.started.session_id)
        self._queue(session)

    def _queue(self, session: TrackedSession) -> None:
        """Note what the session waits for now."""
        state = session.state
        if state.pending_vad is not None:
            self._pending_vad.setdefault(state.started.session_id)
        if state.phase is TranscriptionPhase.WINDOW_DUE:
            self.scheduler.add(state.started.session_id)

    def pending_vad(self) -> tuple[VadInput, ...]:
        """The frames that the detector must process before their sessions can continue, one of each session."""
        inputs = (self._sessions[each].state.vad_input for each in self._pending_vad)
        return tuple(each for each in inputs if each is not None)

    def apply_vad(self, inputs: Sequence[VadInput], outputs: Sequence[VadOutput], go_on: bool) -> Output:
        """The detector's outputs. The sessions `go_on` at once, or yield until the log is next advanced."""
        pairs = zip(inputs, outputs, strict=True)
        return joined([self._apply_vad(each.session_id, output, go_on) for each, output in pairs])

    def _apply_vad(self, session_id: str, vad: VadOutput, go_on: bool) -> Output:
        session = self._sessions[session_id]
        del self._pending_vad[session_id]
        session.state, output = transitions.apply_vad(session.state, vad)
        session.changed = True
        if go_on:
            return joined((output, self._drain(session)))
        self._yield(session)
        return output

    def apply_hypotheses(self, windows: Sequence[Window], hypotheses: Sequence[Hypothesis]) -> Output:
        """What was recognised in windows that the scheduler handed out. Their sessions yield."""
        return joined([self._apply_hypothesis(*pair) for pair in zip(windows, hypotheses, strict=True)])

    def _apply_hypothesis(self, window: Window, hypothesis: Hypothesis) -> Output:
        session = self._sessions[window.session_id]
        self.scheduler.remove(window.session_id)
        session.state, output = transitions.apply_hypothesis(session.state, window, hypothesis)
        session.changed = True
        self._yield(session)
        return joined((_failure(window, hypothesis.failed), output)) if hypothesis.failed else output

    def remove_partitions(self, partitions: Set[int]) -> None:
        """These partitions have been revoked."""
        for session_id, session in [*self._sessions.items()]:
            if session.partition in partitions:
                self._remove(session_id)
        for session_id, recovery in [*self._recoveries.items()]:
            if recovery.partition in partitions:
                del self._recoveries[session_id]

    def _remove(self, session_id: str) -> None:
        session = self._sessions.pop(session_id)
        self._buffered[session.partition] -= len(session.buffered)
        self.scheduler.remove(session_id)
        for waiting in (self._pending_vad, self._yielded):
            waiting.pop(session_id, None)

    def offset_to_commit(self, partition: int, next_offset: int) -> int:
        """Where the next owner must begin to read: at the oldest record that any session of the partition still needs,
        else at the next one to be read."""
        every: list[TrackedSession | SessionRecovery] = [*self._sessions.values(), *self._recoveries.values()]
        needed = (each.needs_from for each in every if each.partition == partition)
        return min([next_offset, *(offset for offset in needed if offset is not None)])

    def snapshots(
        self,
        partition: int,
        replies: Mapping[str, Redelivery],
        transcripts_end: int,
        next_offset: int,
        now_ms: int,
    ) -> dict[str, TranscriptionSnapshot | None]:
        """Snapshots of the sessions that have changed since their last one; None for those that are no longer
        remembered. `replies`: what the same commit sends to each session's client; `transcripts_end`: the earliest
        offset in `transcripts` at which its finals can stand."""
        mine = [(name, each) for name, each in self._sessions.items() if each.partition == partition]
        offset = self.offset_to_commit(partition, next_offset)
        forgotten = [name for name, each in mine if _is_forgotten(each, offset, now_ms)]
        changed = [(name, each) for name, each in mine if each.changed and name not in forgotten]
        for session_id in forgotten:
            self._remove(session_id)
        return {
            name: _snapshot(each, replies.get(name, _NO_REPLIES), transcripts_end, now_ms) for name, each in changed
        } | dict.fromkeys(forgotten)

    def backlogged(self, limit: int) -> frozenset[int]:
        """Partitions with at least this many records buffered."""
        return frozenset(partition for partition, buffered in self._buffered.items() if buffered >= limit)

    @property
    def buffered(self) -> int:
        """Records that wait in memory until their session can receive them."""
        return self._buffered.total()

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


def _snapshot(session: TrackedSession, replies: Redelivery, transcripts_end: int, now_ms: int) -> TranscriptionSnapshot:
    session.changed = False
    if session.finals_from is None:
        session.finals_from = transcripts_end
    if not session.is_open and session.ended_at_ms is None:
        session.ended_at_ms = now_ms
    return take_snapshot(session.state, replies, session.finals_from, session.ended_at_ms)


def _is_forgotten(session: TrackedSession, offset: int, now_ms: int) -> bool:
    """Whether a session ended long enough ago, and the next owner would read none of its records again: it would take
    them for a new session's."""
    ended_at_ms = session.ended_at_ms
    return ended_at_ms is not None and now_ms - ended_at_ms >= _REMEMBERED_MS and offset > session.newest_offset


def _failure(window: Window, reason: str) -> Output:
    letter = RejectedRecord(
        partition=window.partition,
        offset=window.offset,
        timestamp_ms=window.due_at_ms,
        key=window.session_id.encode(),
        value=None,
        reason=f"the window that this record made due could not be recognised: {reason}",
    )
    return Output(dead_letters=(letter,))
