"""LanguageTool's findings, as far as they concern speech.

LanguageTool checks writing. A transcript has no spelling, capitals or commas of the speaker's own, so those rules are
switched off, and the text is given the capitals that the grammar rules look for ("i am agree" is passed over, "I am
agree" is found)."""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from pydantic import BaseModel

from processors.analyze.core.judgement import Claim
from processors.analyze.core.words import said_words
from schemas.reports import ErrorType
from schemas.words import Word

DISABLED_CATEGORIES = (
    "TYPOGRAPHY", "CASING", "PUNCTUATION", "COMPOUNDING", "MULTITOKEN_SPELLING",
    "STYLE", "REDUNDANCY", "REPETITIONS_STYLE", "PLAIN_ENGLISH", "WIKIPEDIA", "CREATIVE_WRITING", "TON_ACADEMIC",
    "COLLOQUIALISMS", "GENDER_NEUTRALITY", "SEMANTICS", "APRIL", "FALSE_FRIENDS",
    "BRITISH_ENGLISH", "AMERICAN_ENGLISH", "AMERICAN_ENGLISH_STYLE", "BRE_STYLE_OXFORD_SPELLING",
)  # fmt: skip
# Repetitions and false starts belong to speaking. AM_I mends "it am raining" to "it am I raining".
DISABLED_RULES = ("ENGLISH_WORD_REPEAT_RULE", "ENGLISH_WORD_REPEAT_BEGINNING_RULE", "PHRASE_REPETITION", "AM_I")
_SPELLING = "TYPOS"
# The one thing the speller knows about grammar: "buyed", "childs". Whatever else it does not know may be a name.
_IRREGULAR_FORM = re.compile(r"the (?:plural|past tense|past participle|simple past|comparative|superlative) form of")
_QUAINT = ("brethren", "kine")
"""Offered first for "three brother"."""
# "Did you mean “bought”, the past tense form of the verb ‘buy’?" says why; most other such questions do not.
_FORM_OF = re.compile(r"Did you mean (“[^”]+”), (the [^?]+)\?")
_SAYS_NOTHING = re.compile(
    r"^(?:Possible|Possibly|Did you mean|It appears|It seems|Double-check|Please|Try|Consider|You should probably|Use )"
)
_SENTENCE_END = (".", "?", "!")

_OWN_RULE = "ROSTRUM_"
"""Our own rules (local/languagetool/rules) name their type in their id: ROSTRUM_TENSE_PAST_TIME."""

# Looked for in the rule's id first, then in its own words; the first that fits counts.
_TYPES_BY_ID = (
    (r"HAVE_PART|BEFORE_A_VERB", ErrorType.VERB_FORM),
    (r"COMPARATIVE|SUPERLATIVE", ErrorType.COMPARISON),
    (r"AT_IN|IN_AT|MARRY_WITH|DISCUSS_ABOUT", ErrorType.PREPOSITION),
    (r"SAY_TELL|A_MISTAKE|CD_YEARS", ErrorType.WORD_CHOICE),
    (r"^CD_NN", ErrorType.PLURAL),
    (r"A_VS_AN|ARTICLE|(?:^|_)THE_|DETERMINER|_DT(?:_|$)", ErrorType.ARTICLE),
    (r"AGREEMENT|_AGR|VBZ|NON3PRS|THERE_.*MANY|AM_I", ErrorType.AGREEMENT),
    (r"PLURAL|SINGULAR|COUNTABLE|MANY|MUCH", ErrorType.PLURAL),
    (r"PREPOSITION|DEPEND_ON|_TO_|_OF_|SINCE_FOR", ErrorType.PREPOSITION),
    (r"TENSE", ErrorType.TENSE),
    (r"VERB|BASEFORM|VBG|VBN|_VB|GERUND|INFINITIVE", ErrorType.VERB_FORM),
    (r"MISSING", ErrorType.MISSING_WORD),
    (r"CONFUS", ErrorType.WORD_CHOICE),
)
_TYPES_BY_WORDS = (
    (r"\barticle\b", ErrorType.ARTICLE),
    (r"past tense", ErrorType.TENSE),
    (r"agreement", ErrorType.AGREEMENT),
    (r"preposition", ErrorType.PREPOSITION),
    (r"plural|singular|countable", ErrorType.PLURAL),
    (r"\bverb|gerund|infinitive|participle", ErrorType.VERB_FORM),
    (r"pronoun", ErrorType.PRONOUN),
    (r"word order", ErrorType.WORD_ORDER),
    (r"confused|nonstandard|colloc", ErrorType.WORD_CHOICE),
)


class _Named(BaseModel):
    id: str


class _Rule(_Named):
    issueType: str = ""  # noqa: N815 - LanguageTool's name
    category: _Named


