import asyncio
import json
import threading
import wave
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.stream.command import stream
from infra.errors import RostrumError
from tests.support.clients.scripted_edge import ScriptedEdge, running


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "a.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(bytes(9000))
    return path


@pytest.fixture
def edge() -> Iterator[ScriptedEdge]:
    """A scripted edge on a loop of its own: the command runs one itself."""
    edge, stop, up = ScriptedEdge(), threading.Event(), threading.Event()

    async def serve() -> None:
        async with running(edge):
            up.set()
            await asyncio.to_thread(stop.wait)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    up.wait()
    yield edge
    stop.set()
    thread.join()


def run(edge: ScriptedEdge, *arguments: str | Path) -> Result:
    options = ["--url", edge.url, "--token", "t", "--speed", "8"]
    return CliRunner().invoke(stream, [*map(str, arguments), *options])


def test_json_is_one_object_a_line_with_the_result_last(edge: ScriptedEdge, recording: Path) -> None:
    ended = run(edge, recording, "--json", "--competition", "spring", "--name", "Ada", "--questions", "3")

    assert ended.exit_code == 0
    *messages, result = map(json.loads, ended.stdout.splitlines())
    assert messages[0]["message"]["type"] == "ready"
    assert messages[-1]["message"]["type"] == "report"
    assert all(isinstance(line["received_at_ms"], int) for line in messages)
    assert result["type"] == "result"
    assert result["ok"]
    assert result["transcript"] == "good morning."
    started = edge.texts[1]
    assert (started["competition"], started["display_name"], started["questions"]) == ("spring", "Ada", 3)


def test_a_person_sees_questions_words_and_report(edge: ScriptedEdge, recording: Path) -> None:
    ended = run(edge, recording)

    assert ended.exit_code == 0
    for part in ("How are you?", "good morning.", "2 words", "Report (by rules)"):
        assert part in ended.stdout


def test_a_session_without_a_report_fails(edge: ScriptedEdge, recording: Path) -> None:
    edge.report = {"type": "report", "error": "the model was asleep"}

    ended = run(edge, recording)

    assert ended.exit_code == 1
    assert "the model was asleep" in ended.stdout


def test_a_refusal_is_the_result_in_json_and_an_error_for_a_person(edge: ScriptedEdge, recording: Path) -> None:
    edge.refusal = {"type": "error", "code": "expired", "message": "Too old.", "hint": "Take a new one.", "fatal": True}

    as_json = run(edge, recording, "--json")
    for_person = run(edge, recording)

    result = json.loads(as_json.stdout.splitlines()[-1])
    assert as_json.exit_code == 1
    assert (result["code"], result["hint"]) == ("expired", "Take a new one.")
    assert isinstance(for_person.exception, RostrumError)


def test_a_file_that_is_missing_is_told_before_anything_is_sent(edge: ScriptedEdge, tmp_path: Path) -> None:
    ended = run(edge, tmp_path / "missing.wav", "--json")

    assert ended.exit_code == 1
    assert "missing.wav" in json.loads(ended.stdout)["message"]
    assert edge.texts == []
