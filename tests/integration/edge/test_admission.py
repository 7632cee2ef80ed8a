"""Clients start sessions at a real edge until it admits no more. The transcriber behind it is played by one that
processes sessions in turn and is slow by sleeping, so that other work on the machine changes little."""

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
from tests.support.edge.in_process import FRAME, Address, FakeStages, client, edge, play_stages
from tests.support.waiting import DEADLINE_S

TURN_S = 0.35
"""How long one session's audio takes, however much it is: with n sessions a word waits for n to 2n turns."""
HOLD_BACK_MS = 600
START_EVERY_S = 0.5
REJECTIONS = 14
P95_S = 5.0


async def take_turns(fake_stages: FakeStages) -> None:
    """Transcribe each session's new audio in turn; all but its newest part becomes final."""
    done: dict[str, tuple[int, int]] = {}  # frames transcribed and finals sent
    while True:
        for session_id in {entry.session_id for entry in fake_stages.log}:
            frames = sum(entry.headers.kind is RecordKind.FRAME for entry in fake_stages.of(session_id))
            before, number = done.get(session_id, (0, 0))
            if frames == before:
                continue
            await asyncio.sleep(TURN_S)
            done[session_id] = (frames, number + 1)
            start_ms, end_ms = (max(0, each * FRAME_MS - HOLD_BACK_MS) for each in (before, frames))
            final = FinalMessage(
                number=number + 1, text="said", start_ms=start_ms, end_ms=end_ms, question=None, words=()
            )
            await fake_stages.reply(session_id, final, heard_frames=frames)
        await asyncio.sleep(0.02)


@dataclass
class Clients:
    """`delays_s`: from a moment of speech to its final, for every 100 ms of each final."""

    address: Address
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    rejections: list[dict[str, object]] = field(default_factory=list)
    admitted: int = 0
    delays_s: list[float] = field(default_factory=list)

    async def start(self, number: int) -> None:
        async with client(self.address, plain=True) as speaker:
            answer = await speaker.start(self.address.token(f"speaker-{number}"))
            if answer["type"] == "error":
                self.rejections.append(answer)
                assert await speaker.closed() == 1013
                return
            self.admitted += 1
            loop = asyncio.get_running_loop()
            began_s = loop.time()

            async def listen() -> None:
                while True:
                    final = await speaker.receive("final")
                    now_ms = (loop.time() - began_s) * 1000
                    self.delays_s += [(now_ms - at) / 1000 for at in range(final["start_ms"], final["end_ms"], 100)]

            listening = asyncio.create_task(listen())
            frames = 0
            while not self.stop.is_set():
                frames += 1
                await asyncio.sleep(began_s + frames * FRAME_MS / 1000 - loop.time())
                await speaker.send_audio(FRAME)
            listening.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await listening


@pytest.fixture
async def fake_stages(kafka: KafkaSettings) -> AsyncIterator[FakeStages]:
    async with play_stages(kafka) as played:
        transcribing = asyncio.create_task(take_turns(played))
        yield played
        transcribing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await transcribing


@pytest.mark.usefixtures("fake_stages")
async def test_admitted_sessions_are_transcribed_in_time(
    kafka: KafkaSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        edge(kafka, tmp_path, monkeypatch, EDGE_ADMISSION_MAX_LAG_S="2.5") as address,
        asyncio.timeout(DEADLINE_S),
    ):
        clients = Clients(address)
        async with asyncio.TaskGroup() as tasks:
            number = 0
            while len(clients.rejections) < REJECTIONS:
                tasks.create_task(clients.start(number := number + 1))
                await asyncio.sleep(START_EVERY_S)
            await asyncio.sleep(2 * clients.admitted * TURN_S)
            clients.stop.set()
    delays_s = sorted(clients.delays_s)
    p95_s = delays_s[int(0.95 * len(delays_s))]
    print(  # noqa: T201 - the run's result
        f"{clients.admitted} of {number} admitted; median {delays_s[len(delays_s) // 2]:.2f} s, p95 {p95_s:.2f} s"
    )
    assert clients.admitted >= 3
    assert {each["code"] for each in clients.rejections} == {"overloaded"}
    assert all(each["fatal"] and each["retry_after_ms"] for each in clients.rejections)
    assert p95_s < P95_S
