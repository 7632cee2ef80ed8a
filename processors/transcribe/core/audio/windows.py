"""What goes to the recogniser, and what comes back."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from schemas.audio import SAMPLE_BYTES, samples_to_ms
from schemas.words import Word


@dataclass(frozen=True)
class Window:
    """A piece of one session's audio to be heard: 16 kHz mono PCM, 16 bit little-endian, whose first sample is number
    `start` of the session. `partition` and `offset` name the record of the log that made it due, `due_at_ms` is that
    record's time in the log. `prompt`: certain words that were said before the window. `new_ms`: how much of it no
    window before has had."""

    session_id: str
    partition: int
    offset: int
    language: str
    start: int
    pcm: bytes
    due_at_ms: int = 0
    prompt: str = ""
    new_ms: int = 0

    @property
    def start_ms(self) -> int:
        return samples_to_ms(self.start)

    @property
    def end_ms(self) -> int:
        return samples_to_ms(self.start + len(self.pcm) // SAMPLE_BYTES)


@dataclass(frozen=True)
class Hypothesis:
    """What a recogniser heard in one window: words with times from the window's first sample, in milliseconds.
    `failed` says why there is no hearing at all, which is not the same as hearing nothing."""

    words: tuple[Word, ...] = ()
    failed: str | None = None


def placed(words: Sequence[Word], window: Window) -> tuple[Word, ...]:
    """The words at their times in the session: inside the window, in order, without overlap, whatever the recogniser
    gave."""
    return tuple(_placed(words, window))


def _placed(words: Sequence[Word], window: Window) -> Iterator[Word]:
    earliest = window.start_ms
    for word in words:
        text = " ".join(word.text.split())
        if not text:
            continue
        start_ms = min(max(word.start_ms + window.start_ms, earliest), window.end_ms)
        end_ms = min(max(word.end_ms + window.start_ms, start_ms), window.end_ms)
        earliest = end_ms
        yield Word(text=text, start_ms=start_ms, end_ms=end_ms, probability=min(max(word.probability, 0.0), 1.0))
