"""What is spoken in a benchmark: recordings joined into streams, the same on every run, with their words and the times
at which these are said.

The bundled recordings are mixed: long answers, filled up with sentences. Of other folders a stream is one speaker's
sentences with a second of silence between them."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import cycle, groupby, islice
from pathlib import Path

import numpy as np

from client.accuracy import normalised
from client.recording import UnreadableRecording
from client.spoken_recording import SpokenRecording, SpokenWord, read_spoken
from infra.samples import SPEECH
from schemas.audio import SAMPLE_BYTES, SAMPLE_RATE

_LONG = ("answers_1", "answers_2", "answers_3")
_SHORT = (*(f"sentence_{number}" for number in range(1, 7)), "unseen_voice", "noise")
_GAP_S = (0.6, 2.5)
_MEAN_GAP_S = 1.5
_SLACK_S = (2.0, 3.0)
"""How much shorter and longer than asked for a mixed stream may be."""
_PAUSE_S = 1.0
"""Between a speaker's sentences."""
_AUDIBLE = 0.05
"""Share of a recording's peak above which a sample belongs to its speech."""


@dataclass(frozen=True)
class SpeechStream:
    name: str
    pcm: bytes
    """16 kHz, mono, s16le."""
    words: tuple[SpokenWord, ...]
    """As they are compared: lower case, without punctuation."""

    @property
    def seconds(self) -> float:
        return len(self.pcm) / SAMPLE_BYTES / SAMPLE_RATE

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)


@dataclass(frozen=True)
class SpeechSet:
    """Recordings to take streams from."""

    name: str
    """For results."""
    recordings: Sequence[SpokenRecording]
    is_bundled: bool = False

    @property
    def word_times(self) -> str:
        """Where the times at which words are said come from, for results."""
        return "given" if all(spoken.words or not spoken.text for spoken in self.recordings) else "estimated"

    def stream(self, number: int, seconds: float) -> SpeechStream:
        """The stream of this number, about as long as asked for. Streams of neighbouring numbers begin differently."""
        if self.is_bundled:
            return mixed(number, seconds)
        speakers = list(self._by_speaker().items())
        name, recordings = speakers[number % len(speakers)]
        later = number // len(speakers) % len(recordings)
        chosen, total_s = list[SpokenRecording](), 0.0
        for spoken in islice(cycle(recordings), later, None):
            if chosen and total_s + spoken.recording.seconds > seconds:
                break
            chosen.append(spoken)
            total_s += spoken.recording.seconds + _PAUSE_S
        return _with_pauses(f"{name}-{number}", chosen)

    def whole(self, most: int | None = None) -> list[SpeechStream]:
        """All there is, or the first so many: each recording alone if it is not known who speaks, else each speaker's
        recordings joined."""
        groups = self._by_speaker().items()
        return [_with_pauses(name, recordings) for name, recordings in islice(groups, most)]

    def _by_speaker(self) -> dict[str, list[SpokenRecording]]:
        def speaker(spoken: SpokenRecording) -> str:
            return spoken.speaker or spoken.recording.path.stem

        ordered = sorted(self.recordings, key=speaker) if any(each.speaker for each in self.recordings) else None
        return {name: list(group) for name, group in groupby(ordered or self.recordings, key=speaker)}


@cache
def bundled_speech() -> SpeechSet:
    return SpeechSet("bundled recordings", read_spoken([SPEECH]), is_bundled=True)


def read_speech(folder: Path) -> SpeechSet:
    """A folder of recordings with their words. Raises UnreadableRecording."""
    recordings = [spoken for spoken in read_spoken([folder]) if spoken.text is not None]
    if not recordings:
        raise UnreadableRecording(
            f"{folder} holds no recording whose words are known.", "Put the words of a.wav into a.txt beside it."
        )
    return SpeechSet(folder.resolve().name, recordings)


@cache
def _bundled_by_name() -> dict[str, SpokenRecording]:
    return {spoken.recording.path.stem: spoken for spoken in bundled_speech().recordings}


def joined(name: str, *parts: str | float) -> SpeechStream:
    """Bundled recordings by name, and silences in seconds, in order."""
    return _joined(name, [_bundled_by_name()[part] if isinstance(part, str) else part for part in parts])


def mixed(number: int, seconds: float) -> SpeechStream:
    """Bundled recordings: long answers above all, filled up with sentences, ending with the last recording's end."""
    chance = random.Random(77_000 + 131 * number)
    long, short = list(_LONG), list(_SHORT)
    first = short.pop((3 * number + number // 8) % len(short))
    chance.shuffle(long)
    chance.shuffle(short)
    lengths_s = {name: spoken.recording.seconds for name, spoken in _bundled_by_name().items()}
    chosen, left = list[str](), long + short
    total_s = lengths_s[first] + _MEAN_GAP_S
    while total_s < seconds - _SLACK_S[0]:
        fitting = [name for name in left if total_s + lengths_s[name] <= seconds + _SLACK_S[1]]
        name = fitting[0] if fitting else min(left, key=lengths_s.__getitem__)
        left.remove(name)
        chosen.append(name)
        total_s += lengths_s[name] + _MEAN_GAP_S
        left = left or long + short
    chance.shuffle(chosen)
    parts: list[str | float] = [first]
    for name in chosen:
        parts += [round(chance.uniform(*_GAP_S), 2), name]
    return joined(f"stream-{number}", *parts)


def _with_pauses(name: str, recordings: Sequence[SpokenRecording]) -> SpeechStream:
    parts: list[SpokenRecording | float] = []
    for spoken in recordings:
        parts += [_PAUSE_S, spoken] if parts else [spoken]
    return _joined(name, parts)


def _joined(name: str, parts: Sequence[SpokenRecording | float]) -> SpeechStream:
    pcm, words = bytearray(), list[SpokenWord]()
    for part in parts:
        if isinstance(part, SpokenRecording):
            at_s = len(pcm) / SAMPLE_BYTES / SAMPLE_RATE
            words += [SpokenWord(word.text, at_s + word.start_s, at_s + word.end_s) for word in _words(part)]
            pcm += part.recording.pcm
        else:
            pcm += bytes(int(part * SAMPLE_RATE) * SAMPLE_BYTES)
    return SpeechStream(name, bytes(pcm), tuple(words))


def _words(spoken: SpokenRecording) -> Iterator[SpokenWord]:
    for word in spoken.words or _estimated(spoken):
        for token in normalised(word.text).split():
            yield SpokenWord(token, word.start_s, word.end_s)


def _estimated(spoken: SpokenRecording) -> list[SpokenWord]:
    """Word times where the manifest has none: the audible span, divided among the words by their letters."""
    samples = np.abs(np.frombuffer(spoken.recording.pcm, "<i2").astype(np.int32))
    audible = np.flatnonzero(samples > _AUDIBLE * samples.max(initial=1))
    begin_s, end_s = (audible[0] / SAMPLE_RATE, audible[-1] / SAMPLE_RATE) if audible.size else (0.0, 0.0)
    texts = normalised(spoken.text or "").split()
    shares = np.cumsum([0, *(len(text) + 1 for text in texts)])
    times_s = begin_s + (end_s - begin_s) * shares / max(int(shares[-1]), 1)
    return [SpokenWord(text, float(times_s[at]), float(times_s[at + 1])) for at, text in enumerate(texts)]
