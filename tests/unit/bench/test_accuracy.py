import pytest

from bench.accuracy import normalised, word_error_rate


def test_case_and_punctuation_are_no_errors() -> None:
    assert normalised("Yes, I DON'T  know.") == "yes i don't know"
    assert word_error_rate("No, my parents.", "no my parents") == 0.0


@pytest.mark.parametrize(
    ("heard", "rate"), [("one two three", 0.0), ("one two", 1 / 3), ("one two tree", 1 / 3), ("", 1.0)]
)
def test_errors_are_counted_per_word_said(heard: str, rate: float) -> None:
    assert word_error_rate("one two three", heard) == pytest.approx(rate)


def test_several_texts_are_pooled_by_their_words() -> None:
    assert word_error_rate(["one two three", "four"], ["one two three", "five"]) == pytest.approx(1 / 4)
