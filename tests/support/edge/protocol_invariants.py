"""What docs/protocol.md guarantees every client, checked message by message."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from schemas.wire import (
    Ack,
    Error,
    FinalMessage,
    Partial,
    Pong,
    Questions,
    Ready,
    ReportMessage,
    ServerMessage,
    Started,
    Summary,
)

_PAGE = Path(__file__).parents[3] / "docs" / "protocol.md"
_WITHOUT_AN_ERROR = frozenset({1000, 1001})


def close_codes() -> frozenset[int]:
    """Those that the page's section on close codes names."""
    section = _PAGE.read_text(encoding="utf-8").partition("## Close codes")[2].partition("\n## ")[0]
    return frozenset(map(int, re.findall(r"\b[14]\d{3}\b", section)))


@dataclass
class ProtocolInvariants:
    """Raises AssertionError at the first violation. `finals`: the number of the client's last final, also from an
    earlier connection. `acked`: how many frames are acknowledged."""

    finals: int = 0
    acked: int = 0
    received: list[type[ServerMessage]] = field(default_factory=list)
    fatal: bool = False
    closed: int | None = None

    def check(self, message: ServerMessage) -> None:
        assert self.closed is None, f"{message} after the close"
        assert not self.fatal, f"{message} after a fatal error"
        if Started not in self.received:
            assert isinstance(message, Ready | Pong | Error | Started), f"{message} before `started`"
        match message:
            case Started():
                self._once(message, after=Ready)
                self.acked = message.next_frame
            case Ack(frames=frames):
                assert frames >= self.acked, f"{frames} frames are acknowledged after {self.acked}"
                self.acked = frames
            case FinalMessage(number=number):
                assert number == self.finals + 1, f"final {number} comes after {self.finals}"
                assert Summary not in self.received
                self.finals = number
            case Partial(after_final=after_final):
                assert after_final == self.finals, "a partial's words are in a final already, or one is missing"
                assert Summary not in self.received
            case Questions():
                self._once(message, after=Started)
            case Summary(finals=finals):
                self._once(message, after=Started)
                assert finals <= self.finals, "the summary counts finals that are still to come"
            case ReportMessage():
                self._once(message, after=Summary)
            case Error():
                self.fatal = message.fatal
        self.received.append(type(message))

    def close(self, code: int) -> None:
        assert self.closed is None
        assert code in close_codes()
        # A message beyond `limits.message_bytes` is not even read.
        unread = code == 1009 and not self.fatal
        assert unread or self.fatal == (code not in _WITHOUT_AN_ERROR), f"{code}, and a fatal error: {self.fatal}"
        assert code != 1000 or ReportMessage in self.received
        self.closed = code

    def _once(self, message: ServerMessage, after: type[ServerMessage]) -> None:
        assert type(message) not in self.received, f"a second {message.type}"
        assert after in self.received, f"{message.type} comes before {after.__name__}"
