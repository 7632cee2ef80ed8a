"""What a report costs beyond its model: the analyze stage on a real broker, with a scripted model and grammar checker.

Two questions. One session at a time: how much later than its model's own time does the report come? The limit is 100 ms
for 19 of 20. A hundred sessions at once: how many reports a second are made, as a share of what bare LangChain calls
with the same prompts manage on the same machine, in turn with them? At least 0.8. (It can be more than 1: bare calls go
LangChain's own way, which works through the schema with every call; our client hands it over ready made.)

What is measured is processes of their own: the broker, the stage, the model, the checker; the bare calls run in this
one. Needs a checkout, since the scripted servers are those of the tests.
"""

import asyncio
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from rich.console import Console
from rich.table import Table

from bench.bare_langchain import BareCalls
from bench.charts import Bar, Bars
from bench.result_files import circumstances, save
from infra.errors import RostrumError
from infra.kafka.clients import make_consumer, make_producer
from infra.kafka.settings import KafkaSettings
from infra.kafka.topics import create_topics
from infra.quantiles import spread
from infra.settings import LocalSettings, load
from schemas.topics import Topic
from schemas.transcripts import SessionTranscribed
from tests.support.analyze.sessions import transcribed
from tests.support.kafka.shared_node import kafka_running

ROOT = Path(__file__).parents[1]
ANSWERS = (
    "i usually get up at seven and then i has breakfast with my brother before we goes to the school together.",
    "last summer we travel to the sea by train, it was very hot but the water was cold and i liked it a lot.",
)
OVERHEAD_GOAL_MS = 100.0
MODEL_S = 0.1
"""What the scripted model takes for an answer. A report waits for it twice: for its answers, side by side, and for the
summary."""
CALLS_IN_A_ROW = 2
ONE_BY_ONE = 40
AT_ONCE = 100
WARM_UP = 5
_WITHIN_S = 60.0


@dataclass(frozen=True)
class Bench:
    """The stage's way in and out."""

    producer: AIOKafkaProducer
    replies: AIOKafkaConsumer
    kafka: KafkaSettings

    async def report_on(self, sessions: Sequence[SessionTranscribed]) -> float:
        """Seconds from sending the first session to having the last one's report."""
        began_s = time.monotonic()
        await asyncio.gather(*[await self._send(session) for session in sessions])
        waiting = {session.session_id.encode() for session in sessions}
        async with asyncio.timeout(_WITHIN_S):
            while waiting:
                record = await self.replies.getone()
                if b'"engine":"llm"' not in (record.value or b""):
                    raise RostrumError("A report was not made by the model.", "See what the stage has logged.")
                waiting.discard(record.key or b"")
        return time.monotonic() - began_s

    async def _send(self, session: SessionTranscribed) -> asyncio.Future[Any]:
        sent: asyncio.Future[Any] = await self.producer.send(
            self.kafka.topic(Topic.TRANSCRIPTS), session.encode(), key=session.session_id.encode()
        )
        return sent


def sessions(count: int) -> list[SessionTranscribed]:
    return [transcribed(*ANSWERS, session_id=secrets.token_hex(8), topic="my day") for _ in range(count)]


