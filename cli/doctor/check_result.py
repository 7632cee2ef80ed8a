"""What a check of `rostrum doctor` finds."""

from dataclasses import dataclass
from enum import Enum


class CheckStatus(Enum):
    OK = "ok"
    NOTE = "note"
    """It works without, or the next `rostrum up` takes care of it."""
    FAILED = "failed"


@dataclass(frozen=True)
class CheckResult:
    subject: str
    status: CheckStatus
    found: str
    hint: str = ""
    """What to do, or empty."""


def ok(subject: str, found: str) -> CheckResult:
    return CheckResult(subject, CheckStatus.OK, found)


def note(subject: str, found: str, hint: str = "") -> CheckResult:
    return CheckResult(subject, CheckStatus.NOTE, found, hint)


def failed(subject: str, found: str, hint: str) -> CheckResult:
    return CheckResult(subject, CheckStatus.FAILED, found, hint)
