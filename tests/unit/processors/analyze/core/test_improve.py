"""A better version of an answer, with the speaker's meaning."""

import pytest

from processors.analyze.core.heard import hear
from processors.analyze.core.improve import improved, keeps_meaning
from processors.analyze.core.judgement import Claim
from processors.analyze.core.verify import verify
from processors.analyze.core.words import tokens
from schemas.reports import ErrorType
from tests.support.analyze.sessions import transcribed

FLOOR = 0.5


def claim(quote: str, correction: str) -> Claim:
    return Claim(quote, correction, "", ErrorType.OTHER)


def better(text: str, *claims: Claim, model: str = "", unsure: tuple[str, ...] = ()) -> str | None:
    heard = hear(transcribed(text, unsure=unsure), FLOOR).answers[0]
    return improved(model, heard.fluent.words, verify(heard, (), claims, FLOOR).found)


def test_a_models_version_that_stays_with_what_was_said_is_taken() -> None:
    model = "I usually get up at seven and have breakfast with my sister."
    assert better("i get up usually at seven and eat breakfast with sister", model=model) == model


@pytest.mark.parametrize(
    "version",
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
def test_a_version_that_adds_or_drops_too_much_is_not(version: str) -> None:
    assert better("i goes to school every day with friend", model=version) is None


def test_without_a_model_the_corrections_are_put_in() -> None:
    text = "well um i goes home. she she eat a apple, and i buyed bread"
    claims = (
        claim("i goes", "i go"),
        claim("she eat", "she eats"),
        claim("a apple", "an apple"),
        claim("i buyed", "i bought"),
    )
    assert better(text, *claims) == "Well I go home. She eats an apple, and I bought bread."


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
def test_words_put_in_and_taken_out(text: str, quote: str, correction: str, expected: str) -> None:
    assert better(text, claim(quote, correction)) == expected


def test_what_does_not_count_is_not_put_in() -> None:
    assert better("she go home", claim("she go", "she goes"), unsure=("go",)) is None
    assert better("she goes home") is None


def test_a_version_that_changes_nothing_is_none() -> None:
    assert better("she goes home", model="She goes home.") is None


def test_names_and_numbers_that_were_said_may_stay() -> None:
    said = tokens("my friend anna have two dogs")
    assert keeps_meaning(said, "My friend Anna has two dogs.")
    assert not keeps_meaning(said, "My friend Anna has three dogs.")
