"""How a server is told the schema that its answer must follow; servers differ in this."""

import json
from dataclasses import dataclass
from typing import Any, assert_never

from langchain_core.utils.function_calling import convert_to_openai_function
from pydantic import BaseModel

from infra.llm.settings import ResponseFormat


@dataclass(frozen=True)
class Constraint:
    response_format: dict[str, Any]
    """The request's field of this name."""
    instructions: str = ""
    """What the prompt must say in addition."""


def constraint(answer: type[BaseModel], form: ResponseFormat) -> Constraint:
    """vLLM, OpenAI and Ollama take `json_schema` and let only matching answers through. llama.cpp's servers take the
    same under `json_object`. A server that guarantees only that an answer is JSON needs the schema in the prompt, and
    follows it as well as the model can."""
    function = convert_to_openai_function(answer, strict=True)
    schema = function["parameters"]
    match form:
        case "json_schema":
            named = {"name": function["name"], "strict": True, "schema": schema}
            return Constraint({"type": "json_schema", "json_schema": named})
        case "json_object_with_schema":
            return Constraint({"type": "json_object", "schema": schema})
        case "json_object":
            instructions = "Answer with one JSON object that follows this JSON schema, and nothing else:"
            return Constraint({"type": "json_object"}, f"\n\n{instructions}\n{json.dumps(schema)}")
        case _:
            assert_never(form)
