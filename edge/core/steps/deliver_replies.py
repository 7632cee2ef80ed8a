"""What comes of a reply: most are for the client to see, some concern the connection itself."""

# ruff: noqa: ARG001 - the steps of a table share one signature, whether or not they need all of it

from edge.core import errors
from edge.core.connection_state import Outcome, Session, State
from edge.core.effects import Close, Send
from edge.core.events import Replied
from edge.core.fast_replace import changed
from edge.core.steps.authenticate import fail
from schemas.replies import Gone, Resumed, ShownMessage, Superseded
from schemas.sessions import EndCause
from schemas.wire import Ack


def receive(session: Session, event: Replied, now_ms: int) -> Outcome:
    """A stage has something for the client."""
    match event.message:
        case Resumed() as resumed:
            return _confirm(session, resumed)
        case Gone(code="no_session"):
            return fail(session, 4404, errors.no_session())
        case Gone():
            return fail(session, 4400, errors.frame_gap(session.speech.first_frame))
        case Superseded():
            return fail(session, 4409, errors.superseded())
        case message:
            return _show(session, message)


def _confirm(session: Session, resumed: Resumed) -> Outcome:
    """The transcriber knows of this connection: what the log has accepted meanwhile is acknowledged. Of a session that
    was over before, nothing more counts; but all that is held is acknowledged, whichever connection brought it."""
    talk = session.speech
    was_over = session.state is State.ENDING and talk.ended is None
    if talk.confirmed or was_over:
        return session, ()  # Said again by a transcriber that took over.
    if resumed.over:
        session, frames = session.moved(State.ENDING), resumed.next_frame
    else:
        session, frames = changed(session, talk=changed(talk, confirmed=True)), talk.frames_kept
    return session, (Send(Ack(frames=frames)),) if frames > talk.first_frame else ()


def _show(session: Session, message: ShownMessage) -> Outcome:
    """What the client should see now. The summary is the end of a session, whoever ended it; the report closes it."""
    passage, passed = session.speech.passage.receive(message)
    session = changed(session, talk=changed(session.speech, passage=passage))
    effects = tuple(Send(each) for each in passed)
    if passage.report:
        session, closing = _close_done(session)
        return session, (*effects, *closing)
    return session.moved(State.ENDING) if passage.summary else session, effects


def _close_done(session: Session) -> Outcome:
    if session.speech.ended is EndCause.LENGTH:
        return fail(session, 4413, errors.session_too_long(session.terms.session_s))
    if session.speech.ended is EndCause.EXPIRED:
        return fail(session, 4401, errors.token_expired())
    return session.moved(State.CLOSED), (Close(1000, "done"),)
