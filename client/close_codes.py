"""What the close codes of docs/protocol.md mean to a client."""

DONE = 1000
GOING_AWAY = 1001
ABNORMAL_CLOSURE = 1006
"""What a client's own side calls a connection that ended without a close."""
RESUMABLE_CODES = (GOING_AWAY, ABNORMAL_CLOSURE, 1011, 1012, 1013)
"""After these a session can continue over another connection (RFC 6455, section 7.4.1). The others mean that the
session is over, or that the server rejects this client."""

_HINTS = {
    GOING_AWAY: "The server is stopping; connect again in a moment.",
    ABNORMAL_CLOSURE: "Check that the server is running (on this machine: `rostrum ps`), and see the edge's log.",
    1013: "The server is overloaded or cannot store audio; try again in a moment.",
    4401: "Get a fresh token; for a development stack, `rostrum token --user ID`.",
    4408: "Send the token within 5 s of connecting.",
}


def describe_close(code: int | None, reason: str) -> tuple[str, str]:
    """What happened and what to do about it, in words for a person."""
    hint = _HINTS.get(code or ABNORMAL_CLOSURE, "docs/protocol.md explains the close codes.")
    if code in (None, ABNORMAL_CLOSURE):
        return "The connection was cut.", hint
    because = f": {reason}" if reason else ""
    return f"The server closed the connection with code {code}{because}.", hint
