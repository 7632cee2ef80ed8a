"""The consumer keeps delivering replies after any failure."""

from dataclasses import dataclass

import pytest
from aiokafka.errors import KafkaError, NodeNotReadyError

from edge.adapters import kafka_replies
from edge.adapters.kafka_replies import KafkaReplyConsumer
from schemas.replies import Reply


@dataclass(frozen=True)
class Record:
    key: bytes | None
    value: bytes | None
    offset: int = 0


def reply(session_id: str) -> Reply:
    return Reply(event_id="e", at_ms=0, session_id=session_id, conn="c", heard_frames=4, message=None)


class Consumer:
    def __init__(self, *happenings: Record | KafkaError) -> None:
        self._happenings = list(happenings)

    async def getmany(self, timeout_ms: int) -> dict[str, list[Record]]:
        assert timeout_ms > 0, "asks without end otherwise"
        several: list[Record] = []
        while self._happenings:
            happening = self._happenings[0]
            if isinstance(happening, KafkaError):
                if several:
                    break
                self._happenings.pop(0)
                raise happening
            several.append(happening)
            self._happenings.pop(0)
        return {"partition": several}


async def test_invalid_replies_and_those_of_other_sessions_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_replies, "_RETRY_S", 0)
    consumer = Consumer(
        NodeNotReadyError(),
        Record(b"others", b"never parsed"),
        Record(b"ours", b"no reply"),
        Record(b"ours", None),
        Record(None, reply("ours").encode()),
        Record(b"\xff", reply("ours").encode()),
        KafkaError(),
        Record(b"ours", reply("ours").encode()),
    )
    async for said in KafkaReplyConsumer(consumer).for_sessions({"ours"}.__contains__):
        assert said == reply("ours")
        break
