"""What goes to the recogniser, and what comes back."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from schemas.audio import SAMPLE_BYTES, samples_to_ms
from schemas.words import Word


@dataclass(frozen=True)
class Window:
    """A piece of one session's audio to be recognised."""

    session_id: str
    partition: int
    offset: int
    """The log record that made the window due."""
    language: str
    start: int
    """The window's first sample, counted from the session's first."""
    pcm: bytes
    """16 kHz mono PCM, 16 bit little-endian."""
    due_at_ms: int = 0
    """The record's time in the log."""
    prompt: str = ""
    """Confirmed words that were said before the window."""
    new_ms: int = 0
    """Audio that no earlier window contained."""

    @property
    def start_ms(self) -> int:
        return samples_to_ms(self.start)

    @property
    def end_ms(self) -> int:
        return samples_to_ms(self.start + len(self.pcm) // SAMPLE_BYTES)


@dataclass(frozen=True)
class Hypothesis:
    """What a recogniser found in one window."""

    words: tuple[Word, ...] = ()
    """With times from the window's first sample, in milliseconds."""
    failed: str | None = None
    """Why recognition failed, which is not the same as finding no words."""


def session_words(words: Sequence[Word], window: Window) -> tuple[Word, ...]:
    """The words at their times in the session: inside the window, in order and without overlap, whatever the
    recogniser returned."""
    return tuple(_session_words(words, window))


def _session_words(words: Sequence[Word], window: Window) -> Iterator[Word]:
    earliest = window.start_ms
    for word in words:
        text = " ".join(word.text.split())
        if not text:
            continue
        start_ms = min(max(word.start_ms + window.start_ms, earliest), window.end_ms)
        end_ms = min(max(word.end_ms + window.start_ms, start_ms), window.end_ms)
        earliest = end_ms
        yield Word(text=text, start_ms=start_ms, end_ms=end_ms, probability=min(max(word.probability, 0.0), 1.0))
