"""Questions by a language model, through LangChain."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files

from pydantic import BaseModel

from infra.llm.client import Llm
from infra.llm.settings import LlmSettings
from processors.questions.core.brief import brief

_TEMPERATURE = 0.8
"""Some warmth, so that two speakers with one topic do not get the same questions."""
_MAX_TOKENS = 800
"""Twenty questions of 40 tokens."""


class QuestionList(BaseModel):
    """What the model must answer. Its name is that of the schema in the request."""

    questions: list[str]


class LlmWriter:
    def __init__(self, llm: Llm, instructions: str) -> None:
        self._llm = llm
        self._instructions = instructions

    async def write(self, topic: str | None, count: int, within_s: float) -> tuple[str, ...]:
        answer = await self._llm.ask(self._instructions, brief(topic, count), QuestionList, within_s=within_s)
        return tuple(answer.questions)


@asynccontextmanager
async def llm_writer(settings: LlmSettings) -> AsyncIterator[LlmWriter]:
    instructions = files("processors.questions").joinpath("prompts/questions-v1.txt").read_text("utf-8")
    async with Llm(settings, temperature=_TEMPERATURE, max_tokens=_MAX_TOKENS) as llm:
        yield LlmWriter(llm, instructions)
