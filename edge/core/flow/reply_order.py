"""Which replies pass to the client, and in what order.

Stages that were killed say things again, and what two of them say may arrive crosswise. A client must see finals by
number, each once, then the summary, then the report.
"""

from dataclasses import dataclass

from edge.core.fast_replace import changed
from schemas.replies import ShownMessage
from schemas.wire import FinalMessage, Notice, Partial, Questions, ReportMessage, Summary

MAX_HELD_FINALS = 256
"""Finals kept while an earlier one is missing. What does not fit is dropped: whoever sends the missing one again sends
all that follow again, too."""


@dataclass(frozen=True)
class Passage:
    """What has passed (`finals`: the number of the last one), and what is held back until its turn comes."""

    finals: int = 0
    questions: bool = False
    summary: bool = False
    report: bool = False
    held_finals: tuple[FinalMessage, ...] = ()
    held_summary: Summary | None = None
    held_report: ReportMessage | None = None

    def receive(self, message: ShownMessage) -> "tuple[Passage, tuple[ShownMessage, ...]]":
        """What passes now that this one has come."""
        match message:
            case Notice():
                return self, (message,)
            case Partial():
                return self, (message,) if message.after_final == self.finals and not self.summary else ()
            case Questions():
                return changed(self, questions=True), () if self.questions else (message,)
            case FinalMessage():
                return self._hold(message)._release()
            case Summary():
                return changed(self, held_summary=message)._release()
            case ReportMessage():
                return changed(self, held_report=message)._release()

    def _hold(self, final: FinalMessage) -> "Passage":
        known = final.number <= self.finals or any(held.number == final.number for held in self.held_finals)
        if known or self.summary or (final.number > self.finals + 1 and len(self.held_finals) >= MAX_HELD_FINALS):
            return self
        return changed(self, held_finals=(*self.held_finals, final))

    def _release(self) -> "tuple[Passage, tuple[ShownMessage, ...]]":
        """Let everything go whose turn it is."""
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
        passed = changed(self, finals=finals, summary=summary, report=report, held_finals=still_held)
        return passed, tuple(released)
