"""Verification: a finding becomes an error only if its quote was spoken and its correction changes something
audible."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from processors.analyze.core.answers import SpokenAnswer
from processors.analyze.core.assessment import Finding
from processors.analyze.core.disfluency import FILLERS
from processors.analyze.core.edits import Edit, edit_between
from processors.analyze.core.explanations import explain
from processors.analyze.core.homophones import sound_the_same
from processors.analyze.core.model_output import clean_explanation
from processors.analyze.core.words import find_all, strip_punctuation, token
from schemas.reports import Finder, SpokenError

MAX_CORRECTION_CHARS = 200
_MAX_ADDED_WORDS = 3
"""A correction that adds more words than this to twice the quote's length is a new sentence, not a correction."""
_MAX_GAP_WORDS = 3
"""Neighbouring fluent words up to this many positions apart are quoted together, with the disfluency between them."""


@dataclass(frozen=True)
class VerifiedError:
    """An error and its place in the answer."""

    error: SpokenError
    first_word: int
    """Index of the quote's first word among the fluent words."""
    length: int
    """The quote's number of fluent words."""
    correction: tuple[str, ...]
    """The correction's words."""
    edit: Edit
    """Its indices count from the answer's first fluent word."""


@dataclass(frozen=True)
class Verification:
    """The errors that stood up to verification, in the order they were spoken."""

    verified: tuple[VerifiedError, ...]
    unverified_quotes: int
    """How many of the model's findings quoted something that was not said."""

    @property
    def errors(self) -> tuple[SpokenError, ...]:
        return tuple(each.error for each in self.verified)


def verify(
    answer: SpokenAnswer, by_model: Iterable[Finding], by_rules: Iterable[Finding], min_probability: float
) -> Verification:
    """Checks findings against an answer's words. A quote must be in the answer word for word (case, punctuation and
    disfluencies aside), the correction must change something audible, and no word is corrected twice: of one finder's
    findings the first counts. Where model and rules find the same error, the model's wording is used and the error is
    sure. An error that depends on a word with a probability below `min_probability` is uncertain."""
    model, unverified_quotes = _verified(answer, by_model, Finder.LLM, min_probability)
    rules, _ = _verified(answer, by_rules, Finder.RULES, min_probability)
    confirming: set[int] = set()
    merged = []
    for found in model:
        same = [number for number, other in enumerate(rules) if other.edit.overlaps(found.edit)]
        confirming.update(same)
        merged.append(_confirmed(found) if same else found)
    merged += [found for number, found in enumerate(rules) if number not in confirming]
    return Verification(tuple(sorted(merged, key=lambda found: found.first_word)), unverified_quotes)


def _verified(
    answer: SpokenAnswer, findings: Iterable[Finding], finder: Finder, min_probability: float
) -> tuple[list[VerifiedError], int]:
    """The errors, and the number of findings whose quote is not in the answer."""
    verified: list[VerifiedError] = []
    unverified_quotes = 0
    for finding in findings:
        quote, correction = _fluent_tokens(finding.quote), _fluent_tokens(finding.correction)
        places = find_all(answer.fluent.tokens, quote) if quote else []
        if not places:
            unverified_quotes += 1
            continue
        if _corrects_nothing(quote, correction) or len(finding.correction) > MAX_CORRECTION_CHARS:
            continue
        if finding.first_word in places:
            places = [finding.first_word]
        edit = edit_between(quote, correction)
        free = (place for place in places if not any(other.edit.overlaps(edit.shifted(place)) for other in verified))
        place = next(free, None)
        if place is not None:
            verified.append(_verified_error(answer, finding, place, quote, finder, min_probability))
    return verified, unverified_quotes


def _fluent_words(text: str) -> tuple[str, ...]:
    """The words without fillers: a quote may contain a filler that was removed from the answer."""
    return tuple(word for word in text.split() if token(word) and token(word) not in FILLERS)


def _fluent_tokens(text: str) -> tuple[str, ...]:
    return tuple(token(word) for word in _fluent_words(text))


def _corrects_nothing(quote: Sequence[str], correction: Sequence[str]) -> bool:
    too_long = len(correction) > 2 * len(quote) + _MAX_ADDED_WORDS
    return not correction or too_long or sound_the_same(quote, correction)


def _verified_error(
    answer: SpokenAnswer, finding: Finding, place: int, quote: Sequence[str], finder: Finder, min_probability: float
) -> VerifiedError:
    fluent = answer.fluent
    words = _fluent_words(finding.correction)
    edit = edit_between(quote, [token(word) for word in words]).shifted(place)
    begin, end, words = _without_distant_ends(fluent.positions, place, place + len(quote), words, edit)
    passage = answer.words[fluent.positions[begin] : fluent.positions[end - 1] + 1]
    shown = strip_punctuation(" ".join(word.text for word in passage))
    correction = strip_punctuation(" ".join(words))
    supporting = edit.supporting_words(len(fluent.words))
    error = SpokenError(
        quote=shown,
        correction=correction,
        explanation=clean_explanation(finding.explanation, shown, correction)
        or explain(fluent.tokens[begin:end], [token(word) for word in words]),
        start_ms=passage[0].start_ms,
        end_ms=passage[-1].end_ms,
        uncertain=any(fluent.words[number].probability < min_probability for number in supporting),
        type=finding.type,
        found_by=(finder,),
    )
    return VerifiedError(error, begin, end - begin, words, edit)


def _without_distant_ends(
    positions: Sequence[int], begin: int, end: int, correction: tuple[str, ...], edit: Edit
) -> tuple[int, int, tuple[str, ...]]:
    """The quote from `begin` to `end` and its correction, without unchanged words at the ends that a long disfluency
    separates from the rest: otherwise the whole disfluency would be part of the quote."""
    kept = {*edit.words, *edit.gaps, *(gap - 1 for gap in edit.gaps)}
    while end - begin > 1 and begin not in kept and positions[begin + 1] - positions[begin] > _MAX_GAP_WORDS:
        begin, correction = begin + 1, correction[1:]
    while end - begin > 1 and end - 1 not in kept and positions[end - 1] - positions[end - 2] > _MAX_GAP_WORDS:
        end, correction = end - 1, correction[:-1]
    return begin, end, correction


def _confirmed(found: VerifiedError) -> VerifiedError:
    error = found.error.model_copy(update={"sure": not found.error.uncertain, "found_by": (Finder.LLM, Finder.RULES)})
    return replace(found, error=error)
