"""Descriptions of validation faults."""

import pytest
from pydantic import ValidationError

from schemas.counts import WordsCounted
from schemas.validation import describe_faults


def faults(value: object) -> str:
    with pytest.raises(ValidationError) as raised:
        WordsCounted.model_validate(value)
    return describe_faults(raised.value)


def test_a_fault_has_its_place_but_not_the_value() -> None:
    description = faults({"hours": [{"hour_ms": 1, "words": "secret words"}]})
    assert "secret" not in description
    assert "hours.0.words: Input should be a valid integer" in faults(
        dict.fromkeys(WordsCounted.model_fields, "") | {"hours": [{"hour_ms": 1, "words": "secret"}], "groups": []}
    )


def test_a_fault_of_the_whole_value_is_placed_at_the_value() -> None:
    assert faults("secret").startswith("value: ")


def test_only_the_first_five_faults_are_described() -> None:
    assert faults({}).count("; ") == 4
