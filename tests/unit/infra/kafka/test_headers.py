import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.kafka.headers import LogHeaders, decode_headers
from schemas.sessions import RecordKind


@given(
    kind=st.sampled_from(RecordKind),
    conn=st.text("abcdef0123456789-", max_size=36),
    reply_to=st.none() | st.integers(0, 10_000),
    seq=st.none() | st.integers(0, 2**40),
)
def test_encoded_headers_are_decoded_unchanged(
    kind: RecordKind, conn: str, reply_to: int | None, seq: int | None
) -> None:
    headers = LogHeaders(kind, conn, reply_to, seq)
    assert decode_headers(headers.encode()) == headers


@pytest.mark.parametrize("headers", [[], [("kind", b"song")], [("kind", b"frame"), ("seq", b"x")], [("kind", b"\xff")]])
def test_headers_that_are_not_those_of_a_log_record_are_refused(headers: list[tuple[str, bytes]]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the message depends on what is wrong
        decode_headers(headers)
