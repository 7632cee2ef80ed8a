"""`rostrum stream --json`: a session for a program to read."""

import json
from typing import Any

import click

from client import Outcome, Reconnecting, RostrumError, SessionObserver, SessionRefused
from client.connection import Received
from infra.clock import Clock


class JsonLines(SessionObserver):
    """Each message of the server as a line, `{"received_at_ms": Unix time, "message": {…}}`; at the end the result."""

    def __init__(self, clock: Clock) -> None:
        self._unix_offset_ms = clock.now_ms() - clock.monotonic_ms()

    def received(self, item: Received) -> None:
        self._line({"received_at_ms": item.at_ms + self._unix_offset_ms, "message": item.raw})

    def reconnecting(self, event: Reconnecting) -> None:
        """To stderr: the lines are the server's."""
        click.echo(f"{event.reason} Reconnecting in {event.after_s:.1f} s.", err=True)

    def result(self, outcome: Outcome) -> None:
        self._line({**outcome.result(), "began_at_ms": outcome.began_at_ms + self._unix_offset_ms})

    def failed(self, error: RostrumError) -> None:
        code = error.code if isinstance(error, SessionRefused) else "failed"
        self._line({"type": "result", "ok": False, "code": code, "message": error.message, "hint": error.hint})

    @staticmethod
    def _line(value: dict[str, Any]) -> None:
        click.echo(json.dumps(value, ensure_ascii=False))
