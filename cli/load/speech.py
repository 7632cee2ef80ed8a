"""What the simulated speakers say: recordings one after another, and the words in them where they are known."""

from collections.abc import Sequence
from dataclasses import dataclass

from client.spoken_recording import SpokenRecording, read_spoken
from infra.samples import SPEECH
from schemas.audio import SAMPLE_BYTES, SAMPLE_RATE

_BETWEEN_S = 1.0


@dataclass(frozen=True)
class Speech:
    """`pcm`: 16 kHz, mono, s16le. `text`: all that is said in it, or None."""

    pcm: bytes
    text: str | None

    @property
    def seconds(self) -> float:
        return len(self.pcm) / SAMPLE_BYTES / SAMPLE_RATE


def bundled() -> list[SpokenRecording]:
    """The recordings that the demo recogniser understands."""
    return [spoken for spoken in read_spoken([SPEECH]) if spoken.text]


def speech(texts: Sequence[SpokenRecording], seconds: float, first: int) -> Speech:
    """So many seconds: from the recording of this number on, in turn, each that still fits, with a second's silence
    after each, and silence at the end. If none fits, the first is cut, and nobody knows what is said."""
    wanted = int(seconds * SAMPLE_RATE) * SAMPLE_BYTES
    between = bytes(int(_BETWEEN_S * SAMPLE_RATE) * SAMPLE_BYTES)
    pcm, said = b"", list[str | None]()
    number, skipped = first, 0
    while skipped < len(texts):
        text = texts[number % len(texts)]
        number += 1
        if len(pcm) + len(text.recording.pcm) > wanted:
            skipped += 1
            continue
        pcm, skipped = pcm + text.recording.pcm + between, 0
        said.append(text.text)
    if not said:
        return Speech(texts[first % len(texts)].recording.pcm[:wanted], None)
    known = [words for words in said if words is not None]
    return Speech(pcm[:wanted].ljust(wanted, b"\0"), " ".join(known) if len(known) == len(said) else None)
