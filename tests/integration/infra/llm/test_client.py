"""LangChain against the scripted server, over real sockets."""

import asyncio
import time

import pytest
from pydantic import BaseModel, SecretStr

from infra.errors import Unavailable
from infra.llm.client import Llm
from infra.llm.settings import LlmSettings, Structured
from tests.support.analyze.scripted_llm import Script, ScriptedLlm


class QuestionList(BaseModel):
    questions: list[str]


def settings(base_url: str, retries: int = 0, structured: Structured = "json_schema") -> LlmSettings:
    return LlmSettings(
        base_url=base_url,
        model="llama",
        api_key=SecretStr("a secret"),
        timeout_s=5.0,
        retries=retries,
        structured=structured,
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
async def test_every_failure_is_the_same_to_callers_and_tells_no_secret(script: str) -> None:
    with ScriptedLlm(script) as server:  # type: ignore[arg-type]  # pytest's parameters are plain strings
        async with Llm(settings(server.base_url), temperature=0, max_tokens=99) as llm:
            with pytest.raises(Unavailable) as raised:
                await llm.ask("Write.", {"count": 3}, QuestionList)
    assert "secret" not in str(raised.value)
    assert "LLM_BASE_URL" in raised.value.hint


async def test_an_answer_that_comes_too_late_is_none() -> None:
    with ScriptedLlm("good", delay_s=30) as server:
        async with Llm(settings(server.base_url), temperature=0, max_tokens=99) as llm:
            with pytest.raises(Unavailable, match="Timeout"):
                await llm.ask("Write.", {"count": 3}, QuestionList, within_s=0.2)


async def test_nobody_listens() -> None:
    async with Llm(settings("http://127.0.0.1:9/v1"), temperature=0, max_tokens=99) as llm:
        with pytest.raises(Unavailable, match="ConnectionError"):
            await llm.ask("Write.", {"count": 3}, QuestionList)


@pytest.mark.parametrize("script", ["garbage", "error", "half"])
async def test_what_may_pass_is_asked_again(script: Script) -> None:
    with ScriptedLlm(script, faults=1) as server:
        async with Llm(settings(server.base_url, retries=2), temperature=0, max_tokens=99) as llm:
            answer = await llm.ask("Write.", {"count": 3}, QuestionList)
    assert len(answer.questions) == 3
    assert len(server.requests) == 2


async def test_a_busy_server_is_left_alone_for_as_long_as_it_asks() -> None:
    with ScriptedLlm("busy", faults=1) as server:
        async with Llm(settings(server.base_url, retries=2), temperature=0, max_tokens=99) as llm:
            began_s = time.monotonic()
            await llm.ask("Write.", {"count": 3}, QuestionList)
    assert time.monotonic() - began_s >= float(server.retry_after)


async def test_who_cannot_wait_as_long_as_a_busy_server_asks_gives_up_at_once() -> None:
    with ScriptedLlm("busy") as server:
        server.retry_after = "600"
        async with Llm(settings(server.base_url, retries=9), temperature=0, max_tokens=99) as llm:
            with pytest.raises(Unavailable) as raised:
                await llm.ask("Write.", {"count": 3}, QuestionList, within_s=20)
    assert raised.value.retry_after_s == 600
    assert len(server.requests) == 1


async def test_a_wrong_request_is_never_sent_twice() -> None:
    with ScriptedLlm("refuse") as server:
        async with Llm(settings(server.base_url, retries=9), temperature=0, max_tokens=99) as llm:
            with pytest.raises(Unavailable, match="400"):
                await llm.ask("Write.", {"count": 3}, QuestionList)
    assert len(server.requests) == 1


async def test_tries_are_bounded() -> None:
    with ScriptedLlm("error") as server:
        async with Llm(settings(server.base_url, retries=1), temperature=0, max_tokens=99) as llm:
            with pytest.raises(Unavailable, match="500"):
                await llm.ask("Write.", {"count": 3}, QuestionList)
    assert len(server.requests) == 2


@pytest.mark.parametrize("form", ["json_object_with_schema", "json_object"])
async def test_servers_that_know_other_forms_of_a_schema(form: Structured) -> None:
    with ScriptedLlm("good") as server:
        async with Llm(settings(server.base_url, structured=form), temperature=0, max_tokens=99) as llm:
            answer = await llm.ask("Write.", {"count": 3}, QuestionList)
    assert len(answer.questions) == 3
    [request] = server.requests
    assert request["response_format"]["type"] == "json_object"
    where = request["response_format"] if form == "json_object_with_schema" else request["messages"][0]["content"]
    assert "questions" in str(where)


async def test_only_so_many_requests_at_once() -> None:
    with ScriptedLlm("good", delay_s=0.2) as server:
        given = settings(server.base_url).model_copy(update={"max_concurrency": 2})
        async with Llm(given, temperature=0, max_tokens=99) as llm:
            await llm.ask("Write.", {"count": 1}, QuestionList)
            began_s = time.monotonic()
            await asyncio.gather(*(llm.ask("Write.", {"count": 1}, QuestionList) for _ in range(4)))
    assert time.monotonic() - began_s >= 0.4
