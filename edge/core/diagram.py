"""The table as a picture: `python -m edge.core.diagram` prints the Mermaid diagram that `docs/protocol.md` shows."""

import sys

from edge.core.connection_state import Phase
from edge.core.machine import TABLE, Step
from edge.core.steps import any_phase, authenticate, deliver_replies, start_session, stream_audio

_EARLY_REPLY = "report (1000), nothing to resume (4404, 4400), superseded (4409)"
CAUSES: dict[tuple[Step, Phase], str] = {
    (authenticate.accept_token, Phase.READY): "token accepted",
    (authenticate.accept_token, Phase.CLOSED): "another user's token (4403)",
    (authenticate.reject_token, Phase.CLOSED): "token rejected (4401)",
    (authenticate.reject_unauthenticated, Phase.CLOSED): "message other than a token (4401)",
    (authenticate.check_auth_timeout, Phase.CLOSED): "no token in time (4408)",
    (start_session.start, Phase.STARTING): "start",
    (start_session.resume, Phase.STARTING): "start with resume",
    (
        start_session.resume,
        Phase.CLOSED,
    ): "another user's session (4403), from_frame beyond the maximum length (4400), unsupported audio format (4400)",
    (start_session.reject_resume_token, Phase.CLOSED): "invalid resume token (4404)",
    (authenticate.auth_unavailable, Phase.CLOSED): "token cannot be checked (1013)",
    (authenticate.check_expiry, Phase.CLOSED): "token expired (4401)",
    (start_session.start, Phase.CLOSED): "unsupported audio format (4400)",
    (start_session.reject_quota, Phase.CLOSED): "too many sessions (4429)",
    (start_session.reject_overload, Phase.CLOSED): "overloaded (1013)",
    (start_session.opening_appended, Phase.STREAMING): "resume accepted by Kafka",
    (start_session.opening_appended, Phase.ENDING): "summary",
    (start_session.opening_appended, Phase.CLOSED): _EARLY_REPLY,
    (start_session.confirm_started, Phase.STREAMING): "start accepted by Kafka",
    (start_session.confirm_started, Phase.ENDING): "summary",
    (start_session.confirm_started, Phase.CLOSED): _EARLY_REPLY,
    (stream_audio.receive_audio, Phase.ENDING): "audio beyond the maximum length",
    (stream_audio.receive_audio, Phase.CLOSED): "torn, too large or too fast audio (4400, 1009, 4429)",
    (stream_audio.receive_decoded, Phase.ENDING): "audio beyond the maximum length",
    (stream_audio.receive_decoded, Phase.CLOSED): "torn, too large or too fast audio (4400, 1009, 4429)",
    (stream_audio.reject_audio, Phase.CLOSED): "broken container (4400)",
    (stream_audio.check_expiry_and_keepalive, Phase.ENDING): "token expired",
    (stream_audio.end_session, Phase.ENDING): "end",
    (deliver_replies.deliver_reply, Phase.ENDING): "summary",
    (
        deliver_replies.deliver_reply,
        Phase.CLOSED,
    ): "report (1000, 4413, 4401), nothing to resume (4404, 4400), superseded (4409)",
    (any_phase.reject_second_start, Phase.CLOSED): "second start (4400)",
    (any_phase.close_log_unavailable, Phase.CLOSED): "Kafka fails (1013)",
    (any_phase.close_slow_reader, Phase.CLOSED): "client reads too slowly (1013)",
    (any_phase.drain, Phase.CLOSED): "server stops (1001)",
}
"""What makes a step lead to another phase, in a reader's words, with the close codes where it leads to a close."""


def mermaid() -> str:
    """All transitions between different phases, with what may cause them."""
    causes: dict[tuple[Phase, Phase], dict[str, None]] = {}  # dicts as sets that keep the table's order
    for (phase, _event), row in TABLE.items():
        for target in row.to - {phase}:
            causes.setdefault((phase, target), {})[CAUSES[row.step, target]] = None
    order = list(Phase)
    lines = ["stateDiagram-v2", f"    [*] --> {Phase.CONNECTED.value}"]
    for (phase, target), texts in sorted(causes.items(), key=lambda edge: tuple(map(order.index, edge[0]))):
        lines.append(f"    {phase.value} --> {target.value}: {', '.join(texts)}")
    lines.append(f"    {Phase.CLOSED.value} --> [*]")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(mermaid() + "\n")
