"""A session that is taken over: known by its snapshot, it waits for the records that hold its audio."""

from dataclasses import dataclass, replace
from typing import Self

from processors.transcribe.core.audio.buffer import AudioBuffer, AudioChunk
from processors.transcribe.core.session.log_records import FrameRecord, SessionLogRecord
from processors.transcribe.core.session.snapshot import restored
from processors.transcribe.core.session.state import TranscriptionOptions, TranscriptionState
from schemas.audio import SAMPLE_BYTES
from schemas.snapshots import StreamSnapshot
from schemas.transcripts import Final


@dataclass(frozen=True)
class SessionRecovery:
    """`finals`: as they stand in `transcripts`. `chunks`: what has been read again so far."""

    partition: int
    snapshot: StreamSnapshot
    finals: tuple[Final, ...]
    chunks: tuple[AudioChunk, ...] = ()

    @property
    def needs_from(self) -> int | None:
        """The first record that must be read again; None if none is needed."""
        offsets = self.snapshot.audio.offsets
        return offsets[0] if offsets else None

    def read(self, record: SessionLogRecord) -> Self:
        """With what this record has of the audio."""
        if isinstance(record.body, FrameRecord) and record.offset in self.snapshot.audio.offsets:
            return replace(self, chunks=(*self.chunks, AudioChunk(record.offset, record.body.pcm)))
        return self

    def is_complete(self, read_to: int) -> bool:
        """Whether all its audio has come, or can come no more: the log has been read up to this offset."""
        offsets = self.snapshot.audio.offsets
        return not offsets or read_to > offsets[-1]

    def stream(self, options: TranscriptionOptions) -> TranscriptionState:
        return restored(options, self.snapshot, self.partition, self.finals, self._audio())

    def _audio(self) -> AudioBuffer:
        held = self.snapshot.audio
        samples = sum(len(chunk.pcm) // SAMPLE_BYTES for chunk in self.chunks)
        # Less than was held, if the log's oldest records are gone by now.
        whole = AudioBuffer(held.end - samples, held.end, 0, self.chunks)
        return whole.trimmed(held.start)
