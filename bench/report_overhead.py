"""What a report costs beyond its model: the analyze stage on a real broker, with a scripted model and grammar checker.

    python -m bench.report_overhead [--repeats N]

Two questions. One session at a time: how much later than its model's own time does the report come? A hundred sessions
at once: how many reports per second are made, as a share of what bare LangChain calls with the same prompts manage on
the same machine, in alternation? (The share can exceed 1: bare calls go LangChain's own way, which works through the
schema with every call, while our client passes it ready made.)

The broker, the stage and the scripted services are processes of their own; the bare calls run in this one."""

import argparse
import asyncio
import os
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from rich.console import Console
from rich.table import Table

from bench.bare_langchain import BareLangChain
from bench.charts import Bar, BarChart, Picture
from bench.result_files import RESULTS, conditions, save
from bench.support.broker import kafka_broker
from bench.support.processes import dying_with_us, listens, running
from infra.errors import RostrumError
from infra.kafka.clients import make_consumer, make_producer
from infra.kafka.settings import KafkaSettings
from infra.quantiles import spread
from local.tcp_ports import LOOPBACK, free_port
from schemas.sessions import EndCause, Question
from schemas.topics import Topic
from schemas.transcripts import Answer, Final, SessionTranscribed
from schemas.words import Word, count_words

OUTPUT = RESULTS / "report-overhead.json"
MODEL, SPEECH = "scripted language model", "scripted transcripts"
ANSWERS = (
    "i usually get up at seven and then i has breakfast with my brother before we goes to the school together.",
    "last summer we travel to the sea by train, it was very hot but the water was cold and i liked it a lot.",
)
OVERHEAD_GOAL_MS = 100.0
SHARE_GOAL = 0.8
MODEL_S = 0.1
"""The scripted model's time for a call."""
CALLS_IN_SERIES = 2
"""A report waits for the model twice: for its answers, which are judged concurrently, and for the summary."""
ONE_BY_ONE = 40
AT_ONCE = 100
REPEATS = 2
WARM_UP = 5
_TIMEOUT_S = 60.0
_WORD_MS, _GAP_MS = 250, 50
_STARTED_AT_MS = 1_700_000_000_000


@dataclass(frozen=True)
class AnalyzerClient:
    """Sends sessions to the analyze stage and receives its reports."""

    producer: AIOKafkaProducer
    replies: AIOKafkaConsumer
    kafka: KafkaSettings

    async def report_on(self, sessions: Sequence[SessionTranscribed]) -> float:
        """Seconds from sending the first session to receiving the last report."""
        began_s = time.monotonic()
        await asyncio.gather(*[await self._send(session) for session in sessions])
        waiting = {session.session_id.encode() for session in sessions}
        async with asyncio.timeout(_TIMEOUT_S):
            while waiting:
                record = await self.replies.getone()
                if b'"engine":"llm"' not in (record.value or b""):
                    raise RostrumError("A report was not made by the model.", "See the stage's log.")
                waiting.discard(record.key or b"")
        return time.monotonic() - began_s

    async def _send(self, session: SessionTranscribed) -> asyncio.Future[Any]:
        sent: asyncio.Future[Any] = await self.producer.send(
            self.kafka.topic(Topic.TRANSCRIPTS), session.encode(), key=session.session_id.encode()
        )
        return sent


def finished_sessions(count: int) -> list[SessionTranscribed]:
    return [_finished_session(secrets.token_hex(8)) for _ in range(count)]


def _finished_session(session_id: str) -> SessionTranscribed:
    answers, at_ms = [], 0
    for number, text in enumerate(ANSWERS, start=1):
        starts = [at_ms + index * (_WORD_MS + _GAP_MS) for index in range(len(text.split()))]
        words = tuple(
            Word(text=word, start_ms=start_ms, end_ms=start_ms + _WORD_MS, probability=0.95)
            for word, start_ms in zip(text.split(), starts, strict=True)
        )
        final = Final(number=number, text=text, start_ms=at_ms, end_ms=words[-1].end_ms, question=number, words=words)
        answers.append(Answer(question=number, start_ms=at_ms, end_ms=final.end_ms, finals=(final,)))
        at_ms = final.end_ms + _GAP_MS
    words_said = sum(map(count_words, ANSWERS))
    return SessionTranscribed(
        event_id=f"{session_id}-transcribed",
        at_ms=_STARTED_AT_MS + at_ms,
        session_id=session_id,
        user_id="bench",
        display_name="bench",
        org="",
        groups=(),
        mode="practice",
        competition=None,
        started_at_ms=_STARTED_AT_MS,
        language="en",
        topic="my day",
        questions=tuple(Question(number=n, text=f"What do you like about number {n}?") for n in range(1, 11)),
        questions_source="bank",
        answers=tuple(answers),
        words=words_said,
        speech_ms=at_ms,
        audio_ms=at_ms,
        words_per_minute=round(words_said * 60_000 / at_ms, 1),
        finals=len(ANSWERS),
        live=True,
        ended_by=EndCause.CLIENT,
        model="bench",
        conn="bench",
        reply_to=0,
    )


