"""A process's log file, bounded in size, and what in it a person should see at once."""

import json
import re
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_GREATEST_BYTES = 5 * 1024 * 1024
_GREATEST_LINE_BYTES = 64 * 1024
_TAIL_LINES = 20
_NOTABLE_LEVELS = ("warning", "error", "critical")
_NOTABLE_TEXT = re.compile(r"\b(ERROR|FATAL)\b")


class LogFile:
    """Takes a process's output as it comes. Past 5 MiB the file becomes NAME.log.1, in place of the one before."""

    def __init__(self, path: Path, greatest_bytes: int = _GREATEST_BYTES) -> None:
        self.path = path
        self.tail: deque[str] = deque(maxlen=_TAIL_LINES)
        self._greatest_bytes = greatest_bytes
        self._rest = b""
        self._file: BinaryIO | None = None

    def write(self, chunk: bytes) -> list[str]:
        """Keep it; gives the lines it completes."""
        self._keep(chunk)
        *whole, self._rest = (self._rest + chunk).split(b"\n")
        # A line without an end must not fill the memory; the file has all of it.
        self._rest = self._rest[-_GREATEST_LINE_BYTES:]
        lines = [line.decode(errors="replace").rstrip() for line in whole]
        self.tail.extend(lines)
        return lines

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def _keep(self, chunk: bytes) -> None:
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("ab")
        if self._file.tell() + len(chunk) > self._greatest_bytes:
            self._file.close()
            self.path.replace(self.path.with_name(self.path.name + ".1"))
            self._file = self.path.open("ab")
        self._file.write(chunk)
        self._file.flush()


@dataclass(frozen=True)
class Notice:
    level: str
    text: str


def notable(line: str) -> Notice | None:
    """What a line says if it is a warning or an error: our stages log JSON objects with a level, Java programs text."""
    if line.startswith("{"):
        try:
            event = json.loads(line)
        except ValueError:
            return None
        level = event.pop("level", "")
        if level not in _NOTABLE_LEVELS:
            return None
        details = " ".join(f"{key}={value}" for key, value in event.items() if key not in _UNSHOWN)
        # An exception's text is many lines; the file has them.
        return Notice(level, f"{event.get('event', '')} {details}".strip().splitlines()[0])
    return Notice("error", line) if _NOTABLE_TEXT.search(line) else None


_UNSHOWN = frozenset({"event", "timestamp", "stage", "exception"})


class Quiet:
    """Lets `count` notices through in `window_s` seconds, then holds back until the window is over."""

    def __init__(self, count: int = 3, window_s: float = 30.0) -> None:
        self._count = count
        self._window_s = window_s
        self._since_s = float("-inf")
        self._shown = 0

    def admits(self, now_s: float) -> bool:
        if now_s - self._since_s >= self._window_s:
            self._since_s, self._shown = now_s, 0
        self._shown += 1
        return self._shown <= self._count
