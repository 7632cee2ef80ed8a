"""What a failed call of a language model means: whether to ask again, and how long to wait before."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import openai

_MAY_PASS = frozenset({408, 409, 425, 429})
"""Statuses below 500 that say nothing against the request itself: too slow, in conflict, too early, too many."""
_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 8.0


class AnswerCut(Exception):
    """The answer reached the greatest length it may have, and would again."""


@dataclass(frozen=True)
class Trouble:
    """`again`: the same request may succeed later, but not before `retry_after_s` seconds if the server said so."""

    kind: str
    again: bool
    retry_after_s: float | None = None


def trouble(error: Exception, now: datetime | None = None) -> Trouble:
    """Timeouts, lost connections, 429 and 5xx may pass; a request that the server calls wrong will always be. An answer
    that is none (half of it, or not in the schema) may come out better the next time, unless it was cut at the greatest
    length it may have."""
    kind = type(error).__name__
    if isinstance(error, openai.APIStatusError):
        status = error.status_code
        wait_s = _retry_after_s(error.response.headers, now or datetime.now(UTC))
        return Trouble(f"{kind}, status {status}", again=status >= 500 or status in _MAY_PASS, retry_after_s=wait_s)
    if isinstance(error, openai.APIConnectionError):
        # Timeouts among them.
        return Trouble(kind, again=True)
    if isinstance(error, openai.OpenAIError):
        return Trouble(kind, again=False)
    return Trouble(kind, again=isinstance(error, ValueError))


def pause_s(attempt: int, retry_after_s: float | None, share: float) -> float:
    """How long to wait after the attempt of this number, counted from 0. Doubled each time; `share`, 0 to 1 at random,
    takes off up to half, so that many callers do not come back at once. Never less than the server asked for."""
    doubled_s: float = _FIRST_PAUSE_S * 2**attempt
    backoff_s = min(doubled_s, _LONGEST_PAUSE_S) * (1 - share / 2)
    return max(backoff_s, (retry_after_s or 0.0) * (1 + share / 10))


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
        # Nonsense, or a date without a zone: as if it said nothing.
        return None
