"""The rows that each event adds to which table. Tables and columns: infra/clickhouse/migrations."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from schemas.base import Event, SessionEvent
from schemas.counts import WordsCounted
from schemas.reports import ReportReady
from schemas.sessions import SessionStarted
from schemas.topics import HOUR_MS
from schemas.transcripts import Final, SessionTranscribed, TranscriptFinal

_RUNNING = 1
_FINISHED = 2
"""Revisions of a row: the tables keep the row of the highest revision."""


class TableRow(NamedTuple):
    """A row of a table, by column name."""

    table: str
    values: dict[str, Any]


@dataclass(frozen=True)
class LogPosition:
    """An event's position in its topic."""

    logged_at_ms: int
    offset: int
    """Orders events that were written in the same millisecond."""


def rows_of(event: Event, position: LogPosition, *, create_competitions: bool) -> list[TableRow]:
    """The rows of one event; none for events that are not stored, as SessionReaddressed. `create_competitions`: a
    session in an unknown competition creates that competition."""
    match event:
        case SessionStarted():
            return [_session(event, event.at_ms, _NO_OUTCOME), *_competition(event, create_competitions)]
        case TranscriptFinal():
            return [_final(event, event.final, _RUNNING)]
        case SessionTranscribed():
            finals = [final for answer in event.answers for final in answer.finals]
            return [
                _session(event, event.started_at_ms, _outcome(event)),
                *(_final(event, final, _FINISHED) for final in finals),
                *_competition(event, create_competitions),
                # `live` may have changed after the last word was counted.
                _count(event, event.started_at_ms - event.started_at_ms % HOUR_MS, 0, event.live),
            ]
        case WordsCounted():
            return [_count(event, hour.hour_ms, hour.words, event.live) for hour in event.hours]
        case ReportReady():
            return [_report(event, position)]
        case _:
            return []


def by_table(rows: Iterable[TableRow]) -> Iterator[tuple[str, tuple[str, ...], list[tuple[Any, ...]]]]:
    """The rows as blocks to insert: table, columns, values."""
    tables: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        tables.setdefault(row.table, []).append(row.values)
    for table, lines in tables.items():
        yield table, tuple(lines[0]), [tuple(line.values()) for line in lines]


def _owner(event: SessionEvent) -> dict[str, Any]:
    return {"session_id": event.session_id, "user_id": event.user_id, "org": event.org, "groups": list(event.groups)}


_NO_OUTCOME: dict[str, Any] = {
    "revision": _RUNNING,
    "ended_by": "",
    "live": True,
    "words": 0,
    "speech_ms": 0,
    "audio_ms": 0,
    "words_per_minute": 0.0,
    "finals": 0,
    "model": "",
    "questions_source": "",
    "questions.number": [],
    "questions.text": [],
}


def _session(event: SessionStarted | SessionTranscribed, started_at_ms: int, outcome: dict[str, Any]) -> TableRow:
    values = _owner(event) | {
        "display_name": event.display_name,
        "mode": event.mode,
        "competition": event.competition or "",
        "started_at": started_at_ms,
        "language": event.language,
        "topic": event.topic or "",
    }
    return TableRow("sessions", values | outcome)


def _outcome(event: SessionTranscribed) -> dict[str, Any]:
    return {
        "revision": _FINISHED,
        "ended_by": event.ended_by.value,
        "live": event.live,
        "words": event.words,
        "speech_ms": event.speech_ms,
        "audio_ms": event.audio_ms,
        "words_per_minute": event.words_per_minute,
        "finals": event.finals,
        "model": event.model,
        "questions_source": event.questions_source or "",
        "questions.number": [question.number for question in event.questions],
        "questions.text": [question.text for question in event.questions],
    }


def _final(event: SessionEvent, final: Final, revision: int) -> TableRow:
    return TableRow(
        "finals",
        _owner(event)
        | {
            "number": final.number,
            "revision": revision,
            "question": final.question,
            "start_ms": final.start_ms,
            "end_ms": final.end_ms,
            "text": final.text,
            "words.text": [word.text for word in final.words],
            "words.start_ms": [word.start_ms for word in final.words],
            "words.end_ms": [word.end_ms for word in final.words],
            "words.probability": [word.probability for word in final.words],
        },
    )


def _count(event: SessionEvent, hour_ms: int, words: int, live: bool) -> TableRow:
    return TableRow(
        "word_counts",
        _owner(event)
        | {
            "competition": event.competition or "",
            "hour": hour_ms // 1000,
            "words": words,
            "live": live,
            "named": (event.at_ms, event.display_name),
        },
    )


def _report(event: ReportReady, position: LogPosition) -> TableRow:
    return TableRow(
        "reports",
        _owner(event)
        | {
            "analysis_version": event.analysis_version,
            "logged_at": position.logged_at_ms,
            "log_offset": position.offset,
            "engine": event.report.engine if event.report else "",
            "report": event.report.model_dump_json() if event.report else "",
            "error": event.error or "",
        },
    )


def _competition(event: SessionEvent, create: bool) -> list[TableRow]:
    if not create or not event.competition:
        return []
    # Revision 0, so that it never replaces what an admin has set.
    return [
        TableRow(
            "competitions",
            {
                "id": event.competition,
                "revision": 0,
                "name": event.competition,
                "time_zone": "UTC",
                "starts_at": None,
                "ends_at": None,
                "entry": "open",
                "org": "",
                "groups": [],
            },
        )
    ]