class _Replacement(BaseModel):
    value: str


class Match(BaseModel):
    """`offset` and `length` count UTF-16 units, as Java does."""

    message: str
    shortMessage: str = ""  # noqa: N815 - LanguageTool's name
    offset: int
    length: int
    replacements: tuple[_Replacement, ...]
    rule: _Rule


class _Software(BaseModel):
    name: str
    version: str


class CheckResult(BaseModel):
    """An answer of `/v2/check`, as far as it is needed."""

    software: _Software
    matches: tuple[Match, ...]


def checkable(words: Sequence[Word]) -> str:
    """An answer as LanguageTool should see it: capitals where writing has them, a sign at the end, and every word where
    it stands in `" ".join(...)` of the words that are no bare signs."""
    text = []
    begins = True
    for word in said_words(words):
        shown = word.text
        if begins or re.fullmatch(r"i(?:['’](?:m|ve|ll|d|re))?[.,?!]*", shown):
            shown = shown[:1].upper() + shown[1:] if shown[:1].isascii() else shown
        text.append(shown)
        begins = shown.endswith(_SENTENCE_END)
    return " ".join(text) + ("" if begins or not text else ".")


def claims(words: Sequence[Word], matches: Sequence[Match]) -> tuple[Claim, ...]:
    """Claims from the matches in an answer's `checkable` text. A finding in one word, before or after its correction,
    is quoted with its neighbours, for "a" says nothing where "eat a apple" does."""
    said = said_words(words)
    text = checkable(words)
    found = []
    for match in matches:
        if not match.replacements or not _concerns_speech(match):
            continue
        begin = _index(text, match.offset)
        end = _index(text, match.offset + match.length)
        if begin == end:
            continue
        first, last = text.count(" ", 0, begin), text.count(" ", 0, end - 1)
        replacement = _replacement(match, text[begin:end])
        if first == last or len(replacement.split()) == 1:
            first, last = _with_neighbours(said, first, last)
        start, stop = _character(said, first), _character(said, last) + len(said[last].text)
        spoken = " ".join(word.text for word in said)
        found.append(
            Claim(
                quote=spoken[start:stop],
                correction=spoken[start:begin] + replacement + spoken[min(end, stop) : stop],
                explanation=_explanation(match.message),
                type=type_of(match),
                first_word=first,
            )
        )
    return tuple(found)


def type_of(match: Match) -> ErrorType:
    if match.rule.id.startswith(_OWN_RULE):
        own = match.rule.id.removeprefix(_OWN_RULE).casefold()
        return next((found for found in ErrorType if own.startswith(found.value)), ErrorType.OTHER)
    for pattern, found in _TYPES_BY_ID:
        if re.search(pattern, match.rule.id):
            return found
    words = f"{match.shortMessage} {match.message}".casefold()
    for pattern, found in _TYPES_BY_WORDS:
        if re.search(pattern, words):
            return found
    return ErrorType.OTHER


def _concerns_speech(match: Match) -> bool:
    if match.rule.category.id == _SPELLING:
        return _IRREGULAR_FORM.search(match.message) is not None
    return match.rule.issueType not in {"typographical", "whitespace", "style", "duplication", "locale-violation"}


def _explanation(message: str) -> str:
    """The first sentence that explains, or empty: what changes is then said by the correction."""
    if form := _FORM_OF.search(message):
        return f"{form[1]} is {form[2]}."
    told = (sentence for sentence in re.findall(r".+?[.!?](?=\s|$)|.+$", message) if sentence.strip())
    return next((one.strip() for one in told if not _SAYS_NOTHING.match(one.strip())), "")


def _replacement(match: Match, written: str) -> str:
    """The first with anything in common with what was said, else the first: for "he were" a rule offers "is" before
    "was", and the tense was right."""
    offered = [replacement.value for replacement in match.replacements]
    offered = [value for value in offered if value not in _QUAINT] or offered
    return next((value for value in offered if SequenceMatcher(None, written, value).ratio() > 0), offered[0])


def _with_neighbours(words: Sequence[Word], first: int, last: int) -> tuple[int, int]:
    """The passage with the words beside it in the same sentence."""
    if first > 0 and not words[first - 1].text.endswith(_SENTENCE_END):
        first -= 1
    if last + 1 < len(words) and not words[last].text.endswith(_SENTENCE_END):
        last += 1
    return first, last


def _character(words: Sequence[Word], number: int) -> int:
    """Where a word begins in the words joined by spaces."""
    return sum(len(word.text) + 1 for word in words[:number])


def _index(text: str, utf16: int) -> int:
    """The index of a character, given as a number of UTF-16 units."""
    return len(text.encode("utf-16-le")[: 2 * utf16].decode("utf-16-le", errors="ignore"))
