"""The table as a picture: `python -m edge.core.diagram` prints the Mermaid diagram that `docs/protocol.md` shows."""

import sys

from edge.core.connection_state import ConnectionPhase
from edge.core.machine import TABLE, Step
from edge.core.steps import any_phase, authenticate, deliver_replies, start_session, stream_audio

_EARLY_REPLY = "report (1000), nothing to resume (4404, 4400), superseded (4409)"
CAUSES: dict[tuple[Step, ConnectionPhase], str] = {
    (authenticate.accept_token, ConnectionPhase.READY): "token accepted",
    (authenticate.accept_token, ConnectionPhase.CLOSED): "another user's token (4403)",
    (authenticate.reject_token, ConnectionPhase.CLOSED): "token rejected (4401)",
    (authenticate.reject_unauthenticated, ConnectionPhase.CLOSED): "message other than a token (4401)",
    (authenticate.check_auth_timeout, ConnectionPhase.CLOSED): "no token in time (4408)",
    (start_session.start, ConnectionPhase.STARTING): "start",
    (start_session.resume, ConnectionPhase.STARTING): "start with resume",
    (
        start_session.resume,
        ConnectionPhase.CLOSED,
    ): "another user's session (4403), from_frame beyond the maximum length (4400)",
    (start_session.reject_resume_token, ConnectionPhase.CLOSED): "invalid resume token (4404)",
    (authenticate.auth_unavailable, ConnectionPhase.CLOSED): "token cannot be checked (1013)",
    (authenticate.check_expiry, ConnectionPhase.CLOSED): "token expired (4401)",
    (start_session.start, ConnectionPhase.CLOSED): "unsupported audio format (4400)",
    (start_session.reject_quota, ConnectionPhase.CLOSED): "too many sessions (4429)",
    (start_session.reject_overload, ConnectionPhase.CLOSED): "overloaded (1013)",
    (start_session.opening_appended, ConnectionPhase.STREAMING): "resume accepted by Kafka",
    (start_session.opening_appended, ConnectionPhase.ENDING): "summary",
    (start_session.opening_appended, ConnectionPhase.CLOSED): _EARLY_REPLY,
    (start_session.confirm_started, ConnectionPhase.STREAMING): "start accepted by Kafka",
    (start_session.confirm_started, ConnectionPhase.ENDING): "summary",
    (start_session.confirm_started, ConnectionPhase.CLOSED): _EARLY_REPLY,
    (stream_audio.receive_audio, ConnectionPhase.ENDING): "audio beyond the maximum length",
    (stream_audio.receive_audio, ConnectionPhase.CLOSED): "torn, too large or too fast audio (4400, 1009, 4429)",
    (stream_audio.receive_decoded, ConnectionPhase.ENDING): "audio beyond the maximum length",
    (stream_audio.receive_decoded, ConnectionPhase.CLOSED): "torn, too large or too fast audio (4400, 1009, 4429)",
    (stream_audio.reject_audio, ConnectionPhase.CLOSED): "broken container (4400)",
    (stream_audio.check_expiry_and_keepalive, ConnectionPhase.ENDING): "token expired",
    (stream_audio.end_session, ConnectionPhase.ENDING): "end",
    (deliver_replies.deliver_reply, ConnectionPhase.ENDING): "summary",
    (
        deliver_replies.deliver_reply,
        ConnectionPhase.CLOSED,
    ): "report (1000, 4413, 4401), nothing to resume (4404, 4400), superseded (4409)",
    (any_phase.reject_second_start, ConnectionPhase.CLOSED): "second start (4400)",
    (any_phase.close_log_unavailable, ConnectionPhase.CLOSED): "Kafka fails (1013)",
    (any_phase.close_slow_reader, ConnectionPhase.CLOSED): "client reads too slowly (1013)",
    (any_phase.drain, ConnectionPhase.CLOSED): "server stops (1001)",
}
"""What makes a step lead to another phase, in a reader's words, with the close codes where it leads to a close."""


def mermaid() -> str:
    """All transitions between different phases, with what may cause them."""
    # Dicts as sets that keep the table's order.
    causes: dict[tuple[ConnectionPhase, ConnectionPhase], dict[str, None]] = {}
    for (phase, _event), row in TABLE.items():
        for target in row.to - {phase}:
            causes.setdefault((phase, target), {})[CAUSES[row.step, target]] = None
    order = list(ConnectionPhase)
    lines = ["stateDiagram-v2", f"    [*] --> {ConnectionPhase.CONNECTED.value}"]
    for (phase, target), texts in sorted(causes.items(), key=lambda edge: tuple(map(order.index, edge[0]))):
        lines.append(f"    {phase.value} --> {target.value}: {', '.join(texts)}")
    lines.append(f"    {ConnectionPhase.CLOSED.value} --> [*]")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(mermaid() + "\n")
