"""Word timestamps, from tokens and their alignment with the audio.

The times come from the cross-attention, as in the reference implementation of Whisper (openai/whisper, timing.py);
corrections follow where that method is known to stretch a word over the silence before or after it. Each window is
processed on its own: faster-whisper's own function carries the end of one window over to the next, which in a batch
would be another session's."""

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
from faster_whisper.tokenizer import Tokenizer
from faster_whisper.transcribe import merge_punctuations

from schemas.words import Word

TOKEN_S = 0.02
"""Spacing of Whisper's timestamp tokens and of its encoder's output."""
_WITHOUT_SPACES = frozenset({"zh", "ja", "th", "lo", "my", "yue"})
"""Languages written without spaces between words, as faster-whisper's tokenizer knows them."""
_PREPENDED = "\"'“¿([{-"
_APPENDED = "\"'.。,，!！?？:：”)]}、"
_MAX_MEDIAN_S = 0.7
"""Upper bound for the median length of a window's words: in short windows the median may be anything."""
_PAUSES = 4
"""If a segment's first word ends more than this many median lengths after the previous word, a pause precedes it."""
_SLACK_S = 0.5
"""Where timestamp tokens and alignment differ by more than this, the timestamp tokens are used."""


@dataclass(frozen=True)
class TextSegment:
    """What the model put between two timestamps."""

    start_s: float
    """Like `end_s`, from the window's first sample."""
    end_s: float
    tokens: tuple[int, ...]
    """Text tokens."""


@dataclass(frozen=True)
class _TimedWord:
    text: str
    start_s: float
    end_s: float
    probability: float


def text_segments(tokens: Sequence[int], tokenizer: Tokenizer, duration_s: float) -> tuple[TextSegment, ...]:
    """The text between the timestamps. A segment without a timestamp at its end lasts until the window ends."""
    begin = tokenizer.timestamp_begin
    cuts = [at for at in range(1, len(tokens)) if tokens[at] >= begin and tokens[at - 1] >= begin]
    parts = (tokens[one:other] for one, other in pairwise([0, *cuts, len(tokens)]))
    segments = (_segment(part, tokenizer, duration_s) for part in parts)
    return tuple(segment for segment in segments if segment.tokens)


def _segment(tokens: Sequence[int], tokenizer: Tokenizer, duration_s: float) -> TextSegment:
    begin = tokenizer.timestamp_begin
    first, last = (tokens[0], tokens[-1]) if tokens else (0, 0)
    return TextSegment(
        start_s=(first - begin) * TOKEN_S if first >= begin else 0.0,
        end_s=(last - begin) * TOKEN_S if len(tokens) > 1 and last >= begin else duration_s,
        tokens=tuple(token for token in tokens if token < tokenizer.eot),
    )


def timed_words(segments: Sequence[TextSegment], alignment: Any, tokenizer: Tokenizer) -> tuple[Word, ...]:
    """The words of a window's segments. `alignment`: CTranslate2's, of all their tokens in sequence."""
    aligned = _aligned([token for segment in segments for token in segment.tokens], alignment, tokenizer)
    lengths_s = [each["end"] - each["start"] for each in aligned if each["end"] > each["start"]]
    median_s = min(statistics.median(lengths_s), _MAX_MEDIAN_S) if lengths_s else 0.0
    merge_punctuations(aligned, _PREPENDED, _APPENDED)
    if tokenizer.language_code not in _WITHOUT_SPACES:
        _merge_pieces(aligned)
    words: list[_TimedWord] = []
    taken = 0
    for segment in segments:
        mine: list[_TimedWord] = []
        room = len(segment.tokens)
        while taken < len(aligned) and room > 0:
            each = aligned[taken]
            if each["word"]:
                mine.append(_TimedWord(each["word"], each["start"], each["end"], each["probability"]))
            room -= len(each["tokens"])
            taken += 1
        words += _corrected(mine, segment, words[-1].end_s if words else 0.0, median_s)
    return tuple(_word(each) for each in words)


def _aligned(tokens: list[int], alignment: Any, tokenizer: Tokenizer) -> list[dict[str, Any]]:
    """Words with times, in the form that faster-whisper's `merge_punctuations` modifies in place."""
    texts, parts = tokenizer.split_to_word_tokens([*tokens, tokenizer.eot])
    if len(parts) <= 1:
        return []
    text_places, times = (np.array(column) for column in zip(*alignment.alignments, strict=True))
    first_times_s = times[np.flatnonzero(np.diff(text_places, prepend=-1))] * TOKEN_S
    bounds = [0, *accumulate(len(part) for part in parts[:-1])]
    probabilities = alignment.text_token_probs
    return [
        {
            "word": text,
            "tokens": part,
            "start": float(first_times_s[one]),
            "end": float(first_times_s[other]),
            "probability": statistics.fmean(probabilities[one:other]),
        }
        for text, part, (one, other) in zip(texts, parts, pairwise(bounds), strict=False)
    ]


def _merge_pieces(aligned: Sequence[dict[str, Any]]) -> None:
    """Join what the model wrote without a space in between: "mother", "-in" and "-law" are one word, as are "50" and
    ",000". Like `merge_punctuations`, it leaves an empty text where a piece was. The probability is the mean over all
    tokens."""
    whole: dict[str, Any] | None = None
    for piece in aligned:
        if not piece["word"]:
            continue
        if whole is None or piece["word"].startswith(" "):
            whole = piece
            continue
        sizes = len(whole["tokens"]), len(piece["tokens"])
        whole["probability"] = (whole["probability"] * sizes[0] + piece["probability"] * sizes[1]) / sum(sizes)
        whole["word"] += piece["word"]
        whole["end"] = piece["end"]
        whole["tokens"] = [*whole["tokens"], *piece["tokens"]]
        piece["word"], piece["tokens"] = "", []


def _corrected(
    words: Sequence[_TimedWord], segment: TextSegment, before_s: float, median_s: float
) -> Iterator[_TimedWord]:
    """A segment's words, the first and last of which no longer stretch over the pauses around the segment."""
    if not words:
        return
    first, *others = words
    longest_s = 2 * median_s
    if first.end_s - before_s > _PAUSES * median_s and first.end_s - first.start_s > longest_s:
        first = replace(first, start_s=max(first.end_s - longest_s, 0.0))
    if first.start_s + _SLACK_S < segment.start_s < first.end_s:
        first = replace(first, start_s=max(min(first.end_s - median_s, segment.start_s), 0.0))
    *inner, last = first, *others
    if last.start_s < segment.end_s < last.end_s - _SLACK_S:
        last = replace(last, end_s=max(last.start_s + median_s, segment.end_s))
    yield from (*inner, last)


def _word(timed: _TimedWord) -> Word:
    return Word(
        # An opening quotation mark that the model wrote as a word of its own stands before the next one.
        text="".join(timed.text.split()),
        start_ms=round(timed.start_s * 1000),
        end_ms=round(timed.end_s * 1000),
        probability=timed.probability,
    )
