"""Whisper on many windows at once: one call each of encode, generate and align, whichever sessions they belong to.

CTranslate2 needs the start token at the same place in all prompts of a batch, and one start sequence for all in
`align`: windows with the same `batch_key` may go together. On a CPU a window yields the same words at the same times
whatever other windows are in its batch, because padding depends on its own length, and texts are aligned with texts of
equal length. In int8 all numbers are the same to the last digit; in float32 probabilities are not, for numbers are
added up in another order."""

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
from processors.transcribe.adapters.word_timestamps import text_segments, timed_words
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
"""50 ms contain no word, and do not go to the model."""
_LONGEST_FRAMES = 3000
_SILENT_END_SAMPLES = SAMPLE_RATE // 2
"""Silence that follows a window. Without any, the decoder does not find the end, and fills the last moment with words:
in 32 shifted recordings the hallucination filters had to remove 246 words, and none with it."""
_MEDIAN_WIDTH = 7
"""Smoothing of the attention before the alignment, as Whisper's word times have it."""


@dataclass(frozen=True)
class DecodingOptions:
    beam_size: int
    min_frames: int
    """Minimum length of the encoder's input, in mel frames of 10 ms; a longer window, with half a second of silence, is
    rounded up to whole seconds."""
    prompt_words: int
    """How many of the words before a window the model gets as its prompt."""
    thresholds: DecodingThresholds
    fallback: bool
    """See WhisperDecoder."""


