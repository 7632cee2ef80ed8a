"""The chain with hand-made ports: in which order things are told, and that nothing stops it but being told to."""

import asyncio
from collections.abc import Callable, Mapping, Sequence, Set

from processors.transcribe.core.idle import IdleWatch, OpenSession
from processors.transcribe.core.output import Output, Rejected
from processors.transcribe.core.records import LogRecord
from processors.transcribe.core.streams import Streams
from processors.transcribe.core.voice import Listened, Piece
from processors.transcribe.core.windows import Hypothesis, Window
from processors.transcribe.service import Batch, Limits, run
from tests.support.transcribe_core import OPTIONS, Script, words
from tests.support.transcribe_log import session_ended


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

    def __init__(self, batches: Sequence[Batch], until: Callable[["Everything"], bool]) -> None:
        self.batches = list(batches)
        self.until = until
        self.read_to: Mapping[int, int] = {}
        self.said: list[str] = []
        self.outputs: list[Output] = []
        self.ended: list[OpenSession] = []
        self.held: list[Set[int]] = []
        self.stopping = asyncio.Event()

    async def read(self, wait_ms: int, held: Set[int]) -> Batch:
        await asyncio.sleep(0)
        self.said.append(f"read {'now' if wait_ms == 0 else 'waiting'}")
        self.held.append(held)
        if self.until(self):
            self.stopping.set()
        batch = self.batches.pop(0) if self.batches else Batch(read_to=self.read_to)
        self.read_to = batch.read_to
        return batch

    def caught_up(self) -> frozenset[int]:
        return frozenset(self.read_to)

    async def commit(self, positions: Mapping[int, int]) -> None:
        self.said.append(f"commit {dict(positions)}")

    async def listen(self, pieces: Sequence[Piece]) -> Sequence[Listened]:
        self.said.append(f"listen {len(pieces)}")
        return [Listened((0.9,) * 8, piece.state) for piece in pieces]

    async def transcribe(self, windows: Sequence[Window]) -> Sequence[Hypothesis]:
        self.said.append(f"hear {len(windows)}")
        return [Hypothesis(words("good morning")) for _ in windows]

    async def publish(self, output: Output) -> None:
        self.outputs.append(output)
        self.said.append(f"publish {len(output.rejected)} {len(output.facts)} {len(output.replies)}")

    async def append_end(self, session: OpenSession) -> None:
        self.ended.append(session)


async def run_with(ports: Everything, backlog: int = 100) -> Everything:
    async with asyncio.timeout(5):
        await run(
            log=ports,
            voice=ports,
            recogniser=ports,
            outbox=ports,
            streams=Streams(OPTIONS),
            watch=IdleWatch(grace_ms=5000),
            clock=SteppingClock(),
            limits=Limits(windows=2, frames=40, backlog=backlog),
            stopping=ports.stopping,
        )
    return ports


def batch_of(*records: LogRecord) -> Batch:
    return Batch(records, read_to={0: records[-1].offset + 1})


async def test_offsets_are_committed_when_all_that_came_of_them_is_published() -> None:
    script = Script(first_offset=3)
    log = batch_of(script.start(), *(script.frame() for _ in range(4)), script.record(session_ended("s-1")))
    ports = await run_with(Everything([log], until=lambda ports: len(ports.said) > 6))
    assert ports.said[:7] == [
        "read waiting",
        "hear 1",
        "publish 0 0 1",
        "commit {0: 3}",
        "read now",
        "hear 1",
        "publish 0 3 2",
    ]
    assert ports.said[7] == "commit {0: 9}"


async def test_what_could_not_be_read_is_a_dead_letter_and_no_more() -> None:
    letter = Rejected(0, 4, 0, b"s-1", b"?", "unreadable")
    ports = await run_with(
        Everything([Batch(rejected=(letter,), read_to={0: 5})], until=lambda ports: not ports.batches)
    )
    assert ports.outputs == [Output(rejected=(letter,))]
    assert "commit {0: 5}" in ports.said


async def test_a_crowded_partition_is_held_back() -> None:
    script = Script()
    log = batch_of(script.start(), *(script.frame() for _ in range(12)))
    ports = await run_with(Everything([log], until=lambda ports: len(ports.held) > 3), backlog=9)
    assert ports.held[:3] == [frozenset(), frozenset(), frozenset()]
    ports = await run_with(Everything([log], until=lambda ports: len(ports.held) > 3), backlog=8)
    assert ports.held[:3] == [frozenset(), frozenset({0}), frozenset()]


async def test_a_session_whose_client_is_gone_is_ended_in_its_log() -> None:
    ports = await run_with(Everything([batch_of(Script().start())], until=lambda ports: len(ports.held) > 40))
    assert ports.ended == [OpenSession("s-1", 0, 0)]


async def test_a_lost_partition_is_worked_on_no_more() -> None:
    script = Script()
    log = batch_of(script.start(), *(script.frame() for _ in range(12)))
    lost = Batch(lost=frozenset({0}), read_to={})
    ports = await run_with(Everything([log, lost], until=lambda ports: not ports.batches))
    assert ports.said.count("hear 1") == 1
    assert ports.said[-1] == "commit {}"
