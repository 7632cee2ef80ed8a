"""The chain with hand-made ports: in which order things are told, and that nothing stops it but being told to."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import replace

import pytest

from processors.transcribe.checkpointing import Checkpointer
from processors.transcribe.core.audio.vad import VadInput, VadOptions, VadOutput
from processors.transcribe.core.audio.windows import Hypothesis, Window
from processors.transcribe.core.session.idle import IdleWatch, OpenSession
from processors.transcribe.core.session.log_records import SessionLogRecord
from processors.transcribe.core.session.output import AddressedReply, RejectedRecord
from processors.transcribe.core.session.pending_commits import Commit, PendingCommits
from processors.transcribe.core.session.registry import SessionRegistry
from processors.transcribe.core.session.state import TranscriptionOptions
from processors.transcribe.ports import Fenced, RecoveredPartition
from processors.transcribe.service import BufferLimits, Publisher, RecordBatch, run
from tests.support.transcribe.core_values import OPTIONS, Script, words
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


class Everything:
    """Log, recogniser and outbox in one, which write down what was asked of them. `until` stops the service."""

    def __init__(self, batches: Sequence[RecordBatch], until: Callable[["Everything"], bool]) -> None:
        self.batches = list(batches)
        self.until = until
        self.read_to: Mapping[int, int] = {}
        self.said: list[str] = []
        self.commits: list[Commit] = []
        self.buried: list[RejectedRecord] = []
        self.ended: list[OpenSession] = []
        self.held: list[Set[int]] = []
        self.stopping = asyncio.Event()

    async def read(self, wait_ms: int, held: Set[int]) -> RecordBatch:
        await asyncio.sleep(0)
        self.said.append(f"read {'now' if wait_ms == 0 else 'waiting'}")
        self.held.append(held)
        if self.until(self):
            self.stopping.set()
        seen_ms = dict.fromkeys(self.read_to, 500 * len(self.held))
        batch = self.batches.pop(0) if self.batches else RecordBatch(read_to=self.read_to, ends_seen_ms=seen_ms)
        self.read_to = batch.read_to
        return batch

    def begin(self, partition: int, offset: int) -> None:
        self.said.append(f"begin {partition} at {offset}")
        self.read_to = {**self.read_to, partition: offset}

    async def take_over(self, partitions: Set[int]) -> Sequence[RecoveredPartition]:
        return [RecoveredPartition(partition, 3, (), 0, self) for partition in partitions]

    async def commit(self, commit: Commit, facts_to: int) -> int:
        self.commits.append(commit)
        self.said.append(f"commit {commit.position} {len(commit.facts)} {len(commit.snapshots)}")
        return facts_to + len(commit.facts)

    async def close(self) -> None:
        self.said.append("close")

    async def tell(self, replies: Sequence[AddressedReply]) -> None:
        self.said.append(f"tell {len(replies)}")

    async def bury(self, letters: Iterable[RejectedRecord]) -> None:
        self.buried += letters

    async def listen(self, pieces: Sequence[VadInput]) -> Sequence[VadOutput]:
        self.said.append(f"listen {len(pieces)}")
        return [VadOutput((0.9,) * 8, piece.state) for piece in pieces]

    workers = 1
    batch_windows = 2

    def kind(self, window: Window) -> str:
        return window.language

    async def hear(self, batch: Sequence[Window]) -> Sequence[Hypothesis]:
        self.said.append(f"hear {len(batch)}")
        return [Hypothesis(words("good morning")) for _ in batch]

    def show(self, replies: Sequence[AddressedReply]) -> None:
        if replies:
            self.said.append(f"show {len(replies)}")

    async def append_end(self, session: OpenSession) -> None:
        self.ended.append(session)


async def run_with(ports: Everything, backlog: int = 100, options: TranscriptionOptions = OPTIONS) -> Everything:
    clock, streams = SteppingClock(), SessionRegistry(options)
    ledger = PendingCommits(streams)
    committing = Checkpointer(ledger, ports, clock)
    async with asyncio.timeout(DEADLINE_S):
        await run(
            log=ports,
            voice=ports,
            recogniser=ports,
            takeover=ports,
            streams=streams,
            desk=Publisher(ledger, committing, ports),
            watch=IdleWatch(grace_ms=5000),
            clock=clock,
            limits=BufferLimits(frames=40, backlog=backlog),
            stopping=ports.stopping,
        )
    await committing.close()
    return ports


OURS = RecordBatch(gained=frozenset({0}))


def batch_of(*records: SessionLogRecord) -> RecordBatch:
    return RecordBatch(records, read_to={0: records[-1].offset + 1})


async def test_facts_are_committed_with_the_place_to_go_on_from_and_told_then() -> None:
    script = Script(first_offset=3)
    log = batch_of(script.start(), *(script.frame() for _ in range(4)), script.record(session_ended("s-1")))
    ports = await run_with(Everything([OURS, log], until=lambda ports: len(ports.held) > 6))
    said = [each for each in ports.said if not each.startswith("read")]
    assert said == ["begin 0 at 3", "hear 1", "show 1", "hear 1", "commit 9 3 1", "tell 2", "close"]
    assert [len(commit.replies) for commit in ports.commits] == [2]


async def test_frames_are_listened_to_before_windows_are_heard() -> None:
    script = Script(first_offset=3)
    log = batch_of(script.start(), *(script.frame() for _ in range(5)))
    options = replace(OPTIONS, voice=VadOptions())
    ports = await run_with(Everything([OURS, log], until=lambda ports: len(ports.held) > 4), options=options)
    said = [each for each in ports.said if not each.startswith("read")]
    assert said[:8] == ["begin 0 at 3", *["listen 1"] * 4, "hear 1", "show 1", "listen 1"]


async def test_while_the_model_is_busy_windows_wait_for_more_audio() -> None:
    script = Script(first_offset=3)
    batches = [OURS, batch_of(script.start(), *(script.frame() for _ in range(2)))]
    batches += [batch_of(script.frame(), script.frame()) for _ in range(19)]
    options = replace(OPTIONS, coalesce=True, window_frames=2, busy_window_frames=4)
    ports = await run_with(Everything(batches, until=lambda ports: not ports.batches), options=options)
    # By the test's clock, hearing takes most of the time: at first every second frame, later every fourth.
    heard = [each == "hear 1" for each in ports.said if each.startswith(("hear", "read"))]
    assert 10 <= sum(heard) < 20


class Patient(Everything):
    """Is done with the first batch only once four more reads have come back."""

    reads_to_come = 5
    enough: asyncio.Event | None = None

    async def read(self, wait_ms: int, held: Set[int]) -> RecordBatch:
        if self.enough is not None:
            self.reads_to_come -= 1
            if self.reads_to_come == 0:
                self.enough.set()
        return await super().read(wait_ms, held)

    async def hear(self, batch: Sequence[Window]) -> Sequence[Hypothesis]:
        if self.enough is None:
            self.enough = asyncio.Event()
            await self.enough.wait()
        return await super().hear(batch)


async def test_the_log_is_read_while_windows_are_heard_and_the_next_window_has_all_that_came() -> None:
    script = Script(first_offset=3)
    batches = [OURS, batch_of(script.start(), *(script.frame() for _ in range(4)))]
    batches += [batch_of(script.frame(), script.frame()) for _ in range(4)]
    options = replace(OPTIONS, coalesce=True)
    ports = await run_with(Patient(batches, lambda ports: len(ports.held) > 12), options=options)
    order = [each.split()[0] for each in ports.said if each.startswith(("read", "hear"))]
    assert order.index("hear") >= 6
    assert order.count("hear") == 2  # Four frames, then the eight that came meanwhile.


async def test_what_is_not_pressing_is_committed_at_the_end() -> None:
    script = Script(first_offset=3)
    ports = await run_with(
        Everything([OURS, batch_of(script.start(), script.frame())], lambda ports: not ports.batches)
    )
    [commit] = ports.commits
    assert (commit.position, set(commit.snapshots)) == (4, {"s-1"})


async def test_what_could_not_be_read_is_a_dead_letter_and_no_more() -> None:
    letter = RejectedRecord(0, 4, 0, b"s-1", b"?", "unreadable")
    batch = RecordBatch(rejected=(letter,), read_to={0: 5})
    ports = await run_with(Everything([OURS, batch], until=lambda ports: not ports.batches))
    assert ports.buried == [letter]
    assert [commit.position for commit in ports.commits] == [5]


async def test_a_crowded_partition_is_held_back() -> None:
    script = Script(first_offset=3)
    log = batch_of(script.start(), *(script.frame() for _ in range(12)))
    ports = await run_with(Everything([OURS, log], until=lambda ports: len(ports.held) > 4), backlog=9)
    assert ports.held[1:4] == [frozenset(), frozenset(), frozenset()]
    ports = await run_with(Everything([OURS, log], until=lambda ports: len(ports.held) > 4), backlog=8)
    assert ports.held[1:4] == [frozenset(), frozenset({0}), frozenset()]


async def test_a_session_whose_client_is_gone_is_ended_in_its_log() -> None:
    started = batch_of(Script(first_offset=3).start())
    ports = await run_with(Everything([OURS, started], until=lambda ports: len(ports.held) > 40))
    assert ports.ended == [OpenSession("s-1", 0, 3)]


async def test_a_lost_partition_is_worked_on_and_committed_no_more() -> None:
    script = Script(first_offset=3)
    log = batch_of(script.start(), *(script.frame() for _ in range(12)))
    lost = RecordBatch(lost=frozenset({0}), read_to={})
    ports = await run_with(Everything([OURS, log, lost], until=lambda ports: not ports.batches))
    assert ports.said.count("hear 1") == 1
    assert "close" in ports.said
    assert ports.commits == []


class TakenAway(Everything):
    """Another process has taken the partition over, and the group has not moved it."""

    async def commit(self, commit: Commit, facts_to: int) -> int:  # noqa: ARG002 - it is refused whatever it is
        raise Fenced(commit.partition)


async def test_a_zombie_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("processors.transcribe.checkpointing._HANDED_ON_S", 0.01)
    script = Script(first_offset=3)
    ended = batch_of(script.start(), script.record(session_ended("s-1")))
    ports = TakenAway([OURS, ended], until=lambda ports: len(ports.held) > 10_000)
    with pytest.raises(Fenced, match="Partition 0"):
        await run_with(ports)
    assert not any(each.startswith("tell") for each in ports.said)
