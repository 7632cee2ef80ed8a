"""Speakers come to a real edge until it lets nobody else in. Behind it, in the transcriber's place, sits one that takes
turns and is slow by sleeping, so that what else this machine does changes little."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from infra.kafka.settings import KafkaSettings
from schemas.audio import FRAME_MS
from schemas.sessions import RecordKind
from schemas.wire import FinalMessage
from tests.support.edge.in_process import FRAME, Address, Stages, client, edge, stages
from tests.support.waiting import DEADLINE_S

TURN_S = 0.35
"""What one session's audio takes to be heard, however much it is: so with n speakers a word waits for n to 2n turns."""
HOLD_BACK_MS = 600
COME_EVERY_S = 0.5
REFUSALS = 14
P95_S = 5.0


async def take_turns(later: Stages) -> None:
    """Hear each session's new audio in turn; whatever ended before the newest part of it is final."""
    heard: dict[str, tuple[int, int]] = {}  # frames heard and finals told
    while True:
        for session_id in {entry.session_id for entry in later.log}:
            frames = sum(entry.headers.kind is RecordKind.FRAME for entry in later.of(session_id))
            before, number = heard.get(session_id, (0, 0))
            if frames == before:
                continue
            await asyncio.sleep(TURN_S)
            heard[session_id] = (frames, number + 1)
            start_ms, end_ms = (max(0, each * FRAME_MS - HOLD_BACK_MS) for each in (before, frames))
            final = FinalMessage(
                number=number + 1, text="said", start_ms=start_ms, end_ms=end_ms, question=None, words=()
            )
            await later.reply(session_id, final, heard_frames=frames)
        await asyncio.sleep(0.02)


@dataclass
class Crowd:
    """`delays_s`: of each moment that was spoken, until it was final; each final stands for those every 100 ms."""

    address: Address
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    refusals: list[dict[str, object]] = field(default_factory=list)
    admitted: int = 0
    delays_s: list[float] = field(default_factory=list)

    async def come(self, number: int) -> None:
        async with client(self.address, plain=True) as speaker:
            answer = await speaker.start(self.address.token(f"speaker-{number}"))
            if answer["type"] == "error":
                self.refusals.append(answer)
                assert await speaker.closed() == 1013
                return
            self.admitted += 1
            loop = asyncio.get_running_loop()
            began_s = loop.time()

            async def listen() -> None:
                while True:
                    final = await speaker.hear("final")
                    now_ms = (loop.time() - began_s) * 1000
                    self.delays_s += [(now_ms - at) / 1000 for at in range(final["start_ms"], final["end_ms"], 100)]

            listening = asyncio.create_task(listen())
            frames = 0
            while not self.stop.is_set():
                frames += 1
                await asyncio.sleep(began_s + frames * FRAME_MS / 1000 - loop.time())
                await speaker.play(FRAME)
            listening.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await listening


@pytest.fixture
async def later(kafka: KafkaSettings) -> AsyncIterator[Stages]:
    async with stages(kafka) as played:
        hearing = asyncio.create_task(take_turns(played))
        yield played
        hearing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await hearing


@pytest.mark.usefixtures("later")
async def test_those_who_are_let_in_are_heard_in_time(
    kafka: KafkaSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        edge(kafka, tmp_path, monkeypatch, EDGE_ADMISSION_MAX_LAG_S="2.5") as address,
        asyncio.timeout(DEADLINE_S),
    ):
        crowd = Crowd(address)
        async with asyncio.TaskGroup() as tasks:
            number = 0
            while len(crowd.refusals) < REFUSALS:
                tasks.create_task(crowd.come(number := number + 1))
                await asyncio.sleep(COME_EVERY_S)
            await asyncio.sleep(2 * crowd.admitted * TURN_S)
            crowd.stop.set()
    delays_s = sorted(crowd.delays_s)
    p95_s = delays_s[int(0.95 * len(delays_s))]
    print(  # noqa: T201 - the run's result
        f"{crowd.admitted} of {number} let in; to final: median {delays_s[len(delays_s) // 2]:.2f} s, p95 {p95_s:.2f} s"
    )
    assert crowd.admitted >= 3
    assert {each["code"] for each in crowd.refusals} == {"overloaded"}
    assert all(each["fatal"] and each["retry_after_ms"] for each in crowd.refusals)
    assert p95_s < P95_S
