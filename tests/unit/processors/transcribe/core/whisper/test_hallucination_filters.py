"""Each filter against the fault it is named for, and against speech that looks a little like it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.transcribe.core.audio.levels import Levels
from processors.transcribe.core.whisper.hallucination_filters import (
    FilterRule,
    filtered,
    unless_silent,
    without_loops,
    without_prompt_echo,
    without_rapid_words,
    without_words_over_silence,
)
from processors.transcribe.core.whisper.recognition import DecodingThresholds, Recognition
from schemas.words import Word
from tests.support.transcribe.core_values import text_of, word, words

THRESHOLDS = DecodingThresholds(compression_ratio=2.4, log_probability=-1.0, no_speech=0.6)


def levels(*segments: tuple[int, float]) -> Levels:
    """So many milliseconds at this level, one after the other."""
    return np.repeat(np.array([db for _, db in segments], np.float32), [ms // 10 for ms, _ in segments])


@pytest.mark.parametrize(
    ("log_probability", "no_speech", "kept"), [(-1.5, 0.9, False), (-0.5, 0.9, True), (-1.5, 0.2, True)]
)
def test_no_speech_needs_both_signs(log_probability: float, no_speech: float, kept: bool) -> None:
    recognised = Recognition(words("thank you"), log_probability, no_speech)
    assert bool(unless_silent(recognised.words, recognised, THRESHOLDS)) is kept


def test_the_echo_of_a_prompt_is_removed() -> None:
    recognised = (*words("We like to swim.", each_ms=60), *words("and to read", start_ms=300))
    assert text_of(without_prompt_echo(recognised, "because we like to swim")) == "and to read"


@pytest.mark.parametrize(
    ("recognised", "prompt"),
    [
        (words("we like to swim and"), "because we like to swim"),
        (words("to swim and read", each_ms=60), "because we like to swim"),
        (words("we like to swim", each_ms=60), ""),
    ],
    ids=["said again", "too little to tell", "no prompt"],
)
def test_other_repetitions_of_the_prompt_are_kept(recognised: tuple[Word, ...], prompt: str) -> None:
    assert without_prompt_echo(recognised, prompt) == recognised


@pytest.mark.parametrize(
    ("text", "each_ms", "left"),
    [
        ("so no no no", 60, "so no"),
        ("i go to to to bed", 60, "i go to bed"),
        ("thank you thank you Thank you. thank you", 50, "thank you"),
        ("very very very good", 300, "very very very good"),
        ("bye bye", 50, "bye bye"),
        ("one two three one two three", 50, "one two three one two three"),
        ("new " * 6, 400, "new"),
        ("new " * 5, 400, ("new " * 5).strip()),
    ],
)
def test_loops_are_reduced_to_one_round(text: str, each_ms: int, left: str) -> None:
    assert text_of(without_loops(words(text, each_ms=each_ms))) == left


def test_many_words_in_no_time_are_removed() -> None:
    recognised = (*words("i live here"), *words("and they all went out", start_ms=900, each_ms=10))
    assert text_of(without_rapid_words(recognised)) == "i live here"


def test_a_few_squeezed_words_are_kept() -> None:
    recognised = (*words("i live here"), *words("in my house", start_ms=900, each_ms=0))
    assert tuple(without_rapid_words(recognised)) == recognised


def test_words_after_rapid_ones_are_kept() -> None:
    recognised = (*words("a b c d e", each_ms=5), *words("we are here", start_ms=100))
    assert text_of(without_rapid_words(recognised)) == "we are here"


def test_words_over_silence_are_removed() -> None:
    recognised = (*words("good morning", each_ms=500), word("thanks", 2000, 2500))
    assert text_of(without_words_over_silence(recognised, levels((1000, -25.0), (2000, -85.0)))) == "good morning"


def test_words_over_steady_noise_are_removed() -> None:
    assert not list(without_words_over_silence(words("the the the"), levels((3000, -20.0))))


def test_quiet_speech_is_kept() -> None:
    recognised = words("good morning", each_ms=500)
    assert tuple(without_words_over_silence(recognised, levels((200, -75.0), (800, -55.0), (200, -75.0)))) == recognised


def test_a_word_with_slightly_wrong_times_is_kept() -> None:
    assert list(without_words_over_silence([word("late", 1100, 1300)], levels((1000, -25.0), (1000, -90.0))))


def test_without_audio_there_are_no_words() -> None:
    assert not list(without_words_over_silence(words("thanks"), levels()))


def test_unlikely_words_are_kept_and_filters_count_what_they_remove() -> None:
    unlikely = word("perhaps", 0, 400, probability=0.02)
    recognised = Recognition((unlikely, word("thanks", 2000, 2400)), -0.4, 0.0, levels((800, -20.0), (2000, -90.0)))
    assert filtered(recognised, "", THRESHOLDS) == ((unlikely,), {FilterRule.OVER_SILENCE: 1})


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 300)), max_size=30),
    st.lists(st.floats(-100, 0, width=32), max_size=50),
    st.text("ab ", max_size=20),
)
def test_filters_only_remove_words(said: list[tuple[str, int]], db: list[float], prompt: str) -> None:
    recognised, at_ms = [], 0
    for text, length_ms in said:
        recognised.append(word(text, at_ms, at_ms + length_ms))
        at_ms += length_ms
    kept, removed = filtered(Recognition(tuple(recognised), levels=np.array(db, np.float32)), prompt, THRESHOLDS)
    left = iter(recognised)
    assert all(any(each is other for other in left) for each in kept)
    assert len(kept) + sum(removed.values()) == len(recognised)