class BatchedWhisper:
    """A model and how it is used. Threads may share it."""

    def __init__(self, model: WhisperModel, options: DecodingOptions, on_step: Callable[[str, float], None]) -> None:
        """`on_step` is called with each step of a batch (features, encode, generate, align) and the seconds it
        took."""
        self._model = model
        self._options = options
        self._on_step = on_step
        self._decoder = WhisperDecoder(model, options.beam_size, options.thresholds, options.fallback)
        self._filters = MelFilters(model.feature_extractor.mel_filters)
        self._languages = frozenset[str](model.supported_languages)
        self._tokenizers: dict[str, Tokenizer] = {}

    @property
    def window_ms(self) -> int:
        """The longest window that the model takes."""
        return int(self._model.feature_extractor.n_samples) * 1000 // SAMPLE_RATE

    @property
    def on_gpu(self) -> bool:
        return bool(self._model.model.device == "cuda")

    @property
    def is_short(self) -> bool:
        """Whether the encoder gets less than its full input, so that a batch of several windows does not take long."""
        return self._options.min_frames < _LONGEST_FRAMES

    def batch_key(self, window: Window) -> BatchKey:
        """Windows with the same key may share a batch: their input has the same length, as have their prompts, and they
        are in the same language."""
        return self._frames(window), self._language(window.language), len(self._prompt(window))

    def recognise(self, windows: Sequence[Window]) -> list[Recognition]:
        """One recognition per window, in order. All have the same batch key. Raises RuntimeError or ValueError, as the
        model does."""
        samples = [samples_of(window.pcm) for window in windows]
        recognitions = [Recognition(levels=levels_db(each)) for each in samples]
        audible = [place for place, each in enumerate(samples) if each.size >= _SHORTEST_SAMPLES]
        if audible:
            frames = self._frames(windows[audible[0]])
            mel = self._timed(
                "features", lambda: self._mel([(samples[at], recognitions[at].levels) for at in audible], frames)
            )
            lengths = [min(samples[at].size // HOP, frames) for at in audible]
            of_audible = self._recognise([windows[at] for at in audible], mel, lengths)
            for place, (words, text) in zip(audible, of_audible, strict=True):
                recognitions[place] = Recognition(
                    words, text.log_probability, text.no_speech, recognitions[place].levels
                )
        return recognitions

    def _recognise(
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
        """For sessions in a language that the model does not know by this name: it detects one, window by window."""
        recognised = []
        for at, guesses in enumerate(self._model.model.detect_language(encoded)):
            language = guesses[0][0].strip("<|>")
            one = mel[at : at + 1]
            recognised += self._in_language(
                language, windows[at : at + 1], one, lengths[at : at + 1], self._model.encode(one)
            )
        return recognised

    def _in_language(
        self,
        language: str,
        windows: Sequence[Window],
        mel: "np.ndarray[Any, Any]",
        lengths: list[int],
        encoded: Any,
    ) -> list[tuple[tuple[Word, ...], DecodedText]]:
        tokenizer = self._tokenizer(language)
        prompts = [self._model.get_prompt(tokenizer, self._prompt(window)) for window in windows]
        texts = self._timed(
            "generate",
            lambda: self._decoder.decode(
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
        segments = [
            text_segments(text.tokens, tokenizer, length / _FRAMES_PER_S)
            for text, length in zip(texts, lengths, strict=True)
        ]
        tokens = [[token for segment in each for token in segment.tokens] for each in segments]
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
                words[at] = timed_words(segments[at], alignment, tokenizer)
        return words

    def _aligned_together(self, tokens: Sequence[Sequence[int]]) -> list[list[int]]:
        """Which texts go into one call, by their indices. CTranslate2 pads the shorter ones. If all windows have the
        same length, the padding affects the times of the other texts, and it changes the last digits of probabilities.
        So on a CPU only texts of equal length go together, for there two calls cost as much as one with two texts. On a
        GPU all go together: there the sums depend on the batch's size anyway."""
        if self.on_gpu:
            return [[*range(len(tokens))]] if any(tokens) else []
        of_length: defaultdict[int, list[int]] = defaultdict(list)
        for place, each in enumerate(tokens):
            if each:
                of_length[len(each)].append(place)
        return [*of_length.values()]

    def _mel(self, windows: Sequence[tuple[Samples, Levels]], frames: int) -> "np.ndarray[Any, Any]":
        """[windows, mel bands, frames], padded with zeros."""
        spectrograms = [self._filters.spectrogram(amplified(*window))[:, :frames] for window in windows]
        mel = np.zeros((len(windows), spectrograms[0].shape[0], frames), np.float32)
        for place, spectrogram in zip(mel, spectrograms, strict=True):
            place[:, : spectrogram.shape[1]] = spectrogram
        return mel

    def _frames(self, window: Window) -> int:
        seconds = (len(window.pcm) // SAMPLE_BYTES + _SILENT_END_SAMPLES) / SAMPLE_RATE
        return min(max(math.ceil(seconds) * _FRAMES_PER_S, self._options.min_frames), _LONGEST_FRAMES)

    def _prompt(self, window: Window) -> list[int]:
        """The prompt's tokens. The same number of words may have different numbers of tokens, so the oldest tokens are
        cut."""
        words = window.prompt.split()[-self._options.prompt_words :] if self._options.prompt_words else []
        if not words:
            return []
        tokens: list[int] = self._model.hf_tokenizer.encode(" " + " ".join(words), add_special_tokens=False).ids
        return tokens[-self._options.prompt_words :]

    def _language(self, wanted: str) -> str | None:
        """A session's language by the model's name for it; None, which lets the model detect it, if it has none."""
        if len(self._languages) == 1:
            return next(iter(self._languages))
        primary = wanted.lower().partition("-")[0]
        return primary if primary in self._languages else None

    def _tokenizer(self, language: str) -> Tokenizer:
        """Cached, for a new one looks up a hundred suppressed tokens: 4 % of a short window's time."""
        known = self._tokenizers.get(language)
        if known is None:
            multilingual = self._model.model.is_multilingual
            known = Tokenizer(self._model.hf_tokenizer, multilingual, task="transcribe", language=language)
            self._tokenizers[language] = known
        return known

    def _timed(self, step: str, work: Callable[[], ResultT]) -> ResultT:
        began_s = perf_counter()
        result = work()
        self._on_step(step, perf_counter() - began_s)
        return result


def _part(encoded: Any, places: Sequence[int]) -> Any:
    """Some windows of a batch, in the CPU's memory. NumPy does not know bfloat16, but float32 can represent it."""
    rows = np.asarray(encoded.to(DataType.float32))[list(places)]
    return StorageView.from_array(rows).to(encoded.dtype)
