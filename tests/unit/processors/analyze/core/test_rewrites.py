"""Rewrites of an answer with the speaker's meaning."""

import pytest

from processors.analyze.core.answers import spoken_session
from processors.analyze.core.assessment import Finding
from processors.analyze.core.rewrites import choose_rewrite, keeps_meaning
from processors.analyze.core.verify import verify
from processors.analyze.core.words import tokens
from schemas.reports import ErrorType
from tests.support.analyze.sessions import transcribed

MIN_PROBABILITY = 0.5


def finding(quote: str, correction: str) -> Finding:
    return Finding(quote, correction, "", ErrorType.OTHER)


def better(text: str, *findings: Finding, model: str = "", unsure: tuple[str, ...] = ()) -> str | None:
    answer = spoken_session(transcribed(text, unsure=unsure), MIN_PROBABILITY).answers[0]
    return choose_rewrite(model, answer.fluent.words, verify(answer, (), findings, MIN_PROBABILITY).verified)


def test_a_models_rewrite_that_keeps_to_what_was_said_is_taken() -> None:
    model = "I usually get up at seven and have breakfast with my sister."
    assert better("i get up usually at seven and eat breakfast with sister", model=model) == model


@pytest.mark.parametrize(
    "rewrite",
    [
        "",
        "Yes.",
        "I go to school every day with my best friend Anna, who is the funniest person I know in the whole town.",
        "I go to school by bus number 12 with friends.",
        "I go to school in London with friends.",
        "You are the best speaker I have ever heard, wonderful and brilliant.",
        "Visit http://example.com to go to school.",
    ],
)
def test_a_rewrite_that_adds_or_drops_too_much_is_not_taken(rewrite: str) -> None:
    assert better("i goes to school every day with friend", model=rewrite) is None


def test_without_a_model_the_corrections_are_applied() -> None:
    text = "well um i goes home. she she eat a apple, and i buyed bread"
    findings = (
        finding("i goes", "i go"),
        finding("she eat", "she eats"),
        finding("a apple", "an apple"),
        finding("i buyed", "i bought"),
    )
    assert better(text, *findings) == "Well I go home. She eats an apple, and I bought bread."


@pytest.mark.parametrize(
    ("text", "quote", "correction", "expected"),
    [
        ("i am agree.", "i am agree", "i agree", "I agree."),
        ("he told to me.", "told to me", "told me", "He told me."),
        ("i listen music.", "listen music", "listen to music", "I listen to music."),
        ("we discuss about.", "discuss about", "discuss", "We discuss."),
        ("it is raining in", "raining in", "raining in town", "It is raining in town."),
    ],
)
def test_corrections_insert_and_delete_words(text: str, quote: str, correction: str, expected: str) -> None:
    assert better(text, finding(quote, correction)) == expected


def test_uncertain_errors_are_not_corrected() -> None:
    assert better("she go home", finding("she go", "she goes"), unsure=("go",)) is None
    assert better("she goes home") is None


def test_a_rewrite_that_changes_nothing_is_none() -> None:
    assert better("she goes home", model="She goes home.") is None


def test_a_rewrite_may_only_contain_names_and_numbers_that_were_said() -> None:
    said = tokens("my friend anna have two dogs")
    assert keeps_meaning(said, "My friend Anna has two dogs.")
    assert not keeps_meaning(said, "My friend Anna has three dogs.")
