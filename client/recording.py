"""Recordings in the one format inside Rostrum: 16 kHz, mono, signed 16 bit little-endian."""

import wave
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from infra.errors import RostrumError
from schemas.audio import SAMPLE_BYTES, SAMPLE_RATE

if TYPE_CHECKING:
    import av


class UnreadableRecording(RostrumError):
    """A file that is missing, is not audio, or holds no sound."""


@dataclass(frozen=True)
class Recording:
    """A recording, read whole."""

    path: Path
    pcm: bytes
    """Whole samples at 16 kHz, mono, s16le."""

    @property
    def samples(self) -> int:
        return len(self.pcm) // SAMPLE_BYTES

    @property
    def seconds(self) -> float:
        return self.samples / SAMPLE_RATE


def read_recording(path: Path) -> Recording:
    """The sound of an audio file: a WAV of 16 kHz, mono, 16 bit as it is, any other that FFmpeg reads by PyAV. Raises
    UnreadableRecording."""
    try:
        pcm = _plain_wav(path)
        if pcm is None:
            pcm = _decoded(path)
    except OSError as error:
        raise UnreadableRecording(
            f"{path}: {error.strerror or error}.", "Give the path of an existing audio file (WAV, FLAC, MP3, Opus, …)."
        ) from error
    if not pcm:
        raise UnreadableRecording(f"{path} holds no sound.", "Give a recording with at least one sample of audio.")
    return Recording(path, pcm)


def _plain_wav(path: Path) -> bytes | None:
    """The samples of a WAV file that needs no conversion; None for any other file."""
    try:
        with wave.open(str(path), "rb") as file:
            if (file.getframerate(), file.getnchannels(), file.getsampwidth()) != (SAMPLE_RATE, 1, SAMPLE_BYTES):
                return None
            pcm = file.readframes(file.getnframes())
            # A file cut off in the middle of a sample loses that sample.
            return pcm[: len(pcm) // SAMPLE_BYTES * SAMPLE_BYTES]
    except (wave.Error, EOFError):
        return None


def _decoded(path: Path) -> bytes:
    """The first audio track of a file, decoded and resampled by FFmpeg's own resampler."""
    try:
        import av  # only here: a client of live audio needs no FFmpeg
    except ImportError as error:
        raise UnreadableRecording(
            f"{path} is not a WAV file of 16 kHz, mono, 16 bit, and PyAV, which reads all others, is not installed.",
            "`pip install av`, or convert the file: `ffmpeg -i FILE -ar 16000 -ac 1 -sample_fmt s16 OUT.wav`.",
        ) from error
    try:
        with av.open(str(path)) as container:
            if not container.streams.audio:
                raise UnreadableRecording(f"{path} holds no audio track.", "Give a file with sound in it.")
            resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)
            chunks = [
                _samples(resampled)
                for frame in chain(container.decode(container.streams.audio[0]), [None])  # None drains the resampler
                for resampled in resampler.resample(frame)
            ]
            return b"".join(chunks)
    except av.FFmpegError as error:
        if isinstance(error, OSError):  # some of FFmpeg's are both
            raise
        raise UnreadableRecording(
            f"{path} is not audio that can be read: {error.strerror}.",
            "Give a WAV, FLAC, MP3, M4A, Ogg or WebM file.",
        ) from error


def _samples(frame: "av.AudioFrame") -> bytes:
    # The plane is padded to FFmpeg's alignment: only the first `samples` count.
    return bytes(frame.planes[0])[: frame.samples * SAMPLE_BYTES]
