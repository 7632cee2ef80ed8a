"""Fluency measures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.analyze.core.measures import PAUSE_MS, measure, moving_average_type_token_ratio
from schemas.transcripts import Answer, Final, SessionTranscribed
from schemas.words import Word
from tests.support.analyze.sessions import transcribed


def spaced(*entries: tuple[int | None, str, int, int]) -> SessionTranscribed:
    """A session of (question, word, start, end), one answer per question."""
    answers = []
    for question in dict.fromkeys(entry[0] for entry in entries):
        said = tuple(
            Word(text=text, start_ms=start, end_ms=end, probability=0.9)
            for number, text, start, end in entries
            if number == question
        )
        final = Final(
            number=1,
            text=" ".join(word.text for word in said),
            start_ms=said[0].start_ms,
            end_ms=said[-1].end_ms,
            question=question,
            words=said,
        )
        answers.append(Answer(question=question, start_ms=final.start_ms, end_ms=final.end_ms, finals=(final,)))
    return transcribed().model_copy(update={"answers": tuple(answers), "words": len(entries)})


@pytest.mark.parametrize(("gap_ms", "pauses"), [(PAUSE_MS - 1, 0), (PAUSE_MS, 1), (1700, 1)])
def test_a_pause_is_half_a_second_or_more(gap_ms: int, pauses: int) -> None:
    measures = measure(spaced((1, "well", 0, 300), (1, "yes", 300 + gap_ms, 900 + gap_ms)))
    assert (measures.pauses, measures.pause_ms) == (pauses, gap_ms if pauses else 0)


def test_silence_between_answers_is_not_a_pause() -> None:
    assert measure(spaced((1, "yes", 0, 300), (2, "no", 5000, 5300))).pauses == 0


def test_an_answer_taken_up_again_has_no_pause_of_the_length_of_the_other_answer() -> None:
    session = spaced((1, "yes", 0, 300), (2, "no", 400, 700), (1, "and", 800, 900))
    assert measure(session).pauses == 0


def test_fillers_are_counted_however_they_are_written() -> None:
    assert measure(transcribed("Um, i uh like it, hmm.")).fillers == 3


def test_repetitions_and_false_starts_are_counted() -> None:
    measures = measure(transcribed("she she go", "i wen- went. he was he is here"))
    assert (measures.repetitions, measures.false_starts) == (1, 2)


def test_words_and_pace_are_the_transcribers() -> None:
    session = transcribed("i like it").model_copy(update={"words": 99, "words_per_minute": 12.5})
    assert (measure(session).words, measure(session).words_per_minute) == (99, 12.5)


def test_a_session_without_words_has_no_measures() -> None:
    measures = measure(transcribed())
    assert (measures.words, measures.pauses, measures.fillers, measures.lexical_diversity) == (0, 0, 0, None)


def test_diversity_of_a_text_that_repeats_itself() -> None:
    assert measure(transcribed("one two three four five " * 20)).lexical_diversity == 0.1


def test_diversity_ignores_fillers_and_needs_a_window_of_words() -> None:
    assert measure(transcribed(" ".join(f"word{n} um" for n in range(50)))).lexical_diversity == 1.0
    assert measure(transcribed(" ".join(f"word{n} um" for n in range(49)))).lexical_diversity is None


@given(st.lists(st.sampled_from("abcd"), max_size=30), st.integers(1, 8))
def test_mattr_is_the_mean_over_all_windows(words: list[str], window: int) -> None:
    windows = [words[start : start + window] for start in range(len(words) - window + 1)]
    expected = sum(len(set(part)) / window for part in windows) / len(windows) if windows else None
    measured = moving_average_type_token_ratio(words, window)
    assert measured == (None if expected is None else pytest.approx(expected))
