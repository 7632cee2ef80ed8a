"""The bundled recordings, what is said in them, and new ones made of them."""

import json
import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from infra.samples import SPEECH

SENTENCES = tuple(f"sentence_{number}" for number in range(1, 7))
RATE_HZ = 16_000
SAMPLE_BYTES = 2


@dataclass(frozen=True)
class Speech:
    """16 kHz mono s16le, and the words in it."""

    pcm: bytes
    text: str

    @property
    def seconds(self) -> float:
        return len(self.pcm) / (SAMPLE_BYTES * RATE_HZ)


def bundled(name: str) -> Speech:
    """A recording of the samples, as `sentence_1`."""
    with wave.open(str(SPEECH / f"{name}.wav"), "rb") as file:
        pcm = file.readframes(file.getnframes())
    lines = (SPEECH / "manifest.jsonl").read_text(encoding="utf-8").splitlines()
    text = next(entry["text"] for entry in map(json.loads, lines) if entry["file"] == f"{name}.wav")
    return Speech(pcm, text)


def joined(*names: str, pause_s: float = 0.6) -> Speech:
    """Bundled recordings one after the other, with silence between: a recording that is in no repository."""
    parts = [bundled(name) for name in names]
    silence = bytes(int(pause_s * RATE_HZ) * SAMPLE_BYTES)
    return Speech(silence.join(part.pcm for part in parts), " ".join(part.text for part in parts))


def write_wav(path: Path, speech: Speech, rate_hz: int = RATE_HZ, channels: int = 1) -> Path:
    """The speech as a WAV file of another rate and number of channels."""
    samples = np.frombuffer(speech.pcm, np.int16).astype(float)
    at = np.arange(int(len(samples) * rate_hz / RATE_HZ)) * RATE_HZ / rate_hz
    resampled = np.interp(at, np.arange(len(samples)), samples).astype(np.int16)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(SAMPLE_BYTES)
        file.setframerate(rate_hz)
        file.writeframes(np.repeat(resampled, channels).tobytes())
    return path
