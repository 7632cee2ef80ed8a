"""Where a session's transcription stands, on `transcribe.state`: all that a successor needs besides the session's log
and its finals. It does not grow with the session."""

from typing import Literal

from pydantic import ConfigDict

from schemas.base import Event, Schema
from schemas.counts import HourCount
from schemas.sessions import EndCause, QuestionsAsked, SessionStarted
from schemas.words import Word


class AnswerStart(Schema):
    """From this time of the session on, words belong to this question."""

    question: int
    from_ms: int


class HeldAudio(Schema):
    """The audio that may be heard again: samples `start` up to, and without, `end`. `offsets`: the records of the log
    that hold it, of which the first `skipped` samples are no part."""

    start: int
    end: int
    skipped: int
    offsets: tuple[int, ...]


class Speech(Schema):
    """Somebody speaks from here to there."""

    start_ms: int
    end_ms: int


class VoiceState(Schema):
    """What the voice filter has found, up to `until_ms`, and what it carries to the next frame (`hidden`, `cell`,
    `rest`; base64). `turning_ms`: since when it has sounded as if speech began or ended."""

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    until_ms: int
    speaking: bool
    turning_ms: int | None
    spans: tuple[Speech, ...]
    hidden: bytes
    cell: bytes
    rest: bytes


class PolicyState(Schema):
    """What the policy remembers: the newest certain words, those that are not certain yet, and for each of these how
    many hypotheses in a row had it."""

    recent: tuple[Word, ...]
    tail: tuple[Word, ...]
    votes: tuple[int, ...]


class Address(Schema):
    """A connection, and the partition of `replies` that reaches its edge."""

    conn: str
    reply_to: int


class LastTold(Schema):
    """What the commit that wrote this snapshot had to tell the client, and a successor tells again, for it cannot know
    whether it was: the finals from this number on; that the session goes on at a new connection, and to older ones
    that they are superseded. `from_final` is None if there were none."""

    from_final: int | None = None
    resumed: bool = False
    superseded: tuple[Address, ...] = ()


class StreamSnapshot(Event):
    """`offset`: the last record of the session that was worked through; on reading again, records up to it count as
    audio alone. `frames`: those taken in; `heard_frames`: those worked through; `heard_ms`: end of what a recogniser
    heard last. `due`: a window of all held audio waits to be heard; `final_ms`: what begins before this time is certain
    with it. `listened`: the voice filter has heard the newest frame. `certain`: certain words in the held audio.
    `finals`: how many there are; they stand in `transcripts` from offset `finals_from` on. `paced_from_ms`, `live`,
    `told_live`: whether the audio came no faster than a person speaks, and what was last said of it. `ended_at_ms`: the
    session is over, since this Unix time, and remembered for a while for a client that missed something."""

    type: Literal["stream_snapshot"] = "stream_snapshot"
    version: Literal[1] = 1
    session_id: str
    offset: int
    started: SessionStarted
    address: Address
    questions: QuestionsAsked | None
    marks: tuple[AnswerStart, ...]
    frames: int
    heard_frames: int
    heard_ms: int
    audio: HeldAudio
    due: bool
    final_ms: int | None
    ending: EndCause | None
    voice: VoiceState
    listened: bool
    policy: PolicyState
    certain: tuple[Word, ...]
    finals: int
    finals_from: int
    hours: tuple[HourCount, ...]
    paced_from_ms: int
    live: bool
    told_live: bool
    shows_partial: bool
    told: LastTold
    ended_at_ms: int | None
