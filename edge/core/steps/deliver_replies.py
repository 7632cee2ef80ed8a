"""Steps for the other stages' replies: most are passed to the client, some concern the connection itself."""

# ruff: noqa: ARG001 - the steps of a table share one signature, whether or not they need all of it

from edge.core import errors
from edge.core.connection_state import ConnectionPhase, ConnectionState, Outcome
from edge.core.effects import Close, Send
from edge.core.events import ReplyReceived
from edge.core.fast_replace import replace
from edge.core.steps.send_error import close_with_error
from schemas.replies import Gone, Resumed, ShownMessage, Superseded
from schemas.sessions import EndCause
from schemas.wire import Ack


def deliver_reply(connection: ConnectionState, event: ReplyReceived, now_ms: int) -> Outcome:
    match event.message:
        case Resumed() as resumed:
            return _confirm_resume(connection, resumed)
        case Gone(code="no_session"):
            return close_with_error(connection, errors.no_session())
        case Gone():
            return close_with_error(connection, errors.frame_gap(connection.session.first_frame))
        case Superseded():
            return close_with_error(connection, errors.superseded())
        case message:
            return _show(connection, message)


def _confirm_resume(connection: ConnectionState, resumed: Resumed) -> Outcome:
    """The transcriber knows of this connection: acknowledge what Kafka has accepted meanwhile. If the session was over
    already, nothing more of it counts; but everything held is acknowledged, whichever connection sent it."""
    session = connection.session
    was_over = connection.phase is ConnectionPhase.ENDING and session.end_cause is None
    if session.resume_confirmed or session.known_over or was_over:
        return connection, ()  # Repeated by a transcriber that took over.
    if resumed.over:
        frames = resumed.next_frame
        connection = connection.moved(ConnectionPhase.ENDING, replace(session, known_over=True))
    else:
        frames = session.frames_appended
        connection = replace(connection, active_session=replace(session, resume_confirmed=True))
    return connection, (Send(Ack(frames=frames)),) if frames > session.first_frame else ()


def _show(connection: ConnectionState, message: ShownMessage) -> Outcome:
    """Send what the client may see now. The summary ends the session, whatever its cause; the report closes it."""
    sequencer, passed = connection.session.sequencer.push(message)
    connection = replace(connection, active_session=replace(connection.session, sequencer=sequencer))
    effects = tuple(Send(each) for each in passed)
    if sequencer.report:
        connection, closing = _close_after_report(connection)
        return connection, (*effects, *closing)
    return connection.moved(ConnectionPhase.ENDING) if sequencer.summary else connection, effects


def _close_after_report(connection: ConnectionState) -> Outcome:
    if connection.session.end_cause is EndCause.LENGTH:
        return close_with_error(connection, errors.session_too_long(connection.policy.session_s))
    if connection.session.end_cause is EndCause.EXPIRED:
        return close_with_error(connection, errors.token_expired())
    return connection.moved(ConnectionPhase.CLOSED), (Close(1000, "done"),)
