"""Steps of a running session: audio and answers go into its log, acknowledgements back to the client, until its end."""

# ruff: noqa: ARG001 - the steps of a table share one signature, whether or not they need all of it

from edge.core import errors
from edge.core.connection_state import ConnectionPhase, ConnectionState, Outcome, SessionState, queue_record
from edge.core.effects import DecodeAudio, Effect, Send
from edge.core.events import Appended, AudioDecoded, AudioReceived, DecodeFailed, TranscriberProgress
from edge.core.fast_replace import replace
from edge.core.steps.send_error import close_with_error, send_error
from schemas.audio import SAMPLE_BYTES, SAMPLE_RATE
from schemas.base import derived_id
from schemas.sessions import AnswerBegun, ConnectionAlive, EndCause, RecordKind, SessionEnded
from schemas.wire import Ack, BeginAnswer, End, Notice

_NAMES: dict[type, str] = {AudioReceived: "Audio", BeginAnswer: "`answer`", End: "`end`"}


def receive_audio(connection: ConnectionState, event: AudioReceived, now_ms: int) -> Outcome:
    """Append audio to the log, or have it decoded first."""
    audio = connection.session.audio
    if len(event.data) > audio.message_bytes:
        return close_with_error(connection, errors.message_too_large(len(event.data), audio.message_bytes))
    if len(event.data) % audio.block_bytes:
        return close_with_error(connection, errors.bad_audio(len(event.data), audio.block_bytes))
    if not audio.canonical:
        return connection, (DecodeAudio(audio, event.data),)
    return _receive(connection, event.data, connection.session.until_sample + len(event.data) // SAMPLE_BYTES, now_ms)


def receive_decoded(connection: ConnectionState, event: AudioDecoded, now_ms: int) -> Outcome:
    """Append audio that was decoded."""
    return _receive(connection, event.audio, connection.session.first_sample + event.until_sample, now_ms)


def _receive(connection: ConnectionState, audio: bytes, until_sample: int, now_ms: int) -> Outcome:
    """Audio beyond the session's maximum length ends it."""
    session, limit = connection.session, connection.policy.ingest_limit
    bucket = session.bucket.add(until_sample - session.until_sample, now_ms, limit)
    if bucket is None:
        return close_with_error(connection, errors.too_fast(limit.rate, limit.burst_ms // 1000))
    left_bytes = (connection.policy.session_s * SAMPLE_RATE - session.framing.samples) * SAMPLE_BYTES
    framing, frames = session.framing.push(audio[:left_bytes])
    session = replace(session, framing=framing, bucket=bucket, until_sample=until_sample)
    session, effects = _append_frames(session, frames, now_ms)
    if len(audio) <= left_bytes:
        return replace(connection, active_session=session), effects
    error = errors.session_too_long(connection.policy.session_s)
    connection, ending = _end(connection, session, EndCause.LENGTH, now_ms)
    return connection, (*effects, *ending, Send(Notice(code=error.code, message=error.message)))


def flush_decoded(connection: ConnectionState, event: AudioDecoded, now_ms: int) -> Outcome:
    """Append audio that was still being decoded when the session ended here. If it was ended elsewhere, drop it."""
    cause = connection.session.end_cause
    if cause is None:
        return connection, ()
    left_bytes = (connection.policy.session_s * SAMPLE_RATE - connection.session.framing.samples) * SAMPLE_BYTES
    framing, frames = connection.session.framing.push(event.audio[:left_bytes])
    session, effects = _append_frames(replace(connection.session, framing=framing), frames, now_ms)
    if not event.last:
        return connection.moved(ConnectionPhase.ENDING, session), effects
    connection, ending = _end(connection, session, cause, now_ms)
    return connection, (*effects, *ending)


def reject_audio(connection: ConnectionState, event: DecodeFailed, now_ms: int) -> Outcome:
    return close_with_error(connection, errors.broken_audio(connection.session.audio.encoding, event.detail))


def begin_answer(connection: ConnectionState, event: BeginAnswer, now_ms: int) -> Outcome:
    """Another question is answered from the next sample on. The record precedes that sample's frame in the log, so
    acknowledging the frame covers it."""
    session = connection.session
    if session.question == event.question:
        return connection, ()
    begun = AnswerBegun(
        event_id=derived_id(connection.session_id, connection.conn, "answer", session.until_sample, event.question),
        at_ms=now_ms,
        session_id=connection.session_id,
        question=event.question,
        from_sample=session.until_sample,
    )
    session, append = queue_record(replace(session, question=event.question), RecordKind.ANSWER, begun.encode(), now_ms)
    return connection.moved(ConnectionPhase.STREAMING, session), (append,)


def end_session(connection: ConnectionState, event: End, now_ms: int) -> Outcome:
    return _stop_audio(connection, EndCause.CLIENT, now_ms)


def _stop_audio(connection: ConnectionState, cause: EndCause, now_ms: int) -> Outcome:
    """Accept no more audio; what the decoder still holds belongs to the session."""
    audio = connection.session.audio
    if audio.canonical:
        return _end(connection, connection.session, cause, now_ms)
    ending = connection.moved(ConnectionPhase.ENDING, replace(connection.session, end_cause=cause))
    return ending, (DecodeAudio(audio, None),)


def _end(connection: ConnectionState, session: SessionState, cause: EndCause, now_ms: int) -> Outcome:
    """Append the last, shorter frame and the end itself."""
    framing, frames = session.framing.flush()
    session, effects = _append_frames(replace(session, framing=framing, end_cause=cause), frames, now_ms)
    ended = SessionEnded(
        event_id=derived_id(connection.session_id, connection.conn, "ended"),
        at_ms=now_ms,
        session_id=connection.session_id,
        cause=cause,
    )
    session, append = queue_record(session, RecordKind.END, ended.encode(), now_ms)
    return connection.moved(ConnectionPhase.ENDING, session), (*effects, append)


def _append_frames(
    session: SessionState, frames: tuple[bytes, ...], now_ms: int
) -> tuple[SessionState, tuple[Effect, ...]]:
    effects: list[Effect] = []
    for frame in frames:
        session, append = queue_record(session, RecordKind.FRAME, frame, now_ms)
        effects.append(append)
    return session, tuple(effects)


def check_expiry_and_keepalive(connection: ConnectionState, event: object, now_ms: int) -> Outcome:
    """Notify the client before its token expires, end the session when it has, and keep an idle session alive."""
    expires_ms = connection.expires_ms
    if expires_ms is not None and now_ms >= expires_ms:
        error = errors.token_expired()
        connection, ending = _stop_audio(connection, EndCause.EXPIRED, now_ms)
        return connection, (*ending, Send(Notice(code=error.code, message=error.message)))
    connection, effects = _keep_alive(connection, now_ms)
    if expires_ms is None or connection.expiry_notified or now_ms < expires_ms - connection.policy.token_notice_ms:
        return connection, effects
    notice = Notice(
        code="token_expiring",
        message="Your token is about to expire: send `auth` with a fresh one, or the session ends then.",
        deadline_ms=expires_ms - now_ms,
    )
    return replace(connection, expiry_notified=True), (*effects, Send(notice))


def _keep_alive(connection: ConnectionState, now_ms: int) -> Outcome:
    """The client sends nothing but is connected: append `alive`, or the transcriber ends the session. A record that is
    still in flight says the same."""
    session = connection.session
    in_flight = session.records_queued > session.records_appended
    if in_flight or now_ms - session.last_queued_ms < connection.policy.alive_ms:
        return connection, ()
    alive = ConnectionAlive(
        event_id=derived_id(connection.session_id, connection.conn, "alive", session.records_queued),
        at_ms=now_ms,
        session_id=connection.session_id,
    )
    session, append = queue_record(session, RecordKind.ALIVE, alive.encode(), now_ms)
    return replace(connection, active_session=session), (append,)


def acknowledge(connection: ConnectionState, event: Appended, now_ms: int) -> Outcome:
    """Acknowledge a frame that Kafka has accepted, once the transcriber knows of this connection."""
    session, appended = connection.session, connection.session.records_appended + 1
    if event.record.seq is None:
        return replace(connection, active_session=replace(session, records_appended=appended)), ()
    frames = event.record.seq + 1
    lag = session.lag.with_appended(frames, now_ms)
    session = replace(session, records_appended=appended, frames_appended=frames, lag=lag)
    return replace(connection, active_session=session), (Send(Ack(frames=frames)),) if session.resume_confirmed else ()


def record_progress(connection: ConnectionState, event: TranscriberProgress, now_ms: int) -> Outcome:
    session = connection.session
    return replace(connection, active_session=replace(session, lag=session.lag.with_transcribed(event.frames))), ()


def reject_before_start(connection: ConnectionState, event: AudioReceived | BeginAnswer | End, now_ms: int) -> Outcome:
    return send_error(connection, errors.not_started(_NAMES[type(event)]))


def reject_after_end(connection: ConnectionState, event: AudioReceived | BeginAnswer | End, now_ms: int) -> Outcome:
    return send_error(connection, errors.session_ended(_NAMES[type(event)]))
