"""How far the transcriber is behind one connection's audio. Frames of 250 ms are counted from the session's first."""

from dataclasses import dataclass

from edge.core.fast_replace import changed
from schemas.audio import FRAME_MS

_LIVE = 1.1
"""Times real time at which a live speaker's audio may come: the transcriber's measure of a live session, too."""
_IDLE_MS = 2000
_LEFT_OVER = 4
"""Frames that may wait for a window to be full. If none follow, they say nothing about the transcriber."""
_MOST_UNHEARD = 30_000 // FRAME_MS
_JITTER = 5_000 // FRAME_MS
"""What a live client may send at once after its network stood still."""


@dataclass(frozen=True)
class Progress:
    """`kept`: frames that the log has accepted, the last of them at `kept_ms`. `heard`: those the transcriber has
    worked through. `live`: those that had come by then at no more than a live speaker's pace: what a recording has sent
    ahead of that is nobody's delay."""

    kept: int = 0
    heard: int = 0
    live: float = 0.0
    kept_ms: int = 0

    @classmethod
    def from_frame(cls, first: int) -> "Progress":
        """Of a connection whose audio begins there."""
        return cls(first, first, first)

    def keep(self, frames: int, now_ms: int) -> "Progress":
        """The log holds so many frames now."""
        return changed(self, kept=frames, live=self._live(now_ms), kept_ms=now_ms)

    def hear(self, frames: int) -> "Progress":
        """The transcriber is through with so many frames."""
        return changed(self, heard=max(self.heard, frames))

    def lag_s(self, now_ms: int) -> float | None:
        """Seconds of a live speaker's audio that are kept and not heard. None if the session says nothing about that:
        if next to nothing is left and nothing has come for a while, or if it is a recording, sent ahead and heard in
        time."""
        live = self._live(now_ms)
        lag = max(0.0, live - self.heard)
        is_idle = self.kept - self.heard < _LEFT_OVER and now_ms - self.kept_ms > _IDLE_MS
        is_recording = lag == 0 and self.kept - live > _JITTER
        return None if is_idle or is_recording else lag * FRAME_MS / 1000

    def pause_ms(self, now_ms: int) -> float:
        """How long the client should not be read, if nothing more is heard. Only one that sends faster than real time,
        and is as far ahead of the transcriber as it may be, has to wait; never a live one, however slow the transcriber
        is."""
        ahead = self.kept - self._live(now_ms) - _JITTER
        return ahead * FRAME_MS / _LIVE if self.kept - self.heard >= _MOST_UNHEARD and ahead > 0 else 0.0

    def _live(self, now_ms: int) -> float:
        return min(self.kept, self.live + max(0, now_ms - self.kept_ms) * _LIVE / FRAME_MS)
