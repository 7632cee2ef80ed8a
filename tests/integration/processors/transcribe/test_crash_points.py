"""A transcriber process is killed in the middle of a transaction, at a chosen point of it, while somebody speaks to a
real edge. Its successor goes on, and neither the facts nor the speaker show that anything happened."""

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
from tests.support.transcribe.crashing_transcriber import Moment
from tests.support.transcribe.processes import Client, DoomedTranscriber, Transcriber, stored
from tests.support.transcribe.scenario import ended_whole, undisturbed
from tests.support.transcribe.session_log import check_whole

SPEED = 4


async def begun(kafka: KafkaSettings) -> list[Final]:
    """The finals that stand in `transcripts`, whether or not they are committed."""
    records = await read_to_end(kafka, Topic.TRANSCRIPTS, uncommitted=True)
    events = [parse_event(Topic.TRANSCRIPTS, record.value) for record in records]
    return [event.final for event in events if isinstance(event, TranscriptFinal)]


@pytest.mark.parametrize("moment", Moment)
async def test_killed_in_the_middle_of_a_transaction(kafka: KafkaSettings, tmp_path: Path, moment: Moment) -> None:
    pcm = joined("sentence_1", "sentence_2").pcm
    log = tmp_path / "transcribe.log"
    edge, doomed = Edge(kafka, tmp_path, 0), DoomedTranscriber(kafka, log, "0", moment, number=2)
    async with reporting(kafka), Client(kafka) as replies, processes(edge, doomed):
        speaker = ResumingClient([edge.url], edge.address.token(), pcm, speed=SPEED)
        speaking = asyncio.create_task(speaker.speak())
        assert await doomed.ended() == -signal.SIGKILL
        await replies.catch_up()
        told = len(replies.finals(speaker.session_id))
        # Before the commit, the transaction of the dead stays open: it is left out, not waited for.
        settled = moment is Moment.BEFORE_REPLIES
        committed = len((await stored(kafka, speaker.session_id, settled=settled))[0])
        assert told >= 1
        match moment:
            case Moment.BEFORE_COMMIT:
                assert told == committed < len(await begun(kafka))
            case Moment.BEFORE_REPLIES:
                assert told < committed == len(await begun(kafka))

        async with processes(Transcriber(kafka, log, "0")):
            await speaking
            await check_whole(kafka, speaker, pcm)
            finals = await ended_whole(kafka, replies, speaker.session_id, pcm)
            plain = await undisturbed(kafka, replies, pcm)
        assert [final.words for final in finals] == [final.words for final in plain]
