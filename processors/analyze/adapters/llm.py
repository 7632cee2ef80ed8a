"""A language model as teacher, through LangChain: one call per answer, all at once, then one for the summary."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from importlib.resources import files
from typing import Any, TypeVar

from langchain_core.callbacks import get_usage_metadata_callback
from pydantic import BaseModel

from infra.errors import Unavailable
from infra.llm.client import Llm
from infra.llm.settings import LlmSettings
from processors.analyze import metrics
from processors.analyze.core.curriculum import Curriculum
from processors.analyze.core.heard import HeardSession
from processors.analyze.core.judgement import Closing, Judged, Usage
from processors.analyze.core.model_answers import JudgedAnswer, answer_document, is_cut, judged_answer
from processors.analyze.core.model_summary import SessionSummary, suggestions_of, summary_document, summary_of
from schemas.reports import AnswerReport, Measures

SaidT = TypeVar("SaidT", bound=BaseModel)

ANSWER_PROMPT = "answer-v1"
SUMMARY_PROMPT = "summary-v1"
_TEMPERATURE = 0.0
_MAX_TOKENS = 3072


class LlmModel:
    def __init__(self, llm: Llm, lessons: Curriculum, floor: float) -> None:
        self._llm = llm
        self._lessons = lessons
        self._floor = floor
        self._instructions = {name: _instructions(name) for name in (ANSWER_PROMPT, SUMMARY_PROMPT)}

    async def judge(self, session: HeardSession, within_s: float) -> Judged:
        documents = [answer_document(session, answer, self._floor) for answer in session.usable]
        calls = (self._ask(ANSWER_PROMPT, document, JudgedAnswer, within_s) for document in documents)
        replies = await asyncio.gather(*calls, return_exceptions=True)
        said: list[JudgedAnswer | None] = []
        usage = Usage()
        for reply in replies:
            if isinstance(reply, BaseException):
                if not isinstance(reply, Unavailable):
                    raise reply
                said.append(None)
            else:
                said.append(reply[0])
                usage += reply[1]
        if not any(said):
            raise next(reply for reply in replies if isinstance(reply, Unavailable))
        return Judged(
            model=self._llm.model,
            answers=tuple(
                judged_answer(one, answer) if one else None for one, answer in zip(said, session.usable, strict=True)
            ),
            usage=usage,
            prompt=ANSWER_PROMPT,
            cut=any(is_cut(answer) for answer in session.usable),
        )

    async def sum_up(self, answers: Sequence[AnswerReport], measures: Measures, within_s: float) -> Closing:
        document = summary_document(answers, measures, self._lessons)
        said, usage = await self._ask(SUMMARY_PROMPT, document, SessionSummary, within_s)
        summary = summary_of(said)
        if not summary:
            raise Unavailable("The language model gave no usable summary.", "Check LLM_MODEL and its log.")
        return Closing(summary, suggestions_of(said, answers, self._lessons), usage, SUMMARY_PROMPT)

    async def _ask(
        self, prompt: str, document: Mapping[str, Any], answer: type[SaidT], within_s: float
    ) -> tuple[SaidT, Usage]:
        began = time.monotonic()
        try:
            with get_usage_metadata_callback() as counted:
                said = await self._llm.ask(self._instructions[prompt], document, answer, within_s=within_s)
        except Unavailable:
            metrics.MODEL_CALLS.labels(prompt, "failed").inc()
            raise
        took_s = time.monotonic() - began
        tokens = counted.usage_metadata.values()
        usage = Usage(
            calls=1,
            prompt_tokens=sum(one["input_tokens"] for one in tokens),
            completion_tokens=sum(one["output_tokens"] for one in tokens),
            model_ms=round(took_s * 1000),
        )
        metrics.MODEL_CALLS.labels(prompt, "answered").inc()
        metrics.MODEL_SECONDS.labels(prompt).observe(took_s)
        metrics.MODEL_TOKENS.labels("prompt").inc(usage.prompt_tokens)
        metrics.MODEL_TOKENS.labels("completion").inc(usage.completion_tokens)
        return said, usage


def _instructions(name: str) -> str:
    return files("processors.analyze").joinpath(f"prompts/{name}.txt").read_text("utf-8")


@asynccontextmanager
async def llm_model(settings: LlmSettings, lessons: Curriculum, floor: float) -> AsyncIterator[LlmModel]:
    async with Llm(settings, temperature=_TEMPERATURE, max_tokens=_MAX_TOKENS) as llm:
        yield LlmModel(llm, lessons, floor)
