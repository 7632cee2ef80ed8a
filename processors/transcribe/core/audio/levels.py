"""Loudness: what of a window is silence, and how a window is brought to a level at which the model hears well.

Levels are in dBFS: decibels below a square wave of full scale, so a sine of full scale has -3."""

import numpy as np
from numpy.typing import NDArray

from schemas.audio import SAMPLE_RATE

Samples = NDArray[np.float32]
Levels = NDArray[np.float32]

STEP_MS = 10
_STEP = SAMPLE_RATE * STEP_MS // 1000
SILENCE_DB = -100.0
"""The level of digital silence. A single step of 16 bits is -90."""
_QUIET_DB = -30.0
"""Loudest tenth of a window below which it counts as quiet. Models hear speech well down to about here."""
_MOST_GAIN_DB = 30.0
"""More would make speech of the rounding noise."""


def samples_of(pcm: bytes) -> Samples:
    """16 bit little-endian PCM as numbers from -1 to 1, without a constant offset, which a microphone's fault adds
    and which hides quiet speech from the model."""
    samples = np.frombuffer(pcm, dtype="<i2").astype(np.float32) / np.float32(32768)
    return samples - samples.mean(dtype=np.float32) if samples.size else samples


def levels_db(samples: Samples) -> Levels:
    """The level of every 10 ms, a last piece included."""
    padded = np.pad(samples, (0, -samples.size % _STEP))
    power = np.square(padded.reshape(-1, _STEP)).mean(axis=1)
    return np.asarray(10 * np.log10(np.maximum(power, 10 ** (SILENCE_DB / 10))), dtype=np.float32)


def amplified(samples: Samples, levels: Levels) -> Samples:
    """A quiet window made as loud as one that is just not quiet; any other as it is."""
    if not levels.size:
        return samples
    gain_db = min(_QUIET_DB - float(np.percentile(levels, 90)), _MOST_GAIN_DB)
    return samples if gain_db <= 0 else np.clip(samples * np.float32(10 ** (gain_db / 20)), -1, 1)
