"""What a single hypothesis confirms: everything except what ends in the newest part of its window."""

from processors.transcribe.core.policy.single_pass import SinglePass
from tests.support.transcribe.core_values import text_of, word, words

POLICY = SinglePass(hold_back_ms=500)


def test_words_that_end_before_the_newest_part_are_confirmed() -> None:
    policy, confirmed = POLICY.update(words("one two three four"), 0, 1400)
    assert text_of(confirmed) == "one two three"
    assert text_of(policy.unconfirmed) == "four"


def test_confirmed_words_are_not_confirmed_again() -> None:
    policy, _ = POLICY.update(words("one two three four"), 0, 1400)
    policy, confirmed = policy.update(words("one two three for five"), 0, 2000)
    assert text_of(confirmed) == "for five"


def test_unconfirmed_words_may_change() -> None:
    policy, _ = POLICY.update(words("we wore"), 0, 800)
    policy, confirmed = policy.update(words("we were tired"), 0, 1400)
    assert text_of(confirmed) == "were tired"


def test_a_word_after_one_that_is_held_back_is_held_back() -> None:
    policy, confirmed = POLICY.update((word("aaah", 0, 950), word("no", 950, 900)), 0, 1400)
    assert confirmed == ()
    assert text_of(policy.unconfirmed) == "aaah no"


def test_flushed_words_are_those_that_begin_in_time() -> None:
    policy, _ = POLICY.update(words("one two three"), 0, 900)
    policy, confirmed = policy.flush(600)
    assert text_of(confirmed) == "two"
    assert text_of(policy.unconfirmed) == "three"
