"""Whisper on many windows at once: one call each of encode, generate and align, whichever sessions they belong to.

CTranslate2 wants the start token at the same place in all prompts of a batch, and one start sequence for all in
`align`: `kind` tells which windows may go together. On a CPU a window is heard as the same words at the same times
whatever windows are beside it, for its padding goes by its own length, and texts are aligned by theirs. In int8 all
figures are the same to the last digit; in float32 probabilities are not, for numbers are added up in another order."""

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any, TypeVar

import numpy as np
from ctranslate2 import DataType, StorageView
from faster_whisper import WhisperModel
from faster_whisper.tokenizer import Tokenizer

from processors.transcribe.adapters.whisper_decoding import DecodedText, WhisperDecoder
from processors.transcribe.adapters.word_timestamps import phrases, timed_words
from processors.transcribe.core.audio.levels import Levels, Samples, amplified, levels_db, samples_of
from processors.transcribe.core.audio.windows import Window
from processors.transcribe.core.whisper.mel import HOP, MelFilters
from processors.transcribe.core.whisper.recognition import DecodingThresholds, Recognition
from schemas.audio import SAMPLE_BYTES, SAMPLE_RATE
from schemas.words import Word

BatchKey = tuple[int, str | None, int]
ResultT = TypeVar("ResultT")

_FRAMES_PER_S = SAMPLE_RATE // HOP
_SHORTEST_SAMPLES = 800
"""50 ms hold no word, and the model is not asked."""
_LONGEST_FRAMES = 3000
_SILENT_END_SAMPLES = SAMPLE_RATE // 2
"""A window is followed by so much silence at least. Without any, the decoder does not find the end, and fills the last
moment with words: 32 shifted recordings had 246 words that the rules had to take out, and none with it."""
_MEDIAN_WIDTH = 7
"""Smoothing of the attention before the alignment, as Whisper's word times have it."""


@dataclass(frozen=True)
class DecodingOptions:
    """`frames`: the least that the encoder gets, in mel frames of 10 ms; a longer window, with half a second to spare,
    is rounded up to whole seconds. `prompt_words`: how many of the words before a window the model is told.
    `fallback`: see WhisperDecoder."""

    beam_size: int
    frames: int
    prompt_words: int
    checks: DecodingThresholds
    fallback: bool


