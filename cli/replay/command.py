"""`rostrum replay`: transcribe past sessions again from their logs, and compare."""

import asyncio
import json
import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from rich.console import Console

from cli.progress import ProgressLine
from cli.replay.log import read, stored_transcripts
from cli.replay.view import ReplayComparison, result, view
from client.beside import beside
from infra.clock import SystemClock
from infra.errors import RostrumError
from infra.kafka.settings import KafkaSettings
from infra.settings import load
from processors.transcribe.offline import OfflineTranscriber, OfflineTranscript
from schemas.topics import Topic

_AGO = re.compile(r"(\d+(?:\.\d+)?)([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_PROGRESS_EVERY_S = 1.0
_MARGIN_MS = 60_000
"""The edge's clock, by which a session began, and the log's times may differ by seconds."""


def parse_time(text: str, now: datetime) -> datetime:
    """`2h` ago, or a date and time in ISO 8601, of this machine's zone if it names none. Raises ValueError."""
    if ago := _AGO.fullmatch(text):
        return now - timedelta(**{_UNITS[ago[2]]: float(ago[1])})
    return datetime.fromisoformat(text).astimezone()


class Time(click.ParamType[datetime]):
    name = "time"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        try:
            return parse_time(value, datetime.now(UTC))
        except (ValueError, OverflowError):
            self.fail(
                f"{value!r} is neither a time such as 2026-05-01T09:30 nor a period such as 30m, 2h or 1d.", param, ctx
            )


@click.command()
@click.option("--session", "session_id", help="The session with this id.")
@click.option("--since", type=Time(), help="All sessions that began since then: 2h (ago), or a date and time.")
@click.option("--model", help="The model to try (as TRANSCRIBE_MODEL); by default that of the settings.")
@click.option("--reference", type=click.Path(path_type=Path), help="Text file with what was really said.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per session, then a result.")
def replay(
    session_id: str | None, since: datetime | None, model: str | None, reference: Path | None, as_json: bool
) -> None:
    """Transcribe past sessions again from their logs, and compare with the stored transcripts.

    For trying another model, or other TRANSCRIBE_ settings, on real sessions. Nothing is written to any topic, and no
    live consumer is disturbed. Audio can be replayed as long as it is retained (KAFKA_AUDIO_RETENTION_HOURS).

    \b
    Examples:
      rostrum replay --since 2h --model base.en
      rostrum replay --session ddae1391-8ffb-4429-9841-206afaec8003 --reference said.txt
    """
    if (session_id is None) == (since is None):
        raise click.UsageError("Give either --session ID or --since TIME.")
    if reference is not None and session_id is None:
        raise click.UsageError("A reference is the text of one session: give --session with it.")
    said = _read_reference(reference) if reference else None
    since_ms = round(since.timestamp() * 1000) if since else None
    asyncio.run(_run(session_id, since_ms, model, said, as_json))


def _read_reference(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RostrumError(f"The reference {path} cannot be read ({error}).", "Give a text file in UTF-8.") from error


async def _run(
    session_id: str | None, since_ms: int | None, model: str | None, said: str | None, as_json: bool
) -> None:
    kafka = load(KafkaSettings)
    console = Console(highlight=False, soft_wrap=True)
    stored = await stored_transcripts(kafka, session_id=session_id, since_ms=since_ms)
    if session_id in stored:
        since_ms = stored[session_id].started_at_ms - _MARGIN_MS
    sessions = 0

    async def watch(transcriber: OfflineTranscriber) -> None:
        while True:
            windows = transcriber.windows_recognised
            progress.show(f"{sessions} of {len(stored)} sessions replayed, {windows} windows transcribed …")
            await asyncio.sleep(_PROGRESS_EVERY_S)

    with ProgressLine() as progress:
        progress.show("Loading the model …")
        async with (
            _transcriber(model) as transcriber,
            beside(watch(transcriber)),
            aclosing(_replayed(kafka, transcriber, session_id, since_ms)) as found,
        ):
            async for replayed in found:
                sessions += 1
                comparison = ReplayComparison(replayed, stored.get(replayed.transcribed.session_id), said)
                with progress.hidden():
                    if as_json:
                        click.echo(json.dumps(result(comparison), ensure_ascii=False))
                    else:
                        console.print(view(comparison))
    if session_id is not None and not sessions:
        raise _missing(session_id, session_id in stored, session_id in transcriber.unfinished)
    _close(console, sessions, len(transcriber.unfinished), as_json)


async def _replayed(
    kafka: KafkaSettings, transcriber: OfflineTranscriber, session_id: str | None, since_ms: int | None
) -> AsyncGenerator[OfflineTranscript]:
    """Each session once its end has been processed; with a session id, only that session."""
    from processors.transcribe.adapters.record_decoding import decode_record

    async with aclosing(read(kafka, Topic.AUDIO_FRAMES, session_id=session_id, since_ms=since_ms)) as log:
        async for records in log:
            # A record that cannot be decoded was not part of the session the first time either.
            decoded = [record for record, _ in map(decode_record, records) if record is not None]
            for replayed in await transcriber.feed(decoded):
                yield replayed
                if session_id is not None:
                    return


@asynccontextmanager
async def _transcriber(model: str | None) -> AsyncIterator[OfflineTranscriber]:
    """With the recogniser that the settings describe, as a live transcriber has it."""
    from processors.transcribe.adapters.models import resolve_model
    from processors.transcribe.adapters.recogniser import WhisperRecogniser, load_model
    from processors.transcribe.adapters.silero_vad import SileroVad
    from processors.transcribe.options import transcription_options
    from processors.transcribe.settings import TranscribeSettings

    settings = load(TranscribeSettings)
    resolved = await asyncio.to_thread(resolve_model, settings.model if model is None else model)
    recogniser = WhisperRecogniser(await asyncio.to_thread(load_model, resolved, settings), settings)
    vad = SileroVad()
    try:
        await recogniser.warm_up()
        options = transcription_options(settings, resolved.name, recogniser.window_ms, None)
        yield OfflineTranscriber(options, vad, recogniser, SystemClock())
    finally:
        vad.close()
        recogniser.close()


def _missing(session_id: str, is_stored: bool, is_unfinished: bool) -> RostrumError:
    """Why a session could not be replayed."""
    if is_unfinished:
        return RostrumError(
            f"Session {session_id} has not ended yet.",
            "Replay it when it has: a session whose client is gone ends after SESSION_GRACE_S seconds.",
        )
    if is_stored:
        return RostrumError(
            f"The audio of session {session_id} is no longer retained.",
            "KAFKA_AUDIO_RETENTION_HOURS and KAFKA_AUDIO_RETENTION_BYTES say for how long audio is.",
        )
    return RostrumError(
        f"Kafka holds no session {session_id}.",
        "`rostrum stream` and the pages show a session's id; check KAFKA_PORT, KAFKA_BOOTSTRAP and KAFKA_PREFIX too.",
    )


def _close(console: Console, sessions: int, unfinished: int, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"type": "result", "sessions": sessions, "unfinished": unfinished}))
        return
    if not sessions:
        console.print("No session that began since then has ended.")
    if unfinished:
        console.print(f"Not replayed, because they have not ended: {unfinished}.")
