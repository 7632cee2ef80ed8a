"""The part of a session's audio that a later window may still need, and the log records that hold it."""

from dataclasses import dataclass, replace

from schemas.audio import SAMPLE_BYTES, samples_to_ms


@dataclass(frozen=True)
class AudioChunk:
    """One record's samples, or what is left of them after trimming."""

    offset: int
    pcm: bytes


@dataclass(frozen=True)
class AudioBuffer:
    """The samples from `start` up to, but not including, `end`, both counted from the session's first sample."""

    start: int = 0
    end: int = 0
    skipped: int = 0
    """Samples of the first record that lie before `start`."""
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
        """The records that hold the audio, in order."""
        return tuple(chunk.offset for chunk in self.chunks)

    def extended(self, pcm: bytes, offset: int) -> "AudioBuffer":
        """With a record's samples appended."""
        if not pcm:
            return self
        return replace(self, end=self.end + len(pcm) // SAMPLE_BYTES, chunks=(*self.chunks, AudioChunk(offset, pcm)))

    def trimmed(self, sample: int) -> "AudioBuffer":
        """Without the audio before a sample. A sample before the start removes nothing, one past the end removes
        everything."""
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
