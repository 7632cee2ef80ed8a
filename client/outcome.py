"""What became of a streamed session, computed from the messages that arrived."""

from dataclasses import dataclass
from typing import Any

from client.close_codes import DONE, describe_close
from client.connection import Received
from client.observer import SessionObserver
from client.session import Session
from infra.quantiles import spread
from schemas.audio import FRAME_MS, FRAME_SAMPLES, samples_to_ms
from schemas.reports import Report
from schemas.wire import Ack, Error, FinalMessage, Partial, Questions, ReportMessage, Started, Summary


@dataclass(frozen=True)
class Outcome:
    """What was sent, what was received, and how it ended."""

    session_id: str
    began_at_ms: int
    """The clock's monotonic time of the first sample."""
    samples_sent: int
    """At 16 kHz."""
    speed: float
    """At 1.0 a sample is sent no earlier than a microphone would have given it."""
    received: tuple[Received, ...]
    """All messages, over all connections, in order."""
    close_code: int | None
    close_reason: str
    failure: str = ""
    """What ended the session before it was done, in words for a person; empty if nothing did."""

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
        """Why this session is incomplete, in words for a person; empty if it is complete."""
        found = [self.failure] if self.failure else self._fatal_errors
        if self.close_code != DONE and not found:
            found.append(describe_close(self.close_code, self.close_reason)[0])
        found += [
            f"No report could be made: {item.message.error}"
            for item in self.received
            if isinstance(item.message, ReportMessage) and item.message.error
        ]
        if self.close_code == DONE and self.summary is None:
            found.append("The server closed without a summary.")
        return tuple(found)

    @property
    def _fatal_errors(self) -> list[str]:
        return [
            f"{item.message.message} {item.message.hint}"
            for item in self.received
            if isinstance(item.message, Error) and item.message.fatal
        ]

    def final_delays_ms(self) -> list[float]:
        """For each word, the time from its end to the arrival of its final."""
        return [
            self._delay_ms(item, word.end_ms)
            for item in self.received
            if isinstance(item.message, FinalMessage)
            for word in item.message.words
        ]

    def partial_delays_ms(self) -> list[float]:
        """For each partial, the time from the end of its newest word to its arrival."""
        return [
            self._delay_ms(item, item.message.end_ms)
            for item in self.received
            if isinstance(item.message, Partial) and item.message.text
        ]

    def ack_delays_ms(self) -> list[float]:
        """For each ack, the time from the sending of the newest frame it covers to its arrival."""
        audio_ms = samples_to_ms(self.samples_sent)
        return [
            self._delay_ms(item, min(item.message.frames * FRAME_MS, audio_ms))
            for item in self.received
            if isinstance(item.message, Ack)
        ]

    def _delay_ms(self, item: Received, audio_ms: int) -> float:
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


class OutcomeRecorder(SessionObserver):
    """Keeps all messages of one session, for its outcome: about 25 MB for an hour. A fatal error is dropped when the
    session resumes, for then it was mended."""

    def __init__(self) -> None:
        self._received: list[Received] = []

    def received(self, item: Received) -> None:
        if isinstance(item.message, Started):
            self._received = [each for each in self._received if not _is_fatal(each)]
        self._received.append(item)

    def outcome(self, session: Session, *, speed: float = 1.0, failure: str = "") -> Outcome:
        """What became of the session until now."""
        return Outcome(
            session_id=session.session_id,
            began_at_ms=session.began_at_ms,
            samples_sent=session.samples_sent,
            speed=speed,
            received=tuple(self._received),
            close_code=session.close_code,
            close_reason=session.close_reason,
            failure=failure,
        )


def _is_fatal(item: Received) -> bool:
    return isinstance(item.message, Error) and item.message.fatal
