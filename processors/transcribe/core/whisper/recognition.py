"""What a model recognised in a window, before it is filtered, and the thresholds that Whisper's decoding must meet."""

import zlib
from dataclasses import dataclass, field

import numpy as np

from processors.transcribe.core.audio.levels import Levels
from schemas.words import Word


@dataclass(frozen=True)
class Recognition:
    words: tuple[Word, ...] = ()
    """With times from the window's first sample."""
    log_probability: float = 0.0
    """Natural logarithm, mean over the tokens."""
    no_speech: float = 0.0
    """Probability that the window contains no speech, from the model's first token."""
    levels: Levels = field(default_factory=lambda: np.zeros(0, np.float32))
    """Level of the window's audio every 10 ms, in dBFS."""


@dataclass(frozen=True)
class DecodingThresholds:
    """From A. Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision", 2022, section 4.5."""

    compression_ratio: float
    """A text that compresses better repeats itself."""
    log_probability: float
    """A text with a lower mean log probability is a guess."""
    no_speech: float
    """A guess in a window that has no speech with a higher probability is dropped."""

    def is_silence(self, log_probability: float, no_speech: float) -> bool:
        return no_speech > self.no_speech and log_probability < self.log_probability

    def accept(self, text: str, log_probability: float, no_speech: float) -> bool:
        """Whether a text is accepted; if not, it is decoded again at a higher temperature. Silence is accepted: it is
        no text."""
        if self.is_silence(log_probability, no_speech):
            return True
        return log_probability >= self.log_probability and compression_ratio(text) <= self.compression_ratio


def compression_ratio(text: str) -> float:
    """Length over compressed length, in bytes."""
    encoded = text.encode()
    return len(encoded) / len(zlib.compress(encoded))
