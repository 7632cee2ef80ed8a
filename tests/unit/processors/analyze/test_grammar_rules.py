"""LanguageTool's findings, as far as they concern speech. Matches are as its version 6.6 gave them."""

from typing import Any

import pytest

from processors.analyze.core.grammar_rules import CheckResult, Match, checkable, claims, kind_of
from processors.analyze.core.judgement import Kind
from tests.support.sessions import words


def match(text: str, wrong: str, *offered: str, **fields: Any) -> Match:
    """A match on the first place of `wrong` in an answer's checkable text."""
    before = checkable(words(text)).casefold().partition(wrong.casefold())[0]
    return Match.model_validate(
        {
            "message": fields.get("message", "This is wrong."),
            "shortMessage": fields.get("short", ""),
            "offset": len(before.encode("utf-16-le")) // 2,
            "length": len(wrong.encode("utf-16-le")) // 2,
            "replacements": [{"value": value} for value in offered],
            "rule": {
                "id": fields.get("rule", "HE_VERB_AGR"),
                "issueType": fields.get("issue", "grammar"),
                "category": {"id": fields.get("category", "GRAMMAR")},
            },
        }
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("i am here. she is not", "I am here. She is not."),
        ("so i'm here, i’ve said. i", "So I'm here, I’ve said. I."),
        ("is it? yes! no", "Is it? Yes! No."),
        ("iron is hard.", "Iron is hard."),
        ("well - yes", "Well yes."),
        ("ßa", "ßa."),
        ("", ""),
    ],
)
def test_checkable_has_the_capitals_of_writing_and_no_other_change(text: str, expected: str) -> None:
    assert checkable(words(text)) == expected


@pytest.mark.parametrize(
    ("text", "wrong", "offered", "quote", "correction"),
    [
        ("well she go to school.", "go", ("goes", "went"), "she go to", "she goes to"),
        ("go home.", "go", ("goes",), "go home.", "goes home."),
        ("i like it. she go. then", "go.", ("goes.",), "she go.", "she goes."),
        ("after that there was six friends here", "there was six friends", ("there were six friends",),
         "there was six friends", "there were six friends"),
        ("i am agree with you", "am agree", ("agree", "am agreeing"), "i am agree with", "i agree with"),
        ("because he were young", "were", ("is", "was"), "he were young", "he was young"),
        ("i 😀 she go home", "go", ("goes",), "she go home", "she goes home"),
    ],
)  # fmt: skip
def test_a_finding_is_quoted_in_its_context(
    text: str, wrong: str, offered: tuple[str, ...], quote: str, correction: str
) -> None:
    said = words(text)
    [claim] = claims(said, [match(text, wrong, *offered)])
    assert (claim.quote, claim.correction) == (quote, correction)
    assert claim.first_word is not None
    kept = [word.text for word in said if any(char.isalnum() for char in word.text)]
    assert kept[claim.first_word] == quote.split()[0]


def test_the_same_words_elsewhere_are_not_meant() -> None:
    said = words("i go. she go home")
    found = match("i go. she go home", "she go", "she goes")
    [claim] = claims(said, [found])
    assert claim.first_word == 2


@pytest.mark.parametrize("issue", ["typographical", "whitespace", "style", "duplication", "locale-violation"])
def test_what_belongs_to_writing_or_taste_is_left_out(issue: str) -> None:
    assert claims(words("she go home"), [match("she go home", "go", "goes", issue=issue)]) == ()


def test_without_a_correction_there_is_no_claim() -> None:
    assert claims(words("she go home"), [match("she go home", "go")]) == ()


def test_a_match_outside_the_text_is_left_out() -> None:
    far = match("she go home", "go", "goes").model_copy(update={"offset": 500})
    assert claims(words("she go home"), [far]) == ()


def test_of_spelling_only_forms_that_do_not_exist_remain() -> None:
    text = "he buyed rostrum"
    irregular = match(
        text, "buyed", "bought", "guyed", category="TYPOS", issue="misspelling",
        message="Possible spelling mistake. Did you mean “bought”, the past tense form of the verb ‘buy’?",
    )  # fmt: skip
    name = match(
        text, "rostrum", "nostrum", category="TYPOS", issue="misspelling", message="Possible spelling mistake found."
    )
    [claim] = claims(words(text), [irregular, name])
    assert claim.correction == "he bought rostrum"
    assert claim.explanation == "Did you mean “bought”, the past tense form of the verb ‘buy’?"


@pytest.mark.parametrize(
    ("rule", "short", "kind"),
    [
        ("HE_VERB_AGR", "Agreement error", Kind.AGREEMENT),
        ("PCT_PLURAL_NOUN_SINGULAR_VERB_AGREEMENT", "Noun/verb agreement", Kind.AGREEMENT),
        ("EN_A_VS_AN", "Wrong article", Kind.ARTICLE),
        ("ONE_PLURAL", "Possible agreement error", Kind.PLURAL),
        ("MUCH_COUNTABLE", "Grammatical problem with countable noun", Kind.PLURAL),
        ("DEPEND_ON", "Missing preposition", Kind.PREPOSITION),
        ("MISSING_PAST_TENSE", "", Kind.TENSE),
        ("MD_BASEFORM", "Grammatical problem: use the base form", Kind.VERB_FORM),
        ("AUXILIARY_DO_WITH_INCORRECT_VERB_FORM", "Possible grammar error", Kind.VERB_FORM),
        ("INFORMATIONS", "Nonstandard word", Kind.WORD_CHOICE),
        ("WHO_KNOWS", "", Kind.OTHER),
    ],
)
def test_kinds(rule: str, short: str, kind: Kind) -> None:
    assert kind_of(match("she go home", "go", "goes", rule=rule, short=short)) is kind


def test_an_answer_of_the_server_is_read_as_far_as_needed() -> None:
    answer = """{"software": {"name": "LanguageTool", "version": "6.6", "premium": false}, "language": {"code": "en"},
    "matches": [{"message": "m", "shortMessage": "s", "replacements": [{"value": "goes", "shortDescription": "x"}],
    "offset": 4, "length": 2, "rule": {"id": "R", "issueType": "grammar", "category": {"id": "G", "name": "G"}}}]}"""
    result = CheckResult.model_validate_json(answer)
    assert (result.software.version, result.matches[0].replacements[0].value) == ("6.6", "goes")
