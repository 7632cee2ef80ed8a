"""Which replies pass to the client, and in what order.

Stages that were killed repeat themselves, and replies of two stages may arrive in any order. A client must see finals
by number, each once, then the summary, then the report.
"""

from dataclasses import dataclass

from edge.core.fast_replace import replace
from schemas.replies import ShownMessage
from schemas.wire import FinalMessage, Notice, Partial, Questions, ReportMessage, Summary

MAX_HELD_FINALS = 256
"""Finals held while an earlier one is missing. The rest is dropped: with the missing one, all that follow it are
redelivered."""


@dataclass(frozen=True)
class ReplySequencer:
    """What has passed, and what is held until its turn comes."""

    finals: int = 0
    """Number of the last final that has passed."""
    questions: bool = False
    summary: bool = False
    report: bool = False
    held_finals: tuple[FinalMessage, ...] = ()
    held_summary: Summary | None = None
    held_report: ReportMessage | None = None

    def push(self, message: ShownMessage) -> "tuple[ReplySequencer, tuple[ShownMessage, ...]]":
        """Takes the next message to arrive; gives those that may pass now."""
        match message:
            case Notice():
                return self, (message,)
            case Partial():
                return self, (message,) if message.after_final == self.finals and not self.summary else ()
            case Questions():
                return replace(self, questions=True), () if self.questions else (message,)
            case FinalMessage():
                return self._hold(message)._release()
            case Summary():
                return replace(self, held_summary=message)._release()
            case ReportMessage():
                return replace(self, held_report=message)._release()

    def _hold(self, final: FinalMessage) -> "ReplySequencer":
        known = final.number <= self.finals or any(held.number == final.number for held in self.held_finals)
        if known or self.summary or (final.number > self.finals + 1 and len(self.held_finals) >= MAX_HELD_FINALS):
            return self
        return replace(self, held_finals=(*self.held_finals, final))

    def _release(self) -> "tuple[ReplySequencer, tuple[ShownMessage, ...]]":
        """Everything held whose turn has come."""
        released: list[ShownMessage] = []
        finals, summary, report = self.finals, self.summary, self.report
        for final in sorted(self.held_finals, key=lambda held: held.number):
            if final.number == finals + 1:
                released.append(final)
                finals = final.number
        if self.held_summary and not summary and self.held_summary.finals <= finals:
            released.append(self.held_summary)
            summary = True
        if self.held_report and summary and not report:
            released.append(self.held_report)
            report = True
        still_held = tuple(held for held in self.held_finals if held.number > finals)
        passed = replace(self, finals=finals, summary=summary, report=report, held_finals=still_held)
        return passed, tuple(released)
