"""What a model heard in a window, before it is judged, and the checks that Whisper's decoding is put to."""

import zlib
from dataclasses import dataclass, field

import numpy as np

from processors.transcribe.core.audio.levels import Levels
from schemas.words import Word


@dataclass(frozen=True)
class Recognition:
    """`words`: with times from the window's first sample. `log_probability`: natural, mean over the tokens.
    `no_speech`: probability that nobody speaks, as the model says at its first token. `levels`: of the window's
    audio, every 10 ms, in dBFS."""

    words: tuple[Word, ...] = ()
    log_probability: float = 0.0
    no_speech: float = 0.0
    levels: Levels = field(default_factory=lambda: np.zeros(0, np.float32))


@dataclass(frozen=True)
class DecodingThresholds:
    """Thresholds of A. Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision", 2022, section
    4.5: a text that compresses better than `compression_ratio` repeats itself; one of a lower mean log probability
    than `log_probability` is a guess; a guess in a window that is silent by more than `no_speech` is nothing."""

    compression_ratio: float
    log_probability: float
    no_speech: float

    def silent(self, log_probability: float, no_speech: float) -> bool:
        return no_speech > self.no_speech and log_probability < self.log_probability

    def passed(self, text: str, log_probability: float, no_speech: float) -> bool:
        """Whether a text may stand; if not, decoding is tried again by chance. Silence stands: it is not a text."""
        if self.silent(log_probability, no_speech):
            return True
        return log_probability >= self.log_probability and compression_ratio(text) <= self.compression_ratio


def compression_ratio(text: str) -> float:
    """Length over compressed length, in bytes."""
    encoded = text.encode()
    return len(encoded) / len(zlib.compress(encoded))
