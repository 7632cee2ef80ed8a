"""Retries without a limit. They show in logs, metrics and /readyz."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import ParamSpec, TypeVar, cast

import tenacity

from analytics import metrics
from infra.errors import Unavailable
from infra.health import Health
from infra.telemetry import get_logger

P = ParamSpec("P")
ResultT = TypeVar("ResultT")

_FIRST_WAIT_S = 0.2
_MAX_WAIT_S = 5.0


class Retry:
    """Retries with exponential backoff for as long as Unavailable is raised; the process is not ready meanwhile. Raises
    Unavailable only once `stopping` is set."""

    def __init__(self, stopping: asyncio.Event, health: Health, first_wait_s: float = _FIRST_WAIT_S) -> None:
        self._stopping = stopping
        self._health = health
        self._first_wait_s = first_wait_s

    @property
    def stopping(self) -> bool:
        return self._stopping.is_set()

    async def __call__(
        self, part: str, work: Callable[P, Awaitable[ResultT]], *args: P.args, **kwargs: P.kwargs
    ) -> ResultT:
        """The result of `work`. `part` names the service in logs, metrics and the reasons at `/readyz`."""

        def report(state: tenacity.RetryCallState) -> None:
            reason = str(state.outcome.exception() if state.outcome else "")
            metrics.RETRIES.labels(part).inc()
            self._health.not_ready(part, reason)
            get_logger("retry").warning(
                "attempt failed, retrying", part=part, attempt=state.attempt_number, reason=reason
            )

        retrying = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception_type(Unavailable),
            wait=tenacity.wait_random_exponential(multiplier=self._first_wait_s, max=_MAX_WAIT_S),
            stop=lambda _state: self.stopping,
            sleep=self._sleep,
            before_sleep=report,
            reraise=True,
        )
        # tenacity's types lose the result's type.
        result = cast(ResultT, await retrying(work, *args, **kwargs))
        self._health.ready(part)
        return result

    async def _sleep(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return
