"""A bad deploy stops; a bad message does not."""

import pytest

from infra.kafka.dead_letter_limit import DeadLetterLimit, TooManyDeadLetters


def test_single_bad_messages_never_stop_a_stage() -> None:
    limit = DeadLetterLimit(in_a_row=3, of_last=10)
    for _ in range(50):
        limit.diverting("bad")
        limit.handled()
        limit.handled()


def test_too_many_in_a_row() -> None:
    limit = DeadLetterLimit(in_a_row=3)
    limit.handled()
    limit.diverting("bad")
    limit.diverting("bad")
    with pytest.raises(TooManyDeadLetters, match=r"the last 3 messages in a row could not be handled.*worse"):
        limit.diverting("worse")


def test_one_that_is_handled_ends_the_row() -> None:
    limit = DeadLetterLimit(in_a_row=3)
    for _ in range(4):
        limit.diverting("bad")
        limit.diverting("bad")
        limit.handled()


def test_too_great_a_share() -> None:
    limit = DeadLetterLimit(in_a_row=99, share=0.5, of_last=20)
    for _ in range(5):
        limit.handled()
        limit.diverting("bad")
    with pytest.raises(TooManyDeadLetters, match="6 of the last 11 messages"):
        limit.diverting("bad")


def test_an_early_share_says_nothing() -> None:
    limit = DeadLetterLimit(in_a_row=99, share=0.5, of_last=100)
    for _ in range(20):
        limit.diverting("bad")
