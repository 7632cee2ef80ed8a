"""What Rostrum adds to a word's delay beyond the spacing of windows and the model's time.

A message of the transcriber says how many frames it has heard when it goes out; the last of them completed the window
that the message came of. From the time that frame's last sample was spoken to the message's arrival at the client, all
is Rostrum: the client's sending, the edge, the log, the voice filter, a wait for a free worker, the model, the commit,
the reply's way back. What of it the model took is known as a mean, and is taken off."""

from collections import defaultdict, deque
from collections.abc import Iterable

from client.outcome import Outcome
from schemas.audio import FRAME_MS, samples_to_ms
from schemas.replies import Reply
from schemas.wire import FinalMessage, Partial


def answers_ms(outcome: Outcome, replies: Iterable[Reply]) -> list[float]:
    """For each partial and final that the client got, how long after the end of the newest frame heard for it it came.
    `replies`: what the transcriber sent to this session's client, in order, some of which may not have arrived."""
    sent: defaultdict[str, deque[int]] = defaultdict(deque)
    for reply in replies:
        if isinstance(reply.message, Partial | FinalMessage) and reply.heard_frames is not None:
            sent[reply.message.model_dump_json()].append(reply.heard_frames)
    audio_ms = samples_to_ms(outcome.samples_sent)
    answers = []
    for item in outcome.received:
        heard = sent.get(item.message.model_dump_json()) if isinstance(item.message, Partial | FinalMessage) else None
        if heard:
            spoken_ms = min(heard.popleft() * FRAME_MS, audio_ms) / outcome.speed
            answers.append(item.at_ms - outcome.began_at_ms - spoken_ms)
    return answers
