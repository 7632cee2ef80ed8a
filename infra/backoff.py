"""How long to wait before a failed call is repeated: one rule for the retries that tenacity runs."""

import random
from dataclasses import dataclass

from tenacity import RetryCallState

from infra.errors import Unavailable

_RETRY_AFTER_SPREAD = 0.1


@dataclass(frozen=True)
class ExponentialBackoff:
    """Exponential backoff with jitter that never comes back earlier than the failing service asked for. Fits as
    tenacity's `wait`; tenacity's own strategies know no Retry-After."""

    initial_s: float = 0.5
    """Doubled after each attempt."""
    max_s: float = 8.0
    jitter: float = 0.5
    """The share of the delay that is random, so that many callers do not come back at the same moment."""

    def __call__(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        retry_after_s = error.retry_after_s if isinstance(error, Unavailable) else None
        return self.delay_s(state.attempt_number - 1, retry_after_s, random.random())  # noqa: S311 - not a secret

    def delay_s(self, attempt: int, retry_after_s: float | None, drawn: float) -> float:
        """The delay after the attempt of this number, counted from 0. `drawn`: a random number from 0 to 1."""
        doubled_s: float = self.initial_s * 2**attempt
        backoff_s = min(doubled_s, self.max_s) * (1 - drawn * self.jitter)
        return max(backoff_s, (retry_after_s or 0.0) * (1 + drawn * self.jitter * _RETRY_AFTER_SPREAD))
