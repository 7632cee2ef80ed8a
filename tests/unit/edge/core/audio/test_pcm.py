"""From a client's bytes to samples, and to the log's bytes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.core.audio.formats import CANONICAL, InputFormat
from edge.core.audio.pcm import canonical_count, to_bytes, to_samples

STEREO = InputFormat("pcm_s16le", 16_000, 2, block_bytes=4)
FLOATS = InputFormat("pcm_f32le", 16_000, 1, block_bytes=4)


@given(st.binary(max_size=400).map(lambda data: data[: len(data) // 2 * 2]))
def test_16_bit_samples_survive_the_round_trip(data: bytes) -> None:
    assert to_bytes(to_samples(data, CANONICAL)) == data


@given(st.binary(max_size=400).map(lambda data: data[: len(data) // 4 * 4]))
def test_any_bits_make_samples_within_bounds(data: bytes) -> None:
    samples = to_samples(data, FLOATS)
    assert samples.dtype == np.float32
    assert len(samples) == len(data) // 4
    assert np.isfinite(samples).all()
    assert np.abs(samples).max(initial=0) <= 1


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_become_silence(odd: float) -> None:
    data = np.array([0.5, odd, -0.5], "<f4").tobytes()
    assert to_samples(data, FLOATS).tolist() == [0.5, 0.0, -0.5]


def test_samples_beyond_full_scale_are_clipped() -> None:
    samples = to_samples(np.array([2.0, -3.0, 1.0, -1.0], "<f4").tobytes(), FLOATS)
    assert np.frombuffer(to_bytes(samples), "<i2").tolist() == [32767, -32768, 32767, -32768]


def test_two_channels_are_mixed() -> None:
    data = np.array([1000, 3000, -32768, 32767, -32768, -32768], "<i2").tobytes()
    assert np.frombuffer(to_bytes(to_samples(data, STEREO)), "<i2").tolist() == [2000, 0, -32768]


@pytest.mark.parametrize(("samples", "rate", "count"), [(0, 8_000, 0), (1, 48_000, 1), (3, 48_000, 1), (4, 48_000, 2)])
def test_positions_are_rounded_up(samples: int, rate: int, count: int) -> None:
    assert canonical_count(samples, rate) == count
    assert canonical_count(44_100 * 3600, 44_100) == 16_000 * 3600
