"""What the simulated speakers say: recordings one after another, and the words in them where they are known."""

from collections.abc import Sequence
from dataclasses import dataclass

from client.spoken_recording import SpokenRecording, read_spoken
from infra.samples import SPEECH
from schemas.audio import SAMPLE_BYTES, SAMPLE_RATE

_BETWEEN_S = 1.0


@dataclass(frozen=True)
class SpokenAudio:
    """Audio and the words in it."""

    pcm: bytes
    """16 kHz, mono, s16le."""
    text: str | None
    """All that is said in it; None if that is not known."""

    @property
    def seconds(self) -> float:
        return len(self.pcm) / SAMPLE_BYTES / SAMPLE_RATE


def bundled() -> list[SpokenRecording]:
    """The recordings that the demo recogniser understands."""
    return [spoken for spoken in read_spoken([SPEECH]) if spoken.text]


def spoken_audio(recordings: Sequence[SpokenRecording], seconds: float, first: int) -> SpokenAudio:
    """So many seconds: recordings in turn, from the one of this number on, each that still fits, with a second of
    silence after each, and silence at the end. If none fits, the first is cut, and its words are not known."""
    wanted = int(seconds * SAMPLE_RATE) * SAMPLE_BYTES
    between = bytes(int(_BETWEEN_S * SAMPLE_RATE) * SAMPLE_BYTES)
    pcm, said = b"", list[str | None]()
    number, skipped = first, 0
    while skipped < len(recordings):
        spoken = recordings[number % len(recordings)]
        number += 1
        if len(pcm) + len(spoken.recording.pcm) > wanted:
            skipped += 1
            continue
        pcm, skipped = pcm + spoken.recording.pcm + between, 0
        said.append(spoken.text)
    if not said:
        return SpokenAudio(recordings[first % len(recordings)].recording.pcm[:wanted], None)
    known = [words for words in said if words is not None]
    return SpokenAudio(pcm[:wanted].ljust(wanted, b"\0"), " ".join(known) if len(known) == len(said) else None)
