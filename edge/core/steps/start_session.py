"""Steps from a `start` to the session it begins, or goes on with."""

# ruff: noqa: ARG001 - the steps of a table share one signature, whether or not they need all of it

import unicodedata

from edge.core import errors
from edge.core.audio.formats import TAKEN, taken
from edge.core.audio.framing import Framing
from edge.core.connection_state import Outcome, Session, State, Talk, write
from edge.core.effects import Admit, Announce, Claim, Effect, Reclaim, Send
from edge.core.events import Admitted, Kept, Postponed, Reclaimed, Rejected, Replied, Unclaimed
from edge.core.fast_replace import changed
from edge.core.flow.lag import Progress
from edge.core.flow.leaky_bucket import Pace
from edge.core.flow.reply_order import Passage
from edge.core.steps import deliver_replies
from edge.core.steps.authenticate import fail
from schemas.audio import FRAME_MS, FRAME_SAMPLES
from schemas.base import derived_id
from schemas.sessions import ConnectionResumed, RecordKind, SessionStarted
from schemas.wire import AudioFormat, Start, Started

_MAX_NAME = 40


def begin(session: Session, event: Start, now_ms: int) -> Outcome:
    if event.resume is not None:
        return session, (Reclaim(event),)
    audio = taken(event.audio)
    if audio is None:
        return _refuse_audio(session, event.audio)
    started = SessionStarted(
        event_id=derived_id(session.session_id, "started"),
        at_ms=now_ms,
        session_id=session.session_id,
        user_id=session.user.user_id,
        display_name=_shown_name(event.display_name, session),
        org=session.user.org,
        groups=session.user.groups,
        mode=event.mode,
        competition=event.competition,
        language=event.language,
        topic=event.topic,
        question_count=event.questions,
    )
    claim = Claim(session.session_id, session.user.user_id, event.competition, event.audio)
    most = session.user.max_sessions
    admit = Admit(claim, session.terms.max_sessions if most is None else most)
    return session.moved(State.STARTING, Talk(started, now_ms, Pace(now_ms), audio)), (admit,)


def go_on(session: Session, event: Reclaimed, now_ms: int) -> Outcome:
    """The session of a resume token, from the frame on that the client says. Whether so many frames are held, the
    transcriber knows; here only that no session is so long. Its audio is as it was, unless the client announces another
    format."""
    claim, first_frame = event.claim, event.start.from_frame
    if claim.user_id != session.user.user_id:
        return fail(session, 4403, errors.not_your_session())
    if first_frame * FRAME_MS > session.terms.session_s * 1000:
        return fail(session, 4400, errors.frame_gap(first_frame))
    announced = event.start.audio if "audio" in event.start.model_fields_set else claim.audio
    audio = taken(announced)
    if audio is None:
        return _refuse_audio(session, announced)
    first_sample = first_frame * FRAME_SAMPLES
    resumed = ConnectionResumed(
        event_id=derived_id(claim.session_id, session.conn, "resumed"),
        at_ms=now_ms,
        session_id=claim.session_id,
        have_final=event.start.have_final,
        from_frame=first_frame,
    )
    talk = Talk(
        resumed,
        now_ms,
        Pace(now_ms),
        audio,
        confirmed=False,
        first_sample=first_sample,
        until_sample=first_sample,
        frames=first_frame,
        frames_kept=first_frame,
        progress=Progress.from_frame(first_frame),
        framing=Framing(samples=first_sample),
        passage=Passage(finals=event.start.have_final),
    )
    session = changed(session, session_id=claim.session_id)
    return session.moved(State.STARTING, talk), (Admit(changed(claim, audio=announced), None),)


def refuse_token(session: Session, event: Unclaimed, now_ms: int) -> Outcome:
    return fail(session, 4404, errors.resume_invalid())


def turn_down(session: Session, event: Rejected, now_ms: int) -> Outcome:
    return fail(session, 4429, errors.too_many_sessions(event.most, competition=event.competition))


def put_off(session: Session, event: Postponed, now_ms: int) -> Outcome:
    return fail(session, 1013, errors.overloaded(event.retry_after_ms))


def write_opening(session: Session, event: Admitted, now_ms: int) -> Outcome:
    talk = changed(session.speech, resume_token=event.resume_token)
    kind = RecordKind.START if isinstance(talk.opening, SessionStarted) else RecordKind.RESUME
    talk, append = write(talk, kind, talk.opening.encode(), now_ms)
    return session.moved(State.STARTING, talk), (append,)


def hold_early(session: Session, event: Replied, now_ms: int) -> Outcome:
    """Nothing but `pong` and `error` comes between `ready` and `started`. What can come before is bounded: the
    transcriber answers a start with a notice, and a resume with what one session holds."""
    early = (*session.speech.early, event.message)
    return session.moved(State.STARTING, changed(session.speech, early=early)), ()


def opening_kept(session: Session, event: Kept, now_ms: int) -> Outcome:
    """The log has the start: now the other stages may know. Of a resume they need not."""
    talk = changed(session.speech, kept=session.speech.kept + 1)
    session = session.moved(State.STARTING, talk)
    if isinstance(talk.opening, SessionStarted):
        return session, (Announce(talk.opening),)
    return open_session(session, event, now_ms)


def open_session(session: Session, event: object, now_ms: int) -> Outcome:
    """Everybody who must know does: the client may speak, and hears what came meanwhile."""
    talk = session.speech
    started = Started(
        session_id=session.session_id,
        resume_token=talk.resume_token,
        frame_ms=FRAME_MS,
        frame_bytes=talk.audio.frame_bytes,
        next_frame=talk.frames,
    )
    effects: list[Effect] = [Send(started)]
    session = session.moved(State.STREAMING, changed(talk, early=()))
    for message in talk.early:
        if session.state is not State.CLOSED:
            session, told = deliver_replies.receive(session, Replied(message), now_ms)
            effects += told
    return session, tuple(effects)


def _refuse_audio(session: Session, audio: AudioFormat) -> Outcome:
    described = f"{audio.encoding}, {audio.sample_rate} Hz, {audio.channels} channel{'s'[: audio.channels != 1]}"
    return fail(session, 4400, errors.unsupported_audio(described, TAKEN))


def _shown_name(wanted: str | None, session: Session) -> str:
    """The client's wish, else the token's name, else the user's id; in one line of at most 40 characters."""
    for name in (wanted, session.user.name):
        # Control characters would be carried out by the terminals that show the name.
        visible = "".join(" " if unicodedata.category(char) == "Cc" else char for char in name or "")
        if words := visible.split():
            return " ".join(words)[:_MAX_NAME]
    return session.user.user_id[:_MAX_NAME]
