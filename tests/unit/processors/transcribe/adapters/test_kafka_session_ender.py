"""Idle sessions end in their own logs."""

from infra.clock import SystemClock
from infra.kafka.settings import KafkaSettings
from processors.transcribe.adapters.kafka_session_ender import KafkaSessionEnder
from processors.transcribe.core.session.idle_sessions import OpenSession
from schemas.sessions import EndCause, SessionEnded
from tests.support.transcribe.refusing_broker import RefusingBroker


async def test_an_idle_end_is_written_to_the_sessions_own_partition() -> None:
    broker = RefusingBroker()
    ender = KafkaSessionEnder(broker, KafkaSettings(prefix="t."), SystemClock())
    await ender.end(OpenSession("s-1", partition=1, last_offset=41))
    assert broker.accepted == [("audio.frames", 1)]
    ended = SessionEnded.model_validate_json(broker.values[0])
    assert (ended.session_id, ended.cause, ended.last_offset) == ("s-1", EndCause.IDLE, 41)
