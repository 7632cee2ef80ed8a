"""A finding is an error only if what it quotes was said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.analyze.core.answers import SpokenAnswer, spoken_session
from processors.analyze.core.assessment import Finding
from processors.analyze.core.edits import Edit, edit_between
from processors.analyze.core.verify import Verification, verify
from processors.analyze.core.words import find_all, tokens
from schemas.reports import ErrorType, Finder, SpokenError
from tests.support.analyze.sessions import transcribed

MIN_PROBABILITY = 0.5
TEXT = "Yesterday she go to school. She go home, and she is happy."


def answer(text: str = TEXT, unsure: tuple[str, ...] = ()) -> SpokenAnswer:
    return spoken_session(transcribed(text, unsure=unsure), MIN_PROBABILITY).answers[0]


SAID = answer().words


def finding(quote: str, correction: str, first_word: int | None = None, explanation: str = "") -> Finding:
    return Finding(quote, correction, explanation, ErrorType.TENSE, first_word)


def by_model(*findings: Finding, text: str = TEXT, unsure: tuple[str, ...] = ()) -> Verification:
    return verify(answer(text, unsure), findings, (), MIN_PROBABILITY)


def by_rules(*findings: Finding, text: str = TEXT, unsure: tuple[str, ...] = ()) -> tuple[SpokenError, ...]:
    return verify(answer(text, unsure), (), findings, MIN_PROBABILITY).errors


def test_a_quote_that_was_said_is_an_error_with_its_times_and_the_answers_own_words() -> None:
    verified = by_model(finding("YESTERDAY she, go", "yesterday she went"))
    [error] = verified.errors
    assert error.quote == "Yesterday she go"
    assert error.correction == "yesterday she went"
    assert (error.start_ms, error.end_ms) == (SAID[0].start_ms, SAID[2].end_ms)
    assert (error.type, error.uncertain, error.sure, error.found_by) == (ErrorType.TENSE, False, False, (Finder.LLM,))
    assert verified.unverified_quotes == 0


@pytest.mark.parametrize("quote", ["she goes to school", "school yesterday", "he go", "she go school", "", "..."])
def test_a_quote_that_was_not_said_is_dropped(quote: str) -> None:
    verified = by_model(finding(quote, "something else"))
    assert (verified.errors, verified.unverified_quotes) == ((), 1)


@pytest.mark.parametrize("correction", ["she go home", "She go home!", "SHE, GO - HOME", "um she go home", ""])
def test_a_correction_that_changes_nothing_audible_is_dropped(correction: str) -> None:
    verified = by_model(finding("She go home", correction))
    assert (verified.errors, verified.unverified_quotes) == ((), 0)


@pytest.mark.parametrize(
    ("text", "quote", "correction"),
    [
        ("i'm happy", "i'm happy", "I am happy"),
        ("she doesn't like it", "she doesn't", "she does not"),
        ("i have 2 dogs", "have 2 dogs", "have two dogs"),
        ("i like it cause it's my favourite", "it's my favourite", "It is my favorite"),
        ("i um like it", "i um like", "I like"),
    ],
)
def test_a_correction_to_the_same_sounds_is_dropped(text: str, quote: str, correction: str) -> None:
    assert by_model(finding(quote, correction), text=text).errors == ()


@pytest.mark.parametrize("correction", ["she went " * 100, "she went home because she was very tired that day"])
def test_a_correction_that_is_too_long_is_dropped(correction: str) -> None:
    assert by_model(finding("She go", correction)).errors == ()


def test_a_quote_matches_whole_words_only() -> None:
    assert by_model(finding("cat", "dog"), text="the category is new").unverified_quotes == 1


def test_a_quote_said_twice_and_found_twice_is_two_errors_in_order() -> None:
    verified = by_model(finding("she go", "she goes"), finding("she go", "she went"))
    assert [(error.start_ms, error.correction) for error in verified.errors] == [
        (SAID[1].start_ms, "she goes"),
        (SAID[5].start_ms, "she went"),
    ]


def test_the_same_word_is_corrected_once() -> None:
    findings = [finding("yesterday she go", "yesterday she went"), finding("go to school", "goes to school")]
    assert [error.correction for error in by_model(*findings).errors] == ["yesterday she went"]


def test_overlapping_quotes_with_different_errors_both_count() -> None:
    findings = [finding("he buyed much", "he bought much"), finding("buyed much apples", "buyed many apples")]
    assert len(by_model(*findings, text="he buyed much apples").errors) == 2


def test_an_error_that_model_and_rules_find_is_sure_and_has_the_models_wording() -> None:
    model = finding("she go to school", "she goes to school", explanation='Say "goes", not "go".')
    rules = [finding("she go to", "she goes to", 1), finding("She go home", "She goes home", 5)]
    first, second = verify(answer(), [model], rules, MIN_PROBABILITY).errors
    assert (first.quote, first.sure, first.found_by) == ("she go to school", True, (Finder.LLM, Finder.RULES))
    assert first.explanation == 'Say "goes", not "go".'
    assert (second.start_ms, second.sure, second.found_by) == (SAID[5].start_ms, False, (Finder.RULES,))


def test_a_models_finding_that_overlaps_two_of_the_rules_is_one_error() -> None:
    model = finding("she go to school every days", "she goes to school every day")
    rules = [finding("she go", "she goes", 0), finding("every days", "every day", 4)]
    [error] = verify(answer("she go to school every days"), [model], rules, MIN_PROBABILITY).errors
    assert error.sure


def test_insertions_in_the_same_gap_are_the_same_error() -> None:
    [error] = verify(
        answer("i listen music"),
        [finding("listen music", "listen to the music")],
        [finding("i listen", "i listen to", 0)],
        MIN_PROBABILITY,
    ).errors
    assert error.sure


def test_an_uncertain_error_is_not_sure() -> None:
    said = answer(unsure=("go",))
    error = verify(said, [finding("she go", "she goes")], [finding("she go", "she went", 1)], MIN_PROBABILITY).errors[0]
    assert (error.uncertain, error.sure) == (True, False)


def test_disfluencies_are_in_the_quote_but_not_in_the_correction() -> None:
    text = "well she um she she go home"
    for quote in ("she go home", "she um go home"):
        [error] = by_model(finding(quote, "she goes home"), text=text).errors
        assert (error.quote, error.correction) == ("she go home", "she goes home")
    [error] = by_model(finding("she go home", "she goes home"), text="she um go home").errors
    assert (error.quote, error.correction) == ("she um go home", "she goes home")


def test_words_that_a_disfluency_separates_from_the_error_are_not_quoted() -> None:
    [error] = by_rules(finding("he buyed a", "he bought a", 0), text="he buyed a car um i mean a bike")
    assert (error.quote, error.correction) == ("he buyed", "he bought")


def test_an_explanation_about_something_else_is_replaced() -> None:
    praise = finding("she go home", "she goes home", explanation="You are the best speaker of all times!")
    [error] = by_model(praise).errors
    assert error.explanation == "You should have used “goes” instead of “go”."


def test_a_finding_with_the_right_first_word_stays_there() -> None:
    [error] = by_rules(finding("She go", "She goes", first_word=5))
    assert error.start_ms == SAID[5].start_ms


def test_a_finding_with_a_wrong_first_word_is_moved_to_the_quote() -> None:
    [error] = by_rules(finding("She go", "She goes", first_word=3))
    assert error.start_ms == SAID[1].start_ms


@pytest.mark.parametrize(("unsure", "uncertain"), [("go", True), ("she", False), ("school.", False)])
def test_only_unsure_words_that_are_corrected_make_an_error_uncertain(unsure: str, uncertain: bool) -> None:
    text = "yesterday she go to school."
    correction = finding("yesterday she go to school", "yesterday she went to school")
    [error] = by_model(correction, text=text, unsure=(unsure,)).errors
    assert error.uncertain is uncertain


@pytest.mark.parametrize(("unsure", "uncertain"), [("eat", True), ("apple", True), ("i", False)])
def test_a_missing_word_depends_on_its_neighbours(unsure: str, uncertain: bool) -> None:
    [error] = by_model(finding("i eat apple", "i eat an apple"), text="i eat apple", unsure=(unsure,)).errors
    assert error.uncertain is uncertain


def test_bare_punctuation_between_words_is_ignored_and_stays_in_the_quote() -> None:
    [error] = by_model(finding("she go home", "she goes home"), text="well - she go … home .").errors
    assert error.quote == "she go … home"


@pytest.mark.parametrize(
    ("quote", "correction", "words", "gaps"),
    [
        ("she go home", "she goes home", {1}, set()),
        ("i eat apple", "i eat an apple", set(), {2}),
        ("told to me", "told me", {1}, set()),
        ("she go every days", "she goes every day", {1, 3}, set()),
        ("apple", "an apple", set(), {0}),
        ("a b", "", {0, 1}, set()),
    ],
)
def test_an_edit_has_the_words_changed_and_the_gaps_filled(
    quote: str, correction: str, words: set[int], gaps: set[int]
) -> None:
    assert edit_between(quote.split(), correction.split()) == Edit(frozenset(words), frozenset(gaps))


WORDS = st.lists(st.sampled_from(["i", "go", "home.", "-", "the", "Dog,", "um", "goes"]), max_size=10).map(" ".join)
PAIRS = st.lists(st.tuples(WORDS, WORDS), max_size=5)


@given(WORDS, PAIRS, PAIRS)
def test_every_error_quotes_what_was_said(
    text: str, model: list[tuple[str, str]], rules: list[tuple[str, str]]
) -> None:
    given = answer(text)
    first, second = ([finding(quote, correction) for quote, correction in pairs] for pairs in (model, rules))
    verified = verify(given, first, second, MIN_PROBABILITY)
    joined = " ".join(word.text for word in given.words)
    assert len(verified.errors) <= len(model) + len(rules)
    for error in verified.errors:
        assert error.quote in joined
        assert find_all(tokens(joined), tokens(error.quote))
        assert tokens(error.quote) != tokens(error.correction)
        assert error.start_ms < error.end_ms
        assert error.explanation
        assert not (error.sure and error.uncertain)
