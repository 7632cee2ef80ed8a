"""LanguageTool's HTTP server as judge."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from tenacity import retry, retry_if_exception, stop_after_attempt, wait_exponential

from infra.errors import Unavailable
from infra.languagetool import LanguageToolSettings
from infra.telemetry import get_logger
from processors.analyze.core.grammar_rules import DISABLED_CATEGORIES, DISABLED_RULES, CheckResult, checkable, claims
from processors.analyze.core.judgement import AnswerJudgement, Judgement
from schemas.reports import Verdict
from schemas.transcripts import Answer, SessionTranscribed

_NOT_JUDGED = "Only a language model can judge whether an answer makes sense, and none was used."
_LIMITS = ("The errors were found by grammar rules, which miss many errors.", _NOT_JUDGED)


def _may_come_back(error: BaseException) -> bool:
    """A server that is down or just starting; one that is too slow would only be made slower."""
    if isinstance(error, httpx.HTTPStatusError):
        return error.response.status_code >= 500
    return isinstance(error, httpx.TransportError) and not isinstance(error, httpx.TimeoutException)


class LanguageToolJudge:
    absent = "The grammar checker did not answer, so no grammar errors were looked for."

    def __init__(self, client: httpx.AsyncClient, address: str) -> None:
        self._client = client
        self._address = address

    async def judge(self, session: SessionTranscribed) -> Judgement:
        # One after another: a check takes tens of milliseconds and a processor of the server's to itself.
        results = [await self._check(answer) for answer in session.answers]
        answers = tuple(
            AnswerJudgement(Verdict.NOT_JUDGED, _NOT_JUDGED, claims(answer.words, result.matches))
            for answer, result in zip(session.answers, results, strict=True)
        )
        software = results[0].software
        return Judgement("rules", f"{software.name} {software.version}", answers, limits=_LIMITS)

    async def warm_up(self) -> None:
        """LanguageTool reads its rules with the first check, which takes seconds: better now than with the first
        session."""
        try:
            await self._post({"language": "en-US", "text": "This is a first sentence."})
        except httpx.HTTPError as error:
            get_logger("languagetool").warning("does not answer yet", error=type(error).__name__)

    async def _check(self, answer: Answer) -> CheckResult:
        form = {
            "language": "en-US",
            "text": checkable(answer.words),
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
async def language_tool_judge(settings: LanguageToolSettings, timeout_s: float) -> AsyncIterator[LanguageToolJudge]:
    client = httpx.AsyncClient(
        base_url=settings.address,
        timeout=timeout_s,
        # A proxy of the environment knows nothing of this machine's own ports.
        trust_env=not settings.is_local,
    )
    async with client:
        judge = LanguageToolJudge(client, settings.address)
        warming = asyncio.create_task(judge.warm_up())
        try:
            yield judge
        finally:
            warming.cancel()
            await asyncio.wait((warming,))
