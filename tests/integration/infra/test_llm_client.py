"""LangChain against the scripted server, over real sockets."""

import pytest
from pydantic import BaseModel, SecretStr

from infra.errors import Unavailable
from infra.llm import LlmSettings
from infra.llm_client import Llm
from tests.support.llm_server import ScriptedLlm


class QuestionList(BaseModel):
    questions: list[str]


def settings(base_url: str) -> LlmSettings:
    return LlmSettings(base_url=base_url, model="llama", api_key=SecretStr("a secret"), timeout_s=5.0, retries=0)


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


@pytest.mark.parametrize("script", ["garbage", "error"])
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
