"""The queries on ClickHouse. Values are bound by the server, never formatted into the SQL.

Points in time are transferred as numbers: how a client converts a DateTime depends on its version and on this machine's
time zone."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from analytics.core.read_models import Competition, LeaderboardEntry, PastSession, StoredReport, StoredSession
from analytics.core.time_ranges import TimeRange
from infra.clickhouse.database import Database
from schemas.reports import Report
from schemas.sessions import Question
from schemas.transcripts import Final
from schemas.words import Word

_COMPETITION = """
SELECT id, name, time_zone, toUnixTimestamp(starts_at) AS starts_s, toUnixTimestamp(ends_at) AS ends_s,
       toString(entry) AS entry, org, groups
FROM competitions FINAL
"""

# From the inside: the greatest count per session and hour; sessions that were live throughout; totals per user.
_LEADERBOARD = """
SELECT rank() OVER (ORDER BY words DESC) AS rank, user_id, display_name, words, sessions
FROM (
    SELECT user_id, sum(session_words) AS words, count() AS sessions, max(session_named).2 AS display_name
    FROM (
        SELECT user_id, session_id, max(hour_named) AS session_named,
               sumIf(hour_words, toUnixTimestamp(hour) >= {from_s:UInt32} AND toUnixTimestamp(hour) < {until_s:UInt32})
                   AS session_words
        FROM (
            SELECT user_id, session_id, hour, max(words) AS hour_words, min(live) AS hour_live, max(named) AS hour_named
            FROM word_counts WHERE competition = {competition:String}
            GROUP BY user_id, session_id, hour
        )
        GROUP BY user_id, session_id HAVING min(hour_live) AND session_words > 0
    )
    GROUP BY user_id
)
ORDER BY rank, display_name, user_id LIMIT {limit:UInt32}
"""

_SESSION = """
SELECT session_id, user_id, display_name, org, groups, mode, competition,
       toUnixTimestamp64Milli(started_at) AS started_ms, language, topic, ended_by, live, words, speech_ms, audio_ms,
       words_per_minute, finals, model, questions_source, questions.number AS question_numbers,
       questions.text AS question_texts
FROM sessions FINAL
"""

_FINALS = """
SELECT number, text, start_ms, end_ms, question, words.text AS word_texts, words.start_ms AS word_starts,
       words.end_ms AS word_ends, words.probability AS word_probabilities
FROM finals FINAL WHERE session_id = {session:String} ORDER BY number
"""

_REPORT = """
SELECT analysis_version, report, error FROM reports WHERE session_id = {session:String}
ORDER BY analysis_version DESC, report = '', logged_at, log_offset LIMIT 1
"""

_ERASABLE = ("word_counts", "reports", "finals", "sessions")


class ClickHouseFactStore:
    """`analytics.ports.FactStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def competitions(self) -> list[Competition]:
        return [_competition(row) for row in await self._database.query(f"{_COMPETITION} ORDER BY name, id")]

    async def competition(self, competition_id: str) -> Competition | None:
        rows = await self._database.query(f"{_COMPETITION} WHERE id = {{id:String}}", {"id": competition_id})
        return _competition(rows[0]) if rows else None

    async def put_competition(self, competition: Competition, at_ms: int) -> None:
        columns = ("id", "revision", "name", "time_zone", "starts_at", "ends_at", "entry", "org", "groups")
        row = (
            competition.id,
            at_ms,
            competition.name,
            competition.time_zone,
            _unix_s(competition.starts_at),
            _unix_s(competition.ends_at),
            competition.entry,
            competition.org,
            list(competition.groups),
        )
        await self._database.insert("competitions", columns, [row])

    async def leaderboard(self, competition_id: str, hours: TimeRange, limit: int) -> list[LeaderboardEntry]:
        rows = await self._database.query(
            _LEADERBOARD,
            {"competition": competition_id, "from_s": hours.from_s, "until_s": hours.until_s, "limit": limit},
        )
        return [LeaderboardEntry.model_validate(row) for row in rows]

    async def session(self, session_id: str) -> StoredSession | None:
        rows = await self._database.query(f"{_SESSION} WHERE session_id = {{session:String}}", {"session": session_id})
        return _session(rows[0]) if rows else None

    async def finals(self, session_id: str) -> list[Final]:
        return [_final(row) for row in await self._database.query(_FINALS, {"session": session_id})]

    async def report(self, session_id: str) -> StoredReport | None:
        rows = await self._database.query(_REPORT, {"session": session_id})
        if not rows:
            return None
        return StoredReport(
            session_id=session_id,
            analysis_version=rows[0]["analysis_version"],
            report=Report.model_validate_json(rows[0]["report"]) if rows[0]["report"] else None,
            error=rows[0]["error"] or None,
        )

    async def sessions_of(self, user_id: str, limit: int) -> list[PastSession]:
        rows = await self._database.query(
            f"{_SESSION} WHERE user_id = {{user:String}} ORDER BY started_at DESC, session_id LIMIT {{limit:UInt32}}",
            {"user": user_id, "limit": limit},
        )
        return [PastSession.model_validate(_session(row).model_dump()) for row in rows]

    async def erase(self, user_id: str) -> None:
        for table in _ERASABLE:
            await self._database.command(
                f"ALTER TABLE {table} DELETE WHERE user_id = {{user:String}} SETTINGS mutations_sync = 2",
                {"user": user_id},
            )


def _competition(row: Mapping[str, Any]) -> Competition:
    return Competition.model_validate({**row, "starts_at": _moment(row["starts_s"]), "ends_at": _moment(row["ends_s"])})


def _session(row: Mapping[str, Any]) -> StoredSession:
    questions = zip(row["question_numbers"], row["question_texts"], strict=True)
    return StoredSession.model_validate(
        {
            **row,
            "started_at": datetime.fromtimestamp(row["started_ms"] / 1000, UTC),
            "questions": [Question(number=number, text=text) for number, text in questions],
            **{name: row[name] or None for name in ("competition", "topic", "ended_by", "model", "questions_source")},
        }
    )


def _final(row: Mapping[str, Any]) -> Final:
    names: Sequence[str] = ("text", "start_ms", "end_ms", "probability")
    columns = zip(row["word_texts"], row["word_starts"], row["word_ends"], row["word_probabilities"], strict=True)
    words = tuple(Word.model_validate(dict(zip(names, word, strict=True))) for word in columns)
    return Final.model_validate({**row, "words": words})


def _moment(unix_s: int | None) -> datetime | None:
    return datetime.fromtimestamp(unix_s, UTC) if unix_s is not None else None


def _unix_s(moment: datetime | None) -> int | None:
    return int(moment.timestamp()) if moment else None
