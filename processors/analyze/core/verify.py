"""Claims become errors only if what they quote was said."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile

from processors.analyze.core.judgement import Claim, Kind
from processors.analyze.core.words import clip, find, plain, said_words, token, tokens
from schemas.reports import SpokenError
from schemas.words import Word

MAX_CORRECTION_CHARS = 200
MAX_EXPLANATION_CHARS = 300


@dataclass(frozen=True)
class Verified:
    """Errors in the order they were said, the kind of each, and how many claims quoted what was not said."""

    errors: tuple[SpokenError, ...]
    kinds: tuple[Kind, ...]
    misquoted: int


def verify(words: Sequence[Word], claims: Iterable[Claim], floor: float) -> Verified:
    """The claims that stand up against an answer's words. A quote must stand in the answer word for word (case and
    punctuation aside), a correction must change a word, and no word is corrected twice: the first claim wins. An error
    is uncertain if a word it corrects, or stands between, was heard with a probability below `floor`."""
    said = said_words(words)
    position = [index for index, word in enumerate(words) if token(word.text)]
    heard = tuple(token(word.text) for word in said)
    found: list[tuple[int, SpokenError, Kind]] = []
    taken: set[int] = set()
    misquoted = 0
    for claim in claims:
        quote, correction = tokens(claim.quote), tokens(claim.correction)
        places = find(heard, quote) if quote else []
        if not places:
            misquoted += 1
            continue
        if quote == correction or len(claim.correction) > MAX_CORRECTION_CHARS:
            continue
        if claim.first_word in places:
            places = [claim.first_word]
        begin, end = changed(quote, correction)
        free = [place for place in places if not taken & set(range(place + begin, place + end))]
        if not free:
            continue
        place = free[0]
        touched = range(place + begin, place + end)
        taken |= set(touched)
        passage = words[position[place] : position[place + len(quote) - 1] + 1]
        error = SpokenError(
            quote=plain(" ".join(word.text for word in passage)),
            correction=plain(claim.correction),
            explanation=clip(claim.explanation, MAX_EXPLANATION_CHARS),
            start_ms=passage[0].start_ms,
            end_ms=passage[-1].end_ms,
            uncertain=any(said[index].probability < floor for index in touched),
        )
        found.append((place, error, claim.kind))
    found.sort(key=lambda entry: entry[0])
    return Verified(tuple(error for _, error, _ in found), tuple(kind for _, _, kind in found), misquoted)


def changed(quote: Sequence[str], correction: Sequence[str]) -> tuple[int, int]:
    """Which words of the quote the correction touches, as a half-open range: those that are replaced or removed, or,
    for a word put in, its neighbours."""
    head = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(quote, correction, strict=False)))
    rest = zip(reversed(quote[head:]), reversed(correction[head:]), strict=False)
    tail = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], rest))
    begin, end = head, len(quote) - tail
    if begin == end:
        return max(0, begin - 1), min(len(quote), end + 1)
    return begin, end
