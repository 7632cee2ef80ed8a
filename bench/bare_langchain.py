"""The model calls of reports and nothing else: LangChain as its documentation shows it, without retries or checks."""

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

from langchain_openai import ChatOpenAI
from pydantic import BaseModel, SecretStr

from processors.analyze.adapters.llm import ANSWER_PROMPT, SUMMARY_PROMPT
from processors.analyze.core.answers import spoken_session
from processors.analyze.core.model_answers import AnswerOutput, answer_input
from processors.analyze.core.model_summary import SummaryOutput
from schemas.transcripts import SessionTranscribed

_MIN_PROBABILITY = 0.5
_SUMMED_UP: dict[str, Any] = {"verdicts": [], "errors": [], "lessons": []}


class BareLangChain:
    """The prompts and documents that the analyze stage sends: one call per answer, concurrently, then the summary's."""

    def __init__(self, base_url: str, sessions_at_once: int) -> None:
        chat = ChatOpenAI(  # type: ignore[call-arg]  # pydantic's plugin does not see its aliases
            base_url=base_url, model="scripted", api_key=SecretStr("none"), max_retries=0, temperature=0
        )
        self._answers = chat.with_structured_output(AnswerOutput, method="json_schema", strict=True)
        self._summary = chat.with_structured_output(SummaryOutput, method="json_schema", strict=True)
        self._instructions = {name: _instructions(name) for name in (ANSWER_PROMPT, SUMMARY_PROMPT)}
        self._free = asyncio.Semaphore(sessions_at_once)

    async def run(self, sessions: Sequence[SessionTranscribed]) -> float:
        """Seconds for all of them."""
        began_s = time.monotonic()
        await asyncio.gather(*(self._session(session) for session in sessions))
        return time.monotonic() - began_s

    async def _session(self, session: SessionTranscribed) -> None:
        async with self._free:
            spoken = spoken_session(session, _MIN_PROBABILITY)
            documents = [answer_input(spoken, answer, _MIN_PROBABILITY) for answer in spoken.usable_answers]
            calls = (self._answers.ainvoke(self._messages(ANSWER_PROMPT, document)) for document in documents)
            responses = [*await asyncio.gather(*calls)]
            responses.append(await self._summary.ainvoke(self._messages(SUMMARY_PROMPT, _SUMMED_UP)))
        assert all(isinstance(one, BaseModel) for one in responses)

    def _messages(self, prompt: str, document: Mapping[str, Any]) -> list[tuple[str, str]]:
        return [("system", self._instructions[prompt]), ("human", json.dumps(document))]


def _instructions(name: str) -> str:
    return files("processors.analyze").joinpath(f"prompts/{name}.txt").read_text("utf-8")
