"""LanguageTool's HTTP server as grammar checker."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import httpx
from tenacity import retry, retry_if_exception, stop_after_attempt, wait_exponential

from infra.errors import Unavailable
from infra.languagetool import LanguageToolSettings
from infra.telemetry import get_logger
from processors.analyze import metrics
from processors.analyze.core.grammar_rules import DISABLED_CATEGORIES, DISABLED_RULES, CheckResult, checkable, claims
from processors.analyze.core.heard import Heard
from processors.analyze.core.judgement import Checked


def _may_come_back(error: BaseException) -> bool:
    """A server that is down or just starting; one that is too slow would only be made slower."""
    if isinstance(error, httpx.HTTPStatusError):
        return error.response.status_code >= 500
    return isinstance(error, httpx.TransportError) and not isinstance(error, httpx.TimeoutException)


class LanguageTool:
    def __init__(self, client: httpx.AsyncClient, address: str) -> None:
        self._client = client
        self._address = address

    async def check(self, answers: Sequence[Heard]) -> Checked:
        with metrics.CHECKER_SECONDS.time():
            # One after another: a check takes tens of milliseconds and a processor of the server's to itself.
            results = [await self._check(answer) for answer in answers]
        found = tuple(
            claims(answer.fluent.words, result.matches) for answer, result in zip(answers, results, strict=True)
        )
        software = results[0].software
        return Checked(f"{software.name} {software.version}", found)

    async def warm_up(self) -> None:
        """LanguageTool reads its rules with the first check, which takes seconds: better now than with the first
        session."""
        try:
            await self._post({"language": "en-US", "text": "This is a first sentence."})
        except httpx.HTTPError as error:
            get_logger("languagetool").warning("does not answer yet", error=type(error).__name__)

    async def _check(self, answer: Heard) -> CheckResult:
        form = {
            "language": "en-US",
            "text": checkable(answer.fluent.words),
            "disabledCategories": ",".join(DISABLED_CATEGORIES),
            "disabledRules": ",".join(DISABLED_RULES),
        }
        try:
            return CheckResult.model_validate_json(await self._post(form))
        except (httpx.HTTPError, ValueError) as error:
            raise Unavailable(
                f"LanguageTool at {self._address} gave no usable answer ({type(error).__name__}).",
                "Check LANGUAGETOOL_URL, or that the local server runs (`rostrum ps`).",
            ) from error

    @retry(
        retry=retry_if_exception(_may_come_back),
        wait=wait_exponential(multiplier=0.5),
        stop=stop_after_attempt(4),
        reraise=True,
    )
    async def _post(self, form: dict[str, str]) -> bytes:
        """The tries span 3.5 s, in which a local server that died is up again. Raises httpx.HTTPError."""
        response = await self._client.post("/v2/check", data=form)
        response.raise_for_status()
        return response.content


@asynccontextmanager
async def language_tool(settings: LanguageToolSettings, timeout_s: float) -> AsyncIterator[LanguageTool]:
    client = httpx.AsyncClient(
        base_url=settings.address,
        timeout=timeout_s,
        # A proxy of the environment knows nothing of this machine's own ports.
        trust_env=not settings.is_local,
    )
    async with client:
        checker = LanguageTool(client, settings.address)
        warming = asyncio.create_task(checker.warm_up())
        try:
            yield checker
        finally:
            warming.cancel()
            await asyncio.wait((warming,))
