"""One client's figures, from what it was shown.

A word's delay is the time at which it was first there, less that at which the chunk with its end was due to be sent.
Committed: the words said are aligned with the final text, and a word was there when the committed text first held the
final text up to it; one that was there a quarter of a second before its end is another one of the same spelling, and
dropped. Shown: the first text, tail included, whose alignment with the words begun by then has the word."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import jiwer

from bench.peers.whole.streaming_client import CHUNK_S, Shown, Speaker
from bench.speech_streams import Spoken
from client.accuracy import normalised, repeated_passages

_EARLY_S = 0.25
_TAIL_S = 2.0


@dataclass(frozen=True)
class Delay:
    """`due_s`: when the word's last chunk was due, from the stream's first sample. `delay_s`: on top of it."""

    due_s: float
    delay_s: float


@dataclass(frozen=True)
class Score:
    """`tail_missing`: words of the last two seconds that never came, of `tail_words`. `repeated`: passages of three
    words that the client was given more often than they were said. `lost`: most words in a row that never came."""

    committed: tuple[Delay, ...]
    shown: tuple[Delay, ...]
    seconds: float
    words: int
    substitutions: int
    deletions: int
    insertions: int
    tail_words: int
    tail_missing: int
    repeated: int
    lost: int


def score(speaker: Speaker) -> Score:
    said, shown, seconds = speaker.stream.words, speaker.shown, speaker.stream.seconds
    texts = [word.text for word in said]
    heard = normalised(shown[-1].committed).split() if shown else []
    aligned = jiwer.process_words(" ".join(texts), " ".join(heard))
    due = [min(math.ceil(word.end_s / CHUNK_S - 1e-9) * CHUNK_S, seconds) for word in said]
    reached = _reached(shown, heard)
    committed = {
        index: at_s
        for index, place in _equal(texts, heard)
        if (at_s := reached[place]) is not None and at_s >= said[index].end_s - _EARLY_S
    }
    first = _first_shown(said, shown)
    for index, at_s in committed.items():
        first[index] = min(first.get(index, at_s), at_s)
    tail = [index for index, word in enumerate(said) if word.end_s > seconds - _TAIL_S]
    return Score(
        committed=tuple(Delay(due[index], at_s - due[index]) for index, at_s in sorted(committed.items())),
        shown=tuple(Delay(due[index], at_s - due[index]) for index, at_s in sorted(first.items())),
        seconds=seconds,
        words=len(said),
        substitutions=aligned.substitutions,
        deletions=aligned.deletions,
        insertions=aligned.insertions,
        tail_words=len(tail),
        tail_missing=sum(index not in committed for index in tail),
        repeated=repeated_passages(" ".join(texts), " ".join(heard)),
        lost=max(
            (part.ref_end_idx - part.ref_start_idx for part in aligned.alignments[0] if part.type == "delete"),
            default=0,
        ),
    )


def _equal(said: Sequence[str], heard: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Places of equal words in an alignment with the fewest differences."""
    if not said or not heard:
        return
    for part in jiwer.process_words(" ".join(said), " ".join(heard)).alignments[0]:
        if part.type == "equal":
            yield from zip(
                range(part.ref_start_idx, part.ref_end_idx), range(part.hyp_start_idx, part.hyp_end_idx), strict=True
            )


def _reached(shown: Sequence[Shown], heard: Sequence[str]) -> list[float | None]:
    """When each word of the final text was committed, with all before it."""
    reached: list[float | None] = [None] * len(heard)
    known = 0
    for committed, states in groupby(shown, key=lambda state: state.committed):
        at_s = next(states).at_s
        words = normalised(committed).split()
        same = next((place for place, pair in enumerate(zip(words, heard, strict=False)) if pair[0] != pair[1]), None)
        agreed = min(len(words), len(heard)) if same is None else same
        reached[known:agreed] = [at_s] * max(agreed - known, 0)
        known = max(known, agreed)
    return reached


def _first_shown(said: Sequence[Spoken], shown: Sequence[Shown]) -> dict[int, float]:
    """When each word was first seen, by its place."""
    first: dict[int, float] = {}
    texts = [word.text for word in said]
    for state in shown:
        begun = sum(word.start_s <= state.at_s for word in said)
        for index, _ in _equal(texts[:begun], normalised(f"{state.committed} {state.tail}").split()):
            first.setdefault(index, state.at_s)
    return first
