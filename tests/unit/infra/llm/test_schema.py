"""The schema of an answer, in the forms that servers accept."""

import json
from typing import Any, Literal

import pytest
from pydantic import BaseModel

from infra.llm.schema import constraint


class Remark(BaseModel):
    text: str
    kind: Literal["good", "bad"]


class Remarks(BaseModel):
    remarks: list[Remark]
    best: int | None


def test_openai_vllm_and_ollama() -> None:
    made = constraint(Remarks, "json_schema")
    assert made.instructions == ""
    assert made.response_format["type"] == "json_schema"
    named = made.response_format["json_schema"]
    assert (named["name"], named["strict"]) == ("Remarks", True)
    _closed(named["schema"])


def test_llama_cpp() -> None:
    made = constraint(Remarks, "json_object_with_schema")
    assert made.response_format["type"] == "json_object"
    _closed(made.response_format["schema"])


def test_in_the_prompt() -> None:
    made = constraint(Remarks, "json_object")
    assert made.response_format == {"type": "json_object"}
    _closed(json.loads(made.instructions.splitlines()[-1]))


def _closed(schema: dict[str, Any]) -> None:
    """Strict servers want every field required and no others allowed, at every depth."""
    inner = schema["properties"]["remarks"]["items"]
    for each in (schema, inner):
        assert each["additionalProperties"] is False
        assert set(each["required"]) == set(each["properties"])
    assert inner["properties"]["kind"]["enum"] == ["good", "bad"]


@pytest.mark.parametrize("form", ["json_schema", "json_object_with_schema", "json_object"])
def test_it_can_be_sent(form: Any) -> None:
    json.dumps(constraint(Remarks, form).response_format)
