"""How a server is told the schema that its answer must follow. They do not agree on it."""

import json
from dataclasses import dataclass
from typing import Any, assert_never

from langchain_core.utils.function_calling import convert_to_openai_function
from pydantic import BaseModel

from infra.llm.settings import Structured


@dataclass(frozen=True)
class Constraint:
    """`response_format`: the request's field of this name. `told`: what the instructions must say besides."""

    response_format: dict[str, Any]
    told: str = ""


def constraint(answer: type[BaseModel], form: Structured) -> Constraint:
    """vLLM, OpenAI and Ollama take `json_schema` and let nothing else through. llama.cpp's servers take the same under
    `json_object`. A server that knows only that an answer is JSON has to be told the schema in words, and keeps to it
    as well as it can."""
    function = convert_to_openai_function(answer, strict=True)
    schema = function["parameters"]
    match form:
        case "json_schema":
            named = {"name": function["name"], "strict": True, "schema": schema}
            return Constraint({"type": "json_schema", "json_schema": named})
        case "json_object_with_schema":
            return Constraint({"type": "json_object", "schema": schema})
        case "json_object":
            told = "Answer with one JSON object that follows this JSON schema, and nothing else:"
            return Constraint({"type": "json_object"}, f"\n\n{told}\n{json.dumps(schema)}")
        case _:
            assert_never(form)
