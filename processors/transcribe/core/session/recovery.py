"""A session being recovered: known by its snapshot, it waits for the records that hold its audio."""

from dataclasses import dataclass, replace
from typing import Self

from processors.transcribe.core.audio.buffer import AudioBuffer, AudioChunk
from processors.transcribe.core.session.log_records import FrameRecord, SessionLogRecord
from processors.transcribe.core.session.snapshot import restored
from processors.transcribe.core.session.state import TranscriptionOptions, TranscriptionState
from schemas.audio import SAMPLE_BYTES
from schemas.snapshots import TranscriptionSnapshot
from schemas.transcripts import Final


@dataclass(frozen=True)
class SessionRecovery:
    partition: int
    snapshot: TranscriptionSnapshot
    finals: tuple[Final, ...]
    """As they are in `transcripts`."""
    chunks: tuple[AudioChunk, ...] = ()
    """Audio that has been read again so far."""

    @property
    def needs_from(self) -> int | None:
        """The first record that must be read again; None if none is needed."""
        offsets = self.snapshot.audio.offsets
        return offsets[0] if offsets else None

    def read(self, record: SessionLogRecord) -> Self:
        """With this record's part of the audio, if it has one."""
        if isinstance(record.body, FrameRecord) and record.offset in self.snapshot.audio.offsets:
            return replace(self, chunks=(*self.chunks, AudioChunk(record.offset, record.body.pcm)))
        return self

    def is_complete(self, next_offset: int) -> bool:
        """Whether all audio has been read that the log still holds, once it has been read up to this offset."""
        offsets = self.snapshot.audio.offsets
        return not offsets or next_offset > offsets[-1]

    def state(self, options: TranscriptionOptions) -> TranscriptionState:
        return restored(options, self.snapshot, self.partition, self.finals, self._audio())

    def _audio(self) -> AudioBuffer:
        held = self.snapshot.audio
        samples = sum(len(chunk.pcm) // SAMPLE_BYTES for chunk in self.chunks)
        # Less than the snapshot's audio if the log's oldest records have expired.
        whole = AudioBuffer(held.end - samples, held.end, 0, self.chunks)
        return whole.trimmed(held.start)
