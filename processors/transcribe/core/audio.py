"""The part of a session's audio that may still be heard again."""

from collections.abc import Iterator
from dataclasses import dataclass

from schemas.audio import SAMPLE_BYTES, samples_to_ms


@dataclass(frozen=True)
class Audio:
    """Audio from sample `start` up to, and without, sample `end`, both counted from the session's first."""

    start: int = 0
    end: int = 0
    chunks: tuple[bytes, ...] = ()

    @property
    def start_ms(self) -> int:
        return samples_to_ms(self.start)

    @property
    def end_ms(self) -> int:
        return samples_to_ms(self.end)

    @property
    def pcm(self) -> bytes:
        return b"".join(self.chunks)

    def extended(self, pcm: bytes) -> "Audio":
        """The audio with more at its end."""
        return Audio(self.start, self.end + len(pcm) // SAMPLE_BYTES, (*self.chunks, pcm)) if pcm else self

    def trimmed(self, sample: int) -> "Audio":
        """The audio without what lies before a sample. One that lies outside moves nothing, or leaves nothing."""
        sample = min(max(sample, self.start), self.end)
        return Audio(sample, self.end, tuple(_without(self.chunks, (sample - self.start) * SAMPLE_BYTES)))


NO_AUDIO = Audio()


def _without(chunks: tuple[bytes, ...], count: int) -> Iterator[bytes]:
    for chunk in chunks:
        if count < len(chunk):
            yield chunk[count:]
        count = max(count - len(chunk), 0)
