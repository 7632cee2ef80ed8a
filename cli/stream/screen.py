"""A session on the terminal: final words solid, words that may still change dim."""

from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from cli.stream.report_view import questions_view
from client import Reconnecting, SessionObserver
from client.connection import Received
from client.recording import Recording
from schemas.audio import FRAME_MS
from schemas.wire import Ack, Error, FinalMessage, Notice, Partial, Questions, Started, Summary

_LINES_BESIDE_WORDS = 4
_REFRESH_PER_S = 8


class Screen(SessionObserver):
    """On a terminal the newest words are in a live region; elsewhere each final is a line."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._finals: list[FinalMessage] = []
        self._partial = ""
        self._acked_ms = 0
        self._resumed = ""
        self._asked = False
        self._status = "connecting"
        self._live = Live(
            get_renderable=self.region, console=console, transient=True, refresh_per_second=_REFRESH_PER_S
        )

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()
        if self._finals:
            self._console.print("Transcript", style="bold")
            self._console.print(self._words(), soft_wrap=not self._console.is_terminal)

    def playing(self, recording: Recording, question: int | None) -> None:
        to = f", answer to question {question}" if question else ""
        self._console.print(Text(f"▶ {recording.path.name} ({recording.seconds:.1f} s{to})", style="cyan"))

    def reconnecting(self, event: Reconnecting) -> None:
        self._status = "reconnecting"
        self._console.print(Text(f"! {event.reason} Reconnecting in {event.after_s:.1f} s.", style="yellow"))

    def received(self, item: Received) -> None:
        match item.message:
            case Started() as started:
                self._console.print(Text(f"session {started.session_id}{self._resumed}", style="dim"))
                self._resumed = " resumed"
                self._status = "speaking"
            case Questions() as asked if not self._asked:
                self._asked = True  # After a resume they come again.
                self._console.print(questions_view(asked))
            case Ack() as ack:
                self._acked_ms = ack.frames * FRAME_MS
            case Partial() as partial:
                self._partial = partial.text
            case FinalMessage() as final:
                self._partial = ""
                self._finals.append(final)
                if not self._console.is_terminal:
                    self._console.print(f"  {final.start_ms / 1000:6.1f} s  {final.text}", markup=False)
            case Summary():
                self._status = "waiting for the report"
            case Notice() as notice:
                self._console.print(Text(f"! {notice.message}", style="yellow"))
            case Error(code="session_ended"):
                pass  # It ended while the connection was lost: the summary says so.
            case Error() as error if not error.fatal:  # a fatal one is the session's outcome
                self._console.print(Text(f"✗ {error.message} {error.hint}", style="red"))
            case _:
                pass  # The report is shown at the end; the others are of no use to a person.

    def _words(self) -> Text:
        text = Text(" ".join(final.text for final in self._finals))
        if self._partial:
            text.append((" " if text else "") + self._partial, style="dim italic")
        return text

    def region(self) -> RenderableType:
        """The newest words that fit on the terminal, and the status."""
        room = max(1, self._console.height - _LINES_BESIDE_WORDS)
        newest = self._words().wrap(self._console, self._console.width)[-room:]
        status = Text(f"{self._status} · {self._acked_ms / 1000:.1f} s of audio stored", style="dim")
        return Group(*newest, status)
