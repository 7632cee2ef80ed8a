"""Which failures of a model are worth another try, and when."""

from datetime import UTC, datetime

import httpx2
import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.llm.errors import AnswerCut, pause_s, trouble

REQUEST = httpx2.Request("POST", "http://llm/v1")
NOW = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)


def refused(status: int, **headers: str) -> openai.APIStatusError:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    response = httpx2.Response(status, headers=named, request=REQUEST)
    return openai.APIStatusError("the server's words", response=response, body=None)


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 502, 503, 504, 529])
def test_what_may_pass_is_asked_again(status: int) -> None:
    met = trouble(refused(status))
    assert met.again
    assert str(status) in met.kind
    assert "words" not in met.kind


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422])
def test_a_wrong_request_never_is(status: int) -> None:
    assert not trouble(refused(status)).again


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (openai.APITimeoutError(REQUEST), True),
        (openai.APIConnectionError(request=REQUEST), True),
        (AnswerCut(), False),
        (openai.OpenAIError("the client was set up wrongly"), False),
        (ValueError("half of a JSON object"), True),
        (KeyError("a fault of the client's"), False),
    ],
)
def test_other_failures(error: Exception, again: bool) -> None:
    assert trouble(error).again is again


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
def test_the_server_says_how_long_to_wait(value: str, wait_s: float | None) -> None:
    assert trouble(refused(429, retry_after=value), NOW).retry_after_s == wait_s


@given(st.integers(0, 60), st.none() | st.floats(0, 1000), st.floats(0, 1))
def test_pauses_are_bounded_and_never_shorter_than_asked_for(
    attempt: int, asked_for_s: float | None, share: float
) -> None:
    wait_s = pause_s(attempt, asked_for_s, share)
    assert wait_s >= max(0.25, asked_for_s or 0.0)
    assert wait_s <= max(8.0, 1.1 * (asked_for_s or 0.0))


def test_pauses_double() -> None:
    assert [pause_s(attempt, None, 0.0) for attempt in range(6)] == [0.5, 1, 2, 4, 8, 8]
