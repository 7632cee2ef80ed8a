"""The part of a session's audio that may still be heard again, and which records of the log hold it."""

from dataclasses import dataclass, replace

from schemas.audio import SAMPLE_BYTES, samples_to_ms


@dataclass(frozen=True)
class AudioChunk:
    """One record's samples, or what is left of them."""

    offset: int
    pcm: bytes


@dataclass(frozen=True)
class AudioBuffer:
    """Audio from sample `start` up to, and without, sample `end`, both counted from the session's first. `skipped`: so
    many samples of the first record lie before it."""

    start: int = 0
    end: int = 0
    skipped: int = 0
    chunks: tuple[AudioChunk, ...] = ()

    @property
    def start_ms(self) -> int:
        return samples_to_ms(self.start)

    @property
    def end_ms(self) -> int:
        return samples_to_ms(self.end)

    @property
    def pcm(self) -> bytes:
        return b"".join(chunk.pcm for chunk in self.chunks)

    @property
    def offsets(self) -> tuple[int, ...]:
        """The records that hold it, in order."""
        return tuple(chunk.offset for chunk in self.chunks)

    def extended(self, pcm: bytes, offset: int) -> "AudioBuffer":
        """The audio with a record's samples at its end."""
        if not pcm:
            return self
        return replace(self, end=self.end + len(pcm) // SAMPLE_BYTES, chunks=(*self.chunks, AudioChunk(offset, pcm)))

    def trimmed(self, sample: int) -> "AudioBuffer":
        """The audio without what lies before a sample. One that lies outside moves nothing, or leaves nothing."""
        sample = min(max(sample, self.start), self.end)
        start, skipped, chunks = self.start, self.skipped, self.chunks
        while chunks and start < sample:
            size = len(chunks[0].pcm) // SAMPLE_BYTES
            if start + size > sample:
                cut = sample - start
                first = replace(chunks[0], pcm=chunks[0].pcm[cut * SAMPLE_BYTES :])
                return AudioBuffer(sample, self.end, skipped + cut, (first, *chunks[1:]))
            start, skipped, chunks = start + size, 0, chunks[1:]
        return AudioBuffer(sample, self.end, skipped, chunks)


EMPTY_AUDIO = AudioBuffer()
