"""The spectrogram is faster-whisper's."""

import numpy as np
import pytest
from faster_whisper.feature_extractor import FeatureExtractor

from processors.transcribe.core.whisper.mel import HOP, MelFilters


@pytest.mark.parametrize("bands", [80, 128])
@pytest.mark.parametrize("size", [800, 1_600, 16_000, 81_234])
def test_the_spectrogram_equals_faster_whispers(bands: int, size: int) -> None:
    samples = np.random.default_rng(size).normal(scale=0.1, size=size).astype(np.float32)
    samples[size // 2 :] *= 0.001
    extractor = FeatureExtractor(feature_size=bands)
    expected = extractor(samples, padding=HOP)[:, : size // HOP]
    assert MelFilters(extractor.mel_filters).spectrogram(samples) == pytest.approx(expected, abs=1e-5)


def test_silence_has_the_lowest_value_everywhere() -> None:
    silence = MelFilters(FeatureExtractor().mel_filters).spectrogram(np.zeros(1_600, np.float32))
    assert silence == pytest.approx(-1.5)
