"""Findings from LanguageTool's matches, which are as version 6.6 gave them."""

from dataclasses import replace
from typing import Any

import pytest

from processors.analyze.core.grammar_rules import RuleMatch, checked_text, error_type, findings_from
from schemas.reports import ErrorType
from tests.support.analyze.sessions import words


def match(text: str, wrong: str, *offered: str, **fields: Any) -> RuleMatch:
    """A match of the first occurrence of `wrong` in an answer's checked text."""
    begin = checked_text(words(text)).casefold().index(wrong.casefold())
    return RuleMatch(
        message=fields.get("message", "This is wrong."),
        short_message=fields.get("short", ""),
        begin=begin,
        end=begin + len(wrong),
        replacements=offered,
        rule=fields.get("rule", "HE_VERB_AGR"),
        category=fields.get("category", "GRAMMAR"),
        issue_type=fields.get("issue", "grammar"),
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
def test_checked_text_has_the_capitals_of_writing_and_no_other_change(text: str, expected: str) -> None:
    assert checked_text(words(text)) == expected


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
def test_a_match_is_quoted_with_its_neighbours(
    text: str, wrong: str, offered: tuple[str, ...], quote: str, correction: str
) -> None:
    said = words(text)
    [finding] = findings_from(said, [match(text, wrong, *offered)])
    assert (finding.quote, finding.correction) == (quote, correction)
    assert finding.first_word is not None
    kept = [word.text for word in said if any(char.isalnum() for char in word.text)]
    assert kept[finding.first_word] == quote.split()[0]


def test_a_finding_has_the_place_of_its_match() -> None:
    said = words("i go. she go home")
    found = match("i go. she go home", "she go", "she goes")
    [finding] = findings_from(said, [found])
    assert finding.first_word == 2


@pytest.mark.parametrize("issue", ["typographical", "whitespace", "style", "duplication", "locale-violation"])
def test_matches_on_writing_or_style_are_dropped(issue: str) -> None:
    assert findings_from(words("she go home"), [match("she go home", "go", "goes", issue=issue)]) == ()


def test_a_match_without_a_replacement_is_dropped() -> None:
    assert findings_from(words("she go home"), [match("she go home", "go")]) == ()


def test_a_match_outside_the_text_is_dropped() -> None:
    far = replace(match("she go home", "go", "goes"), begin=500, end=502)
    assert findings_from(words("she go home"), [far]) == ()


def test_of_spelling_matches_only_nonexistent_forms_are_kept() -> None:
    text = "he buyed rostrum"
    irregular = match(
        text, "buyed", "bought", "guyed", category="TYPOS", issue="misspelling",
        message="Possible spelling mistake. Did you mean “bought”, the past tense form of the verb ‘buy’?",
    )  # fmt: skip
    name = match(
        text, "rostrum", "nostrum", category="TYPOS", issue="misspelling", message="Possible spelling mistake found."
    )
    [finding] = findings_from(words(text), [irregular, name])
    assert finding.correction == "he bought rostrum"
    assert finding.explanation == "“bought” is the past tense form of the verb ‘buy’."


@pytest.mark.parametrize(
    ("rule", "short", "expected"),
    [
        ("HE_VERB_AGR", "Agreement error", ErrorType.AGREEMENT),
        ("PCT_PLURAL_NOUN_SINGULAR_VERB_AGREEMENT", "Noun/verb agreement", ErrorType.AGREEMENT),
        ("EN_A_VS_AN", "Wrong article", ErrorType.ARTICLE),
        ("ONE_PLURAL", "Possible agreement error", ErrorType.PLURAL),
        ("MUCH_COUNTABLE", "Grammatical problem with countable noun", ErrorType.PLURAL),
        ("DEPEND_ON", "Missing preposition", ErrorType.PREPOSITION),
        ("MISSING_PAST_TENSE", "", ErrorType.TENSE),
        ("MD_BASEFORM", "Grammatical problem: use the base form", ErrorType.VERB_FORM),
        ("AUXILIARY_DO_WITH_INCORRECT_VERB_FORM", "Possible grammar error", ErrorType.VERB_FORM),
        ("INFORMATIONS", "Nonstandard word", ErrorType.WORD_CHOICE),
        ("WHO_KNOWS", "", ErrorType.OTHER),
        ("HAVE_PART_AGREEMENT", "Possible agreement error", ErrorType.VERB_FORM),
        ("CD_NN", "Grammatical problem", ErrorType.PLURAL),
        ("SHORT_COMPARATIVES", "", ErrorType.COMPARISON),
        ("ROSTRUM_SUBJECT_VERB_AGREEMENT_PEOPLE", "", ErrorType.AGREEMENT),
        ("ROSTRUM_WORD_ORDER_QUESTION", "", ErrorType.WORD_ORDER),
        ("ROSTRUM_NEW", "", ErrorType.OTHER),
    ],
)
def test_the_error_type_follows_from_the_rule(rule: str, short: str, expected: ErrorType) -> None:
    assert error_type(match("she go home", "go", "goes", rule=rule, short=short)) is expected


@pytest.mark.parametrize(
    ("message", "explanation"),
    [
        ("Possible agreement error. The noun seems to be countable.", "The noun seems to be countable."),
        ("Did you mean “made”?", ""),
        ("It appears that the past participle should be used here.", ""),
        ("After ‘It’, use the form “is”. Like this.", "After ‘It’, use the form “is”."),
    ],
)  # fmt: skip
def test_the_first_sentence_that_explains_is_the_explanation(message: str, explanation: str) -> None:
    [finding] = findings_from(words("she go home"), [match("she go home", "go", "goes", message=message)])
    assert finding.explanation == explanation


def test_an_archaic_plural_is_not_offered() -> None:
    [finding] = findings_from(
        words("i have three brother"), [match("i have three brother", "brother", "brethren", "brothers")]
    )
    assert finding.correction == "three brothers"
