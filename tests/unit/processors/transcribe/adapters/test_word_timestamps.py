"""From tokens and their alignment to words, with the real tokenizer."""

from types import SimpleNamespace

import pytest
from faster_whisper.tokenizer import Tokenizer
from tokenizers import Tokenizer as Pieces

from infra.samples import WHISPER_MICRO
from processors.transcribe.adapters.word_timestamps import TextSegment, text_segments, timed_words


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer(Pieces.from_file(str(WHISPER_MICRO / "tokenizer.json")), False)


def tokens(tokenizer: Tokenizer, text: str) -> tuple[int, ...]:
    return tuple(tokenizer.encode(text))


def at(tokenizer: Tokenizer, seconds: float) -> int:
    return int(tokenizer.timestamp_begin + round(seconds / 0.02))


def aligned(starts_s: list[float], end_s: float) -> SimpleNamespace:
    """An alignment of one token per start; the end token follows."""
    places = [(place, round(start / 0.02)) for place, start in enumerate([*starts_s, end_s])]
    return SimpleNamespace(alignments=places, text_token_probs=[0.9] * len(starts_s))


def test_timestamps_divide_a_text_into_segments(tokenizer: Tokenizer) -> None:
    one, other = tokens(tokenizer, " i like tea."), tokens(tokenizer, " we go home.")
    given = (at(tokenizer, 0.3), *one, at(tokenizer, 1.5), at(tokenizer, 2.0), *other, at(tokenizer, 3.1))
    found = text_segments(given, tokenizer, 5.0)
    assert [phrase.tokens for phrase in found] == [one, other]
    assert [phrase.start_s for phrase in found] == pytest.approx([0.3, 2.0])
    assert [phrase.end_s for phrase in found] == pytest.approx([1.5, 3.1])


def test_an_open_segment_lasts_until_the_window_ends(tokenizer: Tokenizer) -> None:
    text = tokens(tokenizer, " i like tea")
    assert text_segments(text, tokenizer, 5.0) == (TextSegment(0.0, 5.0, text),)
    assert text_segments((at(tokenizer, 1.0), *text), tokenizer, 5.0) == (TextSegment(1.0, 5.0, text),)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_timestamps_without_text_are_not_a_segment(tokenizer: Tokenizer, count: int) -> None:
    assert text_segments([at(tokenizer, 0.3)] * count, tokenizer, 5.0) == ()


def test_words_have_the_times_of_their_tokens_and_include_punctuation(tokenizer: Tokenizer) -> None:
    text = tokens(tokenizer, " i like tea.")
    starts_s = [0.4 + 0.2 * place for place in range(len(text))]
    phrase = TextSegment(0.4, starts_s[-1] + 0.2, text)
    words = timed_words([phrase], aligned(starts_s, starts_s[-1] + 0.2), tokenizer)
    assert [word.text for word in words] == ["i", "like", "tea."]
    assert words[0].start_ms == 400
    assert words[-1].end_ms == round(starts_s[-1] * 1000), "a mark takes no time"
    assert all(word.probability == pytest.approx(0.9) for word in words)


def test_a_first_word_does_not_stretch_over_the_silence_before_it(tokenizer: Tokenizer) -> None:
    text = tokens(tokenizer, " i like tea")
    starts_s = [0.0, *(3.0 + 0.2 * place for place in range(len(text) - 1))]
    (first, *_) = timed_words([TextSegment(2.8, 4.0, text)], aligned(starts_s, 4.0), tokenizer)
    assert first.start_ms >= 2000
    assert first.end_ms == 3000


def test_a_last_word_does_not_stretch_over_the_silence_after_it(tokenizer: Tokenizer) -> None:
    text = tokens(tokenizer, " i like tea")
    starts_s = [0.2 * place for place in range(len(text))]
    words = timed_words([TextSegment(0.0, 1.2, text)], aligned(starts_s, 4.0), tokenizer)
    assert words[-1].end_ms < 1500


def test_without_text_there_are_no_words(tokenizer: Tokenizer) -> None:
    assert timed_words([], aligned([], 0.0), tokenizer) == ()


def as_written(tokenizer: Tokenizer, text: str) -> list[str]:
    ids = tokens(tokenizer, text)
    starts_s = [0.2 * place for place in range(len(ids))]
    return [word.text for word in timed_words([TextSegment(0.0, 60.0, ids)], aligned(starts_s, 60.0), tokenizer)]


@pytest.mark.parametrize(
    "text",
    [
        "my mother-in-law is a well-known doctor.",
        "i wear a t-shirt.",
        "there were 50,000 people, 95% of them for $25.50!",
        "i get up at 6.30, or at 7:45 a.m.",
        "i live in the u.s. now.",
        "don't you know? i'm twenty-five.",
        "we play 3-on-3 and 12/05/2008",
    ],
)
def test_words_are_what_the_model_wrote_without_spaces(tokenizer: Tokenizer, text: str) -> None:
    assert as_written(tokenizer, f" {text}") == text.split()


def test_a_joined_word_has_the_times_and_the_mean_probability_of_its_pieces(tokenizer: Tokenizer) -> None:
    text = tokens(tokenizer, " a-b")
    starts_s = [0.2 * place for place in range(len(text))]
    alignment = aligned(starts_s, 2.0)
    alignment.text_token_probs = [0.9] + [0.3] * (len(text) - 1)
    (word,) = timed_words([TextSegment(0.0, 2.0, text)], alignment, tokenizer)
    assert (word.start_ms, word.end_ms) == (0, 2000)
    assert word.probability == pytest.approx((0.9 + 0.3 * (len(text) - 1)) / len(text))


def test_languages_without_spaces_keep_their_pieces(tokenizer: Tokenizer) -> None:
    chinese = Tokenizer(tokenizer.tokenizer, False)
    chinese.language_code = "zh"
    text = tokens(chinese, "abc")
    starts_s = [0.2 * place for place in range(len(text))]
    words = timed_words([TextSegment(0.0, 9.0, text)], aligned(starts_s, 9.0), chinese)
    assert len(words) == len(text) > 1
