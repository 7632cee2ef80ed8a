"""Descriptions of validation faults, without the value: it may contain what a user said."""

from pydantic import ValidationError

_MAX_FAULTS = 5


def describe_faults(error: ValidationError) -> str:
    """The first faults, each with its place in the value: "hours.0.words: Input should be a valid integer"."""
    faults = error.errors(include_input=False, include_context=False, include_url=False)[:_MAX_FAULTS]
    return "; ".join(f"{'.'.join(map(str, fault['loc'])) or 'value'}: {fault['msg']}" for fault in faults)
