"""`rostrum demo`: the whole of it, on ports of its own beside a running stack."""

from pathlib import Path

from cli.accuracy import word_error_rate
from tests.support.speech import joined, write_wav
from tests.support.stack import Stack


def test_the_demo_shows_everything_and_leaves_nothing(stack: Stack, tmp_path: Path) -> None:
    speech = joined("sentence_5")
    file = write_wav(tmp_path / "mine.wav", speech, 44_100)

    run = stack.rostrum("demo", str(file), timeout_s=90, TRANSCRIBE_MODEL="")

    assert run.returncode == 0, run.stdout + run.stderr
    for part in ("Questions", "words in", "Report", "Leaderboard"):
        assert part in run.stdout
    transcript = run.stdout.split("Transcript\n")[1].splitlines()[0]
    assert word_error_rate(speech.text, transcript) <= 0.15
    assert not [path for path in stack.data.iterdir() if path.name.startswith("demo")]
    assert stack.ready()
