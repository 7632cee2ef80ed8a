"""Questions from a language model, through LangChain."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files

from pydantic import BaseModel

from infra.llm.client import Llm
from infra.llm.settings import LlmSettings
from processors.questions.core.model_input import model_input

_TEMPERATURE = 0.8
"""High enough that two sessions on one topic do not get the same questions."""
_MAX_TOKENS = 800
"""Twenty questions of 40 tokens."""


class QuestionList(BaseModel):
    """The schema of the model's output. The class's name is the schema's name in the request."""

    questions: list[str]


class LlmQuestionWriter:
    """`processors.questions.ports.QuestionWriter`."""

    def __init__(self, llm: Llm, prompt: str) -> None:
        self._llm = llm
        self._prompt = prompt

    async def write(self, topic: str | None, count: int, timeout_s: float) -> tuple[str, ...]:
        output = await self._llm.ask(self._prompt, model_input(topic, count), QuestionList, within_s=timeout_s)
        return tuple(output.questions)


@asynccontextmanager
async def llm_question_writer(settings: LlmSettings) -> AsyncIterator[LlmQuestionWriter]:
    prompt = files("processors.questions").joinpath("prompts/questions-v1.txt").read_text("utf-8")
    async with Llm(settings, temperature=_TEMPERATURE, max_tokens=_MAX_TOKENS) as llm:
        yield LlmQuestionWriter(llm, prompt)
