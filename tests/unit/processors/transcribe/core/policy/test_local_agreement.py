"""LocalAgreement-2 as a value: what becomes certain, and what never changes again."""

from hypothesis import given
from hypothesis import strategies as st

from processors.transcribe.core.policy.local_agreement import LocalAgreement
from processors.transcribe.core.policy.word_matching import same_word
from schemas.words import Word
from tests.support.transcribe.core_values import spoken, word, words

VOCABULARY = st.sampled_from(["yes", "very", "the", "Dog.", "dog", "a"])


@st.composite
def hypotheses(draw: st.DrawFn) -> tuple[Word, ...]:
    """What a recogniser might say of a window of a few seconds, right or wrong."""
    heard, at_ms = [], 0
    for text in draw(st.lists(VOCABULARY, max_size=8)):
        start_ms = at_ms + draw(st.integers(0, 800))
        at_ms = start_ms + draw(st.integers(0, 900))
        heard.append(word(text, start_ms, at_ms))
    return tuple(heard)


def test_nothing_is_certain_after_one_hypothesis() -> None:
    policy, certain = LocalAgreement().hear(words("good morning"), 0, 10_000)
    assert certain == ()
    assert spoken(policy.tail) == "good morning"


def test_the_common_beginning_of_two_hypotheses_is_certain_in_the_newer_spelling() -> None:
    policy, _ = LocalAgreement().hear(words("good morning every"), 0, 10_000)
    policy, certain = policy.hear(words("Good morning, everybody here"), 0, 10_000)
    assert spoken(certain) == "Good morning,"
    assert spoken(policy.tail) == "everybody here"


def test_certain_words_are_not_said_again() -> None:
    policy, _ = LocalAgreement().hear(words("one two three"), 0, 10_000)
    policy, _ = policy.hear(words("one two three"), 0, 10_000)
    policy, certain = policy.hear(words("one two three four"), 0, 10_000)
    assert certain == ()
    assert spoken(policy.tail) == "four"


def test_a_certain_word_that_moved_is_known_again_by_its_text() -> None:
    policy, _ = LocalAgreement().hear(words("we watch the news"), 0, 10_000)
    policy, _ = policy.hear(words("we watch the news"), 0, 10_000)
    moved = tuple(word(each.text, each.start_ms + 250, each.end_ms + 250) for each in words("we watch the news today"))
    policy, _ = policy.hear(moved, 0, 10_000)
    assert spoken(policy.tail) == "today"


def test_a_short_word_right_after_the_certain_ones_is_not_taken_for_one_of_them() -> None:
    policy, _ = LocalAgreement().hear(words("had"), 0, 10_000)
    policy, _ = policy.hear(words("had"), 0, 10_000)
    policy, _ = policy.hear((word("had", 0, 180), word("a", 190, 250), word("cat", 300, 600)), 0, 10_000)
    assert spoken(policy.tail) == "a cat"


def test_a_repeated_word_is_heard_twice() -> None:
    policy, _ = LocalAgreement().hear(words("it was very"), 0, 10_000)
    policy, _ = policy.hear(words("it was very"), 0, 10_000)
    policy, _ = policy.hear(words("it was very very good"), 0, 10_000)
    assert spoken(policy.tail) == "very good"


def test_a_repeated_word_after_a_cut_between_the_two_is_heard() -> None:
    policy, _ = LocalAgreement().hear((word("no", 0, 200),), 0, 10_000)
    policy, _ = policy.hear((word("no", 0, 200),), 0, 10_000)
    policy, _ = policy.hear((word("no", 450, 650),), 300, 10_000)
    assert spoken(policy.tail) == "no"


def test_another_hearing_of_a_certain_word_changes_nothing() -> None:
    policy, _ = LocalAgreement().hear(words("i have eight"), 0, 10_000)
    policy, certain = policy.hear(words("i have eight"), 0, 10_000)
    policy, more = policy.hear(words("i have eighteen hours"), 0, 10_000)
    assert spoken((*certain, *more)) == "i have eight"
    assert spoken(policy.tail) == "hours"


def test_forced_words_are_those_that_begin_in_time() -> None:
    policy, _ = LocalAgreement().hear(words("one two three"), 0, 10_000)
    policy, certain = policy.force(600)
    assert spoken(certain) == "one two"
    assert spoken(policy.tail) == "three"


@given(st.lists(hypotheses(), max_size=12))
def test_whatever_is_heard_certain_words_were_heard_twice_in_a_row(heard: list[tuple[Word, ...]]) -> None:
    policy = LocalAgreement()
    before: tuple[Word, ...] = ()
    for each in heard:
        policy, certain = policy.hear(each, 0, 10_000)
        assert len(certain) <= len(before)
        assert all(same_word(one, other) for one, other in zip(certain, before, strict=False))
        assert (*certain, *policy.tail) == each[len(each) - len(certain) - len(policy.tail) :]
        before = policy.tail


@given(hypotheses())
def test_a_hypothesis_that_stays_is_certain_whole(heard: tuple[Word, ...]) -> None:
    policy, _ = LocalAgreement().hear(heard, 0, 10_000)
    policy, certain = policy.hear(heard, 0, 10_000)
    assert certain == heard
    assert policy.tail == ()
