"""Changing a value must be what `dataclasses.replace` makes of it."""

from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.core.fast_replace import changed


@dataclass(frozen=True)
class Value:
    first: int
    second: str = "two"
    third: tuple[int, ...] = ()


CHANGES = st.fixed_dictionaries(
    {}, optional={"first": st.integers(), "second": st.text(), "third": st.lists(st.integers()).map(tuple)}
)


@given(st.builds(Value, st.integers(), st.text()), CHANGES)
def test_it_is_what_replace_makes(value: Value, changes: dict[str, object]) -> None:
    before = replace(value)

    other = changed(value, **changes)  # type: ignore[arg-type]

    assert other == replace(value, **changes)  # type: ignore[arg-type]
    assert value == before
    assert hash(other) == hash(replace(other))


def test_the_new_one_is_frozen_too() -> None:
    with pytest.raises(AttributeError):
        changed(Value(1), first=2).first = 3  # type: ignore[misc]
