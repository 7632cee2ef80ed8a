"""The scripted services give what the analyze stage accepts."""

import httpx
import pytest

from bench.report_overhead import ANSWERS, finished_sessions
from bench.support.stub_services import answer, app, summary
from processors.analyze.core.model_answers import AnswerOutput
from processors.analyze.core.model_summary import SummaryOutput


def test_the_model_answers_as_it_is_asked_to() -> None:
    assert AnswerOutput.model_validate(answer({"transcript": ANSWERS[0]})).errors
    assert SummaryOutput.model_validate(summary({"lessons": ["articles"]})).practise


async def test_prompts_are_told_apart_by_their_documents() -> None:
    transport = httpx.ASGITransport(app(model_s=0.0))
    async with httpx.AsyncClient(transport=transport, base_url="http://stub") as http:
        asked = {"model": "m", "messages": [{"content": '{"lessons": []}'}]}
        response = await http.post("/v1/chat/completions", json=asked)
        checked = await http.post("/v2/check")

    assert "summary" in response.json()["choices"][0]["message"]["content"]
    assert checked.json()["matches"] == []


def test_finished_sessions_hold_the_answers_with_their_words() -> None:
    (session,) = finished_sessions(1)

    assert [final.text for each in session.answers for final in each.finals] == list(ANSWERS)
    assert session.words == pytest.approx(sum(len(text.split()) for text in ANSWERS))
