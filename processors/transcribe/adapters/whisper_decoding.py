"""Whisper's decoder: text for every window of a batch, with temperature fallback for texts that miss the thresholds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from faster_whisper import WhisperModel
from faster_whisper.tokenizer import Tokenizer
from faster_whisper.transcribe import get_suppressed_tokens

from processors.transcribe.core.whisper.recognition import DecodingThresholds

_EXTRA_TOKENS, _TOKENS_PER_S = 24, 15
"""Upper bound for a window's text: fast speech is 5 words a second, of two to three tokens in a small vocabulary.
Without a bound, a loop continues until the decoder is full, and all windows of the batch wait for it. The bound depends
on the model's longest window, so that a window's text does not depend on the other windows of its batch."""
_TEMPERATURES = (0.2, 0.4, 0.6, 0.8, 1.0)
_BEST_OF = 5
"""Whisper's own (openai/whisper, transcribe.py): higher and higher temperatures until the text is accepted, each time
the likeliest of five."""
_FIRST_TIMESTAMP = 50
"""The first segment begins within a second of the window's start."""


@dataclass(frozen=True)
class DecodedText:
    tokens: tuple[int, ...]
    """Text and timestamps."""
    log_probability: float
    """Natural logarithm, mean over the tokens."""
    no_speech: float
    """Probability that the window contains no speech."""


class WhisperDecoder:
    def __init__(self, model: WhisperModel, beam_size: int, thresholds: DecodingThresholds, fallback: bool) -> None:
        """`beam_size`: hypotheses that are followed at once; `fallback`: whether a text that misses the thresholds is
        decoded again at higher temperatures, by sampling: the same audio may then yield different texts."""
        self._model = model
        self._beam_size = beam_size
        self._thresholds = thresholds
        self._fallback = fallback
        self._longest = _EXTRA_TOKENS + _TOKENS_PER_S * int(model.feature_extractor.chunk_length)

    def decode(
        self,
        encoded: Any,
        prompts: Sequence[list[int]],
        tokenizer: Tokenizer,
        encode_one: Callable[[int], Any],
    ) -> list[DecodedText]:
        """The texts of a batch whose prompts have the same length. `encode_one` encodes one window of it again."""
        options: dict[str, Any] = {
            # CTranslate2 reserves half of this for the prompt, as Whisper does.
            "max_length": min(2 * self._longest, self._model.max_length),
            "return_scores": True,
            "return_no_speech_prob": True,
            "suppress_tokens": get_suppressed_tokens(tokenizer, [-1]),
            "max_initial_timestamp_index": _FIRST_TIMESTAMP,
        }
        results = self._model.model.generate(encoded, prompts, beam_size=self._beam_size, **options)
        texts = [_decoded(result) for result in results]
        if not self._fallback:
            return texts
        return [
            text
            if self._is_accepted(text, tokenizer)
            else self._fall_back(text, encode_one(place), prompts[place], tokenizer, options)
            for place, text in enumerate(texts)
        ]

    def _is_accepted(self, text: DecodedText, tokenizer: Tokenizer) -> bool:
        decoded = tokenizer.decode(list(text.tokens)).strip()
        return self._thresholds.accept(decoded, text.log_probability, text.no_speech)

    def _fall_back(
        self, first: DecodedText, encoded: Any, prompt: list[int], tokenizer: Tokenizer, options: dict[str, Any]
    ) -> DecodedText:
        tries = [first]
        for temperature in _TEMPERATURES:
            (result,) = self._model.model.generate(
                encoded,
                [prompt],
                beam_size=1,
                num_hypotheses=_BEST_OF,
                sampling_topk=0,
                sampling_temperature=temperature,
                **options,
            )
            tries.append(_decoded(result))
            if self._is_accepted(tries[-1], tokenizer):
                return tries[-1]
        return max(tries, key=lambda text: text.log_probability)


def _decoded(result: Any) -> DecodedText:
    tokens = tuple(result.sequences_ids[0])
    # CTranslate2 returns the mean over the tokens, including the end token, which it does not list.
    return DecodedText(tokens, result.scores[0] * len(tokens) / (len(tokens) + 1), result.no_speech_prob)
