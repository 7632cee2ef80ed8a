"""Which failures of a model are worth a retry, and when."""

from datetime import UTC, datetime

import httpx2
import openai
import pytest

from infra.llm.errors import AnswerTruncated, classify

REQUEST = httpx2.Request("POST", "http://llm/v1")
NOW = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)


def refused(status: int, **headers: str) -> openai.APIStatusError:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    response = httpx2.Response(status, headers=named, request=REQUEST)
    return openai.APIStatusError("the server's words", response=response, body=None)


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 502, 503, 504, 529])
def test_temporary_failures_are_retryable(status: int) -> None:
    failure = classify(refused(status))
    assert failure.retryable
    assert str(status) in failure.kind
    assert "words" not in failure.kind


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422])
def test_a_rejected_request_is_not_retryable(status: int) -> None:
    assert not classify(refused(status)).retryable


@pytest.mark.parametrize(
    ("error", "retryable"),
    [
        (openai.APITimeoutError(REQUEST), True),
        (openai.APIConnectionError(request=REQUEST), True),
        (AnswerTruncated(), False),
        (openai.OpenAIError("the client was set up wrongly"), False),
        (ValueError("half of a JSON object"), True),
        (KeyError("a fault of the client's"), False),
    ],
)
def test_other_failures(error: Exception, retryable: bool) -> None:
    assert classify(error).retryable is retryable


@pytest.mark.parametrize(
    ("value", "wait_s"),
    [
        ("7", 7.0),
        ("0.5", 0.5),
        ("-3", 0.0),
        ("Thu, 01 Jan 2026 12:00:30 GMT", 30.0),
        ("Thu, 01 Jan 2026 11:00:00 GMT", 0.0),
        ("Thu, 01 Jan 2026 12:00:30", None),
        ("soon", None),
        ("", None),
    ],
)
def test_retry_after_is_parsed(value: str, wait_s: float | None) -> None:
    assert classify(refused(429, retry_after=value), NOW).retry_after_s == wait_s
