"""`rostrum dead-letters`: messages that no stage could handle; look at them, and put them back."""

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
"""Characters of an id that are shown and are enough to name a letter, as long as no other begins with them."""

ResultT = TypeVar("ResultT")


@click.group(name="dead-letters")
def dead_letters() -> None:
    """Messages that no stage could handle.

    Each is kept for 30 days, with the place it came from and the reason. Nothing waits for it: the stages went on.
    """


@dead_letters.command(name="list")
@click.option("--stage", help="Only those that this stage could not handle.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(min=1), help="The newest so many.")
@click.option("--retried", is_flag=True, help="Also those that were put back already.")
@click.option("--json", "as_json", is_flag=True, help="A list of objects, one per letter.")
def list_(stage: str | None, limit: int, retried: bool, as_json: bool) -> None:
    """Show what lies there, the newest first."""
    kept = _chosen(_with_queue(lambda queue: queue.read()), stage, retried)
    rows = [_row(one) for one in kept[:limit]]
    if as_json:
        click.echo(json.dumps(rows, indent=1))
        return
    if not rows:
        click.echo("There are no dead letters." if not stage else f"There are no dead letters of {stage}.")
        return
    for row in rows:
        click.echo(_lines(row))
    if len(kept) > limit:
        click.echo(f"{len(kept) - limit} older ones are not shown (--limit).")


@dead_letters.command()
@click.argument("letter_id", metavar="ID", required=False)
@click.option("--all", "everything", is_flag=True, help="All that were not put back yet.")
@click.option("--stage", help="With --all: only those that this stage could not handle.")
def retry(letter_id: str | None, everything: bool, stage: str | None) -> None:
    """Put a message back on its topic, with its key and headers, for all stages to see once more.

    ID is as `list` shows it, or more of it. A message that fails again becomes a new letter. Records of a session's
    audio cannot be put back.
    """
    if bool(letter_id) == everything:
        raise click.UsageError("Give an ID, or --all.")

    async def work(queue: DeadLetterQueue) -> list[str]:
        kept = await queue.read()
        if letter_id:
            letter = _named(kept, letter_id)
            await queue.retry(letter)
            return [f"{_short(letter)} is back on {letter.letter.topic}."]
        return [await _retried(queue, letter) for letter in reversed(_chosen(kept, stage, retried=False))]

    for line in _with_queue(work) or ["There was nothing to put back."]:
        click.echo(line)


async def _retried(queue: DeadLetterQueue, kept: StoredDeadLetter) -> str:
    """One of many: those that cannot be put back keep none of the others from it."""
    try:
        await queue.retry(kept)
    except Unprocessable as error:
        return f"{_short(kept)} stays: {error.message}"
    return f"{_short(kept)} is back on {kept.letter.topic}."


def _chosen(kept: Sequence[StoredDeadLetter], stage: str | None, retried: bool) -> list[StoredDeadLetter]:
    return [
        one for one in kept if (stage is None or one.letter.stage == stage) and (retried or one.retried_at_ms is None)
    ]


def _named(kept: Sequence[StoredDeadLetter], letter_id: str) -> StoredDeadLetter:
    found = [one for one in kept if one.letter.event_id.startswith(letter_id)]
    if not found:
        raise RostrumError(f"There is no dead letter {letter_id}.", "`rostrum dead-letters list --retried` shows all.")
    if len(found) > 1:
        raise RostrumError(f"{len(found)} dead letters begin with {letter_id}.", "Give more of the ID (list --json).")
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
            f"Kafka at {settings.address} does not answer as it should ({type(error).__name__}).",
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
    """Two lines for a person: an address that is cut off is none, so this is no table."""
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
