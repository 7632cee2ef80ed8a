"""Checks of other programs: do they answer?"""

from collections.abc import Mapping

import httpx

from cli.doctor.check_result import CheckResult, failed, note, ok
from infra.clickhouse.settings import ClickHouseSettings
from infra.errors import RostrumError
from infra.kafka.topics import partition_counts
from infra.llm.settings import LlmSettings
from infra.settings import load
from local.run_file import ProcessState, RunFile
from local.stack import Stack
from schemas.topics import Topic

_TIMEOUT_S = 5.0
_NOT_RUNNING = "not running; `rostrum up` starts it"


async def check_services(stack: Stack, running: RunFile | None) -> list[CheckResult]:
    results = [await _broker(stack, running), await _languagetool(stack, running)]
    clickhouse, llm = load(ClickHouseSettings), load(LlmSettings)
    if not clickhouse.is_embedded:
        results.append(await _clickhouse(clickhouse))
    results.append(await _llm(llm))
    if running is not None:
        results.extend(_processes(running))
    return results


async def _broker(stack: Stack, running: RunFile | None) -> CheckResult:
    if stack.kafka.is_local and running is None:
        return note("broker", _NOT_RUNNING)
    try:
        counts = await partition_counts(stack.kafka)
    except RostrumError as error:
        return failed("broker", error.message, error.hint)
    missing = [stack.kafka.topic(topic) for topic in Topic if topic not in counts]
    if missing:
        return failed("broker", f"topics are missing: {', '.join(missing)}", "Create them with `rostrum topics`.")
    return ok("broker", f"{stack.kafka.address}, all topics are there")


async def _languagetool(stack: Stack, running: RunFile | None) -> CheckResult:
    if stack.languagetool.is_local and running is None:
        return note("languagetool", _NOT_RUNNING)
    address = stack.languagetool.address
    fault = await _fault(f"{address}/v2/languages")
    if fault:
        hint = "Look at DATA/logs/languagetool.log." if stack.languagetool.is_local else "Check LANGUAGETOOL_URL."
        return failed("languagetool", f"{address} {fault}", hint)
    return ok("languagetool", address)


async def _clickhouse(settings: ClickHouseSettings) -> CheckResult:
    fault = await _fault(f"{settings.url.rstrip('/')}/ping", verify=settings.ca_file or True)
    if fault:
        return failed("clickhouse", f"{settings.url} {fault}", "Check CLICKHOUSE_URL and CLICKHOUSE_CA_FILE.")
    return ok("clickhouse", settings.url)


async def _llm(settings: LlmSettings) -> CheckResult:
    if not settings.enabled:
        return note(
            "language model", "none: questions come from the bank, reports from rules", "Set LLM_BASE_URL to use one."
        )
    key = settings.api_key.get_secret_value()
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    fault = await _fault(f"{settings.base_url.rstrip('/')}/models", headers)
    if fault:
        hint = "Check LLM_BASE_URL and LLM_API_KEY. Until then the question bank and rules are used."
        return note("language model", f"{settings.base_url} {fault}", hint)
    return ok("language model", f"{settings.model} at {settings.base_url}")


def _processes(running: RunFile) -> list[CheckResult]:
    results = []
    for entry in running.processes:
        if entry.state is ProcessState.READY:
            results.append(ok(entry.name, f"running, {entry.restarts} restarts"))
        else:
            results.append(failed(entry.name, entry.state.value, f"Look at DATA/logs/{entry.name}.log."))
    return results


async def _fault(url: str, headers: Mapping[str, str] | None = None, *, verify: str | bool = True) -> str:
    """Why a GET of this address does not return 200; empty if it does."""
    try:
        async with httpx.AsyncClient(timeout=_TIMEOUT_S, verify=verify) as client:
            response = await client.get(url, headers=headers)
    except (httpx.HTTPError, OSError) as error:
        return f"does not answer ({type(error).__name__})"
    return "" if response.status_code == httpx.codes.OK else f"answers {response.status_code}"
