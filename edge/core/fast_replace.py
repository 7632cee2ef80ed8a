"""`dataclasses.replace`, cheap enough to be called several times for every frame of every session."""

from typing import TYPE_CHECKING, Any, TypeVar

Value = TypeVar("Value")

if TYPE_CHECKING:
    # So that field names and types are checked.
    from dataclasses import replace
else:

    def replace(value: Value, /, **changes: Any) -> Value:
        """A copy of a frozen dataclass with other values in these fields. `dataclasses.replace` calls the constructor
        with every field, which takes ten times as long; the dataclasses here have nothing to check or derive then."""
        other = object.__new__(type(value))
        other.__dict__.update(value.__dict__, **changes)
        return other


__all__ = ["replace"]
