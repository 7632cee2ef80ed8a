"""Parses a client's message into an event."""

import re
from typing import Any

from pydantic import ValidationError
from pydantic_core import from_json

from edge.core import errors
from edge.core.events import AudioReceived, ClientEvent, InvalidMessage
from schemas.wire import CLIENT_MESSAGE, Auth

_TYPES = ("auth", "start", "answer", "end", "ping")
_BARE_TOKEN = re.compile(r"[\w-]+\.[\w-]+\.[\w-]*", re.ASCII)
"""Three parts in base64url, as RFC 7515 section 7.1 writes a signed token."""


def parse_message(message: str | bytes) -> ClientEvent:
    """Never raises: what means nothing is `Garbled`. Unknown fields are ignored, wrong ones are not."""
    if isinstance(message, bytes):
        return AudioReceived(message)
    if _BARE_TOKEN.fullmatch(message.strip()):
        return Auth(token=message.strip())
    try:
        # Stricter than the standard library's: no NaN, no unpaired surrogates, bounded nesting.
        content: Any = from_json(message, allow_inf_nan=False)
    except ValueError as error:
        return InvalidMessage(errors.bad_json(str(error)))
    if not isinstance(content, dict):
        return InvalidMessage(errors.bad_json("its top level is something else"))
    kind = content.get("type")
    if not isinstance(kind, str):
        return InvalidMessage(errors.bad_message("The message has no `type`, or its `type` is not a string."))
    if kind not in _TYPES:
        return InvalidMessage(errors.unknown_type(_TYPES))
    try:
        return CLIENT_MESSAGE.validate_python(content, strict=True)
    except ValidationError as error:
        return InvalidMessage(errors.bad_message(_first_fault(kind, error)))


def _first_fault(kind: str, error: ValidationError) -> str:
    fault = error.errors(include_url=False, include_input=False)[0]
    field = ".".join(str(part) for part in fault["loc"][1:])
    return f"`{kind}`: `{field}`: {fault['msg']}."
