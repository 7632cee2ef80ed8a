"""The part of a word's delay that comes neither from the window spacing nor from the model.

A reply of the transcriber says how many frames it covers; the last of them completed the window that the reply comes
from. From the time at which that frame's last sample was spoken until the reply reaches the client, everything is
Rostrum: the client's sending, the edge, the log, VAD, waiting for a worker, the model, the commit and the reply's way
back. The model's mean time is known and is subtracted."""

from collections import defaultdict, deque
from collections.abc import Iterable

from client.outcome import Outcome
from schemas.audio import FRAME_MS, samples_to_ms
from schemas.replies import Reply
from schemas.wire import FinalMessage, Partial


def reply_latencies_ms(outcome: Outcome, replies: Iterable[Reply]) -> list[float]:
    """For each partial and final that the client got: the time since the end of the newest frame that it covers.
    `replies`: those that the transcriber sent to this session's client, in order; some may not have arrived."""
    sent: defaultdict[str, deque[int]] = defaultdict(deque)
    for reply in replies:
        if isinstance(reply.message, Partial | FinalMessage) and reply.heard_frames is not None:
            sent[reply.message.model_dump_json()].append(reply.heard_frames)
    audio_ms = samples_to_ms(outcome.samples_sent)
    latencies = []
    for item in outcome.received:
        covered = sent.get(item.message.model_dump_json()) if isinstance(item.message, Partial | FinalMessage) else None
        if covered:
            spoken_ms = min(covered.popleft() * FRAME_MS, audio_ms) / outcome.speed
            latencies.append(item.at_ms - outcome.began_at_ms - spoken_ms)
    return latencies
