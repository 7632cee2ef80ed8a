"""Plays the transcriber without hearing a word: reads the sessions' logs, answers those who resume, says how far it is,
and ends sessions.

    python -m bench.edge.stub_transcriber [--every S]

So the edge can be measured with everything it does for its clients, without a model's work on the same machine. Twice
a transcriber's least: each session that goes on gets a partial every second, which also says how much was heard; each
at a time of its own within the second, as sessions begin when people come and not together."""

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

_LOOK_MS = 10
_REMEMBERED_S = 10 * 60.0
"""How long a session is remembered after its end, as by the transcriber: for a client that lost its connection."""
# Multiples of the golden ratio fill a circle evenly, however many there are.
_GOLDEN = 0.618033988749895
_TEXT = "these are some words that somebody may have said just now"


@dataclass
class Held:
    """A session, as its log has told of it: where its client is, and how many frames were heard. `phase`: the share of
    the time between two partials at which its own are due, from 0 to 1."""

    conn: str
    reply_to: int
    phase: float = 0.0
    due_s: float | None = None
    frames: int = 0
    told: int = 0
    ended: bool = False


@dataclass(frozen=True)
class Answer:
    """For one session's client: the reply's message, its connection and the partition of its edge."""

    session_id: str
    conn: str
    reply_to: int
    heard: int
    message: ReplyMessage


class Sessions:
    """All that is to be known of them; what is to be said comes back."""

    def __init__(self, every_s: float) -> None:
        self._every_s = every_s
        self._begun = 0
        self._held: dict[str, Held] = {}
        # With the time at which each is forgotten, in the order in which they ended.
        self._over: dict[str, tuple[Held, float]] = {}

    def receive(self, session_id: str, headers: LogHeaders, value: bytes) -> Sequence[Answer]:
        """The next record of a session's log."""
        held = self._held.get(session_id)
        if headers.kind is RecordKind.START:
            self._begun += 1
            self._held[session_id] = Held(headers.conn, headers.reply_to or 0, self._begun * _GOLDEN % 1)
        elif headers.kind is RecordKind.RESUME:
            known = held or self._over.get(session_id, (None, 0.0))[0]
            return self._resume(session_id, known, headers, ConnectionResumed.model_validate_json(value))
        elif held and headers.conn == held.conn and headers.kind is RecordKind.FRAME and headers.seq == held.frames:
            held.frames += 1
        elif held and headers.conn == held.conn and headers.kind is RecordKind.END:
            held.ended = True
            return [_answer(session_id, held, each) for each in _last_words(held)]
        return ()

    def due(self, now_s: float) -> Iterator[Answer]:
        """What sessions get while they go on. Those that ended long ago are forgotten."""
        self._forget(now_s)
        for session_id, held in list(self._held.items()):
            if held.due_s is None:
                held.due_s = now_s + held.phase * self._every_s
            if now_s < held.due_s:
                continue
            held.due_s += self._every_s
            if held.ended:
                self._over[session_id] = self._held.pop(session_id), now_s + _REMEMBERED_S
            elif held.frames > held.told:
                held.told = held.frames
                end_ms = held.frames * FRAME_MS
                yield _answer(session_id, held, Partial(text=_TEXT, start_ms=0, end_ms=end_ms, after_final=0))

    def _forget(self, now_s: float) -> None:
        while self._over:
            session_id, (_, forgotten_s) = next(iter(self._over.items()))
            if now_s < forgotten_s:
                return
            del self._over[session_id]

    def _resume(
        self, session_id: str, held: Held | None, headers: LogHeaders, resumed: ConnectionResumed
    ) -> Sequence[Answer]:
        newest = Held(headers.conn, headers.reply_to or 0)
        if held is None:
            return (_answer(session_id, newest, Gone(code="no_session")),)
        if resumed.from_frame > held.frames:
            return (_answer(session_id, newest, Gone(code="frame_gap")),)
        superseded = _answer(session_id, held, Superseded())
        held.conn, held.reply_to = newest.conn, newest.reply_to
        last = _last_words(held) if held.ended else ()
        going_on = Resumed(next_frame=held.frames, over=held.ended)
        return (superseded, *(_answer(session_id, held, each) for each in (going_on, *last)))


def _answer(session_id: str, held: Held, message: ReplyMessage) -> Answer:
    return Answer(session_id, held.conn, held.reply_to, held.frames, message)


def _last_words(held: Held) -> Sequence[ReplyMessage]:
    audio_ms = held.frames * FRAME_MS
    summary = Summary(words=0, speech_ms=0, audio_ms=audio_ms, words_per_minute=0.0, finals=0)
    return summary, ReportMessage(error="Nobody listened: this is a benchmark.")


class Voice:
    """Sends answers, without waiting for the broker."""

    def __init__(self, producer: AIOKafkaProducer, settings: KafkaSettings) -> None:
        self._producer = producer
        self._topic = settings.topic(Topic.REPLIES)
        self._said = 0

    async def say(self, answer: Answer) -> None:
        self._said += 1
        reply = Reply(
            event_id=f"stand-in-{self._said}",
            at_ms=time.time_ns() // 1_000_000,
            session_id=answer.session_id,
            conn=answer.conn,
            heard_frames=answer.heard,
            message=answer.message,
        )
        key = answer.session_id.encode()
        await self._producer.send(self._topic, reply.encode(), key=key, partition=answer.reply_to)


async def play(settings: KafkaSettings, every_s: float, ready: Callable[[], None]) -> None:
    """Until it is ended. `ready` is called once no record can be missed any more."""
    sessions = Sessions(every_s)
    topic = settings.topic(Topic.AUDIO_FRAMES)
    partitions = [TopicPartition(topic, number) for number in range(settings.session_partitions)]
    async with (
        make_producer(settings, linger_ms=5) as producer,
        make_consumer(settings, Topic.AUDIO_FRAMES, stage=None) as consumer,
    ):
        voice = Voice(producer, settings)
        consumer.assign(partitions)
        for partition, end in (await consumer.end_offsets(partitions)).items():
            consumer.seek(partition, end)
        ready()
        while True:
            fetched = await consumer.getmany(timeout_ms=_LOOK_MS)
            for record in (each for several in fetched.values() for each in several):
                session_id = (record.key or b"").decode()
                for answer in sessions.receive(session_id, decode_headers(record.headers), record.value or b""):
                    await voice.say(answer)
            for answer in sessions.due(time.monotonic()):
                await voice.say(answer)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=float, default=1.0, help="seconds between two partials of a session")
    given = parser.parse_args()
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(play(load(KafkaSettings), given.every, lambda: print("ready", flush=True)))


if __name__ == "__main__":
    main()
