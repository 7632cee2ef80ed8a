"""LanguageTool's HTTP server as the grammar checker.

Quirk hidden here: its offsets count UTF-16 code units, as Java's strings do."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import httpx
from pydantic import BaseModel
from tenacity import retry, retry_if_exception, stop_after_attempt, wait_exponential

from infra.errors import Unavailable
from infra.languagetool import LanguageToolSettings
from infra.telemetry import get_logger
from processors.analyze import metrics
from processors.analyze.core.answers import SpokenAnswer
from processors.analyze.core.assessment import GrammarFindings
from processors.analyze.core.grammar_rules import (
    DISABLED_CATEGORIES,
    DISABLED_RULES,
    RuleMatch,
    checked_text,
    findings_from,
)


class _Category(BaseModel):
    id: str


class _Rule(BaseModel):
    id: str
    issueType: str = ""  # noqa: N815 - LanguageTool's name
    category: _Category


class _Replacement(BaseModel):
    value: str


class _Match(BaseModel):
    message: str
    shortMessage: str = ""  # noqa: N815 - LanguageTool's name
    offset: int
    length: int
    replacements: tuple[_Replacement, ...]
    rule: _Rule


class _Software(BaseModel):
    name: str
    version: str


class LanguageToolResponse(BaseModel):
    """The fields that are used of a response of `/v2/check`."""

    software: _Software
    matches: tuple[_Match, ...]

    @property
    def checker(self) -> str:
        return f"{self.software.name} {self.software.version}"

    def rule_matches(self, text: str) -> tuple[RuleMatch, ...]:
        """The matches in the text that was checked."""
        return tuple(
            RuleMatch(
                message=match.message,
                short_message=match.shortMessage,
                begin=_character_index(text, match.offset),
                end=_character_index(text, match.offset + match.length),
                replacements=tuple(replacement.value for replacement in match.replacements),
                rule=match.rule.id,
                category=match.rule.category.id,
                issue_type=match.rule.issueType,
            )
            for match in self.matches
        )


def _character_index(text: str, utf16_units: int) -> int:
    return len(text.encode("utf-16-le")[: 2 * utf16_units].decode("utf-16-le", errors="ignore"))


def _is_transient(error: BaseException) -> bool:
    """True for a server that is down or starting, but not for a timeout: retries would slow a busy server further."""
    if isinstance(error, httpx.HTTPStatusError):
        return error.response.status_code >= 500
    return isinstance(error, httpx.TransportError) and not isinstance(error, httpx.TimeoutException)


class LanguageTool:
    """`processors.analyze.ports.GrammarChecker`."""

    def __init__(self, client: httpx.AsyncClient, address: str) -> None:
        self._client = client
        self._address = address

    async def check(self, answers: Sequence[SpokenAnswer]) -> GrammarFindings:
        with metrics.LANGUAGETOOL_DURATION_SECONDS.time():
            # One at a time: a check takes tens of milliseconds and keeps one of the server's processors busy.
            checked = [await self._check(answer) for answer in answers]
        return GrammarFindings(
            checked[0].checker,
            tuple(
                findings_from(answer.fluent.words, response.rule_matches(checked_text(answer.fluent.words)))
                for answer, response in zip(answers, checked, strict=True)
            ),
        )

    async def warm_up(self) -> None:
        """LanguageTool loads its rules with the first check, which takes seconds. This check comes before the first
        session's."""
        try:
            await self._post({"language": "en-US", "text": "This is a first sentence."})
        except httpx.HTTPError as error:
            get_logger("languagetool").warning("warm-up failed", error=type(error).__name__)

    async def _check(self, answer: SpokenAnswer) -> LanguageToolResponse:
        form = {
            "language": "en-US",
            "text": checked_text(answer.fluent.words),
            "disabledCategories": ",".join(DISABLED_CATEGORIES),
            "disabledRules": ",".join(DISABLED_RULES),
        }
        try:
            return LanguageToolResponse.model_validate_json(await self._post(form))
        except (httpx.HTTPError, ValueError) as error:
            raise Unavailable(
                f"LanguageTool at {self._address} gave no usable answer ({type(error).__name__}).",
                "Check LANGUAGETOOL_URL, or whether the local server is running (`rostrum ps`).",
            ) from error

    @retry(
        retry=retry_if_exception(_is_transient),
        wait=wait_exponential(multiplier=0.5),
        stop=stop_after_attempt(4),
        reraise=True,
    )
    async def _post(self, form: dict[str, str]) -> bytes:
        """The attempts span 3.5 s, enough for a local server that died to be restarted. Raises httpx.HTTPError."""
        response = await self._client.post("/v2/check", data=form)
        response.raise_for_status()
        return response.content


@asynccontextmanager
async def language_tool(settings: LanguageToolSettings, timeout_s: float) -> AsyncIterator[LanguageTool]:
    client = httpx.AsyncClient(
        base_url=settings.address,
        timeout=timeout_s,
        # A proxy from the environment cannot reach this machine's own ports.
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
