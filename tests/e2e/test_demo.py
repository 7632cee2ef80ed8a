"""`rostrum demo`: the whole of it, on ports of its own beside a running stack."""

import signal
import subprocess
from pathlib import Path

import psutil

from client.accuracy import word_error_rate
from tests.support.audio.speech import joined, write_wav
from tests.support.processes.stack import ROSTRUM, Stack
from tests.support.waiting import DEADLINE_S, wait_until


def test_the_demo_shows_everything_and_leaves_nothing(stack: Stack, tmp_path: Path) -> None:
    speech = joined("sentence_5")
    file = write_wav(tmp_path / "mine.wav", speech, 44_100)

    run = stack.rostrum("demo", str(file))

    assert run.returncode == 0, run.stdout + run.stderr
    for part in ("Questions", "words in", "Report", "Leaderboard"):
        assert part in run.stdout
    transcript = run.stdout.split("Transcript\n")[1].splitlines()[0]
    assert word_error_rate(speech.text, transcript) <= 0.15
    assert not [path for path in stack.data.iterdir() if path.name.startswith("demo")]
    wait_until(stack.ready, "the first stack is ready")


def test_ctrl_c_takes_the_demos_stack_down(stack: Stack, tmp_path: Path) -> None:
    env = stack.env | {"ROSTRUM_DATA": str(tmp_path)}
    demo = subprocess.Popen([ROSTRUM, "demo"], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert demo.stdout is not None
    for line in demo.stdout:
        if "kafka is ready" in line:
            break
    children = psutil.Process(demo.pid).children(recursive=True)

    demo.send_signal(signal.SIGINT)
    _, errors = demo.communicate(timeout=DEADLINE_S)

    assert demo.returncode == 1
    assert "Stopped before it was done" in errors
    assert "Traceback" not in errors
    assert psutil.wait_procs(children, timeout=DEADLINE_S)[1] == []
    assert list(tmp_path.iterdir()) == []
