"""What came of a streamed session, computed from the messages that came."""

from dataclasses import dataclass
from typing import Any

from client.connection import Received
from infra.quantiles import spread
from schemas.audio import FRAME_MS, FRAME_SAMPLES, samples_to_ms
from schemas.reports import Report
from schemas.wire import Ack, Error, FinalMessage, Partial, Questions, ReportMessage, Summary

CLOSED_WELL = 1000


@dataclass(frozen=True)
class Outcome:
    """`began_at_ms` is the clock's monotonic time of the first sample; at `speed` 1.0 a sample is sent no earlier than
    a microphone would have given it."""

    session_id: str
    began_at_ms: int
    samples_sent: int
    speed: float
    received: tuple[Received, ...]
    close_code: int | None
    close_reason: str

    @property
    def finals(self) -> tuple[FinalMessage, ...]:
        return tuple(item.message for item in self.received if isinstance(item.message, FinalMessage))

    @property
    def transcript(self) -> str:
        return " ".join(final.text for final in self.finals)

    @property
    def questions(self) -> Questions | None:
        return next((item.message for item in self.received if isinstance(item.message, Questions)), None)

    @property
    def summary(self) -> Summary | None:
        return next((item.message for item in self.received if isinstance(item.message, Summary)), None)

    @property
    def report(self) -> Report | None:
        return next((item.message.report for item in self.received if isinstance(item.message, ReportMessage)), None)

    @property
    def frames_sent(self) -> int:
        """A last, shorter frame counts as one."""
        return -(-self.samples_sent // FRAME_SAMPLES)

    @property
    def frames_acked(self) -> int:
        return max((item.message.frames for item in self.received if isinstance(item.message, Ack)), default=0)

    @property
    def faults(self) -> tuple[str, ...]:
        """Why this session is not whole, in words for a person; empty if it is."""
        found = [
            f"{item.message.message} {item.message.hint}"
            for item in self.received
            if isinstance(item.message, Error) and item.message.fatal
        ]
        if self.close_code != CLOSED_WELL and not found:
            found.append(f"The server closed with code {self.close_code} {self.close_reason}".rstrip() + ".")
        found += [
            f"No report could be made: {item.message.error}"
            for item in self.received
            if isinstance(item.message, ReportMessage) and item.message.error
        ]
        if self.close_code == CLOSED_WELL and self.summary is None:
            found.append("The server closed without a summary.")
        return tuple(found)

    def final_delays_ms(self) -> list[float]:
        """For each word, how long after its end was spoken its final came."""
        return [
            self._late(item, word.end_ms)
            for item in self.received
            if isinstance(item.message, FinalMessage)
            for word in item.message.words
        ]

    def partial_delays_ms(self) -> list[float]:
        """For each partial, how long after the end of its newest word it came."""
        return [
            self._late(item, item.message.end_ms)
            for item in self.received
            if isinstance(item.message, Partial) and item.message.text
        ]

    def ack_delays_ms(self) -> list[float]:
        """For each ack, how long after the newest frame it covers was sent it came."""
        audio_ms = samples_to_ms(self.samples_sent)
        return [
            self._late(item, min(item.message.frames * FRAME_MS, audio_ms))
            for item in self.received
            if isinstance(item.message, Ack)
        ]

    def _late(self, item: Received, audio_ms: int) -> float:
        return item.at_ms - (self.began_at_ms + audio_ms / self.speed)

    def result(self) -> dict[str, Any]:
        """The line that `rostrum stream --json` ends with."""
        return {
            "type": "result",
            "ok": not self.faults,
            "session_id": self.session_id,
            "audio_ms": samples_to_ms(self.samples_sent),
            "frames_sent": self.frames_sent,
            "frames_acked": self.frames_acked,
            "transcript": self.transcript,
            "words": self.summary.words if self.summary else None,
            "final_delay_ms": spread(self.final_delays_ms()),
            "close_code": self.close_code,
            "faults": list(self.faults),
        }
