"""Samples and milliseconds."""

from hypothesis import given
from hypothesis import strategies as st

from schemas.audio import FRAME_BYTES, FRAME_MS, FRAME_SAMPLES, SAMPLE_RATE, ms_to_samples, samples_to_ms


def test_a_frame_is_250_ms_and_8000_bytes() -> None:
    assert (FRAME_MS, FRAME_BYTES) == (250, 8000)
    assert samples_to_ms(FRAME_SAMPLES) == FRAME_MS


@given(st.integers(0, 4 * 3600 * 1000))
def test_milliseconds_survive_the_way_to_samples_and_back(ms: int) -> None:
    assert samples_to_ms(ms_to_samples(ms)) == ms


@given(st.integers(0, 4 * 3600 * SAMPLE_RATE))
def test_a_sample_is_never_placed_later_than_it_is_and_less_than_a_millisecond_earlier(sample: int) -> None:
    assert 0 <= sample - ms_to_samples(samples_to_ms(sample)) < SAMPLE_RATE // 1000
