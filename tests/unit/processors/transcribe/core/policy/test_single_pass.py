"""What a single hypothesis makes certain: all but what ends in the newest part of its window."""

from processors.transcribe.core.policy.single_pass import SinglePass
from tests.support.transcribe.core_values import spoken, word, words

POLICY = SinglePass(hold_back_ms=500)


def test_words_that_end_before_the_newest_part_are_certain() -> None:
    policy, certain = POLICY.hear(words("one two three four"), 0, 1400)
    assert spoken(certain) == "one two three"
    assert spoken(policy.tail) == "four"


def test_certain_words_are_not_said_again() -> None:
    policy, _ = POLICY.hear(words("one two three four"), 0, 1400)
    policy, certain = policy.hear(words("one two three for five"), 0, 2000)
    assert spoken(certain) == "for five"


def test_the_tail_may_change_until_it_is_certain() -> None:
    policy, _ = POLICY.hear(words("we wore"), 0, 800)
    policy, certain = policy.hear(words("we were tired"), 0, 1400)
    assert spoken(certain) == "were tired"


def test_a_word_after_one_that_is_held_back_is_held_back() -> None:
    policy, certain = POLICY.hear((word("aaah", 0, 950), word("no", 950, 900)), 0, 1400)
    assert certain == ()
    assert spoken(policy.tail) == "aaah no"


def test_forced_words_are_those_that_begin_in_time() -> None:
    policy, _ = POLICY.hear(words("one two three"), 0, 900)
    policy, certain = policy.force(600)
    assert spoken(certain) == "two"
    assert spoken(policy.tail) == "three"
