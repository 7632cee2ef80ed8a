"""`fast_replace.replace` does what `dataclasses.replace` does."""

import dataclasses
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.core.fast_replace import replace


@dataclass(frozen=True)
class Value:
    first: int
    second: str = "two"
    third: tuple[int, ...] = ()


CHANGES = st.fixed_dictionaries(
    {}, optional={"first": st.integers(), "second": st.text(), "third": st.lists(st.integers()).map(tuple)}
)


@given(st.builds(Value, st.integers(), st.text()), CHANGES)
def test_the_result_is_that_of_dataclasses(value: Value, changes: dict[str, object]) -> None:
    before = dataclasses.replace(value)

    other = replace(value, **changes)  # type: ignore[arg-type]

    assert other == dataclasses.replace(value, **changes)  # type: ignore[arg-type]
    assert value == before
    assert hash(other) == hash(dataclasses.replace(other))


def test_the_copy_is_frozen_too() -> None:
    with pytest.raises(AttributeError):
        replace(Value(1), first=2).first = 3  # type: ignore[misc]
