"""Where a session's transcription stands, on `transcribe.state`: all that a successor needs besides the session's log
and its finals. It does not grow with the session."""

from typing import Literal

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


class Address(Schema):
    """A connection, and the partition of `replies` that reaches its edge."""

    conn: str
    reply_to: int


class LastTold(Schema):
    """What the commit that wrote this snapshot had to tell the client, and a successor tells again, for it cannot know
    whether it was: the finals from this number on; that the session goes on at a new connection, and to the old one
    that it is superseded."""

    from_final: int
    resumed: bool = False
    superseded: Address | None = None


class Remembered(Schema):
    """The session has ended; its client may still come back for what it missed. `at_ms`: Unix time."""

    at_ms: int
    cause: EndCause


class StreamSnapshot(Event):
    """`offset`: the last record of the session that was worked through; on reading again, records up to it count as
    audio alone. `due`: a window of all held audio waits to be heard. `recent`, `tail`: what the policy remembers.
    `certain`: certain words in the held audio. `finals`: how many there are; they stand in `transcripts` from offset
    `finals_from` on. `paced_from_ms`, `live`, `told_live`: whether the audio came no faster than a person speaks, and
    what was last said of it."""

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
    audio: HeldAudio
    due: bool
    ending: EndCause | None
    recent: tuple[Word, ...]
    tail: tuple[Word, ...]
    certain: tuple[Word, ...]
    finals: int
    finals_from: int
    hours: tuple[HourCount, ...]
    paced_from_ms: int
    live: bool
    told_live: bool
    shows_partial: bool
    told: LastTold
    remembered: Remembered | None
