"""Steps that find out who somebody is, and the ways to tell a client what is wrong."""

# ruff: noqa: ARG001 - the steps of a table share one signature, whether or not they need all of it

from edge.core import errors
from edge.core.connection_state import Outcome, Session, State
from edge.core.effects import Close, Send, Verify
from edge.core.events import Audio, Garbled, Refused, Unverified, Verified
from edge.core.fast_replace import changed
from schemas.wire import Auth, BeginAnswer, End, Error, Limits, Ping, Ready, Start

_RETRY_AFTER_MS = 5000


def fail(session: Session, code: int, error: Error) -> Outcome:
    """Tell the client what is wrong, and close."""
    return session.moved(State.CLOSED), (Close(code, error.code, errors.fatal(error)),)


def complain(session: Session, error: Error) -> Outcome:
    """Tell the client what is wrong, and go on."""
    return session, (Send(error),)


# Tokens


def verify(session: Session, event: Auth, now_ms: int) -> Outcome:
    return changed(session, asked=True), (Verify(event.token),)


def welcome(session: Session, event: Verified, now_ms: int) -> Outcome:
    """The first token, or a fresh one of the same user."""
    if session.speaker is not None and session.speaker.user_id != event.speaker.user_id:
        return fail(session, 4403, errors.wrong_user())
    limits = Limits(
        session_s=session.terms.session_s,
        resume_grace_s=session.terms.grace_ms // 1000,
        message_bytes=session.terms.message_bytes,
    )
    state = State.READY if session.state is State.CONNECTED else session.state
    known = changed(session, state=state, speaker=event.speaker, warned=False)
    return known, (Send(Ready(user_id=event.speaker.user_id, limits=limits)),)


def turn_away(session: Session, event: Refused, now_ms: int) -> Outcome:
    return fail(session, 4401, errors.token_refused(event.reason, event.message, event.hint))


def wait_for_keys(session: Session, event: Unverified, now_ms: int) -> Outcome:
    """Nobody can say now whose token this is. Who is known already stays so, until their older token runs out."""
    error = errors.login_unavailable(_RETRY_AFTER_MS)
    return fail(session, 1013, error) if session.state is State.CONNECTED else complain(session, error)


def watch_expiry(session: Session, event: object, now_ms: int) -> Outcome:
    """Before a session has begun, a token that runs out simply proves nothing any more."""
    if session.expires_ms is None or now_ms < session.expires_ms:
        return session, ()
    return fail(session, 4401, errors.token_expired())


def refuse_stranger(
    session: Session, event: Start | BeginAnswer | End | Ping | Audio | Garbled, now_ms: int
) -> Outcome:
    detail = event.error.message if isinstance(event, Garbled) else "This was something else."
    return fail(session, 4401, errors.not_authorised(detail))


def watch_for_token(session: Session, event: object, now_ms: int) -> Outcome:
    """Whose token has come in time may wait for it to be judged."""
    if session.asked or now_ms - session.opened_ms < session.terms.auth_ms:
        return session, ()
    return fail(session, 4408, errors.token_missing(session.terms.auth_ms))
