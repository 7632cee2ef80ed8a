"""A bad deploy stops; a bad message does not."""

import pytest

from infra.kafka.dead_letter_limit import DeadLetterLimit, TooManyDeadLetters


def test_single_bad_messages_never_stop_a_stage() -> None:
    limit = DeadLetterLimit(max_consecutive=3, window=10)
    for _ in range(50):
        limit.dead_lettering("bad")
        limit.handled()
        limit.handled()


def test_too_many_in_a_row() -> None:
    limit = DeadLetterLimit(max_consecutive=3)
    limit.handled()
    limit.dead_lettering("bad")
    limit.dead_lettering("bad")
    with pytest.raises(TooManyDeadLetters, match=r"the last 3 messages in a row could not be handled.*worse"):
        limit.dead_lettering("worse")


def test_a_handled_message_ends_the_row() -> None:
    limit = DeadLetterLimit(max_consecutive=3)
    for _ in range(4):
        limit.dead_lettering("bad")
        limit.dead_lettering("bad")
        limit.handled()


def test_too_great_a_share() -> None:
    limit = DeadLetterLimit(max_consecutive=99, max_share=0.5, window=20)
    for _ in range(5):
        limit.handled()
        limit.dead_lettering("bad")
    with pytest.raises(TooManyDeadLetters, match="6 of the last 11 messages"):
        limit.dead_lettering("bad")


def test_an_early_share_says_nothing() -> None:
    limit = DeadLetterLimit(max_consecutive=99, max_share=0.5, window=100)
    for _ in range(20):
        limit.dead_lettering("bad")
