"""One partition as Kafka would hold it, and an owner of it that can die at any moment: the whole of exactly-once,
without Kafka and without time."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from processors.transcribe.core.audio.vad import VadInput, VadOutput, VadState
from processors.transcribe.core.audio.windows import Hypothesis, Window
from processors.transcribe.core.session.log_records import SessionLogRecord
from processors.transcribe.core.session.output import AddressedReply, Output
from processors.transcribe.core.session.pending_commits import Commit, PendingCommits
from processors.transcribe.core.session.recovery import SessionRecovery
from processors.transcribe.core.session.registry import SessionRegistry
from processors.transcribe.core.session.state import TranscriptionOptions
from schemas.snapshots import TranscriptionSnapshot
from schemas.topics import Topic, parse_event
from schemas.transcripts import Final, SessionTranscribed, TranscriptFinal
from schemas.words import Word
from tests.support.transcribe.core_values import OPTIONS, Script, any_batch, word
from tests.support.transcribe.session_records import session_ended

PARTITION = 0


def _chance(*parts: object) -> bytes:
    """Bytes that are always the same for the same parts."""
    return hashlib.sha256(repr(parts).encode()).digest()


def recognised_in(window: Window) -> Hypothesis:
    """What a steady recogniser finds: a word every 400 ms, those near the edges of the window often wrong. It depends
    on the window alone."""
    first, last = -(-window.start_ms // 400), (window.end_ms - 200) // 400
    return Hypothesis(tuple(_word(window, at, at in (first, last, last - 1)) for at in range(first, last + 1)))


def _word(window: Window, at: int, is_at_the_edge: bool) -> Word:
    chance = _chance(window.session_id, at, *([window.start, window.end_ms] if is_at_the_edge else []))
    start_ms = at * 400 - window.start_ms
    return word(["yes", "no", "dog", "the"][chance[0] % 4], start_ms, start_ms + 100 + chance[1] % 200)


def truly_recognised_in(window: Window) -> Hypothesis:
    """What a perfect recogniser finds: every word that lies wholly in the window, each of them a different one."""
    places = range(-(-window.start_ms // 400), (window.end_ms - 300) // 400 + 1)
    starts = ((at, at * 400 - window.start_ms) for at in places)
    return Hypothesis(tuple(word(f"word-{at}", start_ms, start_ms + 300) for at, start_ms in starts))


def detected_in(given: VadInput) -> VadOutput:
    """What a steady detector finds: it depends on how much audio it has had."""
    at = len(given.state.rest)
    chance = _chance(given.session_id, at)
    speaks = chance[0] % 3 > 0
    return VadOutput(
        tuple((byte | 128 if speaks else byte & 63) / 255 for byte in chance[:8]), VadState(rest=bytes(at + 1))
    )


@dataclass
class Partition:
    """What is durable: the log, and what was committed."""

    log: Sequence[SessionLogRecord]
    offset: int = 0
    """The committed offset."""
    snapshots: dict[str, bytes] = field(default_factory=dict)
    facts: list[bytes] = field(default_factory=list)
    replies: list[AddressedReply] = field(default_factory=list)
    """Those that the broker accepted."""

    def commit(self, commit: Commit) -> int:
        assert commit.offset >= self.offset
        self.offset = commit.offset
        self.facts += [fact.event.encode() for fact in commit.facts]
        for session_id, snapshot in commit.snapshots.items():
            if snapshot is None:
                del self.snapshots[session_id]
            else:
                self.snapshots[session_id] = snapshot.encode()
        return len(self.facts)

    def recoveries(self) -> list[SessionRecovery]:
        found = [parse_event(Topic.TRANSCRIBE_STATE, value) for value in self.snapshots.values()]
        kept = [snapshot for snapshot in found if isinstance(snapshot, TranscriptionSnapshot)]
        return [SessionRecovery(PARTITION, each, self.finals(each.session_id, each.finals_from)) for each in kept]

    def finals(self, session_id: str, since: int = 0) -> tuple[Final, ...]:
        """As they are in `transcripts`."""
        events = (
            parse_event(Topic.TRANSCRIPTS, value) for value in self.facts[since:] if b"words_counted" not in value
        )
        return tuple(
            event.final for event in events if isinstance(event, TranscriptFinal) and event.session_id == session_id
        )

    def transcribed(self, session_id: str) -> list[SessionTranscribed]:
        events = (parse_event(Topic.TRANSCRIPTS, value) for value in self.facts if b"session_transcribed" in value)
        return [event for event in events if isinstance(event, SessionTranscribed) and event.session_id == session_id]


class Owner:
    """A transcriber that owns the partition until it is dropped."""

    def __init__(
        self,
        partition: Partition,
        options: TranscriptionOptions,
        recogniser: Callable[[Window], Hypothesis] = recognised_in,
    ) -> None:
        self.partition = partition
        self.recogniser = recogniser
        self.sessions = SessionRegistry(options)
        self.pending = PendingCommits(self.sessions)
        self.next_offset = partition.offset
        self.now_ms = 0
        self.in_progress: Commit | None = None
        self.transcripts_end = 0
        self.pending.open(PARTITION, partition.offset, len(partition.facts))
        self._add(self.sessions.restore(partition.recoveries()))

    def _add(self, output: Output) -> None:
        self.partition.replies += self.pending.add(output)

    def read(self, count: int) -> None:
        records = self.partition.log[self.next_offset : self.next_offset + count]
        self.next_offset += len(records)
        self.pending.advance({PARTITION: self.next_offset})
        self._add(self.sessions.advance(records))

    def detect(self) -> None:
        inputs = self.sessions.pending_vad()
        self._add(self.sessions.apply_vad(inputs, [detected_in(each) for each in inputs], go_on=True))

    def recognise(self) -> None:
        windows = self.sessions.scheduler.next_batch(2, any_batch)
        self._add(self.sessions.apply_hypotheses(windows, [self.recogniser(window) for window in windows]))

    def commit(self) -> None:
        """Does not send any reply yet."""
        if self.in_progress is None:
            self.in_progress = self.pending.take(PARTITION, self.now_ms)
            if self.in_progress is not None:
                self.transcripts_end = self.partition.commit(self.in_progress)

    def publish(self) -> None:
        """Send the last commit's replies."""
        if self.in_progress is not None:
            self.partition.replies += self.in_progress.replies
            self.pending.acknowledge(self.in_progress, self.transcripts_end)
            self.in_progress = None

    def observe(self, saturated: bool) -> None:
        """Windows may have to wait from now on, or not."""
        self.now_ms += 100
        self.sessions.scheduler.observe(self.now_ms, saturated)

    def finish(self) -> None:
        """Process the whole log."""
        self.observe(saturated=False)
        while self.next_offset < len(self.partition.log) or self.sessions.has_work:
            self.read(5)
            self.detect()
            self.recognise()
            self.commit()
            self.publish()
        for _ in range(2):
            self.commit()
            self.publish()


def undisturbed_finals(session_id: str, frames: int) -> list[Final]:
    """What an owner that is never disturbed makes of so many frames, without voice activity detection."""
    script = Script(session_id)
    log = [script.start(), *(script.frame() for _ in range(frames)), script.record(session_ended(session_id))]
    partition = Partition(log)
    Owner(partition, OPTIONS).finish()
    return list(partition.finals(session_id))