async def measure(base_url: str, environment: dict[str, str], kafka: KafkaSettings, repeats: int) -> dict[str, Any]:
    await create_topics(kafka)
    bare = BareCalls(base_url, AT_ONCE)
    with _process("processors.analyze", environment=environment):
        async with _opened(kafka) as bench:
            await bench.report_on(sessions(WARM_UP))
            await bare.run(sessions(WARM_UP))
            alone_s = [await bench.report_on(sessions(1)) for _ in range(ONE_BY_ONE)]
            bare_alone_s = [await bare.run(sessions(1)) for _ in range(ONE_BY_ONE // 2)]
            pairs = [
                (await bare.run(sessions(AT_ONCE)), await bench.report_on(sessions(AT_ONCE))) for _ in range(repeats)
            ]
    return {
        "one_by_one": {
            "reports": ONE_BY_ONE,
            "model_ms": round(1000 * MODEL_S * CALLS_IN_A_ROW),
            "overhead_ms": spread([1000 * (took_s - MODEL_S * CALLS_IN_A_ROW) for took_s in alone_s]),
            "bare_calls_overhead_ms": spread([1000 * (took_s - MODEL_S * CALLS_IN_A_ROW) for took_s in bare_alone_s]),
        },
        "at_once": {
            "reports": AT_ONCE,
            "repeats": repeats,
            "bare_calls_per_s": round(statistics.median(AT_ONCE / took_s for took_s, _ in pairs), 1),
            "reports_per_s": round(statistics.median(AT_ONCE / took_s for _, took_s in pairs), 1),
            "share_of_bare_calls": round(statistics.median(bare_s / ours_s for bare_s, ours_s in pairs), 3),
        },
    }


@asynccontextmanager
async def _opened(kafka: KafkaSettings) -> AsyncIterator[Bench]:
    consumer = make_consumer(kafka, Topic.REPLIES, stage=None)
    async with make_producer(kafka) as producer:
        await consumer.start()
        try:
            place = TopicPartition(kafka.topic(Topic.REPLIES), 0)
            consumer.assign([place])
            await consumer.seek_to_beginning(place)
            yield Bench(producer, consumer, kafka)
        finally:
            await consumer.stop()


@contextmanager
def _process(
    module: str, *arguments: str, environment: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


def _said(process: subprocess.Popen[str]) -> str:
    """The line that a scripted server prints once it listens."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


def _table(results: dict[str, Any]) -> Table:
    alone, crowd = results["one_by_one"], results["at_once"]
    shown = Table(title="Reports")
    for heading in ("", "measured", "wanted"):
        shown.add_column(heading)
    overhead, bare = alone["overhead_ms"], alone["bare_calls_overhead_ms"]
    shown.add_row("beyond the model's time, median", f"{overhead['median']:.0f} ms", "")
    shown.add_row("beyond the model's time, p95", f"{overhead['p95']:.0f} ms", f"{OVERHEAD_GOAL_MS:.0f} ms")
    shown.add_row("of it LangChain's, median", f"{bare['median']:.0f} ms", "")
    shown.add_row(f"{crowd['reports']} at once", f"{crowd['reports_per_s']} reports a second", "")
    shown.add_row("share of bare LangChain calls", f"{crowd['share_of_bare_calls']:.2f}", "0.80")
    return shown


def panels(report: Mapping[str, Any]) -> tuple[Bars, ...]:
    alone, crowd = report["one_by_one"], report["at_once"]
    delays = {"ours": alone["overhead_ms"], "bare LangChain calls": alone["bare_calls_overhead_ms"]}
    rates = {"ours": crowd["reports_per_s"], "bare LangChain calls": crowd["bare_calls_per_s"]}
    return (
        Bars(
            "A report's delay beyond the model's time",
            {
                label: [Bar(name, delay[key]) for name, delay in delays.items()]
                for label, key in (("median", "median"), ("95th percentile", "p95"))
            },
            unit="ms",
            goal=OVERHEAD_GOAL_MS,
        ),
        Bars(
            f"Reports a second, {crowd['reports']} sessions at once",
            {"": [Bar(name, rate) for name, rate in rates.items()]},
        ),
    )


def run(output: Path, repeats: int) -> None:
    """Bring up what is needed, measure, write `output` and its picture, print the table."""
    measured = circumstances()
    with (
        tempfile.TemporaryDirectory(prefix="rostrum-bench-") as folder,
        kafka_running(Path(folder), load(LocalSettings).cache) as port,
        _process("tests.support.analyze.scripted_llm", "--delay", str(MODEL_S)) as model,
        _process("tests.support.analyze.languagetool_stub") as checker,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        kafka = KafkaSettings(port=port, bootstrap="", prefix="")
        base_url = _said(model)
        environment = {
            "KAFKA_BOOTSTRAP": "",
            "KAFKA_PORT": str(port),
            "KAFKA_PREFIX": "",
            "LLM_BASE_URL": base_url,
            "LLM_MAX_CONCURRENCY": "1024",
            "LANGUAGETOOL_URL": "",
            "LANGUAGETOOL_PORT": _said(checker),
            "ANALYZE_MAX_CONCURRENCY": str(AT_ONCE),
            "LOG_LEVEL": "warning",
        }
        results = {**measured, **runner.run(measure(base_url, environment, kafka, repeats))}
    Console().print(_table(results))
    save(output, results, panels(results))