async def measure(base_url: str, client: AnalyzerClient, one_by_one: int, at_once: int, repeats: int) -> dict[str, Any]:
    bare = BareLangChain(base_url, at_once)
    await client.report_on(finished_sessions(WARM_UP))
    await bare.run(finished_sessions(WARM_UP))
    alone_s = [await client.report_on(finished_sessions(1)) for _ in range(one_by_one)]
    bare_alone_s = [await bare.run(finished_sessions(1)) for _ in range(max(one_by_one // 2, 1))]
    pairs = [
        (await bare.run(finished_sessions(at_once)), await client.report_on(finished_sessions(at_once)))
        for _ in range(repeats)
    ]
    model_s = MODEL_S * CALLS_IN_SERIES
    return {
        "one_by_one": {
            "reports": one_by_one,
            "model_ms": round(1000 * model_s),
            "overhead_ms": spread(1000 * (took_s - model_s) for took_s in alone_s),
            "bare_calls_overhead_ms": spread(1000 * (took_s - model_s) for took_s in bare_alone_s),
            "goal_p95_ms": OVERHEAD_GOAL_MS,
        },
        "at_once": {
            "reports": at_once,
            "repeats": repeats,
            "bare_calls_per_s": round(statistics.median(at_once / took_s for took_s, _ in pairs), 1),
            "reports_per_s": round(statistics.median(at_once / took_s for _, took_s in pairs), 1),
            "share_of_bare_calls": round(statistics.median(bare_s / ours_s for bare_s, ours_s in pairs), 3),
            "goal_share": SHARE_GOAL,
        },
    }


@asynccontextmanager
async def _analyzer(folder: Path, kafka: KafkaSettings, services_port: int) -> AsyncIterator[AnalyzerClient]:
    environment = {
        **os.environ,
        "KAFKA_BOOTSTRAP": "",
        "KAFKA_PORT": str(kafka.port),
        "KAFKA_PREFIX": "",
        "LLM_BASE_URL": f"http://{LOOPBACK}:{services_port}/v1",
        "LLM_MAX_CONCURRENCY": "1024",
        "LANGUAGETOOL_URL": f"http://{LOOPBACK}:{services_port}",
        "ANALYZE_MAX_CONCURRENCY": str(AT_ONCE),
        "LOG_LEVEL": "warning",
    }
    command = dying_with_us([sys.executable, "-m", "processors.analyze"])
    consumer = make_consumer(kafka, Topic.REPLIES, stage=None)

    async def at_once() -> bool:
        return True  # The warm-up waits for it.

    async with running(command, environment, folder / "analyze.log", at_once), make_producer(kafka) as producer:
        await consumer.start()
        try:
            partition = TopicPartition(kafka.topic(Topic.REPLIES), 0)
            consumer.assign([partition])
            await consumer.seek_to_beginning(partition)
            yield AnalyzerClient(producer, consumer, kafka)
        finally:
            await consumer.stop()


async def _measured(one_by_one: int, at_once: int, repeats: int) -> dict[str, Any]:
    port = free_port()
    services = dying_with_us([sys.executable, "-m", "bench.support.stub_services", str(port), str(MODEL_S)])
    with tempfile.TemporaryDirectory(prefix="rostrum-bench-") as name:
        folder = Path(name)
        async with (
            kafka_broker(folder) as kafka,
            running(services, dict(os.environ), folder / "services.log", partial(listens, port)),
            _analyzer(folder, kafka, port) as client,
        ):
            return await measure(f"http://{LOOPBACK}:{port}/v1", client, one_by_one, at_once, repeats)


def _table(result: Mapping[str, Any]) -> Table:
    alone, together = result["one_by_one"], result["at_once"]
    shown = Table(title="Reports")
    for heading in ("", "measured", "goal"):
        shown.add_column(heading)
    overhead, bare = alone["overhead_ms"], alone["bare_calls_overhead_ms"]
    shown.add_row("beyond the model's time, median", f"{overhead['median']:.0f} ms", "")
    shown.add_row("beyond the model's time, p95", f"{overhead['p95']:.0f} ms", f"{OVERHEAD_GOAL_MS:.0f} ms")
    shown.add_row("the same of bare LangChain calls, median", f"{bare['median']:.0f} ms", "")
    shown.add_row(f"{together['reports']} at once", f"{together['reports_per_s']} reports per second", "")
    shown.add_row("over bare LangChain calls", f"{together['share_of_bare_calls']:.2f}", f"{SHARE_GOAL:.2f}")
    return shown


def picture(result: Mapping[str, Any]) -> Picture:
    alone, together = result["one_by_one"], result["at_once"]
    delays = {"Rostrum": alone["overhead_ms"], "bare LangChain calls": alone["bare_calls_overhead_ms"]}
    rates = {"Rostrum": together["reports_per_s"], "bare LangChain calls": together["bare_calls_per_s"]}
    goals = {
        ("Rostrum", "p95"): alone["goal_p95_ms"],
        ("Rostrum", "rate"): together["goal_share"] * together["bare_calls_per_s"],
    }
    return Picture(
        "What a report costs beyond its model",
        (
            BarChart(
                "One session at a time",
                "delay beyond the model's time (ms)",
                {
                    label: [Bar(name, delay[label], goal=goals.get((name, label))) for name, delay in delays.items()]
                    for label in ("median", "p95")
                },
            ),
            BarChart(
                f"{together['reports']} sessions at once",
                "reports per second",
                {"": [Bar(name, rate, goal=goals.get((name, "rate"))) for name, rate in rates.items()]},
            ),
        ),
    )


def run(output: Path, repeats: int = REPEATS, one_by_one: int = ONE_BY_ONE, at_once: int = AT_ONCE) -> None:
    """Bring up the processes, measure, write `output` and its picture, print the table."""
    measured = conditions(MODEL, SPEECH)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        result = {**measured, **runner.run(_measured(one_by_one, at_once, repeats))}
    Console().print(_table(result))
    save(output, result, picture(result))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=REPEATS, help="rounds of concurrent sessions")
    parser.add_argument("--one-by-one", type=int, default=ONE_BY_ONE, help="sessions one at a time")
    parser.add_argument("--at-once", type=int, default=AT_ONCE, help="concurrent sessions")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    given = parser.parse_args()
    run(given.output, given.repeats, given.one_by_one, given.at_once)


if __name__ == "__main__":
    main()
