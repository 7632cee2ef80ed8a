"""`rostrum logs`: what the stack's processes logged."""

import json
import time
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

import click

from cli.running import data_folder, data_option
from infra.errors import RostrumError

_EVERY_S = 0.3
_SUFFIX = ".log"
_SHOWN_TIME = len("2026-05-01T09:30:00.000")


@click.command()
@click.argument("name", required=False)
@click.option("-f", "--follow", is_flag=True, help="Go on printing what is logged, until Ctrl-C.")
@click.option("-n", "--lines", type=click.IntRange(0), default=20, show_default=True, help="How many of each process.")
@click.option("--raw", is_flag=True, help="Lines as they are in the file: JSON from the stages.")
@data_option
def logs(name: str | None, follow: bool, lines: int, raw: bool, data: Path | None) -> None:
    """Print the newest log lines of the stack's processes, or of the one called NAME.

    The files are DATA/logs/NAME.log; `rostrum ps` lists the names.

    \b
    Examples:
      rostrum logs
      rostrum logs edge -n 100 -f
      rostrum logs transcribe --raw | jq .event
    """
    files = _files(data_folder(data) / "logs", name)
    prefix = max(len(file.stem) for file in files) if len(files) > 1 else 0
    tails = [LogTail(file, prefix, raw=raw) for file in files]
    try:
        for tail in tails:
            _print(tail.last(lines))
        while follow:
            for tail in tails:
                _print(tail.new())
            time.sleep(_EVERY_S)
    except KeyboardInterrupt:
        pass
    finally:
        for tail in tails:
            tail.close()


def _print(lines: Iterator[str]) -> None:
    for line in lines:
        click.echo(line)


def _files(folder: Path, name: str | None) -> Sequence[Path]:
    """All logs, or those of a process, or of a stage that has several."""
    found = sorted(folder.glob(f"*{_SUFFIX}"), key=lambda file: file.stem)
    if not found:
        raise RostrumError(f"There are no logs in {folder}.", "Start a stack with `rostrum up`, or name its --data.")
    wanted = [file for file in found if name is None or file.stem == name or file.stem.startswith(f"{name}-")]
    if not wanted:
        names = ", ".join(file.stem for file in found)
        raise RostrumError(f"{folder} holds no log of {name}.", f"There are {names}.")
    return wanted


class LogTail:
    """Reads a log file's end, and what is added; begins again when it was rotated."""

    def __init__(self, path: Path, prefix: int, *, raw: bool) -> None:
        self._path = path
        self._prefix = f"{path.stem:<{prefix}} | " if prefix else ""
        self._raw = raw
        self._file: TextIO = path.open(encoding="utf-8", errors="replace")
        self._rest = ""

    def last(self, count: int) -> Iterator[str]:
        yield from map(self._shown, deque(self._lines(), maxlen=count))

    def new(self) -> Iterator[str]:
        yield from map(self._shown, self._lines())
        if self._is_rotated():
            self._file.close()
            self._file = self._path.open(encoding="utf-8", errors="replace")
            yield from map(self._shown, self._lines())

    def close(self) -> None:
        self._file.close()

    def _lines(self) -> Iterator[str]:
        """Whole ones: what has no end yet is kept for the next time."""
        while chunk := self._file.readline():
            self._rest += chunk
            if self._rest.endswith("\n"):
                yield self._rest.rstrip("\n")
                self._rest = ""

    def _is_rotated(self) -> bool:
        try:
            return self._path.stat().st_size < self._file.tell()
        except FileNotFoundError:
            return False

    def _shown(self, line: str) -> str:
        return self._prefix + (line if self._raw else readable(line))


def readable(line: str) -> str:
    """A stage's JSON as a line for a person; any other line as it is."""
    if not line.startswith("{"):
        return line
    try:
        entry = json.loads(line)
    except ValueError:
        return line
    exception = entry.pop("exception", "")
    at, level, event = (str(entry.pop(key, "")) for key in ("timestamp", "level", "event"))
    entry.pop("stage", None)
    fields = " ".join(f"{key}={value}" for key, value in entry.items())
    time_of_day = at[:_SHOWN_TIME].replace("T", " ")
    shown = " ".join(part for part in (time_of_day, f"{level:<8}", event, fields) if part)
    return f"{shown}\n{exception}" if exception else shown
