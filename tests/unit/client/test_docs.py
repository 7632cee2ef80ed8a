"""Each example of docs/client.md, run as it is written there."""

import inspect
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from schemas.audio import FRAME_BYTES
from tests.support.audio.speech import joined, write_wav
from tests.support.clients.scripted_edge import ScriptedEdge, running

EXAMPLES = re.findall(r"```python\n(.*?)```", Path("docs/client.md").read_text(), re.DOTALL)
REFUSAL = {"type": "error", "code": "token_expired", "message": "Too old.", "hint": "Get a new one.", "fatal": True}


class Microphone:
    """Calls back on a thread of its own, as audio libraries do."""

    def start(self, callback: Callable[[bytes], object]) -> None:
        self._on = True
        self._thread = threading.Thread(target=self._run, args=(callback,))
        self._thread.start()

    def stop(self) -> None:
        self._on = False
        self._thread.join()

    def _run(self, callback: Callable[[bytes], object]) -> None:
        while self._on:
            callback(bytes(640))
            time.sleep(0.02)


async def fetch_token() -> str:
    return "fresh"


@pytest.mark.parametrize("example", EXAMPLES, ids=[re.findall(r"async def (\w+)", each)[-1] for each in EXAMPLES])
async def test_the_example_works(example: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {}
    exec(compile(example, "docs/client.md", "exec"), names)
    function = next(value for value in names.values() if inspect.iscoroutinefunction(value))
    edge = ScriptedEdge(refusal=REFUSAL if function.__name__ == "careful" else None)
    known = {
        "token": "t",
        "fetch_token": fetch_token,
        "pcm": bytes(FRAME_BYTES),
        "chunks": [bytes(FRAME_BYTES)] * 4,
        "microphone": Microphone(),
        "path": write_wav(tmp_path / "a.wav", joined("sentence_2")),
    }

    async with running(edge):
        wanted = {name: known.get(name, edge.url) for name in inspect.signature(function).parameters}
        await function(**wanted)

    printed = capsys.readouterr().out
    if function.__name__ == "careful":
        assert printed == "token_expired Too old. Get a new one.\n"
        return
    assert edge.audio
    assert edge.order[-1] == "end"
    if function.__name__ == "first_session":
        assert "['How are you?']" in printed
        assert "good morning.\n2 words" in printed
    if function.__name__ == "play":
        assert "good morning." in printed
        assert printed.endswith("complete\n")


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 8
