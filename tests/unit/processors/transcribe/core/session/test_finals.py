"""Certain words become finals: numbered, in time, each in its answer."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from processors.transcribe.core.session.finals import AnswerMark, group_answers, make_finals, question_at, transcript
from schemas.transcripts import Final
from schemas.words import Word
from tests.support.transcribe.core_values import word, words

MARKS = (AnswerMark(1, 600), AnswerMark(2, 1500))


def test_without_words_there_is_no_final() -> None:
    assert make_finals((), MARKS, ()) == ()


def test_a_final_ends_where_the_next_answer_begins() -> None:
    finals = make_finals(words("zero one two three four five"), MARKS, ())
    assert [(final.number, final.question, final.text) for final in finals] == [
        (1, None, "zero one"),
        (2, 1, "two three four"),
        (3, 2, "five"),
    ]


def test_numbers_and_times_continue_from_the_earlier_finals() -> None:
    first = make_finals(words("one two"), (), ())
    (second,) = make_finals((word("two", 450, 500), word("three", 500, 900)), (), first)
    assert second.number == 2
    assert [(each.start_ms, each.end_ms) for each in second.words] == [(600, 600), (600, 900)]


def test_of_two_marks_at_one_time_the_last_counts() -> None:
    assert question_at((AnswerMark(1, 0), AnswerMark(4, 0)), 0) == 4
    assert question_at((), 0) is None


def test_an_answer_begun_twice_is_one_answer() -> None:
    marks = (AnswerMark(1, 0), AnswerMark(2, 600), AnswerMark(1, 1200), AnswerMark(3, 1800))
    finals = make_finals(words("a b c d e f"), marks, ())
    answers = group_answers(finals, marks, audio_ms=2000)
    assert [(each.question, each.text, each.start_ms, each.end_ms) for each in answers] == [
        (1, "a b e f", 0, 1800),
        (2, "c d", 600, 1200),
        (3, "", 1800, 2000),
    ]


def test_words_before_the_first_mark_answer_no_question() -> None:
    finals = make_finals(words("a b c"), MARKS[:1], ())
    assert [each.question for each in group_answers(finals, MARKS[:1], 900)] == [None, 1]
    assert [each.question for each in group_answers(finals[:1], (), 900)] == [None]


segments = st.tuples(st.integers(0, 5000), st.integers(0, 5000))


@given(
    st.lists(st.lists(segments, max_size=5), max_size=5),
    st.lists(st.builds(AnswerMark, st.integers(1, 3), st.integers(0, 5000)), max_size=5),
)
def test_finals_and_answers_hold_all_words(batches: list[list[tuple[int, int]]], marks: list[AnswerMark]) -> None:
    finals: tuple[Final, ...] = ()
    for batch in batches:
        finals += make_finals([word("w", *span) for span in batch], marks, finals)
    said: list[Word] = [each for final in finals for each in final.words]
    assert [final.number for final in finals] == list(range(1, len(finals) + 1))
    assert len(said) == sum(map(len, batches))
    assert all(one.end_ms <= other.start_ms for one, other in pairwise(said))
    assert all(each.start_ms <= each.end_ms for each in said)
    assert all(final.question == question_at(marks, each.start_ms) for final in finals for each in final.words)
    answers = group_answers(finals, marks, audio_ms=5000)
    assert sorted(final.number for each in answers for final in each.finals) == [final.number for final in finals]
    assert transcript(finals).split() == [each.text for each in said]
