"""The README's client, taken out of it and run as it is written there."""

import re
import subprocess
import sys
from pathlib import Path

from tests.support.audio.speech import joined, write_wav
from tests.support.processes.stack import Stack


def test_the_client_of_the_readme_works(stack: Stack, tmp_path: Path) -> None:
    block = re.search(r"```python\n(.*?)```", Path("README.md").read_text(), re.DOTALL)
    assert block
    client = tmp_path / "client.py"
    client.write_text(block.group(1))
    recording = write_wav(tmp_path / "mine.wav", joined("sentence_4"), 16_000)
    url = f"ws://127.0.0.1:{stack.env['EDGE_PLAIN_PORT']}/v1/stream"

    run = subprocess.run(
        [sys.executable, str(client), url, stack.token("readme"), str(recording)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stderr
    kinds = [kind for kind in ("questions", "final", "summary", "report") if f"'type': '{kind}'" in run.stdout]
    assert kinds == ["questions", "final", "summary", "report"]
