"""What is in a session's log, which of its frames count, and whether a session is complete."""

from infra.kafka.settings import KafkaSettings
from schemas.sessions import ConnectionResumed, RecordKind
from schemas.topics import Topic
from tests.support.clients.resuming_client import ResumingClient
from tests.support.edge.in_process import LogEntry, entry
from tests.support.processes.stage_in_process import read_to_end
from tests.support.transcribe.processes import stored
from tests.support.transcribe.session_records import frames_of


async def logged(kafka: KafkaSettings, session_id: str) -> list[LogEntry]:
    """All records of the session, in order."""
    entries = [entry(record) for record in await read_to_end(kafka, Topic.AUDIO_FRAMES)]
    return [each for each in entries if each.session_id == session_id]


def counted(log: list[LogEntry]) -> list[bytes]:
    """The frames that count by the log's own rules: those of the newest connection that have the next number. A
    connection whose audio would begin after the last frame never becomes the newest."""
    conn = log[0].headers.conn
    frames: list[bytes] = []
    for each in log:
        if each.headers.kind is RecordKind.RESUME:
            if ConnectionResumed.model_validate_json(each.value).from_frame <= len(frames):
                conn = each.headers.conn
        elif each.headers.kind is RecordKind.FRAME and (each.headers.conn, each.headers.seq) == (conn, len(frames)):
            frames.append(each.value)
    return frames


async def check_complete(kafka: KafkaSettings, speaker: ResumingClient, pcm: bytes) -> None:
    """Every frame that was sent was acknowledged and counts, in order, and every final was sent to the client."""
    assert speaker.close_codes[-1] == 1000
    assert speaker.acked == speaker.frames
    assert counted(await logged(kafka, speaker.session_id)) == list(frames_of(pcm))
    finals, transcribed = await stored(kafka, speaker.session_id)
    sent = [{key: value for key, value in final.items() if key != "type"} for final in speaker.finals]
    assert sent == [final.model_dump(mode="json") for final in finals]
    assert len(transcribed) == 1
    assert speaker.of("summary")[-1]["finals"] == len(finals)
