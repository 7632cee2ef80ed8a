"""What `rostrum up` shows at the terminal."""

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from local.log_file import RateLimiter
from local.run_file import StackAddresses

_SHOWN_LINES = 5


@dataclass(frozen=True)
class Welcome:
    """What a person needs once the stack is up."""

    addresses: StackAddresses
    token: str
    recogniser: str
    llm: str
    """Empty if none is set."""
    logs: Path
    left_out: Sequence[str] = ()
    """Stages that are left to be run by hand."""


class Terminal:
    """Shows what happens to the stack."""

    def __init__(self, welcome: Welcome, console: Console | None = None) -> None:
        self._welcome = welcome
        self._console = console or Console(soft_wrap=True, highlight=False)
        self._limiters: dict[str, RateLimiter] = defaultdict(RateLimiter)

    def starting(self, names: list[str], ended: list[str]) -> None:
        if ended:
            self._print(f"Ended processes that a killed `rostrum up` had left behind: {', '.join(ended)}.", "yellow")
        self._print(f"Starting {', '.join(names)} …", "dim")

    def waiting(self, reasons: dict[str, str]) -> None:
        late = "; ".join(f"{name} ({reason})" for name, reason in reasons.items())
        self._print(f"Still waiting for {late}. Logs: {self._welcome.logs}", "dim")

    def up(self) -> None:
        shown = self._welcome
        llm = shown.llm or "none (set LLM_BASE_URL): questions come from the bank, reports from rules"
        self._print("Rostrum is up. Ctrl-C stops it.", "bold green")
        for what, value in (
            ("Page", f"{shown.addresses.page}/#token={shown.token}"),
            ("Clients", shown.addresses.edge),
            ("On this machine", shown.addresses.edge_plain),
            ("Token", shown.token),
            ("Recogniser", shown.recogniser),
            ("Language model", llm),
            ("Logs", str(shown.logs)),
            ("Left out", ", ".join(f"{stage} (`rostrum run {stage}`)" for stage in shown.left_out)),
        ):
            if value:
                self._print(f"  {what + ':':<17}{value}")
        self._print("In another terminal: rostrum stream FILE, rostrum ps, rostrum logs -f, rostrum stop", "dim")

    def logged(self, name: str, level: str, text: str) -> None:
        if self._limiters[name].allows(time.monotonic()):
            self._print(f"{name}: {level}: {text}", "yellow" if level == "warning" else "red")

    def exited(self, name: str, code: int, tail: list[str], restart_in_s: float) -> None:
        how = f"was killed by signal {-code}" if code < 0 else f"ended with status {code}"
        log = self._welcome.logs / f"{name}.log"
        self._print(f"{name} {how}; restarting it in {restart_in_s:g} s. Log: {log}", "red")
        if code > 0:
            for line in tail[-_SHOWN_LINES:]:
                self._print(f"  {line}", "dim")

    def stopping(self) -> None:
        self._print("Stopping …", "dim")

    def _print(self, text: str, style: str = "") -> None:
        self._console.print(text, style=style, markup=False)
