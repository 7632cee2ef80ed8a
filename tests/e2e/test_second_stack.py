"""A second stack beside the first, with a language model from a script; at last it is stopped with Ctrl-C."""

import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.support.analyze.scripted_llm import NOBODY_SAID, SUMMARY, Script, ScriptedLlm
from tests.support.audio.speech import joined
from tests.support.clients.protocol_client import speak
from tests.support.processes.stack import Stack, stack_running
from tests.support.waiting import DEADLINE_S, wait_until

STOP_S = 15
PATIENT = {"EDGE_ADMISSION_MAX_LAG_S": "0", "QUESTIONS_LLM_DEADLINE_S": str(DEADLINE_S)}
"""However slow this machine is, sessions may begin and a model that answers well is waited for."""


@dataclass
class Judged:
    """A stack and the language model that judges its sessions."""

    stack: Stack
    llm: ScriptedLlm

    async def session(self, script: Script) -> tuple[dict[str, Any], dict[str, Any]]:
        """Questions and report of a short session under a script of the model."""
        self.llm.script = script
        speech = joined("sentence_2", "sentence_3")  # Longer than the model is waited for.
        token = self.stack.token(f"judged-{script}")
        heard = await speak(self.stack.url, token, speech.pcm, tls=self.stack.tls(), questions=3)
        assert heard.close_code == 1000
        (questions,) = heard.of("questions")
        (report,) = heard.of("report")
        return questions, report["report"]


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory, stack: Stack) -> Iterator[Judged]:
    folder: Path = tmp_path_factory.mktemp("judged")
    with (
        ScriptedLlm() as llm,
        stack_running(folder, LLM_BASE_URL=llm.base_url, SESSION_GRACE_S="6", **PATIENT) as second,
    ):
        wait_until(stack.ready, "the first stack is ready")
        yield Judged(second, llm)


async def test_a_working_model_writes_questions_and_report(judged: Judged) -> None:
    questions, report = await judged.session("good")

    assert questions["source"] == "llm"
    assert len(questions["questions"]) == 3
    assert report["engine"] == "llm"
    assert report["summary"] == SUMMARY
    assert [answer["question"] for answer in report["answers"]] == [1, 2, 3]
    assert [bool(answer["errors"]) for answer in report["answers"]] == [True, False, False]


async def test_an_invented_quote_is_dropped(judged: Judged) -> None:
    _, report = await judged.session("misquote")

    assert report["engine"] == "llm"
    quotes = [error["quote"] for answer in report["answers"] for error in answer["errors"]]
    assert quotes
    assert NOBODY_SAID not in quotes


@pytest.mark.parametrize("script", ["garbage", "error"])
async def test_a_failing_model_is_replaced_by_question_bank_and_rules(judged: Judged, script: Script) -> None:
    questions, report = await judged.session(script)

    assert questions["source"] == "bank"
    assert report["engine"] == "rules"
    assert report["answers"]


def test_ctrl_c_stops_the_whole_stack_in_time(judged: Judged) -> None:
    stack = judged.stack
    children = psutil.Process(stack.up.pid).children(recursive=True)
    assert len(children) >= 7

    took_s = stack.stop(signal.SIGINT)

    print(f"stopped in {took_s:.1f} s")  # noqa: T201 - shown by `pytest -rP`
    assert stack.up.returncode == 0, stack.tail()
    assert took_s <= max(STOP_S, stack.start_s), "no longer than promised, or than it took to start on a busy machine"
    _, alive = psutil.wait_procs(children, timeout=DEADLINE_S)
    assert alive == []
    assert "Traceback" not in stack.log.read_text(errors="replace")
