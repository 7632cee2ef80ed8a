"""Claims become errors only if what they quote was said and what they correct can be heard."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from processors.analyze.core import remarks
from processors.analyze.core.changes import Change, change_of
from processors.analyze.core.explain import explain
from processors.analyze.core.fluency import FILLERS
from processors.analyze.core.heard import Heard
from processors.analyze.core.judgement import Claim
from processors.analyze.core.sounds import sound_the_same
from processors.analyze.core.words import find, plain, token
from schemas.reports import Finder, SpokenError

MAX_CORRECTION_CHARS = 200
_MOST_ADDED_WORDS = 3
"""A correction that is longer than its quote by more words is a new sentence, not a correction."""
_FAR = 3
"""Fluent neighbours this many words apart, or fewer, are quoted together with the filler between them."""


@dataclass(frozen=True)
class Found:
    """An error in its place: `at` is the number of the quote's first word among the fluent words, `change` counts from
    the answer's first word, `fix` are the correction's words."""

    error: SpokenError
    at: int
    length: int
    fix: tuple[str, ...]
    change: Change


@dataclass(frozen=True)
class Verified:
    """Errors in the order they were said, and how many claims quoted what was not said."""

    found: tuple[Found, ...]
    misquoted: int

    @property
    def errors(self) -> tuple[SpokenError, ...]:
        return tuple(found.error for found in self.found)


def verify(heard: Heard, by_model: Iterable[Claim], by_rules: Iterable[Claim], floor: float) -> Verified:
    """The claims that stand up against an answer's words. A quote must stand in the answer word for word (case,
    punctuation and disfluencies aside), a correction must change what is heard, and no word is corrected twice: of one
    judge's claims the first wins; where model and rules meet, the model's wording stays and the error is sure, unless
    it rests on a word heard with a probability below `floor`: then it is uncertain."""
    model, misquoted = _stand(heard, by_model, Finder.LLM, floor)
    rules, _ = _stand(heard, by_rules, Finder.RULES, floor)
    met: set[int] = set()
    merged = []
    for found in model:
        partners = [number for number, other in enumerate(rules) if other.change.meets(found.change)]
        met.update(partners)
        merged.append(_confirmed(found) if partners else found)
    merged += [found for number, found in enumerate(rules) if number not in met]
    return Verified(tuple(sorted(merged, key=lambda found: found.at)), misquoted)


def _stand(heard: Heard, claims: Iterable[Claim], finder: Finder, floor: float) -> tuple[list[Found], int]:
    said = heard.fluent.tokens
    standing: list[Found] = []
    misquoted = 0
    for claim in claims:
        quote, correction = _fluent_tokens(claim.quote), _fluent_tokens(claim.correction)
        places = find(said, quote) if quote else []
        if not places:
            misquoted += 1
            continue
        if _corrects_nothing(quote, correction) or len(claim.correction) > MAX_CORRECTION_CHARS:
            continue
        if claim.first_word in places:
            places = [claim.first_word]
        change = change_of(quote, correction)
        free = (place for place in places if not any(found.change.meets(change.moved(place)) for found in standing))
        place = next(free, None)
        if place is not None:
            standing.append(_found(heard, claim, place, quote, finder, floor))
    return standing, misquoted


def _fluent_words(text: str) -> tuple[str, ...]:
    """A judge may quote a filler that was taken out."""
    return tuple(word for word in text.split() if token(word) and token(word) not in FILLERS)


def _fluent_tokens(text: str) -> tuple[str, ...]:
    return tuple(token(word) for word in _fluent_words(text))


def _corrects_nothing(quote: Sequence[str], correction: Sequence[str]) -> bool:
    too_long = len(correction) > 2 * len(quote) + _MOST_ADDED_WORDS
    return not correction or too_long or sound_the_same(quote, correction)


def _found(heard: Heard, claim: Claim, place: int, quote: Sequence[str], finder: Finder, floor: float) -> Found:
    fluent = heard.fluent
    fix = _fluent_words(claim.correction)
    change = change_of(quote, [token(word) for word in fix]).moved(place)
    at, end, fix = _without_loose_ends(fluent.places, place, place + len(quote), fix, change)
    passage = heard.words[fluent.places[at] : fluent.places[end - 1] + 1]
    shown = plain(" ".join(word.text for word in passage))
    correction = plain(" ".join(fix))
    error = SpokenError(
        quote=shown,
        correction=correction,
        explanation=remarks.explanation(claim.explanation, shown, correction)
        or explain(fluent.tokens[at:end], [token(word) for word in fix]),
        start_ms=passage[0].start_ms,
        end_ms=passage[-1].end_ms,
        uncertain=any(fluent.words[number].probability < floor for number in change.rests_on(len(fluent.words))),
        type=claim.type,
        found_by=(finder,),
    )
    return Found(error, at, end - at, fix, change)


def _without_loose_ends(
    places: Sequence[int], at: int, end: int, fix: tuple[str, ...], change: Change
) -> tuple[int, int, tuple[str, ...]]:
    """The quote from `at` to `end` and its correction, without unchanged words at the ends that a long disfluency
    parts from the rest: all of it would stand in the middle of the quote."""
    kept = {*change.words, *change.gaps, *(gap - 1 for gap in change.gaps)}
    while end - at > 1 and at not in kept and places[at + 1] - places[at] > _FAR:
        at, fix = at + 1, fix[1:]
    while end - at > 1 and end - 1 not in kept and places[end - 1] - places[end - 2] > _FAR:
        end, fix = end - 1, fix[:-1]
    return at, end, fix


def _confirmed(found: Found) -> Found:
    error = found.error.model_copy(update={"sure": not found.error.uncertain, "found_by": (Finder.LLM, Finder.RULES)})
    return Found(error, found.at, found.length, found.fix, found.change)
