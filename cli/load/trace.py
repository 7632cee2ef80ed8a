"""What one simulated speaker did and saw, and what follows from it. Times are milliseconds of a monotonic clock."""

from collections import Counter
from dataclasses import dataclass, field

from cli.load.speech import SpokenAudio
from client.accuracy import repeated_passages, word_error_rate
from client.connection import Received
from schemas.audio import FRAME_BYTES, FRAME_MS, SAMPLE_BYTES, samples_to_ms
from schemas.wire import FinalMessage, Partial, Summary


@dataclass(frozen=True)
class Absence:
    """From the moment a connection was lost to the first acknowledgement over the next one, or to the summary if there
    was nothing left to acknowledge; None if neither came."""

    from_ms: float
    until_ms: float | None
    acked: bool = True


@dataclass
class Trace:
    """Of one session, from the first attempt to its end."""

    name: str
    speech: SpokenAudio
    began_ms: float | None = None
    """When the server started the session; None if it never did."""
    spoken_bytes: int = 0
    """Audio that was spoken."""
    frames_acked: int = 0
    received: list[Received] = field(default_factory=list)
    ack_delays_ms: list[float] = field(default_factory=list)
    """For each frame, from its newest sending to the ack that covers it, over the same connection."""
    late_ms: list[float] = field(default_factory=list)
    """How much later than due messages were sent: this machine's own slowness."""
    absences: list[Absence] = field(default_factory=list)
    turned_away: Counter[str] = field(default_factory=Counter)
    """Attempts that got no session, by the error's code, where another attempt followed."""
    failed: str | None = None
    """Why the session was not completed, if it was not."""
    done: bool = False

    @property
    def began(self) -> bool:
        """Whether the server ever started this speaker's session."""
        return self.began_ms is not None

    @property
    def finals(self) -> list[FinalMessage]:
        """Each number once, in order."""
        return [self._by_number[number] for number in sorted(self._by_number)]

    @property
    def _by_number(self) -> dict[int, FinalMessage]:
        finals: dict[int, FinalMessage] = {}
        for item in self.received:
            if isinstance(item.message, FinalMessage):
                finals.setdefault(item.message.number, item.message)
        return finals

    @property
    def transcript(self) -> str:
        return " ".join(final.text for final in self.finals)

    @property
    def summary(self) -> Summary | None:
        return next((item.message for item in self.received if isinstance(item.message, Summary)), None)

    @property
    def finals_twice(self) -> int:
        """Finals that came again, though this client had said that it has them."""
        came = [item.message.number for item in self.received if isinstance(item.message, FinalMessage)]
        return len(came) - len(set(came))

    @property
    def passages_twice(self) -> int:
        """Passages of three words given more often than they were said; 0 if nobody knows what was said."""
        return 0 if self.speech.text is None else repeated_passages(self.speech.text, self.transcript)

    @property
    def word_errors(self) -> float | None:
        return None if self.speech.text is None else word_error_rate(self.speech.text, self.transcript)

    def losses(self) -> list[str]:
        """What was lost of a session that began, in words; empty if nothing was."""
        if not self.began:
            return []
        found = [self.failed] if self.failed else []
        frames = -(-self.spoken_bytes // FRAME_BYTES)
        if self.frames_acked < frames:
            found.append(f"{frames - self.frames_acked} of {frames} frames were never acknowledged")
        if self.summary is None:
            return [*found, "no summary came"]
        held_ms = min(self.frames_acked * FRAME_MS, samples_to_ms(self.spoken_bytes // SAMPLE_BYTES))
        if self.summary.audio_ms < held_ms:
            found.append(f"{held_ms - self.summary.audio_ms} ms of acknowledged audio are not in the transcript")
        numbers = [final.number for final in self.finals]
        if numbers != list(range(1, self.summary.finals + 1)):
            found.append(f"finals {numbers} came of {self.summary.finals}")
        return found

    def final_delays_ms(self) -> list[tuple[float, float]]:
        """For each word: when it ended, and how much later its final came. A word that waited for a connection is left
        out: `absences` tell of that."""
        return [
            (word.end_ms, delay)
            for item in self.received
            if isinstance(item.message, FinalMessage)
            for word in item.message.words
            if (delay := self._delay_ms(word.end_ms, item.at_ms)) is not None
        ]

    def partial_delays_ms(self) -> list[float]:
        """For each partial, how long after the end of its newest word it came."""
        return [
            delay
            for item in self.received
            if isinstance(item.message, Partial) and item.message.text
            if (delay := self._delay_ms(item.message.end_ms, item.at_ms)) is not None
        ]

    def _delay_ms(self, ended_ms: float, came_ms: float) -> float | None:
        spoken_ms = (self.began_ms or 0.0) + ended_ms
        for absence in self.absences:
            if absence.from_ms < came_ms and (absence.until_ms is None or absence.until_ms > spoken_ms):
                return None
        return came_ms - spoken_ms
