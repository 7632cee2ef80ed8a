"""A well-behaved client, which other clients must not disturb."""

import asyncio
import contextlib
import time
from dataclasses import dataclass, field
from typing import Any

from websockets.exceptions import ConnectionClosed

from schemas.sessions import RecordKind
from schemas.wire import SERVER_MESSAGE, Ack, ReportMessage, Summary
from tests.support.edge.in_process import FRAME, Client, FakeStages
from tests.support.edge.protocol_invariants import ProtocolInvariants
from tests.support.waiting import DEADLINE_S

_PROGRESS_INTERVAL_S = 1.0
_SUMMARY = Summary(words=0, speech_ms=0, audio_ms=0, words_per_minute=0.0, finals=0)


@dataclass
class ReferenceSpeaker:
    """Sends a frame every `every_s` while `speaking`; `delays_ms`: how long each waited for its acknowledgement."""

    speaker: Client
    every_s: float
    invariants: ProtocolInvariants = field(default_factory=ProtocolInvariants)
    delays_ms: list[float] = field(default_factory=list)
    session_id: str = ""
    _taken: int = 0
    _sent_s: list[float] = field(default_factory=list)
    _listening: asyncio.Task[None] | None = None
    _reporting: asyncio.Task[None] | None = None

    async def begin(self, token: str, fake_stages: FakeStages) -> None:
        """The stages report progress up to its acks; otherwise it would be paused, since it is faster than speech."""
        started = await self.speaker.start(token)
        self.session_id = started["session_id"]
        for message in self.speaker.received:
            self.invariants.check(SERVER_MESSAGE.validate_python(message))
        self._listening = asyncio.create_task(self._listen())
        await fake_stages.seen(self.session_id, RecordKind.START)
        self._reporting = asyncio.create_task(self._report_progress(fake_stages))

    async def speak(self, frames: int) -> None:
        """Send this many more."""
        due_s = time.monotonic()
        for _ in range(frames):
            due_s += self.every_s
            await asyncio.sleep(due_s - time.monotonic())
            self._sent_s.append(time.monotonic())
            await self.speaker.send_audio(FRAME)

    async def speak_until(self, over: asyncio.Future[Any]) -> None:
        while not over.done():
            await self.speak(1)

    def new_delays_ms(self) -> list[float]:
        """Those since the last call."""
        taken, self._taken = self.delays_ms[self._taken :], len(self.delays_ms)
        return taken

    async def end(self, fake_stages: FakeStages) -> None:
        """End the session and check it: every frame is acknowledged and in the log, once."""
        assert self._listening is not None
        assert self._reporting is not None
        await self.speaker.send("end")
        await fake_stages.seen(self.session_id, RecordKind.END)
        frames = await fake_stages.seen(self.session_id, RecordKind.FRAME, len(self._sent_s))
        assert [each.headers.seq for each in frames] == list(range(len(self._sent_s)))
        self._reporting.cancel()
        await asyncio.wait({self._reporting})
        await fake_stages.reply(self.session_id, _SUMMARY)
        await fake_stages.reply(self.session_id, ReportMessage(error="none"))
        async with asyncio.timeout(DEADLINE_S):
            await self._listening
        assert self.invariants.closed == 1000
        assert self.invariants.acked == len(self._sent_s) == len(self.delays_ms)

    async def _report_progress(self, fake_stages: FakeStages) -> None:
        while True:
            await fake_stages.reply(self.session_id, None, heard_frames=self.invariants.acked)
            await asyncio.sleep(_PROGRESS_INTERVAL_S)

    async def _listen(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            acked = 0
            while True:
                message = SERVER_MESSAGE.validate_json(await self.speaker.socket.recv())
                now_s = time.monotonic()
                self.invariants.check(message)
                if isinstance(message, Ack):
                    self.delays_ms += [(now_s - sent_s) * 1000 for sent_s in self._sent_s[acked : message.frames]]
                    acked = message.frames
        self.invariants.close(self.speaker.socket.close_code or 0)
