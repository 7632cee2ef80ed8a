"""Questions by a language model, through LangChain."""

from pydantic import BaseModel

from infra.llm import LlmSettings
from infra.llm_client import Llm
from processors.questions.core.brief import brief

_TOKENS_PER_QUESTION = 40
_MOST_QUESTIONS = 20


class QuestionList(BaseModel):
    """What the model must answer. Its name is that of the schema in the request."""

    questions: list[str]


class LlmWriter:
    def __init__(self, settings: LlmSettings, instructions: str) -> None:
        # Some warmth, so that two speakers with one topic do not get the same questions.
        self._llm = Llm(settings, temperature=0.8, max_tokens=_TOKENS_PER_QUESTION * _MOST_QUESTIONS)
        self._instructions = instructions

    async def write(self, topic: str | None, count: int, within_s: float) -> tuple[str, ...]:
        answer = await self._llm.ask(self._instructions, brief(topic, count), QuestionList, within_s=within_s)
        return tuple(answer.questions)
