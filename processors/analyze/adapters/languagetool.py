"""LanguageTool's HTTP server as judge."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_exponential

from infra.errors import Unavailable
from infra.languagetool import LanguageToolSettings
from processors.analyze.core.grammar_rules import DISABLED_CATEGORIES, DISABLED_RULES, CheckResult, checkable, claims
from processors.analyze.core.judgement import AnswerJudgement, Judgement
from schemas.reports import Verdict
from schemas.transcripts import Answer, SessionTranscribed

_AT_ONCE = 4
_NOT_JUDGED = "Only a language model can judge whether an answer makes sense, and none was used."
_LIMITS = ("The errors were found by grammar rules, which miss many errors.", _NOT_JUDGED)


class LanguageToolJudge:
    absent = "The grammar checker did not answer, so no grammar errors were looked for."

    def __init__(self, client: httpx.AsyncClient, address: str) -> None:
        self._client = client
        self._address = address

    async def judge(self, session: SessionTranscribed) -> Judgement:
        results = await asyncio.gather(*(self._check(answer) for answer in session.answers))
        answers = tuple(
            AnswerJudgement(Verdict.NOT_JUDGED, _NOT_JUDGED, claims(answer.words, result.matches))
            for answer, result in zip(session.answers, results, strict=True)
        )
        software = results[0].software
        return Judgement("rules", f"{software.name} {software.version}", answers, limits=_LIMITS)

    @retry(
        retry=retry_if_exception_type(Unavailable),
        wait=wait_exponential(multiplier=0.5, max=2),
        stop=stop_after_attempt(4),
        reraise=True,
    )
    async def _check(self, answer: Answer) -> CheckResult:
        """Its tries span 3.5 s, in which a local server that died is up again."""
        form = {
            "language": "en-US",
            "text": checkable(answer.words),
            "disabledCategories": ",".join(DISABLED_CATEGORIES),
            "disabledRules": ",".join(DISABLED_RULES),
        }
        try:
            response = await self._client.post("/v2/check", data=form)
            response.raise_for_status()
            return CheckResult.model_validate_json(response.content)
        except (httpx.HTTPError, ValueError) as error:
            raise Unavailable(
                f"LanguageTool at {self._address} gave no usable answer ({type(error).__name__}).",
                "Check LANGUAGETOOL_URL, or that the local server runs (`rostrum ps`).",
            ) from error


@asynccontextmanager
async def language_tool_judge(settings: LanguageToolSettings, timeout_s: float) -> AsyncIterator[LanguageToolJudge]:
    client = httpx.AsyncClient(
        base_url=settings.address,
        # Waiting for a free connection is not the server's slowness.
        timeout=httpx.Timeout(timeout_s, pool=None),
        limits=httpx.Limits(max_connections=_AT_ONCE),
        # A proxy of the environment knows nothing of this machine's own ports.
        trust_env=not settings.is_local,
    )
    async with client:
        yield LanguageToolJudge(client, settings.address)
