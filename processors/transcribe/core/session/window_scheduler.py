"""Whose due window goes to the model next.

Due windows are handed out in the order in which they became due, one per session at a time, so that a recording sent
at eight times real time delays no other session, and no session is served twice while another one waits."""

from collections.abc import Callable, Hashable, Iterator

from processors.transcribe.core.audio.windows import Window
from processors.transcribe.core.session.batching import next_batch
from processors.transcribe.core.session.state import TranscriptionOptions, TranscriptionState
from processors.transcribe.core.session.window_due import may_wait
from schemas.audio import FRAME_MS


class WindowScheduler:
    """The due windows of all sessions. `state_of` returns a session's state by its id."""

    def __init__(self, state_of: Callable[[str], TranscriptionState], options: TranscriptionOptions) -> None:
        self._state_of = state_of
        self._longest_wait_ms = options.busy_window_frames * FRAME_MS
        self._saturated = False
        self._now_ms = 0
        self._due: dict[str, int] = {}
        """Since when, by the clock of `observe`."""
        self._in_flight: set[str] = set()

    def observe(self, now_ms: int, saturated: bool) -> None:
        """The time, by a monotonic clock, and whether the model is busy. While it is, windows that may wait for more
        audio do so, but no longer than it takes to speak that audio: the last words of a speaker who falls silent
        without ending the session would otherwise appear only when the load drops."""
        self._now_ms, self._saturated = now_ms, saturated

    def add(self, session_id: str) -> None:
        """The session's window is due, if it was not yet."""
        self._due.setdefault(session_id, self._now_ms)

    def remove(self, session_id: str) -> None:
        """The session's window has been recognised, or the session is gone."""
        self._due.pop(session_id, None)
        self._in_flight.discard(session_id)

    def is_in_flight(self, session_id: str) -> bool:
        """Whether the session's window is with the model."""
        return session_id in self._in_flight

    @property
    def ready(self) -> int:
        """How many windows can be handed out now."""
        return sum(1 for _ in self._ready())

    def next_batch(self, size: int, batch_key: Callable[[Window], Hashable]) -> tuple[Window, ...]:
        """At most so many windows that may share one call of the model, beginning with the one that has waited longest.
        They are in flight until they are removed: until then, their sessions' logs wait and have no other window."""
        windows = (self._state_of(session_id).window for session_id in self._ready())
        batch = next_batch((window for window in windows if window is not None), size, batch_key)
        self._in_flight.update(window.session_id for window in batch)
        return batch

    def _ready(self) -> Iterator[str]:
        waiting = ((each, since_ms) for each, since_ms in self._due.items() if each not in self._in_flight)
        return (each for each, since_ms in waiting if not self._must_wait(each, since_ms))

    def _must_wait(self, session_id: str, since_ms: int) -> bool:
        in_time = self._now_ms - since_ms < self._longest_wait_ms
        return self._saturated and in_time and may_wait(self._state_of(session_id))
