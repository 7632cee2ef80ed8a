"""A whole local stack, started as a user starts it, for end-to-end tests."""

import os
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from infra.identity import IdentitySettings, development_token, login_secret
from infra.samples import WHISPER_MICRO
from infra.settings import LocalSettings
from local import die_with_parent
from local.run_file import ProcessEntry, ProcessState, running_stack
from local.stages import STAGES
from local.tcp_ports import free_port
from tests.support.waiting import DEADLINE_S, wait_until

ROSTRUM = Path(sys.executable).with_name("rostrum")
PORTS = ("EDGE_PORT", "EDGE_PLAIN_PORT", "ANALYTICS_PORT", "KAFKA_PORT", "LANGUAGETOOL_PORT")
PROCESSES = {"kafka", "languagetool", *STAGES}


@dataclass
class Stack:
    """`rostrum up` on free ports and with its own data. `env`: the environment of its commands."""

    data: Path
    env: dict[str, str]
    up: subprocess.Popen[bytes]
    log: Path
    start_s: float = 0.0

    @property
    def url(self) -> str:
        return f"wss://localhost:{self.env['EDGE_PORT']}/v1/stream"

    @property
    def api(self) -> str:
        return f"http://localhost:{self.env['ANALYTICS_PORT']}/api"

    def tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.data / "tls" / "ca.pem")

    def rostrum(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run a `rostrum` command against this stack."""
        return subprocess.run([ROSTRUM, *arguments], env=self.env | env, capture_output=True, text=True, check=False)

    def processes(self) -> dict[str, ProcessEntry]:
        """As in the run file; empty while there is none."""
        run = running_stack(self.data)
        return {entry.name: entry for entry in run.processes} if run else {}

    def token(self, user: str) -> str:
        secret = login_secret(IdentitySettings(), LocalSettings(data=self.data))
        return development_token(secret, user)

    def get(self, path: str, token: str) -> httpx.Response:
        return httpx.get(f"{self.api}{path}", headers={"Authorization": f"Bearer {token}"}, timeout=DEADLINE_S)

    def leaderboard(self, competition: str, token: str) -> dict[str, int]:
        """Number of words by user."""
        entries = self.get(f"/competitions/{competition}/leaderboard", token).raise_for_status().json()["entries"]
        return {entry["user_id"]: entry["words"] for entry in entries}

    def kill(self, name: str) -> int:
        """SIGKILL one process; returns the pid it had."""
        mark = self.processes()[name].mark
        assert mark is not None, f"{name} does not run"
        os.kill(mark.pid, signal.SIGKILL)
        return mark.pid

    def ready(self) -> bool:
        if self.up.poll() is not None:
            raise AssertionError(f"rostrum up ended with {self.up.returncode}:\n{self.tail()}")
        run = running_stack(self.data)
        return run is not None and run.ready and all(entry.state is ProcessState.READY for entry in run.processes)

    def ready_again(self, name: str, killed: int) -> bool:
        """Whether all processes are ready, and this one has been restarted."""
        mark = self.processes()[name].mark
        return mark is not None and mark.pid != killed and self.ready()

    def tail(self) -> str:
        return self.log.read_text(errors="replace")[-4000:]

    def stop(self, number: signal.Signals = signal.SIGINT) -> float:
        """Signal `rostrum up` to stop; returns the seconds it took."""
        began_s = time.monotonic()
        self.up.send_signal(number)
        self.up.wait(DEADLINE_S)
        return time.monotonic() - began_s


def environment(data: Path, **more: str) -> dict[str, str]:
    """Settings of a stack that shares nothing with any other."""
    own = {name: str(free_port()) for name in PORTS}
    return os.environ | own | {"ROSTRUM_DATA": str(data), "TRANSCRIBE_MODEL": str(WHISPER_MICRO)} | more


@contextmanager
def stack_running(data: Path, *arguments: str, **more: str) -> Iterator[Stack]:
    """A ready stack while the block runs. `arguments`: of `rostrum up`; `more`: further settings."""
    env = environment(data, **more)
    data.mkdir(parents=True, exist_ok=True)
    log = data / "up.log"
    # The stack is killed with the tests.
    wrapper = [sys.executable, "-I", "-S", die_with_parent.__file__, str(os.getpid())]
    with log.open("wb") as output:
        command = [*wrapper, str(ROSTRUM), "up", *arguments]
        up = subprocess.Popen(command, env=env, stdout=output, stderr=output, start_new_session=True)
    stack = Stack(data, env, up, log)
    try:
        stack.start_s = wait_until(stack.ready, "every process is ready")
        yield stack
    finally:
        if up.poll() is None:
            stack.stop(signal.SIGTERM)
