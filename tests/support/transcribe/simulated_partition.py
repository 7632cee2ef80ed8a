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
from schemas.snapshots import StreamSnapshot
from schemas.topics import Topic, parse_event
from schemas.transcripts import Final, SessionTranscribed, TranscriptFinal
from schemas.words import Word
from tests.support.transcribe.core_values import OPTIONS, Script, word
from tests.support.transcribe.session_records import session_ended

PARTITION = 0


def _chance(*parts: object) -> bytes:
    """Bytes that are always the same for the same parts."""
    return hashlib.sha256(repr(parts).encode()).digest()


def heard_in(window: Window) -> Hypothesis:
    """What a steady recogniser hears: a word every 400 ms, those near the edges of the window often wrong. It depends
    on the window alone."""
    first, last = -(-window.start_ms // 400), (window.end_ms - 200) // 400
    return Hypothesis(tuple(_word(window, at, at in (first, last, last - 1)) for at in range(first, last + 1)))


def _word(window: Window, at: int, is_at_the_edge: bool) -> Word:
    chance = _chance(window.session_id, at, *([window.start, window.end_ms] if is_at_the_edge else []))
    start_ms = at * 400 - window.start_ms
    return word(["yes", "no", "dog", "the"][chance[0] % 4], start_ms, start_ms + 100 + chance[1] % 200)


def truly_heard_in(window: Window) -> Hypothesis:
    """What a recogniser without a fault hears: every word that lies in the window whole, each of them another one."""
    places = range(-(-window.start_ms // 400), (window.end_ms - 300) // 400 + 1)
    starts = ((at, at * 400 - window.start_ms) for at in places)
    return Hypothesis(tuple(word(f"word-{at}", start_ms, start_ms + 300) for at, start_ms in starts))


def listened_to(piece: VadInput) -> VadOutput:
    """What a steady voice filter finds: it depends on how much it has listened to."""
    at = len(piece.state.rest)
    chance = _chance(piece.session_id, at)
    speaks = chance[0] % 3 > 0
    return VadOutput(
        tuple((byte | 128 if speaks else byte & 63) / 255 for byte in chance[:8]), VadState(rest=bytes(at + 1))
    )


@dataclass
class Partition:
    """What is durable: the log, and what was committed. `replies`: those that were accepted."""

    log: Sequence[SessionLogRecord]
    position: int = 0
    snapshots: dict[str, bytes] = field(default_factory=dict)
    facts: list[bytes] = field(default_factory=list)
    replies: list[AddressedReply] = field(default_factory=list)

    def commit(self, commit: Commit) -> int:
        assert commit.position >= self.position
        self.position = commit.position
        self.facts += [fact.event.encode() for fact in commit.facts]
        for session_id, snapshot in commit.snapshots.items():
            if snapshot is None:
                del self.snapshots[session_id]
            else:
                self.snapshots[session_id] = snapshot.encode()
        return len(self.facts)

    def recoveries(self) -> list[SessionRecovery]:
        found = [parse_event(Topic.TRANSCRIBE_STATE, value) for value in self.snapshots.values()]
        kept = [snapshot for snapshot in found if isinstance(snapshot, StreamSnapshot)]
        return [SessionRecovery(PARTITION, each, self.finals(each.session_id, each.finals_from)) for each in kept]

    def finals(self, session_id: str, since: int = 0) -> tuple[Final, ...]:
        """As they stand on `transcripts`."""
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
        self, partition: Partition, options: TranscriptionOptions, recogniser: Callable[[Window], Hypothesis] = heard_in
    ) -> None:
        self.partition = partition
        self.recogniser = recogniser
        self.streams = SessionRegistry(options)
        self.ledger = PendingCommits(self.streams)
        self.at = partition.position
        self.now_ms = 0
        self.under_way: Commit | None = None
        self.facts_to = 0
        self.ledger.open(PARTITION, partition.position, len(partition.facts))
        self._note(self.streams.restore(partition.recoveries()))

    def _note(self, output: Output) -> None:
        self.partition.replies += self.ledger.note(output)

    def read(self, count: int) -> None:
        records = self.partition.log[self.at : self.at + count]
        self.at += len(records)
        self.ledger.read({PARTITION: self.at})
        self._note(self.streams.advance(records))

    def listen(self) -> None:
        pieces = self.streams.unlistened()
        self._note(self.streams.listened(pieces, [listened_to(piece) for piece in pieces], go_on=True))

    def hear(self) -> None:
        windows = self.streams.due(2)
        self._note(self.streams.settle(windows, [self.recogniser(window) for window in windows]))

    def commit(self) -> None:
        """Does not say anything to anybody yet."""
        if self.under_way is None:
            self.under_way = self.ledger.take(PARTITION, self.now_ms)
            if self.under_way is not None:
                self.facts_to = self.partition.commit(self.under_way)

    def tell(self) -> None:
        """What the last commit had to say."""
        if self.under_way is not None:
            self.partition.replies += self.under_way.replies
            self.ledger.done(self.under_way, self.facts_to)
            self.under_way = None

    def be_busy(self, heavy: bool) -> None:
        """Windows may have to wait from now on, or not."""
        self.now_ms += 100
        self.streams.observe(self.now_ms, heavy)

    def finish(self) -> None:
        """Work through all of the log."""
        self.be_busy(heavy=False)
        while self.at < len(self.partition.log) or self.streams.busy:
            self.read(5)
            self.listen()
            self.hear()
            self.commit()
            self.tell()
        for _ in range(2):
            self.commit()
            self.tell()


def undisturbed_finals(session_id: str, frames: int) -> list[Final]:
    """What an owner that is never disturbed makes of so many frames, without a voice filter."""
    script = Script(session_id)
    log = [script.start(), *(script.frame() for _ in range(frames)), script.record(session_ended(session_id))]
    partition = Partition(log)
    Owner(partition, OPTIONS).finish()
    return list(partition.finals(session_id))
