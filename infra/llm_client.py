"""LangChain to an OpenAI-compatible endpoint. Import it only where a model is set: it costs 2 s and 93 MB."""

import asyncio
import json
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self, TypeVar

from langchain_openai import ChatOpenAI
from openai import DefaultAsyncHttpxClient
from pydantic import BaseModel, SecretStr

from infra.errors import Unavailable
from infra.llm import LlmSettings

AnswerT = TypeVar("AnswerT", bound=BaseModel)


class Llm:
    """A language model that answers in a given schema. Its connections are closed when its block ends."""

    def __init__(self, settings: LlmSettings, *, temperature: float, max_tokens: int) -> None:
        self.model = settings.model
        self._timeout_s = settings.timeout_s
        # LangChain's own HTTP client is shared by the whole process and never closed.
        self._http = DefaultAsyncHttpxClient(timeout=settings.timeout_s)
        self._chat = ChatOpenAI(
            http_async_client=self._http,
            base_url=settings.base_url,
            model=settings.model,
            # Local servers want no key, but the client refuses to start without one.
            api_key=SecretStr(settings.api_key.get_secret_value() or "none"),
            timeout=settings.timeout_s,
            max_retries=settings.retries,
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
        said goes in `document`, which is sent as JSON, apart from the instructions. Raises Unavailable if no such
        answer came within `within_s` seconds (default: one request's timeout)."""
        structured = self._chat.with_structured_output(answer, method="json_schema", strict=True)
        messages = [("system", instructions), ("human", json.dumps(document, ensure_ascii=False))]
        try:
            async with asyncio.timeout(within_s or self._timeout_s):
                reply = await structured.ainvoke(messages)
        except Exception as error:
            # The boundary to a foreign program, whose answer may break the client's code in any place.
            raise _unavailable(type(error).__name__) from error
        if not isinstance(reply, answer):
            raise _unavailable("NoAnswer")
        return reply


def _unavailable(kind: str) -> Unavailable:
    return Unavailable(
        f"The language model gave no usable answer ({kind}).", "Check LLM_BASE_URL, LLM_MODEL, LLM_API_KEY and its log."
    )
