"""Records decoded to events."""

import pytest

from analytics.core.decode import UndecodableRecord, decode
from schemas.topics import Topic
from tests.support.analytics.events import counted, started


def test_an_event_of_the_topic_is_decoded() -> None:
    assert decode(Topic.WORD_COUNTS, counted(3).encode()) == counted(3)


@pytest.mark.parametrize("value", [None, b"", b"{", b"[]", b'{"type": "words_counted", "hours": "secret words"}'])
def test_an_undecodable_record_is_described_without_its_value(value: bytes | None) -> None:
    with pytest.raises(UndecodableRecord) as raised:
        decode(Topic.WORD_COUNTS, value)
    assert "secret" not in str(raised.value)


def test_an_event_of_another_topic_is_undecodable() -> None:
    with pytest.raises(UndecodableRecord, match=r"word\.counts"):
        decode(Topic.WORD_COUNTS, started().encode())
