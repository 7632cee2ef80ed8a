"""Close codes in words."""

import pytest

from client.close_codes import RESUMABLE_CODES, describe_close


@pytest.mark.parametrize("code", [None, 1006])
def test_a_connection_without_a_close_was_cut(code: int | None) -> None:
    what, hint = describe_close(code, "")
    assert what == "The connection was cut."
    assert "rostrum ps" in hint


def test_a_close_is_described_with_its_code_and_reason() -> None:
    assert describe_close(4401, "token_expired")[0] == "The server closed the connection with code 4401: token_expired."
    assert describe_close(1001, "")[0] == "The server closed the connection with code 1001."


def test_every_close_has_a_hint() -> None:
    for code in (1000, 1001, 1013, 4400, 4401, 4408, 4999):
        assert describe_close(code, "")[1]


def test_after_a_rejection_or_a_finished_session_nothing_is_resumed() -> None:
    assert not set(RESUMABLE_CODES) & {1000, 1008, 4400, 4401, 4404, 4409}
