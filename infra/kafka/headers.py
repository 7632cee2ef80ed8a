"""Headers of the records in a session's log."""

from collections.abc import Sequence
from dataclasses import dataclass

from schemas.sessions import RecordKind


@dataclass(frozen=True)
class LogHeaders:
    """Records that no connection wrote (questions, an idle end) have neither `conn` nor `reply_to`."""

    kind: RecordKind
    conn: str = ""
    """The connection that wrote the record."""
    reply_to: int | None = None
    """The partition of `replies` that this connection's edge owns."""
    seq: int | None = None
    """Number of an audio frame, from 0."""

    def encode(self) -> list[tuple[str, bytes]]:
        headers = [("kind", self.kind.value.encode())]
        if self.conn:
            headers.append(("conn", self.conn.encode()))
        if self.reply_to is not None:
            headers.append(("reply-to", str(self.reply_to).encode()))
        if self.seq is not None:
            headers.append(("seq", str(self.seq).encode()))
        return headers


def decode_headers(headers: Sequence[tuple[str, bytes]]) -> LogHeaders:
    """Raises ValueError if these are not the headers of a log record."""
    fields = {name: value.decode() for name, value in headers}
    if "kind" not in fields:
        raise ValueError("header 'kind' is missing")
    return LogHeaders(
        kind=RecordKind(fields["kind"]),
        conn=fields.get("conn", ""),
        reply_to=int(fields["reply-to"]) if "reply-to" in fields else None,
        seq=int(fields["seq"]) if "seq" in fields else None,
    )
