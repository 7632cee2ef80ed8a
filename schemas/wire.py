"""Messages of the WebSocket protocol, version 1, as specified in `docs/protocol.md`."""

from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from schemas.base import Schema
from schemas.reports import Report
from schemas.sessions import Question
from schemas.words import Word

PROTOCOL_VERSION = 1
MAX_MESSAGE_BYTES = 384 * 1024
"""Slightly more than one second of 48 kHz stereo pcm_f32le."""


class AudioFormat(Schema):
    """The format of the client's binary messages."""

    encoding: str = "pcm_s16le"
    sample_rate: int = 16_000
    channels: int = 1


class Auth(Schema):
    type: Literal["auth"] = "auth"
    token: str


class Start(Schema):
    type: Literal["start"] = "start"
    mode: str = Field(default="practice", min_length=1, max_length=40)
    language: str = Field(default="en", min_length=2, max_length=8)
    audio: AudioFormat = AudioFormat()
    competition: str | None = Field(default=None, min_length=1, max_length=80)
    display_name: str | None = Field(default=None, max_length=40)
    topic: str | None = Field(default=None, max_length=80)
    questions: int = Field(default=10, ge=0, le=20)
    resume: str | None = None
    from_frame: int = Field(default=0, ge=0)
    have_final: int = Field(default=0, ge=0)


class BeginAnswer(Schema):
    type: Literal["answer"] = "answer"
    question: int = Field(ge=1, le=20)


class End(Schema):
    type: Literal["end"] = "end"


class Ping(Schema):
    type: Literal["ping"] = "ping"
    id: Any = None


ClientMessage = Annotated[Auth | Start | BeginAnswer | End | Ping, Field(discriminator="type")]
CLIENT_MESSAGE: TypeAdapter[ClientMessage] = TypeAdapter(ClientMessage)


class Limits(Schema):
    session_s: int
    resume_grace_s: int
    message_bytes: int


class Ready(Schema):
    type: Literal["ready"] = "ready"
    protocol: int = PROTOCOL_VERSION
    user_id: str
    limits: Limits


class Started(Schema):
    type: Literal["started"] = "started"
    session_id: str
    resume_token: str
    frame_ms: int
    frame_bytes: int
    next_frame: int


class Questions(Schema):
    type: Literal["questions"] = "questions"
    questions: tuple[Question, ...]
    source: Literal["llm", "bank"]


class Ack(Schema):
    type: Literal["ack"] = "ack"
    frames: int


class Partial(Schema):
    type: Literal["partial"] = "partial"
    text: str
    start_ms: int
    end_ms: int
    after_final: int


class FinalMessage(Schema):
    type: Literal["final"] = "final"
    number: int
    text: str
    start_ms: int
    end_ms: int
    question: int | None
    words: tuple[Word, ...]


class Summary(Schema):
    type: Literal["summary"] = "summary"
    words: int
    speech_ms: int
    audio_ms: int
    words_per_minute: float
    finals: int


class ReportMessage(Schema):
    """Either `report` or `error` is set."""

    type: Literal["report"] = "report"
    report: Report | None = None
    error: str | None = None


class Notice(Schema):
    type: Literal["notice"] = "notice"
    code: str
    message: str
    deadline_ms: int | None = None


class Pong(Schema):
    type: Literal["pong"] = "pong"
    id: Any = None


class Error(Schema):
    type: Literal["error"] = "error"
    code: str
    message: str
    hint: str
    fatal: bool
    retry_after_ms: int | None = None


ServerMessage = Annotated[
    Ready | Started | Questions | Ack | Partial | FinalMessage | Summary | ReportMessage | Notice | Pong | Error,
    Field(discriminator="type"),
]
SERVER_MESSAGE: TypeAdapter[ServerMessage] = TypeAdapter(ServerMessage)
