"""How far the transcriber is behind one connection's audio. Frames of 250 ms are counted from the session's first."""

from dataclasses import dataclass

from edge.core.fast_replace import replace
from schemas.audio import FRAME_MS

_LIVE_RATE = 1.1
"""Times real time at which a live speaker's audio may arrive; the transcriber uses the same measure."""
_IDLE_MS = 2000
_PARTIAL_WINDOW_FRAMES = 4
"""Frames that may wait for a window to fill. If no more follow, they say nothing about the transcriber."""
_MAX_AHEAD_FRAMES = 30_000 // FRAME_MS
_JITTER_FRAMES = 5_000 // FRAME_MS
"""What a live client may send at once after its network was interrupted."""


@dataclass(frozen=True)
class TranscriptionLag:
    """Frames in the log against frames transcribed."""

    appended: int = 0
    """Frames that Kafka has accepted."""
    transcribed: int = 0
    """Frames that the transcriber has processed."""
    live: float = 0.0
    """Of the appended frames, those that a live speaker could have sent by `appended_ms`. A recording may have sent
    more, which is not a delay."""
    appended_ms: int = 0
    """When the newest frame was accepted."""

    @classmethod
    def from_frame(cls, first: int) -> "TranscriptionLag":
        """For a connection whose audio begins there."""
        return cls(first, first, first)

    def with_appended(self, frames: int, now_ms: int) -> "TranscriptionLag":
        """After Kafka accepted frames up to this number."""
        return replace(self, appended=frames, live=self._live(now_ms), appended_ms=now_ms)

    def with_transcribed(self, frames: int) -> "TranscriptionLag":
        """After the transcriber reported this number; an older report changes nothing."""
        return replace(self, transcribed=max(self.transcribed, frames))

    def lag_s(self, now_ms: int) -> float | None:
        """Seconds of a live speaker's audio that are appended and not transcribed. None if this session tells nothing
        about the transcriber: next to nothing is left and no frame has come for a while, or it is a recording, sent
        ahead of time and transcribed in time."""
        live = self._live(now_ms)
        lag = max(0.0, live - self.transcribed)
        is_idle = self.appended - self.transcribed < _PARTIAL_WINDOW_FRAMES and now_ms - self.appended_ms > _IDLE_MS
        is_recording = lag == 0 and self.appended - live > _JITTER_FRAMES
        return None if is_idle or is_recording else lag * FRAME_MS / 1000

    def pause_ms(self, now_ms: int) -> float:
        """How long to stop reading the client, unless the transcriber reports progress. Only a client that sends faster
        than real time and is as far ahead as allowed is paused; a live one never is, however slow the transcriber."""
        ahead = self.appended - self._live(now_ms) - _JITTER_FRAMES
        is_too_far = self.appended - self.transcribed >= _MAX_AHEAD_FRAMES
        return ahead * FRAME_MS / _LIVE_RATE if is_too_far and ahead > 0 else 0.0

    def _live(self, now_ms: int) -> float:
        return min(self.appended, self.live + max(0, now_ms - self.appended_ms) * _LIVE_RATE / FRAME_MS)
