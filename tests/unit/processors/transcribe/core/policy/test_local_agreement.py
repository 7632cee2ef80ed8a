"""LocalAgreement-2 as a value: what is confirmed, and what never changes again."""

from hypothesis import given
from hypothesis import strategies as st

from processors.transcribe.core.policy.local_agreement import LocalAgreement
from processors.transcribe.core.policy.word_matching import same_word
from schemas.words import Word
from tests.support.transcribe.core_values import text_of, word, words

AGREEMENT = LocalAgreement(2)
VOCABULARY = st.sampled_from(["yes", "very", "the", "Dog.", "dog", "a"])


@st.composite
def hypotheses(draw: st.DrawFn) -> tuple[Word, ...]:
    """What a recogniser might return for a window of a few seconds, right or wrong."""
    recognised, at_ms = [], 0
    for text in draw(st.lists(VOCABULARY, max_size=8)):
        start_ms = at_ms + draw(st.integers(0, 800))
        at_ms = start_ms + draw(st.integers(0, 900))
        recognised.append(word(text, start_ms, at_ms))
    return tuple(recognised)


def test_one_hypothesis_confirms_nothing() -> None:
    policy, confirmed = AGREEMENT.update(words("good morning"), 0, 10_000)
    assert confirmed == ()
    assert text_of(policy.unconfirmed) == "good morning"


def test_the_common_beginning_of_two_hypotheses_is_confirmed_in_the_newer_spelling() -> None:
    policy, _ = AGREEMENT.update(words("good morning every"), 0, 10_000)
    policy, confirmed = policy.update(words("Good morning, everybody here"), 0, 10_000)
    assert text_of(confirmed) == "Good morning,"
    assert text_of(policy.unconfirmed) == "everybody here"


def test_confirmed_words_are_not_confirmed_again() -> None:
    policy, _ = AGREEMENT.update(words("one two three"), 0, 10_000)
    policy, _ = policy.update(words("one two three"), 0, 10_000)
    policy, confirmed = policy.update(words("one two three four"), 0, 10_000)
    assert confirmed == ()
    assert text_of(policy.unconfirmed) == "four"


def test_a_confirmed_word_that_moved_is_recognised_by_its_text() -> None:
    policy, _ = AGREEMENT.update(words("we watch the news"), 0, 10_000)
    policy, _ = policy.update(words("we watch the news"), 0, 10_000)
    moved = tuple(word(each.text, each.start_ms + 250, each.end_ms + 250) for each in words("we watch the news today"))
    policy, _ = policy.update(moved, 0, 10_000)
    assert text_of(policy.unconfirmed) == "today"


def test_a_short_word_right_after_the_confirmed_ones_is_not_taken_for_one_of_them() -> None:
    policy, _ = AGREEMENT.update(words("had"), 0, 10_000)
    policy, _ = policy.update(words("had"), 0, 10_000)
    policy, _ = policy.update((word("had", 0, 180), word("a", 190, 250), word("cat", 300, 600)), 0, 10_000)
    assert text_of(policy.unconfirmed) == "a cat"


def test_a_repeated_word_counts_twice() -> None:
    policy, _ = AGREEMENT.update(words("it was very"), 0, 10_000)
    policy, _ = policy.update(words("it was very"), 0, 10_000)
    policy, _ = policy.update(words("it was very very good"), 0, 10_000)
    assert text_of(policy.unconfirmed) == "very good"


def test_a_repeated_word_counts_if_the_window_begins_between_the_two() -> None:
    policy, _ = AGREEMENT.update((word("no", 0, 200),), 0, 10_000)
    policy, _ = policy.update((word("no", 0, 200),), 0, 10_000)
    policy, _ = policy.update((word("no", 450, 650),), 300, 10_000)
    assert text_of(policy.unconfirmed) == "no"


def test_a_different_hypothesis_for_a_confirmed_word_changes_nothing() -> None:
    policy, _ = AGREEMENT.update(words("i have eight"), 0, 10_000)
    policy, confirmed = policy.update(words("i have eight"), 0, 10_000)
    policy, more = policy.update(words("i have eighteen hours"), 0, 10_000)
    assert text_of((*confirmed, *more)) == "i have eight"
    assert text_of(policy.unconfirmed) == "hours"


def test_flushed_words_are_those_that_begin_in_time() -> None:
    policy, _ = AGREEMENT.update(words("one two three"), 0, 10_000)
    policy, confirmed = policy.flush(600)
    assert text_of(confirmed) == "one two"
    assert text_of(policy.unconfirmed) == "three"


@given(st.lists(hypotheses(), max_size=12))
def test_confirmed_words_were_in_two_hypotheses_in_a_row(recognised: list[tuple[Word, ...]]) -> None:
    policy = AGREEMENT
    before: tuple[Word, ...] = ()
    for each in recognised:
        policy, confirmed = policy.update(each, 0, 10_000)
        assert len(confirmed) <= len(before)
        assert all(same_word(one, other) for one, other in zip(confirmed, before, strict=False))
        assert (*confirmed, *policy.unconfirmed) == each[len(each) - len(confirmed) - len(policy.unconfirmed) :]
        before = policy.unconfirmed


@given(hypotheses())
def test_a_repeated_hypothesis_is_confirmed_whole(recognised: tuple[Word, ...]) -> None:
    policy, _ = AGREEMENT.update(recognised, 0, 10_000)
    policy, confirmed = policy.update(recognised, 0, 10_000)
    assert confirmed == recognised
    assert policy.unconfirmed == ()
