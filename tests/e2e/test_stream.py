"""`rostrum stream`, on recordings that are in no repository."""

import json
from pathlib import Path
from typing import Any

from client.accuracy import word_error_rate
from tests.support.audio.speech import joined, write_wav
from tests.support.processes.stack import Stack


def lines(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


def test_two_recordings_answer_two_questions(stack: Stack, tmp_path: Path) -> None:
    first, second = joined("sentence_3", "sentence_2"), joined("unseen_voice")
    files = [
        write_wav(tmp_path / "first.wav", first, 48_000, channels=2),
        write_wav(tmp_path / "second.wav", second, 22_050),
    ]

    run = stack.rostrum("stream", *map(str, files), "--json", "--competition", "stream", "--name", "Dora")

    assert run.returncode == 0, run.stderr
    *messages, result = lines(run.stdout)
    assert result["ok"]
    assert result["frames_acked"] == result["frames_sent"]
    assert word_error_rate(f"{first.text} {second.text}", result["transcript"]) <= 0.15
    finals = [line["message"] for line in messages if line["message"]["type"] == "final"]
    assert {final["question"] for final in finals} == {1, 2}
    assert all(line["received_at_ms"] >= result["began_at_ms"] - 5000 for line in messages)
    report = next(line["message"]["report"] for line in messages if line["message"]["type"] == "report")
    assert [answer["question"] for answer in report["answers"]] == list(range(1, 11))
    assert [answer["question"] for answer in report["answers"] if answer["transcript"]] == [1, 2]


def test_a_rejected_token_is_reported_with_the_servers_hint(stack: Stack, tmp_path: Path) -> None:
    file = write_wav(tmp_path / "a.wav", joined("sentence_2"))

    run = stack.rostrum("stream", str(file), "--token", "not.a.token")

    assert run.returncode != 0
    assert "Token" in run.stderr or "token" in run.stderr
    assert "Traceback" not in run.stderr


def test_without_a_stack_the_hint_names_rostrum_ps(stack: Stack, tmp_path: Path) -> None:
    file = write_wav(tmp_path / "a.wav", joined("sentence_2"))

    run = stack.rostrum("stream", str(file), "--json", "--url", "wss://localhost:9/v1/stream")

    assert run.returncode != 0
    (result,) = lines(run.stdout)
    assert not result["ok"]
    assert "rostrum ps" in result["hint"]
