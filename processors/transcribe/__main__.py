"""Starts a transcriber: `python -m processors.transcribe`."""

import asyncio

from infra.clock import SystemClock
from infra.kafka.clients import make_producer
from infra.kafka.settings import KafkaSettings
from infra.lifecycle import Stage, run_stage
from infra.malloc import keep_freed
from infra.settings import SessionSettings, load
from infra.telemetry import get_logger
from processors.transcribe.adapters.kafka_consumer import KafkaSessionLogReader
from processors.transcribe.adapters.kafka_dead_letters import KafkaDeadLetterPublisher
from processors.transcribe.adapters.kafka_replies import KafkaReplyPublisher
from processors.transcribe.adapters.kafka_session_ender import KafkaSessionEnder
from processors.transcribe.adapters.models import resolve_model
from processors.transcribe.adapters.partition_recovery import KafkaPartitionRecovery
from processors.transcribe.adapters.recogniser import WhisperRecogniser, load_model
from processors.transcribe.adapters.silero_vad import SileroVad
from processors.transcribe.checkpointing import Checkpointer
from processors.transcribe.core.session.idle_sessions import IdleWatch
from processors.transcribe.core.session.pending_commits import PendingCommits
from processors.transcribe.core.session.registry import SessionRegistry
from processors.transcribe.options import transcription_options
from processors.transcribe.service import BufferLimits, Publisher, run
from processors.transcribe.settings import DEMO_MESSAGE, STAGE, TranscribeSettings
from schemas.audio import FRAME_MS
from schemas.wire import Notice


async def serve(stage: Stage) -> None:
    settings, kafka, session = load(TranscribeSettings), load(KafkaSettings), load(SessionSettings)
    model = await asyncio.to_thread(resolve_model, settings.model)
    recogniser = WhisperRecogniser(await asyncio.to_thread(load_model, model, settings), settings)
    get_logger(STAGE).info("model loaded", model=model.name, window_ms=recogniser.window_ms, workers=recogniser.workers)
    await recogniser.warm_up()
    notice = Notice(code="demo_model", message=DEMO_MESSAGE) if model.is_demo else None
    sessions = SessionRegistry(transcription_options(settings, model.name, recogniser.window_ms, notice))
    vad = SileroVad()
    clock = SystemClock()
    log = KafkaSessionLogReader(kafka, settings.group_instance_id)
    producer = make_producer(kafka)
    replies = KafkaReplyPublisher(producer, kafka)
    pending = PendingCommits(sessions)
    checkpointer = Checkpointer(pending, replies, KafkaDeadLetterPublisher(producer, kafka), clock)
    best_effort = asyncio.create_task(replies.run())
    try:
        await producer.start()
        await log.start()
        stage.ready()
        await run(
            log=log,
            recovery=KafkaPartitionRecovery(kafka),
            vad=vad,
            recogniser=recogniser,
            sessions=sessions,
            publisher=Publisher(pending, checkpointer, replies),
            session_ender=KafkaSessionEnder(producer, kafka, clock),
            idle_watch=IdleWatch(round(session.grace_s * 1000)),
            clock=clock,
            limits=BufferLimits(vad_frames=recogniser.window_ms // FRAME_MS, records=settings.max_buffered_frames),
            stopping=stage.stopping,
        )
    finally:
        await checkpointer.close()
        best_effort.cancel()
        await log.stop()
        await producer.stop()
        vad.close()
        recogniser.close()


def main() -> None:
    keep_freed()
    run_stage(STAGE, serve)


if __name__ == "__main__":
    main()
