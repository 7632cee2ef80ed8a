"""A language model from a script: an OpenAI-compatible HTTP server on a real socket, for tests.

In a test: `with ScriptedLlm("good") as llm: ... llm.base_url`. As a command, for whole stacks:
`python -m tests.support.analyze.scripted_llm --port 8090 --script misquote`, which prints the address once it listens.

Scripts: `good` answers as asked; `misquote` hallucinates: it quotes a sentence that was not said, adds facts to an
improved answer, and adds praise; `garbage` answers with half of a JSON object; `error` with status 500, `busy` with 429
and a Retry-After, `refuse` with 400; `half` closes the connection in the middle of a response. A delay postpones each
answer; with a number of faults, only that many answers follow the script, and the others are good.
"""

import argparse
import json
import signal
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Literal, Self, get_args

Script = Literal["good", "misquote", "garbage", "error", "busy", "refuse", "half"]
NOBODY_SAID = "purple elephants was dancing on a moon"
NOT_ASKED_FOR = "You are the best speaker of all times"
WRONG, RIGHT = "every days", "every day"
SUMMARY = "You answered clearly and gave reasons."

_SUBJECTS = (
    "breakfast", "weekend", "family", "city", "work", "music", "garden", "summer", "friend", "dream",
    "school", "sport", "winter", "kitchen", "journey", "morning", "evening", "holiday", "book", "street",
)  # fmt: skip


def questions(document: dict[str, Any], _script: Script) -> dict[str, Any]:
    """The output for the questions stage."""
    return {"questions": [f"What do you like about your {subject}?" for subject in _SUBJECTS[: document["count"]]]}


def answer(document: dict[str, Any], script: Script) -> dict[str, Any]:
    """The output for the analyze stage, for one answer: a word is missing after its first two words, and "every days"
    is corrected."""
    transcript = document["transcript"]
    said = transcript.split()
    quote = " ".join(said[:2])
    errors = [_error(quote)] if quote else []
    improved = " ".join((*said[:2], "really", *said[2:])).replace(WRONG, RIGHT)
    if WRONG in transcript:
        plural = {"quote": WRONG, "correction": RIGHT, "type": "plural", "explanation": "After 'every' comes one day."}
        errors.append(plural)
    output: dict[str, Any] = {"reason": "It fits the question.", "verdict": "answered"}
    if script == "misquote":
        errors.append(_error(NOBODY_SAID))
        improved = f"{NOBODY_SAID}, and it costs 100 dollars."
        output["praise"] = NOT_ASKED_FOR
    return output | {"errors": errors, "improved": improved}


def summary(document: dict[str, Any], script: Script) -> dict[str, Any]:
    """The output for the analyze stage, for the session: the first lesson on offer is suggested."""
    practise = [{"lesson": name, "reason": "It comes up again and again."} for name in document["lessons"][:1]]
    if script == "misquote":
        practise.insert(0, {"lesson": NOT_ASKED_FOR, "reason": NOT_ASKED_FOR})
        return {"summary": SUMMARY, "practise": practise, "praise": NOT_ASKED_FOR}
    return {"summary": SUMMARY, "practise": practise}


def _error(quote: str) -> dict[str, str]:
    return {
        "quote": quote,
        "correction": f"{quote} really",
        "type": "missing_word",
        "explanation": "You should have put 'really' after these words.",
    }


_ANSWERS: dict[str, Callable[[dict[str, Any], Script], dict[str, Any]]] = {
    "QuestionList": questions,
    "AnswerOutput": answer,
    "SummaryOutput": summary,
}


_REFUSALS: dict[Script, tuple[int, str]] = {
    "error": (500, "out of memory"),
    "busy": (429, "too many requests"),
    "refuse": (400, "the context is too long"),
}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # Accepts this many connections at once; the library's default of 5 would reject the others.
    request_queue_size = 1024


class ScriptedLlm:
    """The server, running for the length of the block. Its attributes may be changed meanwhile: `script`, `delay_s`,
    `retry_after`, `faults` (this many answers follow the script, later ones are good; None: all do), `slow` (extra
    seconds for requests that contain this text), `held` (an event that must be set before requests that contain this
    text are answered). `requests` are the bodies received so far; `most_at_once` is the greatest number of requests
    that were answered at the same time."""

    def __init__(
        self, script: Script = "good", *, port: int = 0, delay_s: float = 0.0, faults: int | None = None
    ) -> None:
        self.script: Script = script
        self.delay_s = delay_s
        self.faults = faults
        self.retry_after = "1"
        self.slow: dict[str, float] = {}
        self.held: dict[str, threading.Event] = {}
        self.requests: list[dict[str, Any]] = []
        self.most_at_once = 0
        self._at_once = 0
        self._counting = threading.Lock()
        self.closing = threading.Event()
        self._server = _Server(("127.0.0.1", port), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for event in (self.closing, *self.held.values()):
            event.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def breaks_off(self) -> bool:
        """Whether only half of the newest response is to be sent."""
        return self.script == "half" and (self.faults is None or len(self.requests) <= self.faults)

    def answer(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """HTTP status and body."""
        with self._counting:
            self._at_once += 1
            self.most_at_once = max(self._at_once, self.most_at_once)
        try:
            return self._answer(body)
        finally:
            with self._counting:
                self._at_once -= 1

    def _answer(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        self.requests.append(body)
        script = self.script if self.faults is None or len(self.requests) <= self.faults else "good"
        said = body["messages"][-1]["content"]
        self.closing.wait(self.delay_s + sum(more_s for text, more_s in self.slow.items() if text in said))
        for text, event in self.held.items():
            if text in said:
                event.wait()
        if script in _REFUSALS:
            status, reason = _REFUSALS[script]
            return status, {"error": {"message": reason, "type": "scripted_error"}}
        document = json.loads(said)
        named = body.get("response_format", {}).get("json_schema", {}).get("name", "")
        # Other response formats send no name.
        wanted = named or ("QuestionList" if "count" in document else "")
        if wanted not in _ANSWERS:
            return 400, {"error": {"message": f"no script for schema {wanted!r}", "type": "invalid_request_error"}}
        content = json.dumps(_ANSWERS[wanted](document, script))
        if script == "garbage":
            content = content[: len(content) // 2]
        message = {"role": "assistant", "content": content}
        return 200, {
            "id": "scripted",
            "object": "chat.completion",
            "created": 0,
            "model": body["model"],
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
        }


def _handler(llm: ScriptedLlm) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Head and body go out in one packet: a client would wait 40 ms for the second one.
        wbufsize = -1

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, answer = llm.answer(body)
            content = json.dumps(answer).encode()
            try:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                if status == 429:
                    self.send_header("Retry-After", llm.retry_after)
                self.end_headers()
                if status == 200 and llm.breaks_off:
                    content, self.close_connection = content[: len(content) // 2], True
                self.wfile.write(content)
            except (BrokenPipeError, ConnectionResetError):
                # The client has timed out: that is what the delay is for.
                self.close_connection = True

        def log_message(self, *_args: object) -> None:
            """No log: the tests inspect `requests`."""

    return Handler


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--script", choices=get_args(Script), default="good")
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before each answer")
    options = parser.parse_args()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with ScriptedLlm(options.script, port=options.port, delay_s=options.delay) as llm:
        print(llm.base_url, flush=True)
        stop.wait()


if __name__ == "__main__":
    main()
