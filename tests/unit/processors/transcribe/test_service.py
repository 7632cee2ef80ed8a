"""The chain with hand-made ports: the order in which things are published, and that it runs until it is stopped."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import replace

import pytest

from processors.transcribe.checkpointing import Checkpointer
from processors.transcribe.core.audio.vad import VadInput, VadOutput
from processors.transcribe.core.audio.windows import Hypothesis, Window
from processors.transcribe.core.session.idle_sessions import IdleWatch, OpenSession
from processors.transcribe.core.session.log_records import SessionLogRecord
from processors.transcribe.core.session.output import AddressedReply, RejectedRecord
from processors.transcribe.core.session.pending_commits import Commit, PendingCommits
from processors.transcribe.core.session.registry import SessionRegistry
from processors.transcribe.core.session.state import TranscriptionOptions
from processors.transcribe.ports import Fenced, RecordBatch, RecoveredPartition
from processors.transcribe.service import BufferLimits, Publisher, run
from tests.support.transcribe.core_values import OPTIONS, VAD_OPTIONS, Script, words
from tests.support.transcribe.session_records import session_ended
from tests.support.waiting import DEADLINE_S


class SteppingClock:
    """Each look at it is half a second later."""

    def __init__(self) -> None:
        self.ms = 0

    def now_ms(self) -> int:
        return self.monotonic_ms()

    def monotonic_ms(self) -> int:
        self.ms += 500
        return self.ms


class KeptDeadLetters:
    def __init__(self) -> None:
        self.kept: list[RejectedRecord] = []

    async def send(self, rejected: Iterable[RejectedRecord]) -> None:
        self.kept += rejected


class Everything:
    """All ports in one, which note the calls they get. `until` stops the service."""

    def __init__(self, batches: Sequence[RecordBatch], until: Callable[["Everything"], bool]) -> None:
        self.batches = list(batches)
        self.until = until
        self.next_offsets: Mapping[int, int] = {}
        self.calls: list[str] = []
        self.commits: list[Commit] = []
        self.dead_letters = KeptDeadLetters()
        self.ended: list[OpenSession] = []
        self.paused: list[Set[int]] = []
        self.stopping = asyncio.Event()

    async def read(self, wait_ms: int, paused: Set[int]) -> RecordBatch:
        await asyncio.sleep(0)
        self.calls.append(f"read {'now' if wait_ms == 0 else 'waiting'}")
        self.paused.append(paused)
        if self.until(self):
            self.stopping.set()
        seen_ms = dict.fromkeys(self.next_offsets, 500 * len(self.paused))
        batch = (
            self.batches.pop(0) if self.batches else RecordBatch(next_offsets=self.next_offsets, ends_seen_ms=seen_ms)
        )
        self.next_offsets = batch.next_offsets
        return batch

    def seek(self, partition: int, offset: int) -> None:
        self.calls.append(f"seek {partition} to {offset}")
        self.next_offsets = {**self.next_offsets, partition: offset}

    async def recover(self, partitions: Set[int]) -> Sequence[RecoveredPartition]:
        return [RecoveredPartition(partition, 3, (), 0, self) for partition in partitions]

    async def commit(self, commit: Commit, transcripts_end: int) -> int:
        self.commits.append(commit)
        self.calls.append(f"commit {commit.offset} {len(commit.facts)} {len(commit.snapshots)}")
        return transcripts_end + len(commit.facts)

    async def close(self) -> None:
        self.calls.append("close")

    async def send(self, replies: Sequence[AddressedReply]) -> None:
        self.calls.append(f"send {len(replies)}")

    async def detect(self, inputs: Sequence[VadInput]) -> Sequence[VadOutput]:
        self.calls.append(f"detect {len(inputs)}")
        return [VadOutput((0.9,) * 8, each.state) for each in inputs]

    workers = 1
    max_batch_size = 2

    def batch_key(self, window: Window) -> str:
        return window.language

    async def recognise(self, batch: Sequence[Window]) -> Sequence[Hypothesis]:
        self.calls.append(f"recognise {len(batch)}")
        return [Hypothesis(words("good morning")) for _ in batch]

    def send_best_effort(self, replies: Sequence[AddressedReply]) -> None:
        if replies:
            self.calls.append(f"best effort {len(replies)}")

    async def end(self, session: OpenSession) -> None:
        self.ended.append(session)


async def run_with(ports: Everything, backlog: int = 100, options: TranscriptionOptions = OPTIONS) -> Everything:
    clock, sessions = SteppingClock(), SessionRegistry(options)
    pending = PendingCommits(sessions)
    checkpointer = Checkpointer(pending, ports, ports.dead_letters, clock)
    async with asyncio.timeout(DEADLINE_S):
        await run(
            log=ports,
            vad=ports,
            recogniser=ports,
            recovery=ports,
            sessions=sessions,
            publisher=Publisher(pending, checkpointer, ports),
            session_ender=ports,
            idle_watch=IdleWatch(grace_ms=5000),
            clock=clock,
            limits=BufferLimits(vad_frames=40, records=backlog),
            stopping=ports.stopping,
        )
    await checkpointer.close()
    return ports


ASSIGNED = RecordBatch(assigned=frozenset({0}))


def batch_of(*records: SessionLogRecord) -> RecordBatch:
    return RecordBatch(records, next_offsets={0: records[-1].offset + 1})


async def test_facts_are_committed_with_the_next_offset_and_replies_sent_after_that() -> None:
    script = Script(first_offset=3)
    log = batch_of(script.start(), *(script.frame() for _ in range(4)), script.record(session_ended("s-1")))
    ports = await run_with(Everything([ASSIGNED, log], until=lambda ports: len(ports.paused) > 6))
    calls = [each for each in ports.calls if not each.startswith("read")]
    assert calls == ["seek 0 to 3", "recognise 1", "best effort 1", "recognise 1", "commit 9 3 1", "send 2", "close"]
    assert [len(commit.replies) for commit in ports.commits] == [2]


async def test_speech_is_detected_before_windows_are_recognised() -> None:
    script = Script(first_offset=3)
    log = batch_of(script.start(), *(script.frame() for _ in range(5)))
    options = replace(OPTIONS, vad=VAD_OPTIONS)
    ports = await run_with(Everything([ASSIGNED, log], until=lambda ports: len(ports.paused) > 4), options=options)
    calls = [each for each in ports.calls if not each.startswith("read")]
    assert calls[:8] == ["seek 0 to 3", *["detect 1"] * 4, "recognise 1", "best effort 1", "detect 1"]


async def test_while_the_model_is_busy_windows_wait_for_more_audio() -> None:
    script = Script(first_offset=3)
    batches = [ASSIGNED, batch_of(script.start(), *(script.frame() for _ in range(2)))]
    batches += [batch_of(script.frame(), script.frame()) for _ in range(19)]
    options = replace(OPTIONS, coalesce=True, window_frames=2, busy_window_frames=4)
    ports = await run_with(Everything(batches, until=lambda ports: not ports.batches), options=options)
    # By the test's clock, the worker is busy most of the time: at first every second frame, later every fourth.
    recognised = [each == "recognise 1" for each in ports.calls if each.startswith(("recognise", "read"))]
    assert 10 <= sum(recognised) < 20


class Patient(Everything):
    """Completes the first batch only once four more reads have returned."""

    reads_to_come = 5
    enough: asyncio.Event | None = None

    async def read(self, wait_ms: int, paused: Set[int]) -> RecordBatch:
        if self.enough is not None:
            self.reads_to_come -= 1
            if self.reads_to_come == 0:
                self.enough.set()
        return await super().read(wait_ms, paused)

    async def recognise(self, batch: Sequence[Window]) -> Sequence[Hypothesis]:
        if self.enough is None:
            self.enough = asyncio.Event()
            await self.enough.wait()
        return await super().recognise(batch)


async def test_the_log_is_read_while_windows_are_recognised_and_the_next_window_has_all_frames_since() -> None:
    script = Script(first_offset=3)
    batches = [ASSIGNED, batch_of(script.start(), *(script.frame() for _ in range(4)))]
    batches += [batch_of(script.frame(), script.frame()) for _ in range(4)]
    options = replace(OPTIONS, coalesce=True)
    ports = await run_with(Patient(batches, lambda ports: len(ports.paused) > 12), options=options)
    order = [each.split()[0] for each in ports.calls if each.startswith(("read", "recognise"))]
    assert order.index("recognise") >= 6
    assert order.count("recognise") == 2  # Four frames, then the eight that arrived meanwhile.


async def test_a_commit_that_is_not_urgent_is_made_at_the_end() -> None:
    script = Script(first_offset=3)
    ports = await run_with(
        Everything([ASSIGNED, batch_of(script.start(), script.frame())], lambda ports: not ports.batches)
    )
    [commit] = ports.commits
    assert (commit.offset, set(commit.snapshots)) == (4, {"s-1"})


async def test_a_record_that_cannot_be_decoded_becomes_a_dead_letter() -> None:
    letter = RejectedRecord(0, 4, 0, b"s-1", b"?", "unreadable")
    batch = RecordBatch(dead_letters=(letter,), next_offsets={0: 5})
    ports = await run_with(Everything([ASSIGNED, batch], until=lambda ports: not ports.batches))
    assert ports.dead_letters.kept == [letter]
    assert [commit.offset for commit in ports.commits] == [5]


async def test_a_backlogged_partition_is_paused() -> None:
    script = Script(first_offset=3)
    log = batch_of(script.start(), *(script.frame() for _ in range(12)))
    ports = await run_with(Everything([ASSIGNED, log], until=lambda ports: len(ports.paused) > 4), backlog=9)
    assert ports.paused[1:4] == [frozenset(), frozenset(), frozenset()]
    ports = await run_with(Everything([ASSIGNED, log], until=lambda ports: len(ports.paused) > 4), backlog=8)
    assert ports.paused[1:4] == [frozenset(), frozenset({0}), frozenset()]


async def test_a_session_whose_client_is_gone_is_ended_in_its_log() -> None:
    started = batch_of(Script(first_offset=3).start())
    ports = await run_with(Everything([ASSIGNED, started], until=lambda ports: len(ports.paused) > 40))
    assert ports.ended == [OpenSession("s-1", 0, 3)]


async def test_a_revoked_partition_is_neither_processed_nor_committed() -> None:
    script = Script(first_offset=3)
    log = batch_of(script.start(), *(script.frame() for _ in range(12)))
    revoked = RecordBatch(revoked=frozenset({0}), next_offsets={})
    ports = await run_with(Everything([ASSIGNED, log, revoked], until=lambda ports: not ports.batches))
    assert ports.calls.count("recognise 1") == 1
    assert "close" in ports.calls
    assert ports.commits == []


class TakenAway(Everything):
    """Another process has taken over the partition, and the group has not moved it."""

    async def commit(self, commit: Commit, transcripts_end: int) -> int:  # noqa: ARG002 - it is refused whatever it is
        raise Fenced(commit.partition)


async def test_a_fenced_transcriber_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("processors.transcribe.checkpointing._REASSIGNED_S", 0.01)
    script = Script(first_offset=3)
    ended = batch_of(script.start(), script.record(session_ended("s-1")))
    ports = TakenAway([ASSIGNED, ended], until=lambda ports: len(ports.paused) > 10_000)
    with pytest.raises(Fenced, match="Partition 0"):
        await run_with(ports)
    assert not any(each.startswith("send") for each in ports.calls)
