"""Loudness: which parts of a window are silent, and how a quiet window is amplified to a level at which the model
recognises well.

Levels are in dBFS: decibels relative to a full-scale square wave, so a full-scale sine has -3."""

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
"""A window is quiet if its loudest tenth is below this level. Models recognise speech well down to about here."""
_MAX_GAIN_DB = 30.0
"""More would turn the rounding noise into speech."""


def samples_of(pcm: bytes) -> Samples:
    """16 bit little-endian PCM as numbers from -1 to 1, without a constant offset, which a faulty microphone adds and
    which hides quiet speech from the model."""
    samples = np.frombuffer(pcm, dtype="<i2").astype(np.float32) / np.float32(32768)
    return samples - samples.mean(dtype=np.float32) if samples.size else samples


def levels_db(samples: Samples) -> Levels:
    """The level of every 10 ms, including an incomplete last piece."""
    padded = np.pad(samples, (0, -samples.size % _STEP))
    power = np.square(padded.reshape(-1, _STEP)).mean(axis=1)
    return np.asarray(10 * np.log10(np.maximum(power, 10 ** (SILENCE_DB / 10))), dtype=np.float32)


def amplified(samples: Samples, levels: Levels) -> Samples:
    """A quiet window amplified until it is just no longer quiet; any other window unchanged."""
    if not levels.size:
        return samples
    gain_db = min(_QUIET_DB - float(np.percentile(levels, 90)), _MAX_GAIN_DB)
    return samples if gain_db <= 0 else np.clip(samples * np.float32(10 ** (gain_db / 20)), -1, 1)
