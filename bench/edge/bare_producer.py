"""The least that storing audio can cost: aiokafka with the edge's options and its own partitioner, the same records at
the same rate, each session's one after the other, and nothing else.

    python -m bench.edge.bare_producer SESSIONS SECONDS

Prints its CPU time, the number of frames, and each frame's delay until Kafka accepted it, in seconds."""

import asyncio
import json
import sys
import time
import uuid

import uvloop
from aiokafka.partitioner import DefaultPartitioner

from infra.kafka.clients import make_producer
from infra.kafka.settings import KafkaSettings
from infra.settings import load
from schemas.audio import FRAME_BYTES, FRAME_MS
from schemas.topics import Topic

_WARM_UP_S = 2.0
_FRAME = bytes(FRAME_BYTES)


async def run(sessions: int, seconds: float) -> None:
    settings = load(KafkaSettings)
    topic = settings.topic(Topic.AUDIO_FRAMES)
    delays_s: list[float] = []
    async with make_producer(settings, linger_ms=5, partitioner=DefaultPartitioner()) as producer:

        async def session(number: int) -> None:
            """Frames in real time. One that Kafka is slow to accept makes the next one wait, as at the edge."""
            key, conn, seq = str(uuid.uuid4()).encode(), b"0" * 32, 0
            due_s = began_s + number * FRAME_MS / 1000 / sessions
            while due_s < ends_s:
                await asyncio.sleep(due_s - time.monotonic())
                headers = [("kind", b"frame"), ("conn", conn), ("reply-to", b"0"), ("seq", b"%d" % seq)]
                sent_s = time.monotonic()
                await producer.send_and_wait(topic, _FRAME, key=key, headers=headers)
                if sent_s >= measured_from_s:
                    delays_s.append(time.monotonic() - sent_s)
                seq += 1
                due_s += FRAME_MS / 1000

        async def cpu_time_s() -> float:
            await asyncio.sleep(measured_from_s - time.monotonic())
            before_s = time.process_time()
            await asyncio.sleep(ends_s - time.monotonic())
            return time.process_time() - before_s

        began_s = time.monotonic()
        measured_from_s = began_s + _WARM_UP_S
        ends_s = measured_from_s + seconds
        cpu_s, *_ = await asyncio.gather(cpu_time_s(), *map(session, range(sessions)))
    print(json.dumps({"cpu_s": cpu_s, "frames": len(delays_s), "delays_s": delays_s}))


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run(int(sys.argv[1]), float(sys.argv[2])))
