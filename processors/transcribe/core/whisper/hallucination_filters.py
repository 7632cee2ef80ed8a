"""Named filters for hallucinations: recognised words that cannot have been said.

Recognisers fill silence with text, continue their own prompt, and fall into loops. Each filter knows one such fault by
what cannot be true of speech; an unlikely word is no fault, and is kept with its probability."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from itertools import groupby

import numpy as np

from processors.transcribe.core.audio.levels import STEP_MS, Levels
from processors.transcribe.core.policy.word_matching import normalised
from processors.transcribe.core.whisper.recognition import DecodingThresholds, Recognition
from schemas.words import Word


class FilterRule(Enum):
    """Why a word was filtered out."""

    NO_SPEECH = "no_speech"
    """The model itself considers the window silent and its text a guess."""
    PROMPT_LOOP = "prompt_loop"
    """The text repeats the prompt."""
    LOOP = "loop"
    """A phrase over and over, faster than it can be said or more often than anybody says it."""
    TOO_FAST = "too_fast"
    """Many words in no time."""
    OVER_SILENCE = "over_silence"
    """A word where the audio is silent."""


_LOOP_TIMES = 3
"""People say things twice, and "no no no"; so few repetitions are a loop only if they are too fast."""
_ENDLESS_TIMES = 6
_LOOP_WORDS = 8
"""The longest phrase that is searched for."""
_LOOP_WORD_MS = 140
_FAST_WORDS = 4
_FAST_WORD_MS = 80
"""Mean length of words below which they were not said: 7 and 12 words a second. The fastest speakers reach 6 for a
while; a run may be squeezed by the alignment, a loop is squeezed because there is no audio for it."""
_PROMPT_WORDS = 4
"""A run of at least this many words that also ends the prompt, and takes less time than it can, is the prompt's
echo."""
_SILENT_DB = -70.0
"""Below this the audio is silent: speech at -40 dBFS has its vowels at -35, and the rounding of 16 bits lies at -98."""
_OVER_FLOOR_DB = 5.0
"""A word's loudest 10 ms exceed the window's background by more; those of steady noise or of a tone vary by less."""
_FLOOR_PERCENTILE = 10
_MARGIN_MS = 200
"""Word times are off by as much."""


def filtered(
    recognition: Recognition, prompt: str, thresholds: DecodingThresholds
) -> tuple[tuple[Word, ...], Mapping[FilterRule, int]]:
    """The words that are kept, and how many each filter removed. The filters run one after the other."""
    words, removed = recognition.words, Counter[FilterRule]()
    for rule, keep in (
        (FilterRule.NO_SPEECH, lambda words: unless_silent(words, recognition, thresholds)),
        (FilterRule.PROMPT_LOOP, lambda words: without_prompt_echo(words, prompt)),
        (FilterRule.LOOP, without_loops),
        (FilterRule.TOO_FAST, without_rapid_words),
        (FilterRule.OVER_SILENCE, lambda words: without_words_over_silence(words, recognition.levels)),
    ):
        kept = tuple(keep(words))
        if len(kept) < len(words):
            removed[rule] = len(words) - len(kept)
        words = kept
    return words, removed


def unless_silent(words: Sequence[Word], recognition: Recognition, thresholds: DecodingThresholds) -> Sequence[Word]:
    """No words at all if the model says that there is no speech and is unsure of the text."""
    return () if thresholds.is_silence(recognition.log_probability, recognition.no_speech) else words


def without_prompt_echo(words: Sequence[Word], prompt: str) -> Sequence[Word]:
    """Without the longest run at the beginning that also ends the prompt, unless it was spoken: a real repetition takes
    its time."""
    prompted = [normalised(each) for each in prompt.split()]
    texts = [normalised(word.text) for word in words]
    for length in range(min(len(prompted), len(texts)), _PROMPT_WORDS - 1, -1):
        if texts[:length] == prompted[-length:]:
            return words[length:] if _mean_ms(words[:length]) < _LOOP_WORD_MS else words
    return words


def without_loops(words: Sequence[Word]) -> Iterator[Word]:
    """With each loop reduced to one round."""
    texts = [normalised(word.text) for word in words]
    at = 0
    while at < len(words):
        length, times = _loop(texts, at)
        end = at + length * times
        too_fast = times >= _LOOP_TIMES and _mean_ms(words[at + length : end]) < _LOOP_WORD_MS
        looping = too_fast or times >= _ENDLESS_TIMES
        yield from words[at : at + length if looping else at + 1]
        at = end if looping else at + 1


def _loop(texts: Sequence[str], at: int) -> tuple[int, int]:
    """The phrase that is repeated most often in a row from here on: its length in words, and how often."""
    return max(((length, _times(texts, at, length)) for length in range(1, _LOOP_WORDS + 1)), key=lambda each: each[1])


def _times(texts: Sequence[str], at: int, length: int) -> int:
    phrase = texts[at : at + length]
    times = 1
    while len(phrase) == length and texts[at + times * length : at + (times + 1) * length] == phrase:
        times += 1
    return times


def without_rapid_words(words: Sequence[Word]) -> Iterator[Word]:
    """Without runs of words of hardly any length, one right behind the other."""
    for is_rapid, group in groupby(words, key=lambda word: word.end_ms - word.start_ms < _FAST_WORD_MS):
        run = tuple(group)
        if not is_rapid or len(run) < _FAST_WORDS or _mean_ms(run) >= _FAST_WORD_MS:
            yield from run


def without_words_over_silence(words: Sequence[Word], levels: Levels) -> Iterator[Word]:
    """The words at or near which the audio is louder than the background."""
    if not levels.size:
        return
    audible_db = max(float(np.percentile(levels, _FLOOR_PERCENTILE)) + _OVER_FLOOR_DB, _SILENT_DB)
    for word in words:
        first = max((word.start_ms - _MARGIN_MS) // STEP_MS, 0)
        near = levels[min(first, levels.size - 1) : max((word.end_ms + _MARGIN_MS) // STEP_MS, first) + 1]
        if float(near.max()) >= audible_db:
            yield word


def _mean_ms(words: Sequence[Word]) -> float:
    return (words[-1].end_ms - words[0].start_ms) / len(words)
