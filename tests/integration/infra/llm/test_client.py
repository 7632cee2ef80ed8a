"""LangChain against the scripted server, over real sockets."""

import asyncio
import time

import pytest
from pydantic import BaseModel, SecretStr

from infra.errors import Unavailable
from infra.llm.client import Llm
from infra.llm.settings import LlmSettings, ResponseFormat
from tests.support.analyze.scripted_llm import Script, ScriptedLlm
from tests.support.waiting import DEADLINE_S


class QuestionList(BaseModel):
    questions: list[str]


def settings(base_url: str, max_retries: int = 0, response_format: ResponseFormat = "json_schema") -> LlmSettings:
    return LlmSettings(
        base_url=base_url,
        model="llama",
        api_key=SecretStr("a secret"),
        request_timeout_s=DEADLINE_S,
        max_retries=max_retries,
        response_format=response_format,
    )


async def test_an_answer_in_the_schema() -> None:
    with ScriptedLlm("good") as server:
        async with Llm(settings(server.base_url), temperature=0.5, max_tokens=99) as llm:
            answer = await llm.ask("Write questions.", {"count": 3, "topic": 'a "quoted" topic'}, QuestionList)
    assert len(answer.questions) == 3
    [request] = server.requests
    assert (request["model"], request["temperature"], request["max_completion_tokens"]) == ("llama", 0.5, 99)
    assert [message["role"] for message in request["messages"]] == ["system", "user"]
    schema = request["response_format"]["json_schema"]
    assert (schema["name"], schema["strict"]) == ("QuestionList", True)


@pytest.mark.parametrize("script", ["garbage", "error", "busy", "refuse", "half"])
async def test_every_failure_is_unavailable_to_callers_and_contains_no_secret(script: str) -> None:
    with ScriptedLlm(script) as server:  # type: ignore[arg-type]  # pytest's parameters are plain strings
        async with Llm(settings(server.base_url), temperature=0, max_tokens=99) as llm:
            with pytest.raises(Unavailable) as raised:
                await llm.ask("Write.", {"count": 3}, QuestionList)
    assert "secret" not in str(raised.value)
    assert "LLM_BASE_URL" in raised.value.hint


async def test_an_answer_after_the_deadline_does_not_count() -> None:
    with ScriptedLlm("good", delay_s=30) as server:
        async with Llm(settings(server.base_url), temperature=0, max_tokens=99) as llm:
            with pytest.raises(Unavailable, match="Timeout"):
                await llm.ask("Write.", {"count": 3}, QuestionList, within_s=0.2)


async def test_a_server_that_does_not_listen_is_unavailable() -> None:
    async with Llm(settings("http://127.0.0.1:9/v1"), temperature=0, max_tokens=99) as llm:
        with pytest.raises(Unavailable, match="ConnectionError"):
            await llm.ask("Write.", {"count": 3}, QuestionList)


@pytest.mark.parametrize("script", ["garbage", "error", "half"])
async def test_temporary_failures_are_retried(script: Script) -> None:
    with ScriptedLlm(script, faults=1) as server:
        async with Llm(settings(server.base_url, max_retries=2), temperature=0, max_tokens=99) as llm:
            answer = await llm.ask("Write.", {"count": 3}, QuestionList)
    assert len(answer.questions) == 3
    assert len(server.requests) == 2


async def test_a_busy_server_gets_the_delay_it_asks_for() -> None:
    with ScriptedLlm("busy", faults=1) as server:
        async with Llm(settings(server.base_url, max_retries=2), temperature=0, max_tokens=99) as llm:
            began_s = time.monotonic()
            await llm.ask("Write.", {"count": 3}, QuestionList)
    assert time.monotonic() - began_s >= float(server.retry_after)


async def test_a_call_whose_deadline_is_sooner_than_retry_after_fails_at_once() -> None:
    with ScriptedLlm("busy") as server:
        server.retry_after = "600"
        async with Llm(settings(server.base_url, max_retries=9), temperature=0, max_tokens=99) as llm:
            with pytest.raises(Unavailable) as raised:
                await llm.ask("Write.", {"count": 3}, QuestionList, within_s=DEADLINE_S)
    assert raised.value.retry_after_s == 600
    assert len(server.requests) == 1


async def test_a_rejected_request_is_never_sent_twice() -> None:
    with ScriptedLlm("refuse") as server:
        async with Llm(settings(server.base_url, max_retries=9), temperature=0, max_tokens=99) as llm:
            with pytest.raises(Unavailable, match="400"):
                await llm.ask("Write.", {"count": 3}, QuestionList)
    assert len(server.requests) == 1


async def test_attempts_are_bounded() -> None:
    with ScriptedLlm("error") as server:
        async with Llm(settings(server.base_url, max_retries=1), temperature=0, max_tokens=99) as llm:
            with pytest.raises(Unavailable, match="500"):
                await llm.ask("Write.", {"count": 3}, QuestionList)
    assert len(server.requests) == 2


@pytest.mark.parametrize("form", ["json_object_with_schema", "json_object"])
async def test_servers_that_take_the_schema_in_another_form(form: ResponseFormat) -> None:
    with ScriptedLlm("good") as server:
        async with Llm(settings(server.base_url, response_format=form), temperature=0, max_tokens=99) as llm:
            answer = await llm.ask("Write.", {"count": 3}, QuestionList)
    assert len(answer.questions) == 3
    [request] = server.requests
    assert request["response_format"]["type"] == "json_object"
    where = request["response_format"] if form == "json_object_with_schema" else request["messages"][0]["content"]
    assert "questions" in str(where)


async def test_concurrent_requests_are_bounded() -> None:
    with ScriptedLlm("good", delay_s=0.2) as server:
        given = settings(server.base_url).model_copy(update={"max_concurrency": 2})
        async with Llm(given, temperature=0, max_tokens=99) as llm:
            await llm.ask("Write.", {"count": 1}, QuestionList)
            began_s = time.monotonic()
            await asyncio.gather(*(llm.ask("Write.", {"count": 1}, QuestionList) for _ in range(4)))
    assert time.monotonic() - began_s >= 0.4
