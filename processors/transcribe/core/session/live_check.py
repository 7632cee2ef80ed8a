"""Whether a session is spoken live or sent from a recording."""

from dataclasses import dataclass, replace

_LIVE_SPEED = 1.1
"""Greatest speed, against real time, of audio that is spoken while it is sent. Clients' clocks are not exact."""
_LIVE_START_MS = 3000
"""Audio that a client may have collected before its session began."""


@dataclass(frozen=True)
class LiveCheck:
    """Whether the audio arrived no faster than a person speaks, judged by the log's record times alone. Once audio has
    come too fast, the session counts as not live."""

    started_ms: int
    live: bool = True

    def update(self, audio_ms: int, at_ms: int) -> "LiveCheck":
        """The session had this much audio at this time."""
        allowed_ms = _LIVE_START_MS + _LIVE_SPEED * (at_ms - self.started_ms)
        return self if audio_ms <= allowed_ms else replace(self, live=False)
