import io
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from rich.console import Console
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cli import demo
from client.connection import Received
from client.outcome import Outcome
from infra.health import serve_http
from schemas.wire import SERVER_MESSAGE
from tests.support.clients.scripted_edge import FINAL, REPORT

MESSAGES: tuple[dict[str, Any], ...] = (
    {"type": "questions", "questions": [{"number": 1, "text": "How?"}], "source": "bank"},
    {"type": "ack", "frames": 2},
    FINAL,
    {"type": "summary", "words": 2, "speech_ms": 300, "audio_ms": 500, "words_per_minute": 120.0, "finals": 1},
    {"type": "report", "report": REPORT},
)


def outcome(messages: Sequence[dict[str, Any]] = MESSAGES, close_code: int = 1000) -> Outcome:
    received = tuple(Received(0, message, SERVER_MESSAGE.validate_python(message)) for message in messages)
    return Outcome("s", 0, 8000, 1.0, received, close_code, "")


def entry(words: int) -> dict[str, Any]:
    return {"rank": 1, "user_id": "demo-speaker", "display_name": "Demo", "words": words, "sessions": 1}


def test_nothing_is_missing_from_a_whole_session() -> None:
    assert demo.missing_parts(outcome(), [entry(2)]) == []


@pytest.mark.parametrize(
    ("left_out", "missing"),
    [
        (0, "questions"),
        (1, "the acknowledgement of all audio"),
        (2, "a transcript"),
        (3, "a summary"),
        (4, "a report"),
    ],
)
def test_whatever_did_not_come_is_named(left_out: int, missing: str) -> None:
    messages = MESSAGES[:left_out] + MESSAGES[left_out + 1 :]

    assert missing in demo.missing_parts(outcome(messages), [entry(2)])


def test_a_leaderboard_that_tells_other_words_is_missing() -> None:
    assert demo.missing_parts(outcome(), [entry(3)]) == ["the session's words on the leaderboard"]


def test_a_close_that_is_not_clean_is_missing() -> None:
    assert demo.missing_parts(outcome(close_code=1006), [entry(2)]) == ["a clean close"]


@asynccontextmanager
async def api(boards: list[list[dict[str, Any]]]) -> AsyncIterator[str]:
    """An HTTP API that gives these boards one after another, the last one for ever; None: 404."""

    async def board(_request: Request) -> Response:
        entries = boards.pop(0) if len(boards) > 1 else boards[0]
        return JSONResponse({"entries": entries}) if entries else JSONResponse({}, status_code=404)

    routes = [Route("/api/competitions/demo/leaderboard", board)]
    async with serve_http(Starlette(routes=routes), "127.0.0.1", 0) as port:
        yield f"http://127.0.0.1:{port}"


async def test_the_leaderboard_is_asked_until_it_tells_all_words() -> None:
    async with api([[], [entry(1)], [entry(2)]]) as page:
        board = await demo.leaderboard(page, "token", 2)

    assert [line["words"] for line in board] == [2]
    console = Console(file=io.StringIO(), width=80)
    demo.show_leaderboard(console, board)
    assert isinstance(console.file, io.StringIO)
    assert "Demo" in console.file.getvalue()


async def test_the_leaderboard_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "_BOARD_WITHIN_S", 0.05)
    async with api([[entry(1)]]) as page:
        assert [line["words"] for line in await demo.leaderboard(page, "token", 2)] == [1]
