"""A line that says how far a long command has come, on stderr: results alone go to stdout."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.text import Text

_EVERY_S = 10.0
"""Between two lines where there is no terminal to redraw one on."""


class ProgressLine:
    """On a terminal one line that changes; elsewhere a new line now and then."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True, highlight=False, soft_wrap=True)
        self._status = self._console.status("")
        self._shown_s = float("-inf")

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._status.stop()

    @contextmanager
    def hidden(self) -> Iterator[None]:
        """While results are printed: on a terminal both go to the same line."""
        self._status.stop()
        yield
        if self._console.is_terminal:
            self._status.start()

    def show(self, text: str) -> None:
        if self._console.is_terminal:
            self._status.update(Text(text))
        elif time.monotonic() - self._shown_s >= _EVERY_S:
            self._shown_s = time.monotonic()
            self._console.print(text, markup=False)
