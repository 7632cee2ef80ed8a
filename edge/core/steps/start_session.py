"""Steps from a `start` to the session that it begins or resumes."""

# ruff: noqa: ARG001 - the steps of a table share one signature, whether or not they need all of it

import unicodedata

from edge.core import errors
from edge.core.audio.formats import SUPPORTED, supported_format
from edge.core.audio.framing import Framing
from edge.core.connection_state import ConnectionPhase, ConnectionState, Outcome, SessionState, queue_record
from edge.core.effects import Admit, Announce, Effect, ResolveResumeToken, ResumeClaims, Send
from edge.core.events import (
    Admitted,
    Appended,
    Overloaded,
    QuotaExceeded,
    ReplyReceived,
    ResumeTokenAccepted,
    ResumeTokenRejected,
)
from edge.core.fast_replace import replace
from edge.core.flow.lag import TranscriptionLag
from edge.core.flow.leaky_bucket import LeakyBucket
from edge.core.flow.reply_order import ReplySequencer
from edge.core.steps import deliver_replies
from edge.core.steps.send_error import close_with_error
from schemas.audio import FRAME_MS, FRAME_SAMPLES
from schemas.base import derived_id
from schemas.sessions import ConnectionResumed, RecordKind, SessionStarted
from schemas.wire import AudioFormat, Start, Started

_MAX_NAME = 40


def start(connection: ConnectionState, event: Start, now_ms: int) -> Outcome:
    if event.resume is not None:
        return connection, (ResolveResumeToken(event),)
    audio = supported_format(event.audio)
    if audio is None:
        return _reject_format(connection, event.audio)
    user = connection.user
    started = SessionStarted(
        event_id=derived_id(connection.session_id, "started"),
        at_ms=now_ms,
        session_id=connection.session_id,
        user_id=user.user_id,
        display_name=_display_name(event.display_name, connection),
        org=user.org,
        groups=user.groups,
        mode=event.mode,
        competition=event.competition,
        language=event.language,
        topic=event.topic,
        question_count=event.questions,
    )
    claims = ResumeClaims(connection.session_id, user.user_id, event.competition, event.audio)
    quota = connection.policy.max_sessions if user.max_sessions is None else user.max_sessions
    session = SessionState(started, now_ms, LeakyBucket(now_ms), audio)
    return connection.moved(ConnectionPhase.STARTING, session), (Admit(claims, quota),)


def resume(connection: ConnectionState, event: ResumeTokenAccepted, now_ms: int) -> Outcome:
    """Resume the session of a token from the client's `from_frame` on. Only the transcriber knows whether that many
    frames are held; here it is checked that a session can have as many. The audio format is the session's, unless the
    client announces another."""
    claims, first_frame = event.claims, event.start.from_frame
    if claims.user_id != connection.user.user_id:
        return close_with_error(connection, errors.not_your_session())
    if first_frame * FRAME_MS > connection.policy.session_s * 1000:
        return close_with_error(connection, errors.frame_gap(first_frame))
    announced = event.start.audio if "audio" in event.start.model_fields_set else claims.audio
    audio = supported_format(announced)
    if audio is None:
        return _reject_format(connection, announced)
    first_sample = first_frame * FRAME_SAMPLES
    resumed = ConnectionResumed(
        event_id=derived_id(claims.session_id, connection.conn, "resumed"),
        at_ms=now_ms,
        session_id=claims.session_id,
        have_final=event.start.have_final,
        from_frame=first_frame,
    )
    session = SessionState(
        resumed,
        now_ms,
        LeakyBucket(now_ms),
        audio,
        resume_confirmed=False,
        first_sample=first_sample,
        until_sample=first_sample,
        frames_queued=first_frame,
        frames_appended=first_frame,
        lag=TranscriptionLag.from_frame(first_frame),
        framing=Framing(samples=first_sample),
        sequencer=ReplySequencer(finals=event.start.have_final),
    )
    connection = replace(connection, session_id=claims.session_id)
    return connection.moved(ConnectionPhase.STARTING, session), (Admit(replace(claims, audio=announced), None),)


def reject_resume_token(connection: ConnectionState, event: ResumeTokenRejected, now_ms: int) -> Outcome:
    return close_with_error(connection, errors.resume_invalid())


def reject_quota(connection: ConnectionState, event: QuotaExceeded, now_ms: int) -> Outcome:
    return close_with_error(connection, errors.too_many_sessions(event.limit, competition=event.competition))


def reject_overload(connection: ConnectionState, event: Overloaded, now_ms: int) -> Outcome:
    return close_with_error(connection, errors.overloaded(event.retry_after_ms))


def append_opening(connection: ConnectionState, event: Admitted, now_ms: int) -> Outcome:
    session = replace(connection.session, resume_token=event.resume_token)
    kind = RecordKind.START if isinstance(session.opening, SessionStarted) else RecordKind.RESUME
    session, append = queue_record(session, kind, session.opening.encode(), now_ms)
    return connection.moved(ConnectionPhase.STARTING, session), (append,)


def buffer_reply(connection: ConnectionState, event: ReplyReceived, now_ms: int) -> Outcome:
    """Nothing but `pong` and `error` comes between `ready` and `started`. The buffer is bounded: the transcriber
    answers a start with a notice, and a resume with what one session holds."""
    early_replies = (*connection.session.early_replies, event.message)
    return connection.moved(ConnectionPhase.STARTING, replace(connection.session, early_replies=early_replies)), ()


def opening_appended(connection: ConnectionState, event: Appended, now_ms: int) -> Outcome:
    """The opening record is in the log. A start is announced to the other stages before `started` is sent; a resume
    does not concern them."""
    session = replace(connection.session, records_appended=connection.session.records_appended + 1)
    connection = connection.moved(ConnectionPhase.STARTING, session)
    if isinstance(session.opening, SessionStarted):
        return connection, (Announce(session.opening),)
    return confirm_started(connection, event, now_ms)


def confirm_started(connection: ConnectionState, event: object, now_ms: int) -> Outcome:
    """Tell the client that it may send audio, and deliver the replies buffered meanwhile."""
    session = connection.session
    started = Started(
        session_id=connection.session_id,
        resume_token=session.resume_token,
        frame_ms=FRAME_MS,
        frame_bytes=session.audio.frame_bytes,
        next_frame=session.frames_queued,
    )
    effects: list[Effect] = [Send(started)]
    connection = connection.moved(ConnectionPhase.STREAMING, replace(session, early_replies=()))
    for message in session.early_replies:
        if connection.phase is not ConnectionPhase.CLOSED:
            connection, delivered = deliver_replies.deliver_reply(connection, ReplyReceived(message), now_ms)
            effects += delivered
    return connection, tuple(effects)


def _reject_format(connection: ConnectionState, audio: AudioFormat) -> Outcome:
    described = f"{audio.encoding}, {audio.sample_rate} Hz, {audio.channels} channel{'s'[: audio.channels != 1]}"
    return close_with_error(connection, errors.unsupported_audio(described, SUPPORTED))


def _display_name(wanted: str | None, connection: ConnectionState) -> str:
    """The name the client asks for, else the token's name, else the user's id; one line of at most 40 characters."""
    for name in (wanted, connection.user.name):
        # Terminals that show the name would execute control characters.
        visible = "".join(" " if unicodedata.category(char) == "Cc" else char for char in name or "")
        if words := visible.split():
            return " ".join(words)[:_MAX_NAME]
    return connection.user.user_id[:_MAX_NAME]
