"""LanguageTool's adapter against faulty servers, over real sockets."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from infra.errors import Unavailable
from infra.languagetool import LanguageToolSettings
from processors.analyze.adapters.languagetool import language_tool
from processors.analyze.core.answers import spoken_session
from tests.support.analyze.sessions import transcribed
from tests.support.waiting import DEADLINE_S

ANSWERS = spoken_session(transcribed("she go home.", "yes."), 0.5).usable_answers
GOOD = b'{"software": {"name": "LanguageTool", "version": "6.6"}, "matches": []}'


@contextmanager
def answering(*answers: tuple[int, bytes]) -> Iterator[tuple[LanguageToolSettings, list[str]]]:
    """A server that gives these answers in turn and then repeats the last one; and the requests that it received. With
    status 0 it never answers. The warm-up request is rejected and not counted."""
    requests: list[str] = []
    closing = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = self.rfile.read(int(self.headers["Content-Length"])).decode()
            if "first+sentence" in request:
                self.send_error(503)
                return
            requests.append(request)
            status, content = answers[min(len(requests), len(answers)) - 1]
            if not status:
                closing.wait()
                return
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield LanguageToolSettings(url=f"http://127.0.0.1:{server.server_address[1]}/"), requests
    finally:
        closing.set()
        server.shutdown()
        server.server_close()


async def test_a_server_that_is_starting_is_retried() -> None:
    with answering((503, b""), (200, GOOD)) as (settings, requests):
        async with language_tool(settings, timeout_s=DEADLINE_S) as checker:
            checked = await checker.check(ANSWERS)
    assert checked.checker == "LanguageTool 6.6"
    assert len(requests) == 3
    assert "text=She+go+home." in requests[0]
    assert "disabledCategories=TYPOGRAPHY%2CCASING" in requests[0]


@pytest.mark.parametrize("answer", [(400, b"bad"), (200, b"<html>"), (200, b'{"matches": []}'), (0, b"")])
async def test_a_timeout_and_an_unusable_answer_are_not_retried(answer: tuple[int, bytes]) -> None:
    with answering(answer) as (settings, requests):
        async with language_tool(settings, timeout_s=0.3) as checker:
            with pytest.raises(Unavailable, match="gave no usable answer"):
                await checker.check(ANSWERS)
    assert len(requests) == 1
