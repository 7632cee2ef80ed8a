"""Words get their place in the session, whatever the recogniser returned."""

from processors.transcribe.core.audio.windows import Window, session_words
from tests.support.transcribe.core_values import word

WINDOW = Window("s-1", 0, 7, "en", start=16_000, pcm=bytes(2 * 16_000))


def test_times_are_the_sessions_and_stay_inside_the_window() -> None:
    recognised = [word(" good ", -50, 300), word("morning", 250, 700), word("all", 900, 2000)]
    assert session_words(recognised, WINDOW) == (
        word("good", 1000, 1300),
        word("morning", 1300, 1700),
        word("all", 1900, 2000),
    )


def test_a_word_that_ends_before_it_begins_has_no_length() -> None:
    assert session_words([word("odd", 500, 200)], WINDOW) == (word("odd", 1500, 1500),)


def test_words_without_text_are_dropped_and_probabilities_are_bounded() -> None:
    assert session_words([word("  ", 0, 10), word("a", 0, 10, probability=1.0001)], WINDOW) == (
        word("a", 1000, 1010, 1.0),
    )
