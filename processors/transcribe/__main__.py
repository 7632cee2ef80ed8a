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
from processors.transcribe.adapters.kafka_replies import KafkaReplyPublisher
from processors.transcribe.adapters.models import resolve_model
from processors.transcribe.adapters.partition_recovery import KafkaPartitionRecovery
from processors.transcribe.adapters.recogniser import WhisperRecogniser, load_model
from processors.transcribe.adapters.silero_vad import SileroVad
from processors.transcribe.checkpointing import Checkpointer
from processors.transcribe.core.session.idle import IdleWatch
from processors.transcribe.core.session.pending_commits import PendingCommits
from processors.transcribe.core.session.registry import SessionRegistry
from processors.transcribe.options import transcription_options
from processors.transcribe.service import BufferLimits, Publisher, run
from processors.transcribe.settings import DEMO_MESSAGE, TranscribeSettings
from schemas.audio import FRAME_MS
from schemas.wire import Notice

NAME = "transcribe"
DEMO_NOTICE = Notice(code="demo_model", message=DEMO_MESSAGE)


async def serve(stage: Stage) -> None:
    settings, kafka, session = load(TranscribeSettings), load(KafkaSettings), load(SessionSettings)
    model = await asyncio.to_thread(resolve_model, settings.model)
    recogniser = WhisperRecogniser(await asyncio.to_thread(load_model, model, settings), settings)
    get_logger(NAME).info("model loaded", model=model.name, window_ms=recogniser.window_ms, workers=recogniser.workers)
    await recogniser.warm_up()
    options = transcription_options(settings, model.name, recogniser.window_ms, DEMO_NOTICE if model.is_demo else None)
    voice = SileroVad()
    clock = SystemClock()
    log = KafkaSessionLogReader(kafka, settings.group_instance_id)
    producer = make_producer(kafka)
    outbox = KafkaReplyPublisher(producer, kafka, clock)
    streams = SessionRegistry(options)
    ledger = PendingCommits(streams)
    committing = Checkpointer(ledger, outbox, clock)
    showing = asyncio.create_task(outbox.keep_showing())
    try:
        await producer.start()
        await log.start()
        stage.ready()
        await run(
            log=log,
            takeover=KafkaPartitionRecovery(kafka),
            voice=voice,
            recogniser=recogniser,
            streams=streams,
            desk=Publisher(ledger, committing, outbox),
            watch=IdleWatch(round(session.grace_s * 1000)),
            clock=clock,
            limits=BufferLimits(frames=recogniser.window_ms // FRAME_MS, backlog=settings.max_buffered_frames),
            stopping=stage.stopping,
        )
    finally:
        await committing.close()
        showing.cancel()
        await log.stop()
        await producer.stop()
        voice.close()
        recogniser.close()


def main() -> None:
    keep_freed()
    run_stage(NAME, serve)


if __name__ == "__main__":
    main()
