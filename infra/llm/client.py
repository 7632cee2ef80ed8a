"""LangChain to an OpenAI-compatible endpoint. Import it only where a model is set: it costs 2 s and 93 MB."""

import asyncio
import json
import random
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self, TypeVar

from langchain_openai import ChatOpenAI
from openai import DefaultAsyncHttpxClient
from pydantic import BaseModel, SecretStr

from infra.errors import Unavailable
from infra.llm.errors import AnswerCut, Trouble, pause_s, trouble
from infra.llm.schema import Constraint, constraint
from infra.llm.settings import LlmSettings
from infra.telemetry import get_logger

AnswerT = TypeVar("AnswerT", bound=BaseModel)


class Llm:
    """A language model that answers in a given schema. Its connections are closed when its block ends."""

    def __init__(self, settings: LlmSettings, *, temperature: float, max_tokens: int) -> None:
        self.model = settings.model
        self._timeout_s = settings.request_timeout_s
        self._retries = settings.max_retries
        self._form = settings.response_format
        self._constraints: dict[type[BaseModel], Constraint] = {}
        self._free = asyncio.Semaphore(settings.max_concurrency)
        # LangChain's own HTTP client is shared by the whole process and never closed.
        self._http = DefaultAsyncHttpxClient(timeout=settings.request_timeout_s)
        self._chat = ChatOpenAI(
            http_async_client=self._http,
            base_url=settings.base_url,
            model=settings.model,
            # Local servers want no key, but the client refuses to start without one.
            api_key=SecretStr(settings.api_key.get_secret_value() or "none"),
            timeout=settings.request_timeout_s,
            # Its own tries again know neither our deadline nor a broken answer.
            max_retries=0,
            temperature=temperature,
            max_tokens=max_tokens,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def ask(
        self, instructions: str, document: Mapping[str, Any], answer: type[AnswerT], *, within_s: float | None = None
    ) -> AnswerT:
        """One answer, constrained by the server to the schema and checked against it here. Whatever a person typed or
        said goes in `document`, which is sent as JSON, apart from the instructions. A failure that may pass is tried
        again while there is time. Raises Unavailable if no such answer came within `within_s` seconds (default: one
        request's timeout)."""
        within_s = within_s or self._timeout_s
        deadline_s = asyncio.get_running_loop().time() + within_s
        try:
            async with asyncio.timeout(within_s):
                return await self._ask(instructions, document, answer, deadline_s)
        except TimeoutError as error:
            raise _unavailable(Trouble("Timeout", again=True)) from error

    async def _ask(
        self, instructions: str, document: Mapping[str, Any], answer: type[AnswerT], deadline_s: float
    ) -> AnswerT:
        attempt = 0
        while True:
            try:
                async with self._free:
                    return await self._once(instructions, document, answer)
            except Exception as error:
                # The boundary to a foreign program, whose answer may break the client's code in any place.
                met = trouble(error)
                wait_s = pause_s(attempt, met.retry_after_s, random.random())  # noqa: S311 - no secret hangs on it
                late = asyncio.get_running_loop().time() + wait_s >= deadline_s
                if late or not met.again or attempt >= self._retries:
                    raise _unavailable(met) from error
            get_logger("llm").info("asking again", kind=met.kind, delay_s=round(wait_s, 2))
            await asyncio.sleep(wait_s)
            attempt += 1

    async def _once(self, instructions: str, document: Mapping[str, Any], answer: type[AnswerT]) -> AnswerT:
        """Raises whatever the client raises, AnswerCut, or ValueError for an answer that does not follow the schema."""
        if answer not in self._constraints:
            self._constraints[answer] = constraint(answer, self._form)
        form = self._constraints[answer]
        messages = [("system", instructions + form.told), ("human", json.dumps(document, ensure_ascii=False))]
        # As an extra field of the body: given as its own, the client walks through the whole schema with every call, to
        # find names that it should translate, which takes longer than all else it does.
        reply = await self._chat.ainvoke(messages, extra_body={"response_format": form.response_format})
        if reply.response_metadata.get("finish_reason") == "length":
            raise AnswerCut
        return answer.model_validate_json(reply.text)


def _unavailable(met: Trouble) -> Unavailable:
    return Unavailable(
        f"The language model gave no usable answer ({met.kind}).",
        "Check LLM_BASE_URL, LLM_MODEL, LLM_API_KEY and its log.",
        retry_after_s=met.retry_after_s,
    )
