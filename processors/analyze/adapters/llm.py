"""A language model as the assessor, through LangChain: one call per answer, all at once, then one for the summary."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from importlib.resources import files
from typing import Any, TypeVar

from langchain_core.callbacks import get_usage_metadata_callback

from infra.errors import Unavailable
from infra.llm.client import Llm
from infra.llm.settings import LlmSettings
from processors.analyze import metrics
from processors.analyze.core.answers import SpokenSession
from processors.analyze.core.assessment import Assessments, LlmUsage, SessionSummary
from processors.analyze.core.curriculum import Curriculum
from processors.analyze.core.model_answers import AnswerOutput, answer_input, assessment_from, is_truncated
from processors.analyze.core.model_output import ModelOutput
from processors.analyze.core.model_summary import SummaryOutput, suggestions_from, summary_input, summary_text
from schemas.reports import AnswerReport, Measures

OutputT = TypeVar("OutputT", bound=ModelOutput)

ANSWER_PROMPT = "answer-v1"
SUMMARY_PROMPT = "summary-v1"
_TEMPERATURE = 0.0
_MAX_TOKENS = 3072


class LlmAssessor:
    """`processors.analyze.ports.LanguageModel`."""

    def __init__(self, llm: Llm, curriculum: Curriculum, min_word_probability: float) -> None:
        self._llm = llm
        self._curriculum = curriculum
        self._min_word_probability = min_word_probability
        self._prompts = {name: _read_prompt(name) for name in (ANSWER_PROMPT, SUMMARY_PROMPT)}

    async def assess(self, session: SpokenSession, timeout_s: float) -> Assessments:
        answers = session.usable_answers
        documents = [answer_input(session, answer, self._min_word_probability) for answer in answers]
        calls = (self._ask(ANSWER_PROMPT, document, AnswerOutput, timeout_s) for document in documents)
        results = await asyncio.gather(*calls, return_exceptions=True)
        outputs: list[AnswerOutput | None] = []
        usage = LlmUsage()
        for result in results:
            if isinstance(result, BaseException):
                if not isinstance(result, Unavailable):
                    raise result
                outputs.append(None)
            else:
                outputs.append(result[0])
                usage += result[1]
        if not any(outputs):
            raise next(result for result in results if isinstance(result, Unavailable))
        return Assessments(
            model=self._llm.model,
            answers=tuple(
                assessment_from(output, answer) if output else None
                for output, answer in zip(outputs, answers, strict=True)
            ),
            usage=usage,
            prompt=ANSWER_PROMPT,
            truncated=any(is_truncated(answer) for answer in answers),
        )

    async def summarise(self, answers: Sequence[AnswerReport], measures: Measures, timeout_s: float) -> SessionSummary:
        document = summary_input(answers, measures, self._curriculum)
        output, usage = await self._ask(SUMMARY_PROMPT, document, SummaryOutput, timeout_s)
        text = summary_text(output)
        if not text:
            raise Unavailable("The language model gave no usable summary.", "Check LLM_MODEL and the server's log.")
        return SessionSummary(text, suggestions_from(output, answers, self._curriculum), usage, SUMMARY_PROMPT)

    async def _ask(
        self, prompt: str, document: Mapping[str, Any], schema: type[OutputT], timeout_s: float
    ) -> tuple[OutputT, LlmUsage]:
        began_s = time.monotonic()
        try:
            with get_usage_metadata_callback() as counted:
                output = await self._llm.ask(self._prompts[prompt], document, schema, within_s=timeout_s)
        except Unavailable:
            metrics.LLM_REQUESTS.labels(prompt, "failed").inc()
            raise
        took_s = time.monotonic() - began_s
        tokens = counted.usage_metadata.values()
        usage = LlmUsage(
            calls=1,
            prompt_tokens=sum(one["input_tokens"] for one in tokens),
            completion_tokens=sum(one["output_tokens"] for one in tokens),
            model_ms=round(took_s * 1000),
        )
        metrics.LLM_REQUESTS.labels(prompt, "answered").inc()
        metrics.LLM_REQUEST_DURATION_SECONDS.labels(prompt).observe(took_s)
        metrics.LLM_TOKENS.labels("prompt").inc(usage.prompt_tokens)
        metrics.LLM_TOKENS.labels("completion").inc(usage.completion_tokens)
        return output, usage


def _read_prompt(name: str) -> str:
    return files("processors.analyze").joinpath(f"prompts/{name}.txt").read_text("utf-8")


@asynccontextmanager
async def llm_assessor(
    settings: LlmSettings, curriculum: Curriculum, min_word_probability: float
) -> AsyncIterator[LlmAssessor]:
    async with Llm(settings, temperature=_TEMPERATURE, max_tokens=_MAX_TOKENS) as llm:
        yield LlmAssessor(llm, curriculum, min_word_probability)
