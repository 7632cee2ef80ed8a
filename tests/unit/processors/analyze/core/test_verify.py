"""A claim is an error only if what it quotes was said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.analyze.core.changes import Change, change_of
from processors.analyze.core.heard import Heard, hear
from processors.analyze.core.judgement import Claim
from processors.analyze.core.verify import Verified, verify
from processors.analyze.core.words import find, tokens
from schemas.reports import ErrorType, Finder, SpokenError
from tests.support.analyze.sessions import transcribed

FLOOR = 0.5
TEXT = "Yesterday she go to school. She go home, and she is happy."


def answer(text: str = TEXT, unsure: tuple[str, ...] = ()) -> Heard:
    return hear(transcribed(text, unsure=unsure), FLOOR).answers[0]


SAID = answer().words


def claim(quote: str, correction: str, first_word: int | None = None, explanation: str = "") -> Claim:
    return Claim(quote, correction, explanation, ErrorType.TENSE, first_word)


def by_model(*claims: Claim, text: str = TEXT, unsure: tuple[str, ...] = ()) -> Verified:
    return verify(answer(text, unsure), claims, (), FLOOR)


def by_rules(*claims: Claim, text: str = TEXT, unsure: tuple[str, ...] = ()) -> tuple[SpokenError, ...]:
    return verify(answer(text, unsure), (), claims, FLOOR).errors


def test_a_quote_that_was_said_is_an_error_with_its_times_and_the_answers_own_words() -> None:
    verified = by_model(claim("YESTERDAY she, go", "yesterday she went"))
    [error] = verified.errors
    assert error.quote == "Yesterday she go"
    assert error.correction == "yesterday she went"
    assert (error.start_ms, error.end_ms) == (SAID[0].start_ms, SAID[2].end_ms)
    assert (error.type, error.uncertain, error.sure, error.found_by) == (ErrorType.TENSE, False, False, (Finder.LLM,))
    assert verified.misquoted == 0


@pytest.mark.parametrize("quote", ["she goes to school", "school yesterday", "he go", "she go school", "", "..."])
def test_a_quote_that_was_not_said_is_dropped(quote: str) -> None:
    verified = by_model(claim(quote, "something else"))
    assert (verified.errors, verified.misquoted) == ((), 1)


@pytest.mark.parametrize("correction", ["she go home", "She go home!", "SHE, GO - HOME", "um she go home", ""])
def test_a_correction_that_changes_nothing_that_is_heard_is_no_error(correction: str) -> None:
    verified = by_model(claim("She go home", correction))
    assert (verified.errors, verified.misquoted) == ((), 0)


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
def test_spoken_forms_are_no_errors(text: str, quote: str, correction: str) -> None:
    assert by_model(claim(quote, correction), text=text).errors == ()


@pytest.mark.parametrize("correction", ["she went " * 100, "she went home because she was very tired that day"])
def test_an_endless_correction_is_no_correction(correction: str) -> None:
    assert by_model(claim("She go", correction)).errors == ()


def test_words_are_whole() -> None:
    assert by_model(claim("cat", "dog"), text="the category is new").misquoted == 1


def test_said_twice_claimed_twice_is_two_errors_in_order() -> None:
    verified = by_model(claim("she go", "she goes"), claim("she go", "she went"))
    assert [(error.start_ms, error.correction) for error in verified.errors] == [
        (SAID[1].start_ms, "she goes"),
        (SAID[5].start_ms, "she went"),
    ]


def test_the_same_place_is_corrected_once() -> None:
    claims = [claim("yesterday she go", "yesterday she went"), claim("go to school", "goes to school")]
    assert [error.correction for error in by_model(*claims).errors] == ["yesterday she went"]


def test_overlapping_quotes_with_different_errors_both_count() -> None:
    claims = [claim("he buyed much", "he bought much"), claim("buyed much apples", "buyed many apples")]
    assert len(by_model(*claims, text="he buyed much apples").errors) == 2


def test_what_both_find_is_one_error_that_is_sure_in_the_models_words() -> None:
    model = claim("she go to school", "she goes to school", explanation='Say "goes", not "go".')
    rules = [claim("she go to", "she goes to", 1), claim("She go home", "She goes home", 5)]
    first, second = verify(answer(), [model], rules, FLOOR).errors
    assert (first.quote, first.sure, first.found_by) == ("she go to school", True, (Finder.LLM, Finder.RULES))
    assert first.explanation == 'Say "goes", not "go".'
    assert (second.start_ms, second.sure, second.found_by) == (SAID[5].start_ms, False, (Finder.RULES,))


def test_one_claim_of_a_model_over_two_of_the_rules_is_counted_once() -> None:
    model = claim("she go to school every days", "she goes to school every day")
    rules = [claim("she go", "she goes", 0), claim("every days", "every day", 4)]
    [error] = verify(answer("she go to school every days"), [model], rules, FLOOR).errors
    assert error.sure


def test_a_word_put_in_at_the_same_place_is_the_same_error() -> None:
    [error] = verify(
        answer("i listen music"),
        [claim("listen music", "listen to the music")],
        [claim("i listen", "i listen to", 0)],
        FLOOR,
    ).errors
    assert error.sure


def test_nothing_unsure_is_sure() -> None:
    said = answer(unsure=("go",))
    error = verify(said, [claim("she go", "she goes")], [claim("she go", "she went", 1)], FLOOR).errors[0]
    assert (error.uncertain, error.sure) == (True, False)


def test_disfluencies_stand_in_the_quote_and_not_in_the_correction() -> None:
    text = "well she um she she go home"
    for quote in ("she go home", "she um go home"):
        [error] = by_model(claim(quote, "she goes home"), text=text).errors
        assert (error.quote, error.correction) == ("she go home", "she goes home")
    [error] = by_model(claim("she go home", "she goes home"), text="she um go home").errors
    assert (error.quote, error.correction) == ("she um go home", "she goes home")


def test_words_that_only_a_disfluency_joins_to_the_error_are_left_out_of_the_quote() -> None:
    [error] = by_rules(claim("he buyed a", "he bought a", 0), text="he buyed a car um i mean a bike")
    assert (error.quote, error.correction) == ("he buyed", "he bought")


def test_an_explanation_about_something_else_is_replaced() -> None:
    praise = claim("she go home", "she goes home", explanation="You are the best speaker of all times!")
    [error] = by_model(praise).errors
    assert error.explanation == "You should have used “goes” instead of “go”."


def test_a_judge_that_knows_the_place_is_believed() -> None:
    [error] = by_rules(claim("She go", "She goes", first_word=5))
    assert error.start_ms == SAID[5].start_ms


def test_a_judge_that_names_the_wrong_place_is_put_right() -> None:
    [error] = by_rules(claim("She go", "She goes", first_word=3))
    assert error.start_ms == SAID[1].start_ms


@pytest.mark.parametrize(("unsure", "uncertain"), [("go", True), ("she", False), ("school.", False)])
def test_only_unsure_words_that_are_corrected_make_an_error_uncertain(unsure: str, uncertain: bool) -> None:
    text = "yesterday she go to school."
    correction = claim("yesterday she go to school", "yesterday she went to school")
    [error] = by_model(correction, text=text, unsure=(unsure,)).errors
    assert error.uncertain is uncertain


@pytest.mark.parametrize(("unsure", "uncertain"), [("eat", True), ("apple", True), ("i", False)])
def test_a_missing_word_rests_on_its_neighbours(unsure: str, uncertain: bool) -> None:
    [error] = by_model(claim("i eat apple", "i eat an apple"), text="i eat apple", unsure=(unsure,)).errors
    assert error.uncertain is uncertain


def test_bare_signs_between_words_do_not_matter_and_stay_in_the_quote() -> None:
    [error] = by_model(claim("she go home", "she goes home"), text="well - she go … home .").errors
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
def test_change_of(quote: str, correction: str, words: set[int], gaps: set[int]) -> None:
    assert change_of(quote.split(), correction.split()) == Change(frozenset(words), frozenset(gaps))


WORDS = st.lists(st.sampled_from(["i", "go", "home.", "-", "the", "Dog,", "um", "goes"]), max_size=10).map(" ".join)
PAIRS = st.lists(st.tuples(WORDS, WORDS), max_size=5)


@given(WORDS, PAIRS, PAIRS)
def test_every_error_quotes_what_was_said(
    text: str, model: list[tuple[str, str]], rules: list[tuple[str, str]]
) -> None:
    heard = answer(text)
    first, second = ([claim(quote, correction) for quote, correction in pairs] for pairs in (model, rules))
    verified = verify(heard, first, second, FLOOR)
    joined = " ".join(word.text for word in heard.words)
    assert len(verified.errors) <= len(model) + len(rules)
    for error in verified.errors:
        assert error.quote in joined
        assert find(tokens(joined), tokens(error.quote))
        assert tokens(error.quote) != tokens(error.correction)
        assert error.start_ms < error.end_ms
        assert error.explanation
        assert not (error.sure and error.uncertain)
