"""Steps that find out who the user is."""

# ruff: noqa: ARG001 - the steps of a table share one signature, whether or not they need all of it

from edge.core import errors
from edge.core.connection_state import ConnectionPhase, ConnectionState, Outcome
from edge.core.effects import Send, VerifyToken
from edge.core.events import AudioReceived, AuthUnavailable, InvalidMessage, TokenAccepted, TokenRejected
from edge.core.fast_replace import replace
from edge.core.steps.send_error import close_with_error, send_error
from schemas.wire import Auth, BeginAnswer, End, Limits, Ping, Ready, Start


def verify_token(connection: ConnectionState, event: Auth, now_ms: int) -> Outcome:
    return replace(connection, token_received=True), (VerifyToken(event.token),)


def accept_token(connection: ConnectionState, event: TokenAccepted, now_ms: int) -> Outcome:
    """The first token, or a fresh one of the same user."""
    if connection.verified_user is not None and connection.verified_user.user_id != event.user.user_id:
        return close_with_error(connection, errors.wrong_user())
    limits = Limits(
        session_s=connection.policy.session_s,
        resume_grace_s=connection.policy.grace_ms // 1000,
        message_bytes=connection.policy.message_bytes,
    )
    is_first = connection.phase is ConnectionPhase.CONNECTED
    phase = ConnectionPhase.READY if is_first else connection.phase
    authenticated = replace(connection, phase=phase, verified_user=event.user, expiry_notified=False)
    return authenticated, (Send(Ready(user_id=event.user.user_id, limits=limits)),)


def reject_token(connection: ConnectionState, event: TokenRejected, now_ms: int) -> Outcome:
    return close_with_error(connection, errors.token_rejected(event.reason, event.message, event.hint))


def auth_unavailable(connection: ConnectionState, event: AuthUnavailable, now_ms: int) -> Outcome:
    """A user who is authenticated already stays so until their older token expires."""
    report = close_with_error if connection.phase is ConnectionPhase.CONNECTED else send_error
    return report(connection, errors.login_unavailable())


def check_expiry(connection: ConnectionState, event: object, now_ms: int) -> Outcome:
    """Before a session begins, an expired token closes the connection at once."""
    if connection.expires_ms is None or now_ms < connection.expires_ms:
        return connection, ()
    return close_with_error(connection, errors.token_expired())


def reject_unauthenticated(
    connection: ConnectionState,
    event: Start | BeginAnswer | End | Ping | AudioReceived | InvalidMessage,
    now_ms: int,
) -> Outcome:
    detail = event.error.message if isinstance(event, InvalidMessage) else "This was another message."
    return close_with_error(connection, errors.not_authorised(detail))


def check_auth_timeout(connection: ConnectionState, event: object, now_ms: int) -> Outcome:
    """A token that arrived in time may take longer to be verified."""
    if connection.token_received or now_ms - connection.opened_ms < connection.policy.auth_ms:
        return connection, ()
    return close_with_error(connection, errors.token_missing(connection.policy.auth_ms))
