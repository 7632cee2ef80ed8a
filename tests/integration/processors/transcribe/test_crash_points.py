"""A transcriber process is killed at a chosen point of a transaction, while a client streams to a real edge. The next
owner continues, and neither the facts nor the client show that anything happened."""

import asyncio
import signal
from pathlib import Path

import pytest

from infra.kafka.settings import KafkaSettings
from schemas.topics import Topic, parse_event
from schemas.transcripts import Final, TranscriptFinal
from tests.support.audio.speech import joined
from tests.support.clients.resuming_client import ResumingClient
from tests.support.edge.fake_analyze import reporting
from tests.support.edge.processes import Edge
from tests.support.processes.stage_in_process import read_to_end
from tests.support.processes.stage_process import processes
from tests.support.transcribe.crashing_transcriber import CrashPoint
from tests.support.transcribe.processes import Client, CrashingTranscriber, Transcriber, stored
from tests.support.transcribe.scenario import ended_whole, undisturbed
from tests.support.transcribe.session_log import check_complete

SPEED = 4


async def uncommitted(kafka: KafkaSettings) -> list[Final]:
    """The finals in `transcripts`, whether or not they are committed."""
    records = await read_to_end(kafka, Topic.TRANSCRIPTS, uncommitted=True)
    events = [parse_event(Topic.TRANSCRIPTS, record.value) for record in records]
    return [event.final for event in events if isinstance(event, TranscriptFinal)]


@pytest.mark.parametrize("point", CrashPoint)
async def test_a_transcriber_killed_during_a_transaction_loses_and_repeats_nothing(
    kafka: KafkaSettings, tmp_path: Path, point: CrashPoint
) -> None:
    pcm = joined("sentence_1", "sentence_2").pcm
    log = tmp_path / "transcribe.log"
    edge, crashing = Edge(kafka, tmp_path, 0), CrashingTranscriber(kafka, log, "0", point, number=2)
    async with reporting(kafka), Client(kafka) as replies, processes(edge, crashing):
        speaker = ResumingClient([edge.url], edge.address.token(), pcm, speed=SPEED)
        speaking = asyncio.create_task(speaker.speak())
        assert await crashing.ended() == -signal.SIGKILL
        await replies.catch_up()
        sent = len(replies.finals(speaker.session_id))
        # Before the commit, the transaction of the dead stays open: it is left out, not waited for.
        settled = point is CrashPoint.BEFORE_REPLIES
        committed = len((await stored(kafka, speaker.session_id, settled=settled))[0])
        assert sent >= 1
        match point:
            case CrashPoint.BEFORE_COMMIT:
                assert sent == committed < len(await uncommitted(kafka))
            case CrashPoint.BEFORE_REPLIES:
                assert sent < committed == len(await uncommitted(kafka))

        async with processes(Transcriber(kafka, log, "0")):
            await speaking
            await check_complete(kafka, speaker, pcm)
            finals = await ended_whole(kafka, replies, speaker.session_id, pcm)
            plain = await undisturbed(kafka, replies, pcm)
        assert [final.words for final in finals] == [final.words for final in plain]
