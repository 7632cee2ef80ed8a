"""Any rate, split anyhow, becomes the same audio at 16 kHz, to the sample."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.adapters.resampling import PcmDecoder, Resampler
from edge.core.audio.formats import SAMPLE_RATES, InputFormat
from tests.support.audio.containers import tone

# Pieces of any size: single samples, odd ones, a usual message, a second.
PIECES = st.lists(st.one_of(st.integers(1, 50), st.sampled_from([2000, 11_025, 12_000, 48_000])), max_size=12)


@pytest.mark.parametrize("rate", SAMPLE_RATES)
@settings(max_examples=25)
@given(pieces=PIECES)
def test_any_split_gives_the_same_samples(rate: int, pieces: list[int]) -> None:
    noise = np.random.default_rng(7).uniform(-1, 1, sum(pieces)).astype(np.float32)
    cut, whole = Resampler(rate), Resampler(rate)
    audio, start = b"", 0
    for size in pieces:
        audio += cut.push(noise[start : start + size])
        start += size
        assert len(audio) // 2 <= cut.until_sample == -(-start * 16_000 // rate)
    audio += cut.flush()
    assert audio == whole.push(noise) + whole.flush()
    assert len(audio) // 2 == -(-len(noise) * 16_000 // rate)


@pytest.mark.parametrize("rate", SAMPLE_RATES)
def test_a_tone_stays_the_tone_without_a_click(rate: int) -> None:
    resampler, sound = Resampler(rate), tone(2.0, rate)
    pieces = [sound[start : start + rate // 4] for start in range(0, len(sound), rate // 4)]
    audio = b"".join(map(resampler.push, pieces)) + resampler.flush()
    heard = np.frombuffer(audio, "<i2") / 32768
    # The filter knows no samples before the first and after the last.
    assert np.abs(heard - tone(2.0, 16_000))[100:-100].max() < 1e-3


def test_frequencies_above_the_logs_range_do_not_alias() -> None:
    resampler = Resampler(48_000)
    audio = resampler.push(tone(1.0, 48_000, hertz=12_000.0)) + resampler.flush()
    assert np.abs(np.frombuffer(audio, "<i2"))[200:-200].max() < 33  # 60 dB below full scale


async def test_the_decoder_tells_the_position_of_its_audio() -> None:
    decoder = PcmDecoder(InputFormat("pcm_f32le", 48_000, 2, block_bytes=8))
    piece = np.repeat(tone(0.25), 2).astype("<f4").tobytes()
    first, second, last = await decoder.decode(piece), await decoder.decode(piece), await decoder.flush()
    decoder.close()
    assert (first.until_sample, second.until_sample, last.until_sample) == (4000, 8000, 8000)
    assert len(first.audio + second.audio + last.audio) == 16_000
    assert (first.last, last.last) == (False, True)


async def test_flushing_an_unused_decoder_gives_nothing() -> None:
    decoder = PcmDecoder(InputFormat("pcm_s16le", 8_000, 1, block_bytes=2))
    assert (await decoder.decode(b"")).audio == b""
    assert (await decoder.flush()).audio == b""
