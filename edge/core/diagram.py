"""The table as a picture: `python -m edge.core.diagram` prints the Mermaid diagram that `docs/protocol.md` shows."""

import sys

from edge.core import machine
from edge.core.connection_state import Phase
from edge.core.machine import TABLE, Step
from edge.core.steps import authenticate, deliver_replies, start_session, stream_audio

_EARLY_REPLY = "report (1000), nothing to resume (4404, 4400), superseded (4409)"
CAUSES: dict[tuple[Step, Phase], str] = {
    (authenticate.welcome, Phase.READY): "token good",
    (authenticate.welcome, Phase.CLOSED): "another user's token (4403)",
    (authenticate.turn_away, Phase.CLOSED): "token refused (4401)",
    (authenticate.refuse_stranger, Phase.CLOSED): "anything but a token (4401)",
    (authenticate.watch_for_token, Phase.CLOSED): "no token in time (4408)",
    (start_session.begin, Phase.STARTING): "start",
    (start_session.go_on, Phase.STARTING): "start with resume",
    (start_session.go_on, Phase.CLOSED): "another user's session (4403), from_frame beyond any session (4400)",
    (start_session.refuse_token, Phase.CLOSED): "no resume token (4404)",
    (authenticate.wait_for_keys, Phase.CLOSED): "nobody to check the token (1013)",
    (authenticate.watch_expiry, Phase.CLOSED): "token expired (4401)",
    (start_session.begin, Phase.CLOSED): "start that cannot be served (4400)",
    (start_session.turn_down, Phase.CLOSED): "too many sessions (4429)",
    (start_session.put_off, Phase.CLOSED): "no room for more speakers (1013)",
    (start_session.opening_kept, Phase.STREAMING): "Kafka has the resume",
    (start_session.opening_kept, Phase.ENDING): "summary",
    (start_session.opening_kept, Phase.CLOSED): _EARLY_REPLY,
    (start_session.open_session, Phase.STREAMING): "Kafka has the start",
    (start_session.open_session, Phase.ENDING): "summary",
    (start_session.open_session, Phase.CLOSED): _EARLY_REPLY,
    (stream_audio.hear, Phase.ENDING): "audio beyond the greatest length",
    (stream_audio.hear, Phase.CLOSED): "torn, too large or too fast audio (4400, 1009, 4429)",
    (stream_audio.take_in, Phase.ENDING): "audio beyond the greatest length",
    (stream_audio.take_in, Phase.CLOSED): "torn, too large or too fast audio (4400, 1009, 4429)",
    (stream_audio.reject_audio, Phase.CLOSED): "broken container (4400)",
    (stream_audio.pass_time, Phase.ENDING): "token expired",
    (stream_audio.finish, Phase.ENDING): "end",
    (deliver_replies.receive, Phase.ENDING): "summary",
    (
        deliver_replies.receive,
        Phase.CLOSED,
    ): "report (1000, 4413, 4401), nothing to resume (4404, 4400), superseded (4409)",
    (machine.refuse_second_start, Phase.CLOSED): "second start (4400)",
    (machine.give_up, Phase.CLOSED): "Kafka fails (1013)",
    (machine.shed, Phase.CLOSED): "reads too slowly (1013)",
    (machine.leave, Phase.CLOSED): "server stops (1001)",
}
"""What makes a step lead to another phase, in a reader's words, with the close codes where it leads to a close."""


def mermaid() -> str:
    """All transitions between different states, with what may cause them."""
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
