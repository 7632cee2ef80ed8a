"""Headers of the records of a session's log."""

from collections.abc import Sequence
from dataclasses import dataclass

from schemas.sessions import RecordKind


@dataclass(frozen=True)
class LogHeaders:
    """`seq`: number of a frame, from 0. `conn`: the connection that wrote the record. `reply_to`: partition of
    `replies` that this connection's edge owns. Records that no connection wrote (questions, an idle end) have
    neither."""

    kind: RecordKind
    conn: str = ""
    reply_to: int | None = None
    seq: int | None = None

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
    """Raises ValueError if they are not those of a log record."""
    fields = {name: value.decode() for name, value in headers}
    if "kind" not in fields:
        raise ValueError("header 'kind' is missing")
    return LogHeaders(
        kind=RecordKind(fields["kind"]),
        conn=fields.get("conn", ""),
        reply_to=int(fields["reply-to"]) if "reply-to" in fields else None,
        seq=int(fields["seq"]) if "seq" in fields else None,
    )
