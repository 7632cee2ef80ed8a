"""PCM: samples from the bytes of a client's format, and to those of the log."""

import numpy as np
from numpy.typing import NDArray

from edge.core.audio.formats import InputFormat
from schemas.audio import SAMPLE_RATE

Samples = NDArray[np.float32]
"""One channel, each sample from -1 to 1."""

_FULL_SCALE = 32_768


def to_samples(data: bytes, audio: InputFormat) -> Samples:
    """The mean of all channels. NaN and infinity become silence; samples beyond ±1 are clipped.

    `data` must be a whole number of the format's blocks.
    """
    if audio.encoding == "pcm_f32le":
        read = np.frombuffer(data, "<f4")
        samples = np.clip(np.where(np.isfinite(read), read, np.float32(0)), -1, 1, dtype=np.float32)
    else:
        samples = np.frombuffer(data, "<i2").astype(np.float32) / np.float32(_FULL_SCALE)
    mixed: Samples = samples.reshape(-1, audio.channels).mean(axis=1, dtype=np.float32)
    return mixed


def to_bytes(samples: Samples) -> bytes:
    """As the log holds them: signed 16 bit, little-endian."""
    scaled = np.rint(samples * np.float32(_FULL_SCALE))
    return bytes(np.clip(scaled, -_FULL_SCALE, _FULL_SCALE - 1).astype("<i2").tobytes())


def canonical_count(samples: int, sample_rate: int) -> int:
    """The number of samples at the log's rate; also that of the log's first sample that is not before the client's next
    one."""
    return -(-samples * SAMPLE_RATE // sample_rate)
