"""PCM at any rate, as the log's audio, by FFmpeg's libswresample through PyAV.

Its resampler keeps its filter's state from one piece to the next, so the cutting into messages changes no sample; a
test compares. It costs about 0.1 ms for 250 ms of audio, so it runs where it is called.
"""

import av

from edge.core.audio.formats import Format
from edge.core.audio.pcm import Samples, canonical_count, to_bytes, to_samples
from edge.core.events import Converted
from schemas.audio import SAMPLE_BYTES, SAMPLE_RATE


class Resampler:
    """One stream of samples to 16 kHz. What it gives out lags behind by the filter's length, until `flush`."""

    def __init__(self, sample_rate: int) -> None:
        self._rate = sample_rate
        self._taken = 0
        self._given = 0
        self._filter = av.AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE)

    @property
    def until_sample(self) -> int:
        """The log's sample at which all that was pushed ends."""
        return canonical_count(self._taken, self._rate)

    def push(self, samples: Samples) -> bytes:
        if not samples.size:
            return b""
        self._taken += samples.size
        if self._rate == SAMPLE_RATE:
            return self._give(to_bytes(samples))
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="flt", layout="mono")
        frame.sample_rate = self._rate
        return self._give(b"".join(to_bytes(made.to_ndarray()[0]) for made in self._filter.resample(frame)))

    def flush(self) -> bytes:
        """The rest: all in all exactly as many samples as `until_sample` says, whatever the filter rounds to."""
        rest = b""
        if self._taken and self._rate != SAMPLE_RATE:
            rest = b"".join(to_bytes(made.to_ndarray()[0]) for made in self._filter.resample(None))
        missing_bytes = (self.until_sample - self._given) * SAMPLE_BYTES
        return self._give(rest[:missing_bytes].ljust(missing_bytes, b"\0"))

    def _give(self, audio: bytes) -> bytes:
        self._given += len(audio) // SAMPLE_BYTES
        return audio


class PcmEar:
    """`edge.ports.Ear` for samples as they are."""

    def __init__(self, audio: Format) -> None:
        self._audio = audio
        self._resampler = Resampler(audio.sample_rate)

    async def hear(self, data: bytes) -> Converted:
        made = self._resampler.push(to_samples(data, self._audio))
        return Converted(made, self._resampler.until_sample, last=False)

    async def finish(self) -> Converted:
        return Converted(self._resampler.flush(), self._resampler.until_sample, last=True)

    def close(self) -> None:
        """Nothing is left behind."""
