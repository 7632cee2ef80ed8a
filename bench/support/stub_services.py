"""A language model and a grammar checker from a script, in one server: an OpenAI-compatible API that answers what the
analyze stage asks after a fixed delay, and LanguageTool's API, which finds nothing, at once.

    python -m bench.support.stub_services PORT MODEL_SECONDS"""

import asyncio
import json
import sys
from typing import Any

import uvicorn
from fastapi import FastAPI, Request

NOTHING_FOUND = {"software": {"name": "LanguageTool", "version": "6.6"}, "matches": []}


def answer(document: dict[str, Any]) -> dict[str, Any]:
    """To the prompt about one answer: its first two words should be followed by another one."""
    words = document["transcript"].split()
    quote = " ".join(words[:2])
    error = {
        "quote": quote,
        "correction": f"{quote} really",
        "type": "missing_word",
        "explanation": "You should have put 'really' after these words.",
    }
    return {
        "reason": "It fits the question.",
        "verdict": "answered",
        "errors": [error] if quote else [],
        "improved": " ".join((*words[:2], "really", *words[2:])),
    }


def summary(document: dict[str, Any]) -> dict[str, Any]:
    """To the prompt about the whole session."""
    practise = [{"lesson": name, "reason": "It comes up again and again."} for name in document["lessons"][:1]]
    return {"summary": "You answered clearly and gave reasons.", "practise": practise}


def app(model_s: float) -> FastAPI:
    server = FastAPI()

    @server.post("/v1/chat/completions")
    async def complete(request: Request) -> dict[str, Any]:
        body = await request.json()
        await asyncio.sleep(model_s)
        document = json.loads(body["messages"][-1]["content"])
        content = answer(document) if "transcript" in document else summary(document)
        message = {"role": "assistant", "content": json.dumps(content)}
        return {
            "id": "scripted",
            "object": "chat.completion",
            "created": 0,
            "model": body["model"],
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
        }

    @server.post("/v2/check")
    async def check() -> dict[str, Any]:
        return NOTHING_FOUND

    return server


if __name__ == "__main__":
    uvicorn.run(app(float(sys.argv[2])), host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", access_log=False)
