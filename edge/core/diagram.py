"""The table as a picture: `python -m edge.core.diagram` prints the Mermaid diagram that `docs/protocol.md` shows."""

import sys

from edge.core import machine
from edge.core.connection_state import State
from edge.core.machine import TABLE, Step
from edge.core.steps import authenticate, deliver_replies, start_session, stream_audio

# What makes a step lead to another state, in a reader's words, with the close code where there is one.
_CAUSES: dict[tuple[Step, State], str] = {
    (authenticate.welcome, State.READY): "token good",
    (authenticate.welcome, State.CLOSED): "another user's token (4403)",
    (authenticate.turn_away, State.CLOSED): "token refused (4401)",
    (authenticate.refuse_stranger, State.CLOSED): "anything but a token (4401)",
    (authenticate.watch_for_token, State.CLOSED): "no token in time (4408)",
    (start_session.begin, State.STARTING): "start",
    (start_session.go_on, State.STARTING): "start with resume",
    (start_session.go_on, State.CLOSED): "another user's session (4403), from_frame beyond any session (4400)",
    (start_session.refuse_token, State.CLOSED): "no resume token (4404)",
    (authenticate.wait_for_keys, State.CLOSED): "nobody to check the token (1013)",
    (authenticate.watch_expiry, State.CLOSED): "token expired (4401)",
    (start_session.begin, State.CLOSED): "start that cannot be served (4400)",
    (start_session.turn_down, State.CLOSED): "too many sessions (4429)",
    (start_session.put_off, State.CLOSED): "no room for more speakers (1013)",
    (start_session.opening_kept, State.STREAMING): "Kafka has the resume",
    (start_session.opening_kept, State.ENDING): "summary",
    (start_session.opening_kept, State.CLOSED): "nothing to resume (4404, 4400), superseded (4409)",
    (start_session.open_session, State.STREAMING): "Kafka has the start",
    (start_session.open_session, State.ENDING): "summary",
    (start_session.open_session, State.CLOSED): "superseded (4409)",
    (stream_audio.hear, State.ENDING): "audio beyond the greatest length",
    (stream_audio.hear, State.CLOSED): "torn, too large or too fast audio (4400, 1009, 4429)",
    (stream_audio.take_in, State.ENDING): "audio beyond the greatest length",
    (stream_audio.take_in, State.CLOSED): "torn, too large or too fast audio (4400, 1009, 4429)",
    (stream_audio.reject_audio, State.CLOSED): "broken container (4400)",
    (stream_audio.pass_time, State.ENDING): "token expired",
    (stream_audio.finish, State.ENDING): "end",
    (deliver_replies.receive, State.ENDING): "summary",
    (
        deliver_replies.receive,
        State.CLOSED,
    ): "report (1000, 4413, 4401), nothing to resume (4404, 4400), superseded (4409)",
    (machine.refuse_second_start, State.CLOSED): "second start (4400)",
    (machine.give_up, State.CLOSED): "Kafka fails (1013)",
    (machine.shed, State.CLOSED): "reads too slowly (1013)",
    (machine.leave, State.CLOSED): "server stops (1001)",
}


def mermaid() -> str:
    """All transitions between different states, with what may cause them."""
    causes: dict[tuple[State, State], dict[str, None]] = {}  # dicts as sets that keep the table's order
    for (state, _event), row in TABLE.items():
        for target in row.to - {state}:
            causes.setdefault((state, target), {})[_CAUSES[row.step, target]] = None
    order = list(State)
    lines = ["stateDiagram-v2", f"    [*] --> {State.CONNECTED.value}"]
    for (state, target), texts in sorted(causes.items(), key=lambda edge: tuple(map(order.index, edge[0]))):
        lines.append(f"    {state.value} --> {target.value}: {', '.join(texts)}")
    lines.append(f"    {State.CLOSED.value} --> [*]")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(mermaid() + "\n")
