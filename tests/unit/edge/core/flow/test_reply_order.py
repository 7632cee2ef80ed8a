"""However replies arrive, a client sees finals by number, each once, then the summary, then the report."""

import random

from hypothesis import given
from hypothesis import strategies as st

from edge.core.flow.reply_order import MAX_HELD_FINALS, ReplySequencer
from schemas.replies import ShownMessage
from schemas.sessions import Question
from schemas.wire import FinalMessage, Notice, Partial, Questions, ReportMessage, Summary


def final(number: int) -> FinalMessage:
    return FinalMessage(number=number, text=f"word {number}", start_ms=0, end_ms=1, question=None, words=())


def partial(after_final: int) -> Partial:
    return Partial(text="w", start_ms=0, end_ms=1, after_final=after_final)


def summary(finals: int) -> Summary:
    return Summary(words=1, speech_ms=1, audio_ms=1, words_per_minute=1.0, finals=finals)


REPORT = ReportMessage(error="none")
QUESTIONS = Questions(questions=(Question(number=1, text="How are you?"),), source="bank")


def passed(*messages: ShownMessage) -> list[ShownMessage]:
    sequencer, out = ReplySequencer(), list[ShownMessage]()
    for message in messages:
        sequencer, released = sequencer.push(message)
        out += released
    return out


def test_a_final_is_passed_once() -> None:
    assert passed(final(1), final(1), final(2), final(1), final(2)) == [final(1), final(2)]


def test_a_final_waits_for_the_one_before() -> None:
    assert passed(final(3), final(2)) == []
    assert passed(final(3), final(2), final(1)) == [final(1), final(2), final(3)]


def test_a_partial_passes_only_after_the_newest_final() -> None:
    assert passed(partial(0), final(1), partial(0), partial(2), partial(1)) == [partial(0), final(1), partial(1)]


def test_a_partial_after_the_summary_is_dropped() -> None:
    assert passed(summary(0), partial(0)) == [summary(0)]


def test_a_final_that_the_summary_did_not_count_is_dropped() -> None:
    assert passed(final(1), summary(1), final(2), REPORT) == [final(1), summary(1), REPORT]


def test_questions_summary_and_report_pass_once() -> None:
    all_of_it = [QUESTIONS, final(1), summary(1), REPORT]
    assert passed(QUESTIONS, QUESTIONS, final(1), summary(1), summary(1), REPORT, REPORT) == all_of_it


def test_the_summary_waits_for_the_last_final_and_the_report_for_the_summary() -> None:
    assert passed(REPORT, summary(1)) == []
    assert passed(REPORT, summary(1), final(1)) == [final(1), summary(1), REPORT]


def test_a_notice_always_passes() -> None:
    notice = Notice(code="overloaded", message="Slow.")
    assert passed(notice, summary(0), REPORT, notice) == [notice, summary(0), REPORT, notice]


def test_held_finals_are_bounded_and_come_with_the_redelivery() -> None:
    many = [final(number) for number in range(2, MAX_HELD_FINALS + 50)]
    assert passed(*many, final(1))[-1] == final(MAX_HELD_FINALS + 1)
    assert passed(*many, final(1), *many) == [final(1), *many]


@given(st.integers(0, 12), st.integers(0, 3), st.randoms(use_true_random=False))
def test_any_order_and_any_repetition_has_the_same_result(finals: int, repeated: int, shuffle: random.Random) -> None:
    said: list[ShownMessage] = [*map(final, range(1, finals + 1)), summary(finals), REPORT]
    arriving = said * (repeated + 1) + [partial(shuffle.randrange(finals + 2)) for _ in range(5)]
    shuffle.shuffle(arriving)
    assert [message for message in passed(*arriving) if not isinstance(message, Partial)] == said
