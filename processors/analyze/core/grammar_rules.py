"""Findings from LanguageTool's matches, as far as they concern speech.

LanguageTool checks written English. Spelling, capitals and commas of a transcript are not the speaker's, so those rules
are disabled. The text gets the capitals that the grammar rules rely on ("I am agree" is found, "i am agree" is not)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from processors.analyze.core.assessment import Finding
from processors.analyze.core.words import without_punctuation
from schemas.reports import ErrorType
from schemas.words import Word

DISABLED_CATEGORIES = (
    "TYPOGRAPHY", "CASING", "PUNCTUATION", "COMPOUNDING", "MULTITOKEN_SPELLING",
    "STYLE", "REDUNDANCY", "REPETITIONS_STYLE", "PLAIN_ENGLISH", "WIKIPEDIA", "CREATIVE_WRITING", "TON_ACADEMIC",
    "COLLOQUIALISMS", "GENDER_NEUTRALITY", "SEMANTICS", "APRIL", "FALSE_FRIENDS",
    "BRITISH_ENGLISH", "AMERICAN_ENGLISH", "AMERICAN_ENGLISH_STYLE", "BRE_STYLE_OXFORD_SPELLING",
)  # fmt: skip
# Repetitions and false starts are part of speech. AM_I corrects "it am raining" to "it am I raining".
DISABLED_RULES = ("ENGLISH_WORD_REPEAT_RULE", "ENGLISH_WORD_REPEAT_BEGINNING_RULE", "PHRASE_REPETITION", "AM_I")
_SPELLING = "TYPOS"
# What the spelling checker knows about grammar: "buyed", "childs". Any other word that it does not know may be a name.
_IRREGULAR_FORM = re.compile(r"the (?:plural|past tense|past participle|simple past|comparative|superlative) form of")
_ARCHAIC = ("brethren", "kine")
"""LanguageTool's first suggestion for "three brother" is one of these."""
# "Did you mean “bought”, the past tense form of the verb ‘buy’?" explains; most other such questions do not.
_FORM_OF = re.compile(r"Did you mean (“[^”]+”), (the [^?]+)\?")
_EXPLAINS_NOTHING = re.compile(
    r"^(?:Possible|Possibly|Did you mean|It appears|It seems|Double-check|Please|Try|Consider|You should probably|Use )"
)
_SENTENCE_END = (".", "?", "!")

_OWN_RULE = "ROSTRUM_"
"""Ids of Rostrum's own rules (local/languagetool/rules) contain the error type: ROSTRUM_TENSE_PAST_TIME."""

# The rule's id is searched first, then its messages. The first pattern that matches counts.
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


@dataclass(frozen=True)
class RuleMatch:
    """A match of a LanguageTool rule in an answer's `checked_text`."""

    message: str
    short_message: str
    begin: int
    """Index of the match's first character in the text."""
    end: int
    replacements: tuple[str, ...]
    rule: str
    """The rule's id."""
    category: str
    issue_type: str


def checked_text(words: Sequence[Word]) -> str:
    """An answer as LanguageTool gets it: with the capitals of written English, a full stop at the end, and every word
    at the same index as in `" ".join(...)` of the words without bare punctuation."""
    text = []
    begins = True
    for word in without_punctuation(words):
        shown = word.text
        if begins or re.fullmatch(r"i(?:['’](?:m|ve|ll|d|re))?[.,?!]*", shown):
            shown = shown[:1].upper() + shown[1:] if shown[:1].isascii() else shown
        text.append(shown)
        begins = shown.endswith(_SENTENCE_END)
    return " ".join(text) + ("" if begins or not text else ".")


def findings_from(words: Sequence[Word], matches: Sequence[RuleMatch]) -> tuple[Finding, ...]:
    """The findings in an answer. A match of one word, before or after its correction, is quoted with its neighbours:
    "a" alone says nothing, "eat a apple" does."""
    spoken = without_punctuation(words)
    text = checked_text(words)
    plain = " ".join(word.text for word in spoken)
    findings = []
    for match in matches:
        begin, end = match.begin, min(match.end, len(text))
        if not match.replacements or begin >= end or not _concerns_speech(match):
            continue
        first, last = text.count(" ", 0, begin), text.count(" ", 0, end - 1)
        replacement = _replacement(match, text[begin:end])
        if first == last or len(replacement.split()) == 1:
            first, last = _with_neighbours(spoken, first, last)
        start, stop = _character(spoken, first), _character(spoken, last) + len(spoken[last].text)
        findings.append(
            Finding(
                quote=plain[start:stop],
                correction=plain[start:begin] + replacement + plain[min(end, stop) : stop],
                explanation=_explanation(match.message),
                type=error_type(match),
                first_word=first,
            )
        )
    return tuple(findings)


def error_type(match: RuleMatch) -> ErrorType:
    if match.rule.startswith(_OWN_RULE):
        own = match.rule.removeprefix(_OWN_RULE).casefold()
        return next((found for found in ErrorType if own.startswith(found.value)), ErrorType.OTHER)
    for pattern, found in _TYPES_BY_ID:
        if re.search(pattern, match.rule):
            return found
    words = f"{match.short_message} {match.message}".casefold()
    for pattern, found in _TYPES_BY_WORDS:
        if re.search(pattern, words):
            return found
    return ErrorType.OTHER


def _concerns_speech(match: RuleMatch) -> bool:
    if match.category == _SPELLING:
        return _IRREGULAR_FORM.search(match.message) is not None
    return match.issue_type not in {"typographical", "whitespace", "style", "duplication", "locale-violation"}


def _explanation(message: str) -> str:
    """The message's first sentence that explains the error. Empty if there is none: the explanation is then generated
    from the correction."""
    if form := _FORM_OF.search(message):
        return f"{form[1]} is {form[2]}."
    sentences = (sentence for sentence in re.findall(r".+?[.!?](?=\s|$)|.+$", message) if sentence.strip())
    return next((one.strip() for one in sentences if not _EXPLAINS_NOTHING.match(one.strip())), "")


def _replacement(match: RuleMatch, written: str) -> str:
    """The first replacement that resembles what was said, else the first one: for "he were" a rule offers "is" before
    "was", although the tense was right."""
    offered = [value for value in match.replacements if value not in _ARCHAIC] or match.replacements
    return next((value for value in offered if SequenceMatcher(None, written, value).ratio() > 0), offered[0])


def _with_neighbours(words: Sequence[Word], first: int, last: int) -> tuple[int, int]:
    """The passage with its neighbours in the same sentence."""
    if first > 0 and not words[first - 1].text.endswith(_SENTENCE_END):
        first -= 1
    if last + 1 < len(words) and not words[last].text.endswith(_SENTENCE_END):
        last += 1
    return first, last


def _character(words: Sequence[Word], number: int) -> int:
    """The index at which a word begins in the words joined by spaces."""
    return sum(len(word.text) + 1 for word in words[:number])
