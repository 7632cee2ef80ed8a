"""A client's message, as an event."""

import re
from typing import Any

from pydantic import ValidationError
from pydantic_core import from_json

from edge.core import errors
from edge.core.events import Audio, ClientEvent, Garbled
from schemas.wire import CLIENT_MESSAGE, Auth

_TYPES = ("auth", "start", "answer", "end", "ping")
# Three parts in base64url, as RFC 7515 section 7.1 writes a signed token.
_BARE_TOKEN = re.compile(r"[\w-]+\.[\w-]+\.[\w-]*", re.ASCII)


def decode(message: str | bytes) -> ClientEvent:
    """Never raises: what means nothing is `Garbled`. Unknown fields are ignored, wrong ones are not."""
    if isinstance(message, bytes):
        return Audio(message)
    if _BARE_TOKEN.fullmatch(message.strip()):
        return Auth(token=message.strip())
    try:
        # Stricter than the standard library's: no NaN, no half surrogates, no nesting without end.
        content: Any = from_json(message, allow_inf_nan=False)
    except ValueError as error:
        return Garbled(errors.bad_json(str(error)))
    if not isinstance(content, dict):
        return Garbled(errors.bad_json("its top level is something else"))
    kind = content.get("type")
    if not isinstance(kind, str):
        return Garbled(errors.bad_message("The message has no `type`, or its `type` is not a string."))
    if kind not in _TYPES:
        return Garbled(errors.unknown_type(_TYPES))
    try:
        return CLIENT_MESSAGE.validate_python(content, strict=True)
    except ValidationError as error:
        return Garbled(errors.bad_message(_first_fault(kind, error)))


def _first_fault(kind: str, error: ValidationError) -> str:
    fault = error.errors(include_url=False, include_input=False)[0]
    field = ".".join(str(part) for part in fault["loc"][1:])
    return f"`{kind}`: `{field}`: {fault['msg']}."