class BatchedWhisper:
    """A model and how it is used; threads may share it. `on_step` learns the seconds that each step of a batch
    took: features, encode, generate, align."""

    def __init__(self, model: WhisperModel, decoding: DecodingOptions, on_step: Callable[[str, float], None]) -> None:
        self._model = model
        self._decoding = decoding
        self._on_step = on_step
        self._generation = WhisperDecoder(model, decoding.beam_size, decoding.checks, decoding.fallback)
        self._filters = MelFilters(model.feature_extractor.mel_filters)
        self._languages = frozenset[str](model.supported_languages)
        self._tokenizers: dict[str, Tokenizer] = {}

    @property
    def window_ms(self) -> int:
        """The longest audio that the model hears at once."""
        return int(self._model.feature_extractor.n_samples) * 1000 // SAMPLE_RATE

    @property
    def on_gpu(self) -> bool:
        return bool(self._model.model.device == "cuda")

    @property
    def is_short(self) -> bool:
        """Whether the encoder gets less than its whole input, so that a batch of some windows does not take long."""
        return self._decoding.frames < _LONGEST_FRAMES

    def kind(self, window: Window) -> BatchKey:
        """Windows of one kind may be in one batch: they get as much room, and speak one language, and their prompts
        have one length."""
        return self._frames(window), self._language(window.language), len(self._previous(window))

    def hear(self, windows: Sequence[Window]) -> list[Recognition]:
        """What was said in windows of one kind, in order. Raises RuntimeError or ValueError, as the model does."""
        samples = [samples_of(window.pcm) for window in windows]
        heard = [Recognition(levels=levels_db(each)) for each in samples]
        audible = [place for place, each in enumerate(samples) if each.size >= _SHORTEST_SAMPLES]
        if audible:
            frames = self._frames(windows[audible[0]])
            mel = self._timed(
                "features", lambda: self._mel([(samples[at], heard[at].levels) for at in audible], frames)
            )
            lengths = [min(samples[at].size // HOP, frames) for at in audible]
            of_audible = self._hear([windows[at] for at in audible], mel, lengths)
            for place, (words, text) in zip(audible, of_audible, strict=True):
                heard[place] = Recognition(words, text.log_probability, text.no_speech, heard[place].levels)
        return heard

    def _hear(
        self, windows: Sequence[Window], mel: "np.ndarray[Any, Any]", lengths: list[int]
    ) -> list[tuple[tuple[Word, ...], DecodedText]]:
        """`mel`: [windows, mel bands, frames]; `lengths`: how many of the frames are audio."""
        encoded = self._timed("encode", lambda: self._model.encode(mel))
        language = self._language(windows[0].language)
        if language is None:
            return self._in_own_languages(windows, mel, lengths, encoded)
        return self._in_language(language, windows, mel, lengths, encoded)

    def _in_own_languages(
        self, windows: Sequence[Window], mel: "np.ndarray[Any, Any]", lengths: list[int], encoded: Any
    ) -> list[tuple[tuple[Word, ...], DecodedText]]:
        """For sessions in a language that the model does not know by its name: it guesses, window by window."""
        heard = []
        for at, guesses in enumerate(self._model.model.detect_language(encoded)):
            language = guesses[0][0].strip("<|>")
            one = mel[at : at + 1]
            heard += self._in_language(
                language, windows[at : at + 1], one, lengths[at : at + 1], self._model.encode(one)
            )
        return heard

    def _in_language(
        self,
        language: str,
        windows: Sequence[Window],
        mel: "np.ndarray[Any, Any]",
        lengths: list[int],
        encoded: Any,
    ) -> list[tuple[tuple[Word, ...], DecodedText]]:
        tokenizer = self._tokenizer(language)
        prompts = [self._model.get_prompt(tokenizer, self._previous(window)) for window in windows]
        texts = self._timed(
            "generate",
            lambda: self._generation.generate(
                encoded,
                prompts,
                tokenizer,
                lambda place: self._model.encode(mel[place : place + 1]),
            ),
        )
        return list(
            zip(self._timed("align", lambda: self._align(texts, lengths, tokenizer, encoded)), texts, strict=True)
        )

    def _align(
        self, texts: Sequence[DecodedText], lengths: list[int], tokenizer: Tokenizer, encoded: Any
    ) -> list[tuple[Word, ...]]:
        spoken = [
            phrases(text.tokens, tokenizer, length / _FRAMES_PER_S) for text, length in zip(texts, lengths, strict=True)
        ]
        tokens = [[token for phrase in each for token in phrase.tokens] for each in spoken]
        words: list[tuple[Word, ...]] = [()] * len(texts)
        for places in self._aligned_together(tokens):
            alignments = self._model.model.align(
                encoded if len(places) == len(texts) else _part(encoded, places),
                tokenizer.sot_sequence,
                [tokens[at] for at in places],
                [lengths[at] for at in places],
                median_filter_width=_MEDIAN_WIDTH,
            )
            for at, alignment in zip(places, alignments, strict=True):
                words[at] = timed_words(spoken[at], alignment, tokenizer)
        return words

    def _aligned_together(self, tokens: Sequence[Sequence[int]]) -> list[list[int]]:
        """Which texts go into one call, by their places. CTranslate2 fills the shorter ones up. If all windows are of
        one length, what it fills in takes part in the times of the others; and it moves the last digits of
        probabilities. So on a CPU only texts of one length go together, for two calls cost there what one for two
        does. On a GPU all go together: it adds up numbers by the batch's size anyway."""
        if self.on_gpu:
            return [[*range(len(tokens))]] if any(tokens) else []
        of_length: defaultdict[int, list[int]] = defaultdict(list)
        for place, each in enumerate(tokens):
            if each:
                of_length[len(each)].append(place)
        return [*of_length.values()]

    def _mel(self, windows: Sequence[tuple[Samples, Levels]], frames: int) -> "np.ndarray[Any, Any]":
        """[windows, mel bands, frames], each followed by nothing."""
        spectrograms = [self._filters.spectrogram(amplified(*window))[:, :frames] for window in windows]
        mel = np.zeros((len(windows), spectrograms[0].shape[0], frames), np.float32)
        for place, spectrogram in zip(mel, spectrograms, strict=True):
            place[:, : spectrogram.shape[1]] = spectrogram
        return mel

    def _frames(self, window: Window) -> int:
        seconds = (len(window.pcm) // SAMPLE_BYTES + _SILENT_END_SAMPLES) / SAMPLE_RATE
        return min(max(math.ceil(seconds) * _FRAMES_PER_S, self._decoding.frames), _LONGEST_FRAMES)

    def _previous(self, window: Window) -> list[int]:
        """The prompt's tokens. Words of one number have not one length in tokens, so the oldest tokens go."""
        said = window.prompt.split()[-self._decoding.prompt_words :] if self._decoding.prompt_words else []
        if not said:
            return []
        tokens: list[int] = self._model.hf_tokenizer.encode(" " + " ".join(said), add_special_tokens=False).ids
        return tokens[-self._decoding.prompt_words :]

    def _language(self, wanted: str) -> str | None:
        """A session's language as the model knows it; None, which lets the model guess, if it knows it not."""
        if len(self._languages) == 1:
            return next(iter(self._languages))
        primary = wanted.lower().partition("-")[0]
        return primary if primary in self._languages else None

    def _tokenizer(self, language: str) -> Tokenizer:
        """Kept, for a new one looks up a hundred tokens that must not be said: 4 % of a short window's time."""
        known = self._tokenizers.get(language)
        if known is None:
            multilingual = self._model.model.is_multilingual
            known = Tokenizer(self._model.hf_tokenizer, multilingual, task="transcribe", language=language)
            self._tokenizers[language] = known
        return known

    def _timed(self, step: str, work: Callable[[], ResultT]) -> ResultT:
        begun_s = perf_counter()
        result = work()
        self._on_step(step, perf_counter() - begun_s)
        return result


def _part(encoded: Any, places: Sequence[int]) -> Any:
    """Some windows of a batch in the processor's memory. NumPy does not know bfloat16, but float32 holds it."""
    rows = np.asarray(encoded.to(DataType.float32))[list(places)]
    return StorageView.from_array(rows).to(encoded.dtype)
