"""Steps from the open socket to the started session: who is it, and what do they want?"""

# ruff: noqa: ARG001 - the steps of a table share one signature, whether or not they need all of it

import unicodedata
from dataclasses import replace

from edge.core import problems
from edge.core.effects import Admit, Announce, Close, Effect, Send, Verify
from edge.core.events import (
    Admitted,
    Announced,
    Audio,
    Garbled,
    Kept,
    Refused,
    Rejected,
    Replied,
    Unverified,
    Verified,
)
from edge.core.formats import TAKEN, taken
from edge.core.pace import Pace
from edge.core.session import Outcome, Session, State, Talk, write
from schemas.audio import FRAME_MS
from schemas.base import derived_id
from schemas.sessions import RecordKind, SessionStarted
from schemas.wire import AudioFormat, Auth, BeginAnswer, End, Error, Limits, Ping, Ready, Start, Started

_RETRY_AFTER_MS = 5000
_MAX_NAME = 40
_MAX_EARLY = 16


def fail(session: Session, code: int, error: Error) -> Outcome:
    """Tell the client what is wrong, and close."""
    return session.moved(State.CLOSED), (Close(code, error.code, problems.fatal(error)),)


def complain(session: Session, error: Error) -> Outcome:
    """Tell the client what is wrong, and go on."""
    return session, (Send(error),)


# Tokens


def verify(session: Session, event: Auth, now_ms: int) -> Outcome:
    return session, (Verify(event.token),)


def welcome(session: Session, event: Verified, now_ms: int) -> Outcome:
    """The first token, or a fresh one of the same user."""
    if session.speaker is not None and session.speaker.user_id != event.speaker.user_id:
        return fail(session, 4403, problems.wrong_user())
    limits = Limits(
        session_s=session.terms.session_s,
        resume_grace_s=session.terms.grace_ms // 1000,
        message_bytes=session.terms.message_bytes,
    )
    state = State.READY if session.state is State.CONNECTED else session.state
    known = replace(session, state=state, speaker=event.speaker, warned=False)
    return known, (Send(Ready(user_id=event.speaker.user_id, limits=limits)),)


def turn_away(session: Session, event: Refused, now_ms: int) -> Outcome:
    return fail(session, 4401, problems.token_refused(event.reason, event.message, event.hint))


def wait_for_keys(session: Session, event: Unverified, now_ms: int) -> Outcome:
    """Nobody can say now whose token this is. Who is known already stays so, until their older token runs out."""
    error = problems.login_unavailable(_RETRY_AFTER_MS)
    return fail(session, 1013, error) if session.state is State.CONNECTED else complain(session, error)


def watch_expiry(session: Session, event: object, now_ms: int) -> Outcome:
    """Before a session has begun, a token that runs out simply proves nothing any more."""
    if session.expires_ms is None or now_ms < session.expires_ms:
        return session, ()
    return fail(session, 4401, problems.token_expired())


def refuse_stranger(
    session: Session, event: Start | BeginAnswer | End | Ping | Audio | Garbled, now_ms: int
) -> Outcome:
    detail = event.error.message if isinstance(event, Garbled) else "This was something else."
    return fail(session, 4401, problems.not_authorised(detail))


def watch_for_token(session: Session, event: object, now_ms: int) -> Outcome:
    if now_ms - session.opened_ms < session.terms.auth_ms:
        return session, ()
    return fail(session, 4408, problems.token_missing(session.terms.auth_ms))


# The start


def begin(session: Session, event: Start, now_ms: int) -> Outcome:
    if event.resume is not None:
        return fail(session, 4404, problems.resume_unavailable())
    audio = taken(event.audio)
    if audio is None:
        return fail(session, 4400, problems.unsupported_audio(_described(event.audio), TAKEN))
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
    most = session.user.max_sessions
    admit = Admit(session.user.user_id, event.competition, session.terms.max_sessions if most is None else most)
    return session.moved(State.STARTING, Talk(started, now_ms, Pace(now_ms), audio)), (admit,)


def write_start(session: Session, event: Admitted, now_ms: int) -> Outcome:
    talk, append = write(session.speech, RecordKind.START, session.speech.started.encode(), now_ms)
    return session.moved(State.STARTING, talk), (append,)


def turn_down(session: Session, event: Rejected, now_ms: int) -> Outcome:
    return fail(session, 4429, problems.too_many_sessions(event.most, competition=event.competition))


def _described(audio: AudioFormat) -> str:
    return f"{audio.encoding}, {audio.sample_rate} Hz, {audio.channels} channel{'s'[: audio.channels != 1]}"


def _shown_name(wanted: str | None, session: Session) -> str:
    """The client's wish, else the token's name, else the user's id; in one line of at most 40 characters."""
    for name in (wanted, session.user.name):
        # Control characters would be carried out by the terminals that show the name.
        visible = "".join(" " if unicodedata.category(char) == "Cc" else char for char in name or "")
        if words := visible.split():
            return " ".join(words)[:_MAX_NAME]
    return session.user.user_id[:_MAX_NAME]


def announce(session: Session, event: Kept, now_ms: int) -> Outcome:
    """The log has the start: now the other stages may know."""
    talk = replace(session.speech, kept=session.speech.kept + 1)
    return session.moved(State.STARTING, talk), (Announce(talk.started),)


def hold_early(session: Session, event: Replied, now_ms: int) -> Outcome:
    """Nothing but `pong` and `error` comes between `ready` and `started`. Before any audio no more than questions and a
    notice or two can come."""
    early = (*session.speech.early, event.message)[:_MAX_EARLY]
    return session.moved(State.STARTING, replace(session.speech, early=early)), ()


def open_session(session: Session, event: Announced, now_ms: int) -> Outcome:
    """Everybody knows: the client may speak."""
    started = Started(
        session_id=session.session_id,
        resume_token=event.resume_token,
        frame_ms=FRAME_MS,
        frame_bytes=session.speech.audio.frame_bytes,
        next_frame=0,
    )
    effects: list[Effect] = [Send(started)]
    passage = session.speech.passage
    for message in session.speech.early:
        passage, passed = passage.receive(message)
        effects.extend(Send(each) for each in passed)
    talk = replace(session.speech, passage=passage, early=())
    return session.moved(State.STREAMING, talk), tuple(effects)
