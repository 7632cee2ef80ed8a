"""A language model as judge, through LangChain."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files

from infra.llm import LlmSettings
from infra.llm_client import Llm
from processors.analyze.core.judgement import Judgement
from processors.analyze.core.model_judge import SessionJudgement, document, judgement
from schemas.transcripts import SessionTranscribed

_TEMPERATURE = 0.0
_MAX_TOKENS = 4096


class LlmJudge:
    absent = "The language model gave no usable judgement, so this report was made by rules."

    def __init__(self, llm: Llm, instructions: str, floor: float, deadline_s: float) -> None:
        self._llm = llm
        self._instructions = instructions
        self._floor = floor
        self._deadline_s = deadline_s

    async def judge(self, session: SessionTranscribed) -> Judgement:
        shown = document(session, self._floor)
        said = await self._llm.ask(self._instructions, shown, SessionJudgement, within_s=self._deadline_s)
        return judgement(said, session, self._llm.model)


@asynccontextmanager
async def llm_judge(settings: LlmSettings, floor: float, deadline_s: float) -> AsyncIterator[LlmJudge]:
    instructions = files("processors.analyze").joinpath("prompts/judge-v1.txt").read_text("utf-8")
    async with Llm(settings, temperature=_TEMPERATURE, max_tokens=_MAX_TOKENS) as llm:
        yield LlmJudge(llm, instructions, floor, deadline_s)
