"""Whisper's decoder: text for every window of a batch, and a second try for a text that fails the checks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from faster_whisper import WhisperModel
from faster_whisper.tokenizer import Tokenizer
from faster_whisper.transcribe import get_suppressed_tokens

from processors.transcribe.core.whisper.recognition import DecodingThresholds

_TOKENS_BESIDES, _TOKENS_PER_S = 24, 15
"""Nobody says more in a window: fast speech is 5 words a second, of two to three tokens in a small vocabulary. Without
a bound a loop goes on until the decoder is full, and all windows of the batch wait for it. It goes by the longest
window that the model takes, so that a window's text does not hang on those beside it."""
_TEMPERATURES = (0.2, 0.4, 0.6, 0.8, 1.0)
_BEST_OF = 5
"""Whisper's own (openai/whisper, transcribe.py): hotter and hotter until the text passes the checks, each time the
likeliest of five."""
_FIRST_TIMESTAMP = 50
"""A first phrase begins within a second of the window's beginning."""


@dataclass(frozen=True)
class DecodedText:
    """`tokens`: text and timestamps. `log_probability`: natural, mean over the tokens."""

    tokens: tuple[int, ...]
    log_probability: float
    no_speech: float


class WhisperDecoder:
    """`beam_size`: hypotheses that are followed at once. `fallback`: whether there is a second try, which is by
    chance: the same audio may then give another text another time."""

    def __init__(self, model: WhisperModel, beam_size: int, checks: DecodingThresholds, fallback: bool) -> None:
        self._model = model
        self._beam_size = beam_size
        self._checks = checks
        self._fallback = fallback
        self._longest = _TOKENS_BESIDES + _TOKENS_PER_S * int(model.feature_extractor.chunk_length)

    def generate(
        self,
        encoded: Any,
        prompts: Sequence[list[int]],
        tokenizer: Tokenizer,
        encode_one: Callable[[int], Any],
    ) -> list[DecodedText]:
        """The texts of a batch, whose prompts are of one length. `encode_one` encodes one window of it anew."""
        options: dict[str, Any] = {
            # CTranslate2 keeps half of this for the prompt, as Whisper does.
            "max_length": min(2 * self._longest, self._model.max_length),
            "return_scores": True,
            "return_no_speech_prob": True,
            "suppress_tokens": get_suppressed_tokens(tokenizer, [-1]),
            "max_initial_timestamp_index": _FIRST_TIMESTAMP,
        }
        results = self._model.model.generate(encoded, prompts, beam_size=self._beam_size, **options)
        texts = [_generated(result) for result in results]
        if not self._fallback:
            return texts
        return [
            text
            if self._passed(text, tokenizer)
            else self._again(text, encode_one(place), prompts[place], tokenizer, options)
            for place, text in enumerate(texts)
        ]

    def _passed(self, text: DecodedText, tokenizer: Tokenizer) -> bool:
        spoken = tokenizer.decode(list(text.tokens)).strip()
        return self._checks.passed(spoken, text.log_probability, text.no_speech)

    def _again(
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
            tries.append(_generated(result))
            if self._passed(tries[-1], tokenizer):
                return tries[-1]
        return max(tries, key=lambda text: text.log_probability)


def _generated(result: Any) -> DecodedText:
    tokens = tuple(result.sequences_ids[0])
    # CTranslate2 gives the mean over the tokens; the end token, which it does not list, is one of them.
    return DecodedText(tokens, result.scores[0] * len(tokens) / (len(tokens) + 1), result.no_speech_prob)
