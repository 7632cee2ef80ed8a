"""Fluency measures: pace, pauses, fillers, lexical diversity."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from processors.analyze.core.disfluency import FILLERS, remove_disfluencies
from processors.analyze.core.words import token, words_in_order
from schemas.reports import Measures
from schemas.transcripts import SessionTranscribed

PAUSE_MS = 500
"""A shorter silence between words is part of normal speech."""
WINDOW_WORDS = 50
"""Window of the moving-average type-token ratio, in words."""


def measure(session: SessionTranscribed) -> Measures:
    """Word count and pace are the transcriber's, so that report, summary and leaderboard never differ."""
    words = words_in_order(session)
    # Silence between two answers is time to read a question, not a pause in speech.
    gaps = [
        word.start_ms - before.end_ms
        for (question_before, before), (question, word) in pairwise(words)
        if question == question_before
    ]
    pauses = [gap for gap in gaps if gap >= PAUSE_MS]
    spoken = [found for _, word in words if (found := token(word.text))]
    fluent = [remove_disfluencies(answer.words) for answer in session.answers]
    diversity = moving_average_type_token_ratio([word for word in spoken if word not in FILLERS])
    return Measures(
        words=session.words,
        words_per_minute=session.words_per_minute,
        pauses=len(pauses),
        pause_ms=sum(pauses),
        fillers=sum(word in FILLERS for word in spoken),
        repetitions=sum(answer.repetitions for answer in fluent),
        false_starts=sum(answer.false_starts for answer in fluent),
        lexical_diversity=None if diversity is None else round(diversity, 3),
    )


def moving_average_type_token_ratio(words: Sequence[str], window: int = WINDOW_WORDS) -> float | None:
    """MATTR: the share of different words in a window of `window` words, averaged over all windows. Unlike the plain
    ratio it does not fall with the length of the text. None for a text shorter than one window. Covington and McFall,
    "Cutting the Gordian knot: the moving-average type-token ratio (MATTR)", Journal of Quantitative Linguistics 17
    (2010)."""
    if len(words) < window:
        return None
    counts = Counter(words[:window])
    total = len(counts)
    for leaving, entering in zip(words, words[window:], strict=False):
        counts[leaving] -= 1
        if not counts[leaving]:
            del counts[leaving]
        counts[entering] += 1
        total += len(counts)
    return total / (window * (len(words) - window + 1))
