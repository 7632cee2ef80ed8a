"""Steps of a session: audio and answers into its log, acknowledgements and replies out, until it has its report."""

# ruff: noqa: ARG001 - the steps of a table share one signature, whether or not they need all of it

from edge.core import errors
from edge.core.connection_state import Outcome, Session, State, Talk, write
from edge.core.effects import Convert, Effect, Send
from edge.core.events import Audio, Converted, Heard, Kept, Unintelligible
from edge.core.fast_replace import changed
from edge.core.steps.authenticate import complain, fail
from schemas.audio import SAMPLE_BYTES, SAMPLE_RATE
from schemas.base import derived_id
from schemas.sessions import AnswerBegun, ConnectionAlive, EndCause, RecordKind, SessionEnded
from schemas.wire import Ack, BeginAnswer, End, Notice

_NAMES: dict[type, str] = {Audio: "Audio", BeginAnswer: "`answer`", End: "`end`"}


def hear(session: Session, event: Audio, now_ms: int) -> Outcome:
    """Audio for the log; what goes beyond the session's greatest length ends it."""
    audio = session.speech.audio
    if len(event.data) > audio.message_bytes:
        return fail(session, 1009, errors.message_too_large(len(event.data), audio.message_bytes))
    if len(event.data) % audio.block_bytes:
        return fail(session, 4400, errors.bad_audio(len(event.data), audio.block_bytes))
    if not audio.canonical:
        return session, (Convert(audio, event.data),)
    return _take(session, event.data, session.speech.until_sample + len(event.data) // SAMPLE_BYTES, now_ms)


def take_in(session: Session, event: Converted, now_ms: int) -> Outcome:
    """The log's audio of what the client sent."""
    return _take(session, event.audio, session.speech.first_sample + event.until_sample, now_ms)


def _take(session: Session, audio: bytes, until_sample: int, now_ms: int) -> Outcome:
    talk, budget = session.speech, session.terms.pace
    pace = talk.pace.after(until_sample - talk.until_sample, now_ms, budget)
    if pace is None:
        return fail(session, 4429, errors.too_fast(budget.times, budget.burst_ms // 1000))
    left_bytes = (session.terms.session_s * SAMPLE_RATE - talk.framing.samples) * SAMPLE_BYTES
    framing, frames = talk.framing.push(audio[:left_bytes])
    talk = changed(talk, framing=framing, pace=pace, until_sample=until_sample)
    talk, effects = _write_frames(talk, frames, now_ms)
    if len(audio) <= left_bytes:
        return changed(session, talk=talk), effects
    error = errors.session_too_long(session.terms.session_s)
    session, ending = _end(session, talk, EndCause.LENGTH, now_ms)
    return session, (*effects, *ending, Send(Notice(code=error.code, message=error.message)))


def take_last(session: Session, event: Converted, now_ms: int) -> Outcome:
    """What was still being made of the audio when the session ended here. If others ended it, it is left out."""
    cause = session.speech.ended
    if cause is None:
        return session, ()
    left_bytes = (session.terms.session_s * SAMPLE_RATE - session.speech.framing.samples) * SAMPLE_BYTES
    framing, frames = session.speech.framing.push(event.audio[:left_bytes])
    talk, effects = _write_frames(changed(session.speech, framing=framing), frames, now_ms)
    if not event.last:
        return session.moved(State.ENDING, talk), effects
    session, ending = _end(session, talk, cause, now_ms)
    return session, (*effects, *ending)


def reject_audio(session: Session, event: Unintelligible, now_ms: int) -> Outcome:
    return fail(session, 4400, errors.broken_audio(session.speech.audio.encoding, event.detail))


def mark(session: Session, event: BeginAnswer, now_ms: int) -> Outcome:
    """From the next sample on, another question is answered. The record precedes that sample's frame in the log, so an
    acknowledgement of the frame covers it."""
    talk = session.speech
    if talk.question == event.question:
        return session, ()
    begun = AnswerBegun(
        event_id=derived_id(session.session_id, session.conn, "answer", talk.until_sample, event.question),
        at_ms=now_ms,
        session_id=session.session_id,
        question=event.question,
        from_sample=talk.until_sample,
    )
    talk, append = write(changed(talk, question=event.question), RecordKind.ANSWER, begun.encode(), now_ms)
    return session.moved(State.STREAMING, talk), (append,)


def finish(session: Session, event: End, now_ms: int) -> Outcome:
    return _stop(session, EndCause.CLIENT, now_ms)


def _stop(session: Session, cause: EndCause, now_ms: int) -> Outcome:
    """No more audio is taken; what a converter still holds belongs to the session."""
    audio = session.speech.audio
    if audio.canonical:
        return _end(session, session.speech, cause, now_ms)
    return session.moved(State.ENDING, changed(session.speech, ended=cause)), (Convert(audio, None),)


def _end(session: Session, talk: Talk, cause: EndCause, now_ms: int) -> Outcome:
    """The last, shorter frame and the end itself."""
    framing, frames = talk.framing.flush()
    talk, effects = _write_frames(changed(talk, framing=framing, ended=cause), frames, now_ms)
    ended = SessionEnded(
        event_id=derived_id(session.session_id, session.conn, "ended"),
        at_ms=now_ms,
        session_id=session.session_id,
        cause=cause,
    )
    talk, append = write(talk, RecordKind.END, ended.encode(), now_ms)
    return session.moved(State.ENDING, talk), (*effects, append)


def _write_frames(talk: Talk, frames: tuple[bytes, ...], now_ms: int) -> tuple[Talk, tuple[Effect, ...]]:
    effects: list[Effect] = []
    for frame in frames:
        talk, append = write(talk, RecordKind.FRAME, frame, now_ms)
        effects.append(append)
    return talk, tuple(effects)


def pass_time(session: Session, event: object, now_ms: int) -> Outcome:
    """A token that runs out is told of, and ends the session once it has."""
    expires_ms = session.expires_ms
    if expires_ms is not None and now_ms >= expires_ms:
        error = errors.token_expired()
        session, ending = _stop(session, EndCause.EXPIRED, now_ms)
        return session, (*ending, Send(Notice(code=error.code, message=error.message)))
    session, effects = _stay_alive(session, now_ms)
    if expires_ms is None or session.warned or now_ms < expires_ms - session.terms.token_notice_ms:
        return session, effects
    notice = Notice(
        code="token_expiring",
        message="Your token runs out: send `auth` with a fresh one, or the session ends then.",
        deadline_ms=expires_ms - now_ms,
    )
    return changed(session, warned=True), (*effects, Send(notice))


def _stay_alive(session: Session, now_ms: int) -> Outcome:
    """The speaker is silent but there: say so, or the transcriber ends the session. What is still on its way into the
    log says it as well."""
    talk = session.speech
    if talk.written > talk.kept or now_ms - talk.last_written_ms < session.terms.alive_ms:
        return session, ()
    alive = ConnectionAlive(
        event_id=derived_id(session.session_id, session.conn, "alive", talk.written),
        at_ms=now_ms,
        session_id=session.session_id,
    )
    talk, append = write(talk, RecordKind.ALIVE, alive.encode(), now_ms)
    return changed(session, talk=talk), (append,)


def acknowledge(session: Session, event: Kept, now_ms: int) -> Outcome:
    """The log has accepted a record; of frames the client is told, once the transcriber counts what comes from here."""
    talk, kept = session.speech, session.speech.kept + 1
    if event.record.seq is None:
        return changed(session, talk=changed(talk, kept=kept)), ()
    frames = event.record.seq + 1
    talk = changed(talk, kept=kept, frames_kept=frames, progress=talk.progress.keep(frames, now_ms))
    return changed(session, talk=talk), (Send(Ack(frames=frames)),) if talk.confirmed else ()


def note_heard(session: Session, event: Heard, now_ms: int) -> Outcome:
    talk = session.speech
    return changed(session, talk=changed(talk, progress=talk.progress.hear(event.frames))), ()


def too_early(session: Session, event: Audio | BeginAnswer | End, now_ms: int) -> Outcome:
    return complain(session, errors.not_started(_NAMES[type(event)]))


def too_late(session: Session, event: Audio | BeginAnswer | End, now_ms: int) -> Outcome:
    return complain(session, errors.session_ended(_NAMES[type(event)]))
