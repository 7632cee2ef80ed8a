"""One client's figures, from the text that it was shown.

A word's delay is the time at which it first appeared, less the time at which the chunk with its end was due to be sent.
Committed: the spoken words are aligned with the final text, and a word appeared when the committed text first contained
the final text up to it; one that appeared a quarter of a second before its end is another word of the same spelling,
and is dropped. Shown: the first text, tail included, whose alignment with the words begun by then contains the word."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, takewhile

import jiwer

from bench.peers.whole.streaming_client import CHUNK_S, ShownText, StreamingClient
from client.accuracy import normalised, repeated_passages
from client.spoken_recording import SpokenWord

_EARLY_S = 0.25
_TAIL_S = 2.0


@dataclass(frozen=True)
class WordDelay:
    due_s: float
    """When the word's last chunk was due, from the stream's first sample."""
    delay_s: float
    """On top of it."""


@dataclass(frozen=True)
class TranscriptScore:
    committed: tuple[WordDelay, ...]
    shown: tuple[WordDelay, ...]
    seconds: float
    words: int
    substitutions: int
    deletions: int
    insertions: int
    tail_words: int
    """Words of the last two seconds."""
    tail_missing: int
    """Of these, the ones that never came."""
    repeated: int
    """Passages of three words that the client was shown more often than they were said."""
    lost: int
    """The longest series of words that never came."""


def score(client: StreamingClient) -> TranscriptScore:
    reference, shown, seconds = client.stream.words, client.shown, client.stream.seconds
    texts = [word.text for word in reference]
    hypothesis = normalised(shown[-1].committed).split() if shown else []
    aligned = jiwer.process_words(" ".join(texts), " ".join(hypothesis))
    due = [min(math.ceil(word.end_s / CHUNK_S - 1e-9) * CHUNK_S, seconds) for word in reference]
    reached = _reached(shown, hypothesis)
    committed = {
        index: at_s
        for index, place in _equal(texts, hypothesis)
        if (at_s := reached[place]) is not None and at_s >= reference[index].end_s - _EARLY_S
    }
    first = _first_shown(reference, shown)
    for index, at_s in committed.items():
        first[index] = min(first.get(index, at_s), at_s)
    tail = [index for index, word in enumerate(reference) if word.end_s > seconds - _TAIL_S]
    return TranscriptScore(
        committed=tuple(WordDelay(due[index], at_s - due[index]) for index, at_s in sorted(committed.items())),
        shown=tuple(WordDelay(due[index], at_s - due[index]) for index, at_s in sorted(first.items())),
        seconds=seconds,
        words=len(reference),
        substitutions=aligned.substitutions,
        deletions=aligned.deletions,
        insertions=aligned.insertions,
        tail_words=len(tail),
        tail_missing=sum(index not in committed for index in tail),
        repeated=repeated_passages(" ".join(texts), " ".join(hypothesis)),
        lost=max(
            (part.ref_end_idx - part.ref_start_idx for part in aligned.alignments[0] if part.type == "delete"),
            default=0,
        ),
    )


def _equal(reference: Sequence[str], hypothesis: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Places of equal words in an alignment with the fewest differences."""
    if not reference or not hypothesis:
        return
    for part in jiwer.process_words(" ".join(reference), " ".join(hypothesis)).alignments[0]:
        if part.type == "equal":
            yield from zip(
                range(part.ref_start_idx, part.ref_end_idx), range(part.hyp_start_idx, part.hyp_end_idx), strict=True
            )


def _reached(shown: Sequence[ShownText], hypothesis: Sequence[str]) -> list[float | None]:
    """When each word of the final text was committed, with all before it."""
    reached: list[float | None] = [None] * len(hypothesis)
    known = 0
    for committed, states in groupby(shown, key=lambda state: state.committed):
        at_s = next(states).at_s
        words = normalised(committed).split()
        pairs = zip(words, hypothesis, strict=False)
        agreed = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
        reached[known:agreed] = [at_s] * max(agreed - known, 0)
        known = max(known, agreed)
    return reached


def _first_shown(reference: Sequence[SpokenWord], shown: Sequence[ShownText]) -> dict[int, float]:
    """When each word was first shown, by its place."""
    first: dict[int, float] = {}
    texts = [word.text for word in reference]
    for state in shown:
        begun = sum(word.start_s <= state.at_s for word in reference)
        for index, _ in _equal(texts[:begun], normalised(f"{state.committed} {state.tail}").split()):
            first.setdefault(index, state.at_s)
    return first
