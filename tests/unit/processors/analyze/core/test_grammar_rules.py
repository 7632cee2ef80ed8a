"""LanguageTool's findings, as far as they concern speech. Matches are as its version 6.6 gave them."""

from typing import Any

import pytest

from processors.analyze.core.grammar_rules import CheckResult, Match, checkable, claims, type_of
from schemas.reports import ErrorType
from tests.support.analyze.sessions import words


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
    assert claim.explanation == "“bought” is the past tense form of the verb ‘buy’."


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
def test_types(rule: str, short: str, expected: ErrorType) -> None:
    assert type_of(match("she go home", "go", "goes", rule=rule, short=short)) is expected


@pytest.mark.parametrize(
    ("message", "explanation"),
    [
        ("Possible agreement error. The noun seems to be countable.", "The noun seems to be countable."),
        ("Did you mean “made”?", ""),
        ("It appears that the past participle should be used here.", ""),
        ("After ‘It’, use the form “is”. Like this.", "After ‘It’, use the form “is”."),
    ],
)  # fmt: skip
def test_of_a_message_the_first_sentence_that_explains_is_kept(message: str, explanation: str) -> None:
    [claim] = claims(words("she go home"), [match("she go home", "go", "goes", message=message)])
    assert claim.explanation == explanation


def test_a_plural_that_nobody_uses_is_not_offered() -> None:
    [claim] = claims(words("i have three brother"), [match("i have three brother", "brother", "brethren", "brothers")])
    assert claim.correction == "three brothers"


def test_an_answer_of_the_server_is_read_as_far_as_needed() -> None:
    answer = """{"software": {"name": "LanguageTool", "version": "6.6", "premium": false}, "language": {"code": "en"},
    "matches": [{"message": "m", "shortMessage": "s", "replacements": [{"value": "goes", "shortDescription": "x"}],
    "offset": 4, "length": 2, "rule": {"id": "R", "issueType": "grammar", "category": {"id": "G", "name": "G"}}}]}"""
    result = CheckResult.model_validate_json(answer)
    assert (result.software.version, result.matches[0].replacements[0].value) == ("6.6", "goes")
