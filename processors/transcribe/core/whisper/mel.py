"""Whisper's input: the logarithmic mel spectrogram of a window.

The same values as faster-whisper's `FeatureExtractor`, which took half of a small model's time: its product with
dense filters runs on the linear algebra library's threads, which compete with the workers' threads. A filter is only a
few neighbouring frequencies wide, so a few weighted sums replace the product."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from processors.transcribe.core.audio.levels import Samples

HOP = 160
"""Samples from one mel frame to the next."""
_FFT = 400
_LEAST_POWER = 1e-10
_DECADES = 8
"""Dynamic range: powers of ten below the loudest value that are kept."""


class MelFilters:
    def __init__(self, filters: NDArray[np.float32]) -> None:
        """`filters`: [bands, frequencies], each band's weights in one run of neighbouring frequencies."""
        first, widths = np.argmax(filters > 0, axis=1), (filters > 0).sum(axis=1)
        steps = np.arange(int(widths.max()))
        places = np.minimum(first[:, None] + steps, filters.shape[1] - 1)
        weights = np.where(steps < widths[:, None], np.take_along_axis(filters, places, axis=1), 0)
        # Low bands are narrow: the further from a band's beginning, the fewer bands still have a weight.
        self._steps = [
            (band, places[band:, step], weights[band:, step, None])
            for step, band in enumerate(np.argmax(widths[:, None] > steps, axis=0))
        ]
        self._bands = len(filters)
        self._hann = np.hanning(_FFT + 1)[:-1].astype(np.float32)

    def spectrogram(self, samples: Samples) -> NDArray[np.float32]:
        """[bands, frames], a frame for each full 10 ms. Needs at least 50 ms of samples."""
        followed = np.concatenate((samples, np.zeros(HOP, np.float32)))
        mirrored = followed[_FFT // 2 : 0 : -1], followed, followed[-2 : -_FFT // 2 - 2 : -1]
        padded = np.concatenate(mirrored)
        pieces = sliding_window_view(padded, _FFT)[: samples.size // HOP * HOP : HOP]
        spectrum = np.fft.rfft(pieces * self._hann, axis=1)
        power = np.ascontiguousarray((np.square(spectrum.real) + np.square(spectrum.imag)).T, dtype=np.float32)
        bands = np.zeros((self._bands, power.shape[1]), np.float32)
        for band, places, weights in self._steps:
            bands[band:] += power[places] * weights
        # Twice as fast as log10, which numpy does not vectorise.
        logarithm = np.log(np.maximum(bands, np.float32(_LEAST_POWER))) * np.float32(1 / np.log(10))
        return np.asarray((np.maximum(logarithm, logarithm.max() - _DECADES) + 4) / 4, dtype=np.float32)
