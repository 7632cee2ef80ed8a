"""A process's log file, limited in size, and the lines in it that are shown at the terminal.

Not logging.handlers.RotatingFileHandler: that takes log records of text, one at a time, while a process's output is
bytes that arrive in arbitrary chunks and must be kept as they are."""

import json
import re
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_MAX_BYTES = 5 * 1024 * 1024
_MAX_LINE_BYTES = 64 * 1024
_TAIL_LINES = 20
_PROBLEM_LEVELS = ("warning", "error", "critical")
_PROBLEM_TEXT = re.compile(r"\b(ERROR|FATAL)\b")
_HIDDEN_FIELDS = frozenset({"event", "timestamp", "stage", "exception"})


class LogFile:
    """Keeps a process's output. Past 5 MiB the file is renamed to NAME.log.1 and replaces the previous one."""

    def __init__(self, path: Path, max_bytes: int = _MAX_BYTES) -> None:
        self.path = path
        self.tail: deque[str] = deque(maxlen=_TAIL_LINES)
        self._max_bytes = max_bytes
        self._incomplete = b""
        self._file: BinaryIO | None = None

    def write(self, chunk: bytes) -> list[str]:
        """Append the chunk; returns the lines that it completes."""
        self._append(chunk)
        *complete, self._incomplete = (self._incomplete + chunk).split(b"\n")
        # A line without an end must not fill the memory; the file contains all of it.
        self._incomplete = self._incomplete[-_MAX_LINE_BYTES:]
        lines = [line.decode(errors="replace").rstrip() for line in complete]
        self.tail.extend(lines)
        return lines

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def _append(self, chunk: bytes) -> None:
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("ab")
        if self._file.tell() + len(chunk) > self._max_bytes:
            self._file.close()
            self.path.replace(self.path.with_name(self.path.name + ".1"))
            self._file = self.path.open("ab")
        self._file.write(chunk)
        self._file.flush()


@dataclass(frozen=True)
class LoggedProblem:
    level: str
    text: str


def parse_problem(line: str) -> LoggedProblem | None:
    """The warning or error in a line, if it is one: stages log JSON objects with a level, Java programs log text."""
    if line.startswith("{"):
        try:
            event = json.loads(line)
        except ValueError:
            return None
        level = event.pop("level", "")
        if level not in _PROBLEM_LEVELS:
            return None
        details = " ".join(f"{key}={value}" for key, value in event.items() if key not in _HIDDEN_FIELDS)
        # The first line only: an exception's text has many, which are in the file.
        return LoggedProblem(level, f"{event.get('event', '')} {details}".strip().splitlines()[0])
    return LoggedProblem("error", line) if _PROBLEM_TEXT.search(line) else None


class RateLimiter:
    """Allows `count` events per window of `window_s` seconds."""

    def __init__(self, count: int = 3, window_s: float = 30.0) -> None:
        self._count = count
        self._window_s = window_s
        self._window_began_s = float("-inf")
        self._seen = 0

    def allows(self, now_s: float) -> bool:
        if now_s - self._window_began_s >= self._window_s:
            self._window_began_s, self._seen = now_s, 0
        self._seen += 1
        return self._seen <= self._count
