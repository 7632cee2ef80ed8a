"""Records that cannot be processed are not lost."""

import pytest
from aiokafka.errors import KafkaTimeoutError

from infra.kafka.settings import KafkaSettings
from processors.transcribe.adapters import retrying_producer
from processors.transcribe.adapters.kafka_dead_letters import KafkaDeadLetterPublisher
from processors.transcribe.core.session.output import RejectedRecord
from tests.support.transcribe.refusing_broker import RefusingBroker


async def test_a_dead_letter_is_sent_until_the_broker_holds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrying_producer, "_RETRY_S", 0)
    broker = RefusingBroker(dead_letters=[KafkaTimeoutError()])
    rejected = RejectedRecord(0, 1, 0, b"s-1", None, "unreadable")
    await KafkaDeadLetterPublisher(broker, KafkaSettings(prefix="t.")).send([rejected])
    assert broker.accepted == [("dead.letters", None)]
