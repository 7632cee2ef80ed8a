"""Steps that find out who somebody is, and the ways to tell a client what is wrong."""

# ruff: noqa: ARG001 - the steps of a table share one signature, whether or not they need all of it

from edge.core import errors
from edge.core.connection_state import ConnectionState, Outcome, Phase
from edge.core.effects import Send, Verify
from edge.core.events import Audio, Garbled, Refused, Unverified, Verified
from edge.core.fast_replace import replace
from edge.core.steps.send_error import close_with_error, send_error
from schemas.wire import Auth, BeginAnswer, End, Limits, Ping, Ready, Start

# Tokens


def verify(connection: ConnectionState, event: Auth, now_ms: int) -> Outcome:
    return replace(connection, token_received=True), (Verify(event.token),)


def welcome(connection: ConnectionState, event: Verified, now_ms: int) -> Outcome:
    """The first token, or a fresh one of the same user."""
    if connection.verified_user is not None and connection.verified_user.user_id != event.user.user_id:
        return close_with_error(connection, errors.wrong_user())
    limits = Limits(
        session_s=connection.policy.session_s,
        resume_grace_s=connection.policy.grace_ms // 1000,
        message_bytes=connection.policy.message_bytes,
    )
    phase = Phase.READY if connection.phase is Phase.CONNECTED else connection.phase
    known = replace(connection, phase=phase, verified_user=event.user, expiry_notified=False)
    return known, (Send(Ready(user_id=event.user.user_id, limits=limits)),)


def turn_away(connection: ConnectionState, event: Refused, now_ms: int) -> Outcome:
    return close_with_error(connection, errors.token_rejected(event.reason, event.message, event.hint))


def wait_for_keys(connection: ConnectionState, event: Unverified, now_ms: int) -> Outcome:
    """Nobody can say now whose token this is. Who is known already stays so, until their older token runs out."""
    error = errors.login_unavailable()
    return close_with_error(connection, error) if connection.phase is Phase.CONNECTED else send_error(connection, error)


def watch_expiry(connection: ConnectionState, event: object, now_ms: int) -> Outcome:
    """Before a session has begun, a token that runs out simply proves nothing any more."""
    if connection.expires_ms is None or now_ms < connection.expires_ms:
        return connection, ()
    return close_with_error(connection, errors.token_expired())


def refuse_stranger(
    connection: ConnectionState, event: Start | BeginAnswer | End | Ping | Audio | Garbled, now_ms: int
) -> Outcome:
    detail = event.error.message if isinstance(event, Garbled) else "This was something else."
    return close_with_error(connection, errors.not_authorised(detail))


def watch_for_token(connection: ConnectionState, event: object, now_ms: int) -> Outcome:
    """Whose token has come in time may wait for it to be judged."""
    if connection.token_received or now_ms - connection.opened_ms < connection.policy.auth_ms:
        return connection, ()
    return close_with_error(connection, errors.token_missing(connection.policy.auth_ms))
