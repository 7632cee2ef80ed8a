"""Steps from a `start` to the session it begins, or goes on with."""

# ruff: noqa: ARG001 - the steps of a table share one signature, whether or not they need all of it

import unicodedata

from edge.core import errors
from edge.core.audio.formats import TAKEN, taken
from edge.core.audio.framing import Framing
from edge.core.connection_state import ConnectionState, Outcome, Phase, SessionState, queue_record
from edge.core.effects import Admit, Announce, Claim, Effect, Reclaim, Send
from edge.core.events import Admitted, Kept, Postponed, Reclaimed, Rejected, Replied, Unclaimed
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


def begin(connection: ConnectionState, event: Start, now_ms: int) -> Outcome:
    if event.resume is not None:
        return connection, (Reclaim(event),)
    audio = taken(event.audio)
    if audio is None:
        return _refuse_audio(connection, event.audio)
    started = SessionStarted(
        event_id=derived_id(connection.session_id, "started"),
        at_ms=now_ms,
        session_id=connection.session_id,
        user_id=connection.user.user_id,
        display_name=_shown_name(event.display_name, connection),
        org=connection.user.org,
        groups=connection.user.groups,
        mode=event.mode,
        competition=event.competition,
        language=event.language,
        topic=event.topic,
        question_count=event.questions,
    )
    claim = Claim(connection.session_id, connection.user.user_id, event.competition, event.audio)
    most = connection.user.max_sessions
    admit = Admit(claim, connection.policy.max_sessions if most is None else most)
    return connection.moved(Phase.STARTING, SessionState(started, now_ms, LeakyBucket(now_ms), audio)), (admit,)


def go_on(connection: ConnectionState, event: Reclaimed, now_ms: int) -> Outcome:
    """The session of a resume token, from the frame on that the client says. Whether so many frames are held, the
    transcriber knows; here only that no session is so long. Its audio is as it was, unless the client announces another
    format."""
    claim, first_frame = event.claim, event.start.from_frame
    if claim.user_id != connection.user.user_id:
        return close_with_error(connection, errors.not_your_session())
    if first_frame * FRAME_MS > connection.policy.session_s * 1000:
        return close_with_error(connection, errors.frame_gap(first_frame))
    announced = event.start.audio if "audio" in event.start.model_fields_set else claim.audio
    audio = taken(announced)
    if audio is None:
        return _refuse_audio(connection, announced)
    first_sample = first_frame * FRAME_SAMPLES
    resumed = ConnectionResumed(
        event_id=derived_id(claim.session_id, connection.conn, "resumed"),
        at_ms=now_ms,
        session_id=claim.session_id,
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
    connection = replace(connection, session_id=claim.session_id)
    return connection.moved(Phase.STARTING, session), (Admit(replace(claim, audio=announced), None),)


def refuse_token(connection: ConnectionState, event: Unclaimed, now_ms: int) -> Outcome:
    return close_with_error(connection, errors.resume_invalid())


def turn_down(connection: ConnectionState, event: Rejected, now_ms: int) -> Outcome:
    return close_with_error(connection, errors.too_many_sessions(event.most, competition=event.competition))


def put_off(connection: ConnectionState, event: Postponed, now_ms: int) -> Outcome:
    return close_with_error(connection, errors.overloaded(event.retry_after_ms))


def write_opening(connection: ConnectionState, event: Admitted, now_ms: int) -> Outcome:
    session = replace(connection.session, resume_token=event.resume_token)
    kind = RecordKind.START if isinstance(session.opening, SessionStarted) else RecordKind.RESUME
    session, append = queue_record(session, kind, session.opening.encode(), now_ms)
    return connection.moved(Phase.STARTING, session), (append,)


def hold_early(connection: ConnectionState, event: Replied, now_ms: int) -> Outcome:
    """Nothing but `pong` and `error` comes between `ready` and `started`. What can come before is bounded: the
    transcriber answers a start with a notice, and a resume with what one session holds."""
    early = (*connection.session.early_replies, event.message)
    return connection.moved(Phase.STARTING, replace(connection.session, early_replies=early)), ()


def opening_kept(connection: ConnectionState, event: Kept, now_ms: int) -> Outcome:
    """The log has the start: now the other stages may know. Of a resume they need not."""
    session = replace(connection.session, records_appended=connection.session.records_appended + 1)
    connection = connection.moved(Phase.STARTING, session)
    if isinstance(session.opening, SessionStarted):
        return connection, (Announce(session.opening),)
    return open_session(connection, event, now_ms)


def open_session(connection: ConnectionState, event: object, now_ms: int) -> Outcome:
    """Everybody who must know does: the client may speak, and hears what came meanwhile."""
    session = connection.session
    started = Started(
        session_id=connection.session_id,
        resume_token=session.resume_token,
        frame_ms=FRAME_MS,
        frame_bytes=session.audio.frame_bytes,
        next_frame=session.frames_queued,
    )
    effects: list[Effect] = [Send(started)]
    connection = connection.moved(Phase.STREAMING, replace(session, early_replies=()))
    for message in session.early_replies:
        if connection.phase is not Phase.CLOSED:
            connection, told = deliver_replies.receive(connection, Replied(message), now_ms)
            effects += told
    return connection, tuple(effects)


def _refuse_audio(connection: ConnectionState, audio: AudioFormat) -> Outcome:
    described = f"{audio.encoding}, {audio.sample_rate} Hz, {audio.channels} channel{'s'[: audio.channels != 1]}"
    return close_with_error(connection, errors.unsupported_audio(described, TAKEN))


def _shown_name(wanted: str | None, connection: ConnectionState) -> str:
    """The client's wish, else the token's name, else the user's id; in one line of at most 40 characters."""
    for name in (wanted, connection.user.name):
        # Control characters would be carried out by the terminals that show the name.
        visible = "".join(" " if unicodedata.category(char) == "Cc" else char for char in name or "")
        if words := visible.split():
            return " ".join(words)[:_MAX_NAME]
    return connection.user.user_id[:_MAX_NAME]
