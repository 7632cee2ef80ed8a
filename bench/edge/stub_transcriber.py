"""Takes the transcriber's place without a model: reads the sessions' logs, answers resumes, reports progress, and ends
sessions.

    python -m bench.edge.stub_transcriber [--every SECONDS]

So the edge can be measured with everything it does for its clients, without a model's work on the same machine. Each
open session gets a partial every second, which also reports progress: twice the least that a transcriber sends. Each
session has its own moment within the second, since sessions do not begin together."""

import argparse
import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from aiokafka import AIOKafkaProducer, TopicPartition

from infra.kafka.clients import make_consumer, make_producer
from infra.kafka.headers import LogHeaders, decode_headers
from infra.kafka.settings import KafkaSettings
from infra.settings import load
from schemas.audio import FRAME_MS
from schemas.replies import Gone, Reply, ReplyMessage, Resumed, Superseded
from schemas.sessions import ConnectionResumed, RecordKind
from schemas.topics import Topic
from schemas.wire import Partial, ReportMessage, Summary

_POLL_MS = 10
_ENDED_KEPT_S = 10 * 60.0
"""How long an ended session can be resumed, as with the transcriber: by a client that lost its connection."""
# Its multiples, modulo 1, are spread evenly, however many there are.
_GOLDEN_RATIO = 0.618033988749895
_TEXT = "these are some words that a learner may have said just now"


@dataclass
class StubSession:
    """According to its log."""

    conn: str
    reply_to: int
    phase: float = 0.0
    """When its partials are due: share of the time between two of them, from 0 to 1."""
    due_s: float | None = None
    frames: int = 0
    reported: int = 0
    ended: bool = False


@dataclass(frozen=True)
class StubAnswer:
    """To one session's client."""

    session_id: str
    conn: str
    reply_to: int
    """Partition of the client's edge."""
    frames: int
    message: ReplyMessage


class StubSessions:
    """Methods return what is to be sent."""

    def __init__(self, every_s: float) -> None:
        self._every_s = every_s
        self._started = 0
        self._sessions: dict[str, StubSession] = {}
        # With the time at which each is forgotten, in the order in which they ended.
        self._ended: dict[str, tuple[StubSession, float]] = {}

    def receive(self, session_id: str, headers: LogHeaders, value: bytes) -> Sequence[StubAnswer]:
        """The next record of a session's log."""
        session = self._sessions.get(session_id)
        if headers.kind is RecordKind.START:
            self._started += 1
            phase = self._started * _GOLDEN_RATIO % 1
            self._sessions[session_id] = StubSession(headers.conn, headers.reply_to or 0, phase)
        elif headers.kind is RecordKind.RESUME:
            known = session or self._ended.get(session_id, (None, 0.0))[0]
            return self._resume(session_id, known, headers, ConnectionResumed.model_validate_json(value))
        elif session is None or headers.conn != session.conn:
            return ()
        elif headers.kind is RecordKind.FRAME and headers.seq == session.frames:
            session.frames += 1
        elif headers.kind is RecordKind.END:
            session.ended = True
            return [_answer(session_id, session, each) for each in _closing_messages(session)]
        return ()

    def due(self, now_s: float) -> Iterator[StubAnswer]:
        """Partials that are due now."""
        self._forget(now_s)
        for session_id, session in list(self._sessions.items()):
            if session.due_s is None:
                session.due_s = now_s + session.phase * self._every_s
            if now_s < session.due_s:
                continue
            session.due_s += self._every_s
            if session.ended:
                self._ended[session_id] = self._sessions.pop(session_id), now_s + _ENDED_KEPT_S
            elif session.frames > session.reported:
                session.reported = session.frames
                end_ms = session.frames * FRAME_MS
                yield _answer(session_id, session, Partial(text=_TEXT, start_ms=0, end_ms=end_ms, after_final=0))

    def _forget(self, now_s: float) -> None:
        while self._ended:
            session_id, (_, forgotten_s) = next(iter(self._ended.items()))
            if now_s < forgotten_s:
                return
            del self._ended[session_id]

    def _resume(
        self, session_id: str, session: StubSession | None, headers: LogHeaders, resumed: ConnectionResumed
    ) -> Sequence[StubAnswer]:
        newest = StubSession(headers.conn, headers.reply_to or 0)
        if session is None:
            return (_answer(session_id, newest, Gone(code="no_session")),)
        if resumed.from_frame > session.frames:
            return (_answer(session_id, newest, Gone(code="frame_gap")),)
        superseded = _answer(session_id, session, Superseded())
        session.conn, session.reply_to = newest.conn, newest.reply_to
        closing = _closing_messages(session) if session.ended else ()
        resumed_reply = Resumed(next_frame=session.frames, over=session.ended)
        return (superseded, *(_answer(session_id, session, each) for each in (resumed_reply, *closing)))


def _answer(session_id: str, session: StubSession, message: ReplyMessage) -> StubAnswer:
    return StubAnswer(session_id, session.conn, session.reply_to, session.frames, message)


def _closing_messages(session: StubSession) -> Sequence[ReplyMessage]:
    audio_ms = session.frames * FRAME_MS
    summary = Summary(words=0, speech_ms=0, audio_ms=audio_ms, words_per_minute=0.0, finals=0)
    return summary, ReportMessage(error="There is no report: this is a benchmark.")


class StubReplies:
    """Sends answers without waiting for the broker."""

    def __init__(self, producer: AIOKafkaProducer, settings: KafkaSettings) -> None:
        self._producer = producer
        self._topic = settings.topic(Topic.REPLIES)
        self._sent = 0

    async def send(self, answer: StubAnswer) -> None:
        self._sent += 1
        reply = Reply(
            event_id=f"stub-{self._sent}",
            at_ms=time.time_ns() // 1_000_000,
            session_id=answer.session_id,
            conn=answer.conn,
            heard_frames=answer.frames,
            message=answer.message,
        )
        key = answer.session_id.encode()
        await self._producer.send(self._topic, reply.encode(), key=key, partition=answer.reply_to)


async def run_stub_transcriber(settings: KafkaSettings, every_s: float, ready: Callable[[], None]) -> None:
    """Runs until it is cancelled. `ready` is called once no record can be missed any more."""
    sessions = StubSessions(every_s)
    topic = settings.topic(Topic.AUDIO_FRAMES)
    partitions = [TopicPartition(topic, number) for number in range(settings.session_partitions)]
    async with (
        make_producer(settings, linger_ms=5) as producer,
        make_consumer(settings, Topic.AUDIO_FRAMES, stage=None) as consumer,
    ):
        replies = StubReplies(producer, settings)
        consumer.assign(partitions)
        for partition, end in (await consumer.end_offsets(partitions)).items():
            consumer.seek(partition, end)
        ready()
        while True:
            fetched = await consumer.getmany(timeout_ms=_POLL_MS)
            for record in (each for several in fetched.values() for each in several):
                session_id = (record.key or b"").decode()
                for answer in sessions.receive(session_id, decode_headers(record.headers), record.value or b""):
                    await replies.send(answer)
            for answer in sessions.due(time.monotonic()):
                await replies.send(answer)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=float, default=1.0, help="seconds between two partials of a session")
    given = parser.parse_args()
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run_stub_transcriber(load(KafkaSettings), given.every, lambda: print("ready", flush=True)))


if __name__ == "__main__":
    main()
