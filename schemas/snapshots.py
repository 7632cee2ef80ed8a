"""Transcription snapshots, on `transcribe.state`: everything that a successor needs besides the session's log and its
finals. A snapshot does not grow with the length of the session."""

from typing import Literal

from pydantic import ConfigDict

from schemas.base import Event, Schema
from schemas.counts import HourCount
from schemas.replies import ReplyAddress
from schemas.sessions import EndCause, QuestionsAsked, SessionStarted
from schemas.words import Word


class AnswerStart(Schema):
    """From this time of the session on, words belong to this question."""

    question: int
    from_ms: int


class HeldAudio(Schema):
    """The audio that may be transcribed again."""

    start: int
    """First sample."""
    end: int
    """The sample after the last."""
    skipped: int
    """Samples at the beginning of the first record that are not part of it."""
    offsets: tuple[int, ...]
    """Offsets of the log's records that contain this audio."""


class SpeechSpan(Schema):
    """A stretch of speech found by the VAD."""

    start_ms: int
    end_ms: int


class VadSnapshot(Schema):
    """State of the VAD."""

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    until_ms: int
    """Audio up to this time has been examined."""
    speaking: bool
    turning_ms: int | None
    """Since when the audio has sounded as if speech began or ended, if it has."""
    spans: tuple[SpeechSpan, ...]
    hidden: bytes
    """`hidden`, `cell` and `rest` are the model's recurrent state and the samples left over for its next step."""
    cell: bytes
    rest: bytes


class PolicyState(Schema):
    """State of the streaming policy."""

    recent: tuple[Word, ...]
    """The newest confirmed words."""
    tail: tuple[Word, ...]
    """The words that are not confirmed yet."""
    votes: tuple[int, ...]
    """For each word of `tail`: how many hypotheses in a row contained it."""


class Redelivery(Schema):
    """The replies that belong to the commit that wrote this snapshot. A successor sends them again, since it cannot
    know whether they were sent."""

    from_final: int | None = None
    """The finals from this number on; None for none."""
    resumed: bool = False
    """Whether a new connection was told that it has resumed the session."""
    superseded: tuple[ReplyAddress, ...] = ()
    """Connections that were told that another one has resumed the session."""


class TranscriptionSnapshot(Event):
    """A session's transcription state, as of one record of its log."""

    type: Literal["stream_snapshot"] = "stream_snapshot"
    version: Literal[1] = 1
    session_id: str
    offset: int
    """The last record of the session that was processed. When the log is read again, the records up to this one count
    as audio only."""
    started: SessionStarted
    address: ReplyAddress
    questions: QuestionsAsked | None
    marks: tuple[AnswerStart, ...]
    frames: int
    """Frames received."""
    heard_frames: int
    """Frames processed."""
    heard_ms: int
    """End of the audio that the recogniser transcribed last."""
    audio: HeldAudio
    due: bool
    """Whether a window over all held audio is due."""
    final_ms: int | None
    """Words of that window that begin before this time are confirmed without further agreement."""
    ending: EndCause | None
    voice: VadSnapshot
    listened: bool
    """Whether the VAD has examined the newest frame."""
    policy: PolicyState
    certain: tuple[Word, ...]
    """Confirmed words in the held audio."""
    finals: int
    """The number of finals."""
    finals_from: int
    """Offset in `transcripts` from which on the finals are found."""
    hours: tuple[HourCount, ...]
    paced_from_ms: int
    """Unix time from which the arrival of audio is measured, to tell whether it comes faster than real time."""
    live: bool
    """Whether the audio has arrived no faster than real time."""
    told_live: bool
    """The value of `live` that was last published."""
    shows_partial: bool
    told: Redelivery
    ended_at_ms: int | None
    """Unix time at which the session ended. It is kept for a while, for a client that missed something."""
