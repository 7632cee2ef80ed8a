"""Classifies a failed call of a language model: whether to retry it, and how long to wait first."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import openai

from infra.errors import Unavailable

_RETRYABLE_STATUSES = frozenset({408, 409, 425, 429})
"""Statuses below 500 that do not blame the request itself: timeout, conflict, too early, too many requests."""


class AnswerTruncated(Exception):
    """The answer reached the maximum length, and would do so again."""


class LlmFailure(Unavailable):
    """The model gave no usable answer."""

    retryable: bool
    """Whether the same request may succeed later."""

    def __init__(self, kind: str, *, retryable: bool, retry_after_s: float | None = None) -> None:
        super().__init__(
            f"The language model gave no usable answer ({kind}).",
            "Check LLM_BASE_URL, LLM_MODEL, LLM_API_KEY and the model server's log.",
            retry_after_s=retry_after_s,
        )
        self.kind = kind
        self.retryable = retryable


def classify(error: Exception, now: datetime | None = None) -> LlmFailure:
    """Timeouts, lost connections, 429 and 5xx may be temporary; a request that the server rejects will always be
    rejected. An answer that is incomplete or does not match the schema may be better the next time, unless it was
    truncated at the maximum length."""
    kind = type(error).__name__
    if isinstance(error, openai.APIStatusError):
        status = error.status_code
        return LlmFailure(
            f"{kind}, status {status}",
            retryable=status >= 500 or status in _RETRYABLE_STATUSES,
            retry_after_s=_retry_after_s(error.response.headers, now or datetime.now(UTC)),
        )
    if isinstance(error, openai.APIConnectionError):
        # Includes timeouts.
        return LlmFailure(kind, retryable=True)
    if isinstance(error, openai.OpenAIError):
        return LlmFailure(kind, retryable=False)
    return LlmFailure(kind, retryable=isinstance(error, ValueError))


def _retry_after_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """RFC 9110, 10.2.3: seconds, or a date."""
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(value) - now).total_seconds())
    except (TypeError, ValueError):
        # Invalid, or a date without a time zone: treated as if the header were absent.
        return None
