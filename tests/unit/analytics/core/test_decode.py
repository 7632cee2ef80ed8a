"""Records to events."""

import pytest

from analytics.core.decode import Undecodable, decode
from schemas.topics import Topic
from tests.support.analytics.events import counted, started


def test_an_event_of_the_topic() -> None:
    assert decode(Topic.WORD_COUNTS, counted(3).encode()) == counted(3)


@pytest.mark.parametrize("value", [None, b"", b"{", b"[]", b'{"type": "words_counted", "hours": "secret words"}'])
def test_what_is_none_is_named_without_being_repeated(value: bytes | None) -> None:
    with pytest.raises(Undecodable) as refused:
        decode(Topic.WORD_COUNTS, value)
    assert "secret" not in str(refused.value)


def test_an_event_of_another_topic() -> None:
    with pytest.raises(Undecodable, match=r"word\.counts"):
        decode(Topic.WORD_COUNTS, started().encode())
