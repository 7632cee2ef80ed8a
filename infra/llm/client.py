"""LangChain client of an OpenAI-compatible endpoint. Import it only where a model is set: it costs 2 s and 93 MB."""

import asyncio
import json
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self, TypeVar

from langchain_openai import ChatOpenAI
from openai import DefaultAsyncHttpxClient
from pydantic import BaseModel, SecretStr
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt, stop_before_delay

from infra.backoff import ExponentialBackoff
from infra.llm.errors import AnswerTruncated, LlmFailure, classify
from infra.llm.schema import Constraint, constraint
from infra.llm.settings import LlmSettings
from infra.telemetry import get_logger

AnswerT = TypeVar("AnswerT", bound=BaseModel)


class Llm:
    """A language model that answers in a given schema. A context manager: leaving it closes the connections."""

    def __init__(self, settings: LlmSettings, *, temperature: float, max_tokens: int) -> None:
        self.model = settings.model
        self._timeout_s = settings.request_timeout_s
        self._max_retries = settings.max_retries
        self._response_format = settings.response_format
        self._constraints: dict[type[BaseModel], Constraint] = {}
        self._slots = asyncio.Semaphore(settings.max_concurrency)
        # LangChain's own HTTP client is shared by the whole process and never closed.
        self._http = DefaultAsyncHttpxClient(timeout=settings.request_timeout_s)
        self._chat = ChatOpenAI(  # type: ignore[call-arg]  # pydantic's plugin does not see its aliases
            http_async_client=self._http,
            base_url=settings.base_url,
            model=settings.model,
            # Local servers need no key, but the client does not start without one.
            api_key=SecretStr(settings.api_key.get_secret_value() or "none"),
            timeout=settings.request_timeout_s,
            # Its own retries respect no deadline and do not cover invalid answers.
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
        """One answer, constrained to the schema by the server and validated against it here. Anything a user typed or
        said goes into `document`, which is sent as JSON, separate from the instructions. Temporary failures are retried
        while there is time. Raises LlmFailure if there is no valid answer within `within_s` seconds (default: the
        timeout of one request)."""
        within_s = within_s or self._timeout_s
        retrying = AsyncRetrying(
            retry=retry_if_exception(lambda error: isinstance(error, LlmFailure) and error.retryable),
            stop=stop_after_attempt(self._max_retries + 1) | stop_before_delay(within_s),
            wait=ExponentialBackoff(),
            before_sleep=_log_retry,
            reraise=True,
        )
        try:
            async with asyncio.timeout(within_s):
                result: AnswerT = await retrying(self._attempt, instructions, document, answer)
                return result
        except TimeoutError as error:
            raise LlmFailure("Timeout", retryable=True) from error

    async def _attempt(self, instructions: str, document: Mapping[str, Any], answer: type[AnswerT]) -> AnswerT:
        """Raises LlmFailure."""
        try:
            async with self._slots:
                return await self._request(instructions, document, answer)
        except Exception as error:
            # Every exception: a response from a foreign program may break the client's code anywhere.
            raise classify(error) from error

    async def _request(self, instructions: str, document: Mapping[str, Any], answer: type[AnswerT]) -> AnswerT:
        """Raises any of the client's exceptions, AnswerTruncated, or ValueError for an answer that does not match the
        schema."""
        if answer not in self._constraints:
            self._constraints[answer] = constraint(answer, self._response_format)
        form = self._constraints[answer]
        messages = [("system", instructions + form.instructions), ("human", json.dumps(document, ensure_ascii=False))]
        # Passed as an extra field of the body: as a named argument, the client would walk the whole schema with every
        # call to look for names to translate, which takes longer than everything else it does.
        reply = await self._chat.ainvoke(messages, extra_body={"response_format": form.response_format})
        if reply.response_metadata.get("finish_reason") == "length":
            raise AnswerTruncated
        return answer.model_validate_json(reply.text)


def _log_retry(state: RetryCallState) -> None:
    failure = state.outcome.exception() if state.outcome else None
    kind = failure.kind if isinstance(failure, LlmFailure) else ""
    get_logger("llm").info("retry scheduled", kind=kind, delay_s=round(state.upcoming_sleep, 2))
