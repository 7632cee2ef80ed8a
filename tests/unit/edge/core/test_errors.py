"""The protocol's page lists every error as it is."""

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_type_hints

import pytest

from edge.core import errors
from edge.core.connection_state import ConnectionState
from edge.core.errors import ProtocolError
from edge.core.steps.send_error import close_with_error
from tests.support.edge.core_connection import POLICY

_SAMPLES: dict[object, object] = {str: "revoked", int: 1, bool: True, tuple[str, ...]: ("end",)}
_PAGE = Path("docs/protocol.md").read_text(encoding="utf-8").partition("\n## Errors")[2]


def all_errors() -> Iterator[ProtocolError]:
    for _, make in inspect.getmembers(errors, inspect.isfunction):
        hints = get_type_hints(make)
        if hints.pop("return", None) is ProtocolError:
            yield make(**{name: _SAMPLES[hint] for name, hint in hints.items()})


def listed() -> dict[str, tuple[str, str]]:
    """From the page's table: whether each code is fatal, and with which close code."""
    rows = re.findall(r"^\| (`[a-z_`, ]+) \| ([a-z ]+) \| (\d*) ?\|", _PAGE, re.MULTILINE)
    return {code.strip("`"): (fatal, close) for codes, fatal, close in rows for code in codes.split(", ")}


@pytest.mark.parametrize("error", list(all_errors()), ids=lambda error: error.code)
def test_the_page_lists_every_error_with_its_close_code(error: ProtocolError) -> None:
    fatal, close = listed()[error.code]
    assert close == str(error.close_code or "")
    assert (fatal == "no") == (error.close_code is None)


def test_the_page_lists_no_other_error() -> None:
    tokens = {code for code in listed() if code.startswith("token_")}
    assert set(listed()) - tokens == {error.code for error in all_errors() if not error.code.startswith("token_")}


def test_an_error_without_a_close_code_does_not_close() -> None:
    connection = ConnectionState(conn="c1", session_id="s1", opened_ms=0, policy=POLICY)
    with pytest.raises(ValueError, match="bad_json"):
        close_with_error(connection, errors.bad_json("it is empty"))
