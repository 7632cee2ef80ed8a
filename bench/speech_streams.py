"""What is spoken: the bundled recordings joined with silences into streams of about a minute, the same on every run,
with the words in them and when each is said."""

import json
import random
import wave
from dataclasses import dataclass
from functools import cache

from client.accuracy import normalised
from infra.samples import SPEECH
from schemas.audio import SAMPLE_BYTES, SAMPLE_RATE

_LONG = ("answers_1", "answers_2", "answers_3")
_SHORT = (*(f"sentence_{number}" for number in range(1, 7)), "unseen_voice", "noise")
_GAP_S = (0.6, 2.5)
_MEAN_GAP_S = 1.5
_SLACK_S = (2.0, 3.0)
"""How much shorter, and longer, than wanted a stream may be."""


@dataclass(frozen=True)
class Spoken:
    """A word as it is compared, and when it is said: seconds from the stream's first sample."""

    text: str
    start_s: float
    end_s: float


@dataclass(frozen=True)
class Stream:
    """`pcm`: 16 kHz, mono, s16le."""

    name: str
    pcm: bytes
    words: tuple[Spoken, ...]

    @property
    def seconds(self) -> float:
        return len(self.pcm) / SAMPLE_BYTES / SAMPLE_RATE


@cache
def _recordings() -> dict[str, Stream]:
    lines = (SPEECH / "manifest.jsonl").read_text(encoding="utf-8").splitlines()
    return {stream.name: stream for stream in map(_recording, map(json.loads, lines))}


def _recording(entry: dict[str, object]) -> Stream:
    path = SPEECH / str(entry["file"])
    with wave.open(str(path)) as file:
        pcm = file.readframes(file.getnframes())
    words = entry["words"]
    assert isinstance(words, list)
    spoken = tuple(
        Spoken(token, float(word["start"]), float(word["end"]))
        for word in words
        for token in normalised(word["word"]).split()
    )
    return Stream(path.stem, pcm, spoken)


def joined(name: str, *parts: str | float) -> Stream:
    """Recordings by name, and silences in seconds, in order."""
    pcm, words = b"", list[Spoken]()
    for part in parts:
        if not isinstance(part, str):
            pcm += bytes(int(part * SAMPLE_RATE) * SAMPLE_BYTES)
            continue
        recording = _recordings()[part]
        at_s = len(pcm) / SAMPLE_BYTES / SAMPLE_RATE
        words += [Spoken(word.text, at_s + word.start_s, at_s + word.end_s) for word in recording.words]
        pcm += recording.pcm
    return Stream(name, pcm, tuple(words))


def stream(number: int, seconds: float) -> Stream:
    """The stream of this number: long answers above all, filled up with sentences, ending with the last recording's
    end. Streams of neighbouring numbers begin differently."""
    chance = random.Random(77_000 + 131 * number)
    long, short = list(_LONG), list(_SHORT)
    first = short.pop((3 * number + number // 8) % len(short))
    chance.shuffle(long)
    chance.shuffle(short)
    recordings = _recordings()
    chosen, left = list[str](), long + short
    total_s = recordings[first].seconds + _MEAN_GAP_S
    while total_s < seconds - _SLACK_S[0]:
        fitting = [name for name in left if total_s + recordings[name].seconds <= seconds + _SLACK_S[1]]
        name = fitting[0] if fitting else min(left, key=lambda each: recordings[each].seconds)
        left.remove(name)
        chosen.append(name)
        total_s += recordings[name].seconds + _MEAN_GAP_S
        left = left or long + short
    chance.shuffle(chosen)
    parts: list[str | float] = [first]
    for name in chosen:
        parts += [round(chance.uniform(*_GAP_S), 2), name]
    return joined(f"stream-{number}", *parts)
