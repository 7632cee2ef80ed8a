"""`rostrum dead-letters`: list messages that a stage could not handle, and retry them."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import click
from aiokafka.errors import KafkaError

from infra.clock import SystemClock
from infra.errors import RostrumError, Unavailable, Unprocessable
from infra.kafka.dead_letter_queue import DeadLetterQueue, StoredDeadLetter, open_dead_letter_queue
from infra.kafka.settings import KafkaSettings
from infra.settings import load

_SHOWN_ID = 8
"""Characters of an id that are shown; they identify a letter as long as no other id begins with them."""

ResultT = TypeVar("ResultT")


@click.group(name="dead-letters")
def dead_letters() -> None:
    """List messages that a stage could not handle, and put them back on their topics.

    Each is kept for 30 days, with its topic, partition, offset and the reason. The stages went on without it.
    """


@dead_letters.command(name="list")
@click.option("--stage", help="Only those of this stage.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(min=1), help="How many, the newest first.")
@click.option("--retried", is_flag=True, help="Include those that were put back already.")
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects, one per letter.")
def list_(stage: str | None, limit: int, retried: bool, as_json: bool) -> None:
    """List dead letters, the newest first."""
    kept = _chosen(_with_queue(lambda queue: queue.read()), stage, retried)
    rows = [_row(one) for one in kept[:limit]]
    if as_json:
        click.echo(json.dumps(rows, indent=1))
        return
    if not rows:
        click.echo("There are no dead letters." if not stage else f"Stage {stage} has no dead letters.")
        return
    for row in rows:
        click.echo(_lines(row))
    if len(kept) > limit:
        click.echo(f"{len(kept) - limit} older ones are not shown; use --limit.")


@dead_letters.command()
@click.argument("letter_id", metavar="ID", required=False)
@click.option("--all", "everything", is_flag=True, help="All that have not been put back yet.")
@click.option("--stage", help="With --all: only those of this stage.")
def retry(letter_id: str | None, everything: bool, stage: str | None) -> None:
    """Put a message back on its topic, with its key and headers, where all stages consume it again.

    ID is what `list` shows, or more of it. A message that fails again becomes a new dead letter. Records of a session's
    audio cannot be put back, because their order matters.
    """
    if bool(letter_id) == everything:
        raise click.UsageError("Give either an ID or --all.")

    async def work(queue: DeadLetterQueue) -> list[str]:
        kept = await queue.read()
        if letter_id:
            letter = _named(kept, letter_id)
            await queue.retry(letter)
            return [f"{_short(letter)} is back on {letter.letter.topic}."]
        return [await _retried(queue, letter) for letter in reversed(_chosen(kept, stage, retried=False))]

    for line in _with_queue(work) or ["No dead letters to put back."]:
        click.echo(line)


async def _retried(queue: DeadLetterQueue, kept: StoredDeadLetter) -> str:
    """One of many: a letter that cannot be put back does not prevent the others."""
    try:
        await queue.retry(kept)
    except Unprocessable as error:
        return f"{_short(kept)} was not put back: {error.message}"
    return f"{_short(kept)} is back on {kept.letter.topic}."


def _chosen(kept: Sequence[StoredDeadLetter], stage: str | None, retried: bool) -> list[StoredDeadLetter]:
    return [
        one for one in kept if (stage is None or one.letter.stage == stage) and (retried or one.retried_at_ms is None)
    ]


def _named(kept: Sequence[StoredDeadLetter], letter_id: str) -> StoredDeadLetter:
    found = [one for one in kept if one.letter.event_id.startswith(letter_id)]
    if not found:
        raise RostrumError(f"There is no dead letter {letter_id}.", "`rostrum dead-letters list --retried` lists all.")
    if len(found) > 1:
        raise RostrumError(
            f"{len(found)} dead letters begin with {letter_id}.", "Give more of the ID; `list --json` prints it whole."
        )
    return found[0]


def _with_queue(work: Callable[[DeadLetterQueue], Awaitable[ResultT]]) -> ResultT:
    """Raises Unavailable if the broker cannot be reached."""
    settings = load(KafkaSettings)

    async def opened() -> ResultT:
        async with open_dead_letter_queue(settings, SystemClock()) as queue:
            return await work(queue)

    try:
        return asyncio.run(opened())
    except KafkaError as error:
        raise Unavailable(
            f"Kafka at {settings.address} does not answer ({type(error).__name__}).",
            "Start the local stack (`rostrum up`), or check KAFKA_BOOTSTRAP and the other KAFKA_ settings.",
        ) from error


def _row(kept: StoredDeadLetter) -> dict[str, Any]:
    letter = kept.letter
    return {
        "id": letter.event_id,
        "kept_at_ms": kept.stored_at_ms,
        "stage": letter.stage,
        "topic": letter.topic,
        "partition": letter.partition,
        "offset": letter.offset,
        "key": letter.key,
        "reason": letter.reason,
        "bytes": kept.value_bytes,
        "retried_at_ms": kept.retried_at_ms,
    }


def _lines(row: dict[str, Any]) -> str:
    """Two lines for a person. Not a table: that would cut off the position."""
    place = f"{row['topic']} {row['partition']}:{row['offset']}"
    known = [row["id"][:_SHOWN_ID], _moment(row["kept_at_ms"]), row["stage"], place, f"{row['bytes']} bytes"]
    if row["key"]:
        known.append(f"key {row['key']}")
    if row["retried_at_ms"] is not None:
        known.append(f"put back {_moment(row['retried_at_ms'])}")
    return f"{'  '.join(known)}\n{' ' * _SHOWN_ID}  {row['reason']}"


def _moment(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _short(kept: StoredDeadLetter) -> str:
    return kept.letter.event_id[:_SHOWN_ID]
