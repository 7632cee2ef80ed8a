"""The whole stage, from real topics to the HTTP API, with a kill and a restart in between."""

from pathlib import Path

from infra.kafka.clients import make_producer
from infra.kafka.settings import KafkaSettings
from schemas.base import SessionEvent
from schemas.dead_letters import DeadLetter
from schemas.topics import Topic
from tests.support.analytics.events import counted, final, report_ready, said, started, transcribed
from tests.support.analytics.process import analytics_running
from tests.support.processes.stage_in_process import committed, read

BOARD = "/api/competitions/cup/leaderboard"


async def write(kafka: KafkaSettings, *records: tuple[Topic, SessionEvent | bytes]) -> None:
    producer = make_producer(kafka)
    await producer.start()
    try:
        for topic, event in records:
            value, key = (event, b"x") if isinstance(event, bytes) else (event.encode(), event.session_id.encode())
            await producer.send_and_wait(kafka.topic(topic), value, key=key)
    finally:
        await producer.stop()


async def test_events_reach_the_api_despite_a_kill_and_duplicates(kafka: KafkaSettings, tmp_path: Path) -> None:
    ones = (final(1, "he go"), final(2, "to the sea"))
    begun = (Topic.SESSION_EVENTS, started(competition="cup"))
    first = (Topic.WORD_COUNTS, counted(2, competition="cup"))
    async with analytics_running(kafka, tmp_path) as analytics:
        await write(kafka, begun, (Topic.TRANSCRIPTS, said(ones[0], competition="cup")), first)
        board = await analytics.until(BOARD, lambda body: bool(body["entries"]))
        assert board["entries"][0] == {"rank": 1, "user_id": "ann", "display_name": "Ann", "words": 2, "sessions": 1}
        running = await analytics.until("/api/sessions/s1", lambda body: bool(body["answers"]), "ann")
        assert (running["state"], running["report"]) == ("running", "pending")
        assert (await analytics.get("/api/sessions/s1/report", "ann")).status_code == 202
        analytics.kill()

    # Events written while it is down, with poison records and duplicates among them, are stored after its restart.
    await write(
        kafka,
        (Topic.WORD_COUNTS, b"this is no event"),
        first,
        (Topic.WORD_COUNTS, counted(5, competition="cup")),
        begun,
        (Topic.TRANSCRIPTS, transcribed(ones, competition="cup")),
        (Topic.REPORTS, report_ready(competition="cup")),
        (Topic.REPORTS, report_ready(competition="cup", report=None, error="a second one")),
    )
    async with analytics_running(kafka, tmp_path, analytics.port) as analytics:
        await analytics.until(BOARD, lambda body: body["entries"][0]["words"] == 5)
        report = await analytics.until("/api/sessions/s1/report", lambda body: body["status"] == "ready", "ann")
        assert report["report"]["summary"] == "Well done."
        ended = await analytics.until("/api/sessions/s1", lambda body: body["state"] == "ended", "ann")
        assert ended["answers"][0]["text"] == "he go to the sea"
        assert (await analytics.get("/api/sessions/s1", "eve")).status_code == 403
        (letter,) = await read(kafka, Topic.DEAD_LETTERS, 1)
        assert DeadLetter.model_validate_json(letter.value).stage == "analytics"
        assert analytics.stop() == 0

    # A clean shutdown has committed everything.
    for topic, records in (
        (Topic.SESSION_EVENTS, 2),
        (Topic.TRANSCRIPTS, 2),
        (Topic.WORD_COUNTS, 4),
        (Topic.REPORTS, 2),
    ):
        assert await committed(kafka, topic, "analytics") == records
