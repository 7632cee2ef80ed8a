"""What one simulated speaker sent and received. Times are milliseconds of a monotonic clock."""

from collections import Counter
from dataclasses import dataclass, field

from cli.load.speech import SpokenAudio
from client.accuracy import repeated_passages
from client.connection import Received
from schemas.audio import FRAME_BYTES, FRAME_MS, SAMPLE_BYTES, samples_to_ms
from schemas.wire import FinalMessage, Partial, Summary


@dataclass(frozen=True)
class ConnectionGap:
    """A time without a connection."""

    from_ms: float
    """When the connection was lost."""
    until_ms: float | None
    """The first acknowledgement over the next connection, or the summary if nothing was left to acknowledge; None if
    neither arrived."""
    acked: bool = True
    """It ended with an acknowledgement."""


@dataclass
class SpeakerTrace:
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
    gaps: list[ConnectionGap] = field(default_factory=list)
    rejected_attempts: Counter[str] = field(default_factory=Counter)
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
    def duplicate_finals(self) -> int:
        """Finals that were sent again although the client had said that it has them."""
        numbers = [item.message.number for item in self.received if isinstance(item.message, FinalMessage)]
        return len(numbers) - len(set(numbers))

    @property
    def repeated_passages(self) -> int:
        """Passages of three words more often in the transcript than in the speech; 0 if its words are not known."""
        return 0 if self.speech.text is None else repeated_passages(self.speech.text, self.transcript)

    def losses(self) -> list[str]:
        """What was lost of a session that began, in words for a person; empty if nothing was."""
        if not self.began:
            return []
        found = [self.failed] if self.failed else []
        frames = -(-self.spoken_bytes // FRAME_BYTES)
        if self.frames_acked < frames:
            found.append(f"{frames - self.frames_acked} of {frames} frames were never acknowledged")
        if self.summary is None:
            return [*found, "no summary arrived"]
        held_ms = min(self.frames_acked * FRAME_MS, samples_to_ms(self.spoken_bytes // SAMPLE_BYTES))
        if self.summary.audio_ms < held_ms:
            found.append(f"{held_ms - self.summary.audio_ms} ms of acknowledged audio are not in the transcript")
        numbers = [final.number for final in self.finals]
        if numbers != list(range(1, self.summary.finals + 1)):
            found.append(f"finals {numbers} arrived of {self.summary.finals}")
        return found

    def final_delays_ms(self) -> list[tuple[float, float]]:
        """For each word: when it ended, and how much later its final arrived. A word that waited for a connection is
        left out: `gaps` measure that."""
        return [
            (word.end_ms, delay)
            for item in self.received
            if isinstance(item.message, FinalMessage)
            for word in item.message.words
            if (delay := self._delay_ms(word.end_ms, item.at_ms)) is not None
        ]

    def partial_delays_ms(self) -> list[float]:
        """For each partial, the time from the end of its newest word to its arrival."""
        return [
            delay
            for item in self.received
            if isinstance(item.message, Partial) and item.message.text
            if (delay := self._delay_ms(item.message.end_ms, item.at_ms)) is not None
        ]

    def _delay_ms(self, ended_ms: float, arrived_ms: float) -> float | None:
        spoken_ms = (self.began_ms or 0.0) + ended_ms
        for gap in self.gaps:
            if gap.from_ms < arrived_ms and (gap.until_ms is None or gap.until_ms > spoken_ms):
                return None
        return arrived_ms - spoken_ms
