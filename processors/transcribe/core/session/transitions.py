"""One session as a state machine over the records of its log. Audio arrives; the voice activity detector processes each
frame; a window becomes due (window_due.py); the recogniser's hypothesis comes back; words, once confirmed, are
published as finals.

If windows do not coalesce, the output depends on the log and the hypotheses alone: not on a clock, on load or on
chance. If they do, frames that arrive while a window waits for its turn join it, so the windows depend on the load."""

from dataclasses import replace

from processors.transcribe.core.audio.buffer_trimming import trim, without_leading_silence
from processors.transcribe.core.audio.vad import VadOutput
from processors.transcribe.core.audio.windows import Hypothesis, Window, session_words
from processors.transcribe.core.policy.policy import EMPTY_BUFFER
from processors.transcribe.core.session import publishing
from processors.transcribe.core.session.finals import AnswerMark, make_finals
from processors.transcribe.core.session.live_check import LiveCheck
from processors.transcribe.core.session.log_records import FrameRecord, ResumeRecord, SessionLogRecord, StartRecord
from processors.transcribe.core.session.output import NOTHING, IgnoredReason, Output, joined
from processors.transcribe.core.session.state import TranscriptionOptions, TranscriptionPhase, TranscriptionState
from processors.transcribe.core.session.statistics import hourly_counts, merged
from processors.transcribe.core.session.window_due import (
    NextStep,
    decide,
    has_new_speech,
    may_grow,
    utterance_end_ms,
)
from schemas.audio import samples_to_ms
from schemas.replies import ReplyAddress
from schemas.sessions import AnswerBegun, ConnectionAlive, EndCause, QuestionsAsked, SessionEnded
from schemas.words import Word


def start(
    options: TranscriptionOptions, record: SessionLogRecord, body: StartRecord
) -> tuple[TranscriptionState, Output]:
    """A `start` record begins a transcription."""
    state = TranscriptionState(
        options=options,
        started=body.started,
        last_record=record.position,
        conn=body.conn,
        reply_to=body.reply_to,
        policy=options.policy(EMPTY_BUFFER),
        live_check=LiveCheck(record.timestamp_ms),
    )
    return state, publishing.to_client(state, options.notice) if options.notice else NOTHING


def can_receive(state: TranscriptionState) -> bool:
    """Whether the session may be given its next record now."""
    if state.phase is TranscriptionPhase.ENDED:
        return True
    if state.pending_vad is not None or state.end_cause is not None:
        return False
    if state.phase is TranscriptionPhase.RECEIVING:
        return True
    return state.options.coalesce and may_grow(state)


def receive(state: TranscriptionState, record: SessionLogRecord) -> tuple[TranscriptionState, Output]:
    """The session's next record, given `can_receive`."""
    before = state.last_record.offset
    state = replace(state, last_record=record.position)
    match record.body:
        case ResumeRecord() as resume:
            return _resume(state, resume)
        case _ if record.conn not in ("", state.conn):
            return state, Output(ignored=(IgnoredReason.OLD_CONNECTION,))
        case _ if state.phase is TranscriptionPhase.ENDED:
            return state, Output(ignored=(IgnoredReason.AFTER_END,))
        case FrameRecord(seq=seq) if seq != state.frames:
            return state, Output(ignored=(IgnoredReason.OUT_OF_ORDER,))
        case FrameRecord(pcm=pcm):
            return _add_audio(state, pcm)
        case QuestionsAsked() as asked if state.questions is None:
            state = replace(state, questions=asked)
            return state, publishing.to_client(state, publishing.questions_message(asked))
        case QuestionsAsked():
            return state, Output(ignored=(IgnoredReason.ASKED_TWICE,))
        case AnswerBegun(question=question, from_sample=from_sample):
            mark = AnswerMark(question, samples_to_ms(from_sample))
            # After a resume, a client sends its answer marks again.
            return state if mark in state.marks else replace(state, marks=(*state.marks, mark)), NOTHING
        case ConnectionAlive():
            return state, NOTHING
        case SessionEnded(cause=EndCause.IDLE, last_offset=seen) if seen != before:
            return state, Output(ignored=(IgnoredReason.VOID_END,))
        case SessionEnded(cause=cause):
            return _begin_end(state, cause)
        case StartRecord():
            return state, Output(ignored=(IgnoredReason.STARTED_TWICE,))


def _resume(state: TranscriptionState, resume: ResumeRecord) -> tuple[TranscriptionState, Output]:
    if resume.resumed.from_frame > state.frames:
        return state, publishing.resume_refused(state.started.session_id, state.last_record, resume, "frame_gap")
    before = ReplyAddress(conn=state.conn, reply_to=state.reply_to)
    state = replace(state, conn=resume.conn, reply_to=resume.reply_to)
    return state, publishing.resume_events(state, before, resume.resumed.have_final)


def _add_audio(state: TranscriptionState, pcm: bytes) -> tuple[TranscriptionState, Output]:
    audio = state.audio.extended(pcm, state.last_record.offset)
    state = replace(
        state,
        audio=audio,
        frames=state.frames + 1,
        live_check=state.live_check.update(audio.end_ms, state.last_record.timestamp_ms),
    )
    return _frame_processed(state) if state.options.vad is None else (replace(state, pending_vad=pcm), NOTHING)


def apply_vad(state: TranscriptionState, output: VadOutput) -> tuple[TranscriptionState, Output]:
    """The detector's output for the newest frame."""
    if state.options.vad is None:
        raise ValueError("voice activity detection is off")
    speech = state.speech.extended(output.probabilities, state.options.vad)
    return _frame_processed(replace(state, speech=speech, vad_state=output.state, pending_vad=None))


def _frame_processed(state: TranscriptionState) -> tuple[TranscriptionState, Output]:
    if state.phase is TranscriptionPhase.WINDOW_DUE:
        flush_ms = utterance_end_ms(state)
        return state if flush_ms is None else replace(state, flush_ms=flush_ms), NOTHING
    decision = decide(state)
    if decision.step is NextStep.WAIT:
        return state, NOTHING
    state = replace(state, flush_ms=decision.flush_ms)
    if decision.step is NextStep.RECOGNISE:
        return replace(state, phase=TranscriptionPhase.WINDOW_DUE), NOTHING
    return _finish_window(state)


def _begin_end(state: TranscriptionState, cause: EndCause) -> tuple[TranscriptionState, Output]:
    state = replace(state, end_cause=cause)
    if state.phase is TranscriptionPhase.WINDOW_DUE or (state.audio.chunks and has_new_speech(state)):
        return replace(state, phase=TranscriptionPhase.WINDOW_DUE), NOTHING
    return _finish_window(state) if state.policy.unconfirmed else _end(state, cause)


def apply_hypothesis(
    state: TranscriptionState, window: Window, hypothesis: Hypothesis
) -> tuple[TranscriptionState, Output]:
    """The hypothesis for the window that was due. A failed one changes nothing: the audio stays for the next window,
    and at the end of an utterance or session the words of the hypothesis before are confirmed."""
    if hypothesis.failed is not None:
        return _finish_window(state)
    words = session_words(hypothesis.words, window)
    policy, confirmed = state.policy.update(words, window.start_ms, window.end_ms)
    return _finish_window(replace(state, policy=policy, recognised_ms=window.end_ms), confirmed)


def _finish_window(state: TranscriptionState, confirmed: tuple[Word, ...] = ()) -> tuple[TranscriptionState, Output]:
    """All audio so far has been processed, by the recogniser or, as it holds nothing new, without; it confirmed these
    words. At the end of an utterance or session the rest of the words are confirmed too."""
    flush_ms = state.flush_ms if state.end_cause is None else state.audio.end_ms + 1
    state = replace(state, phase=TranscriptionPhase.RECEIVING, processed_frames=state.frames, flush_ms=None)
    if flush_ms is not None:
        policy, rest = state.policy.flush(flush_ms)
        state, confirmed = replace(state, policy=policy, recognised_ms=state.audio.end_ms), (*confirmed, *rest)
    cause = state.end_cause
    if cause is None:
        return _publish(*_trim_audio(state, confirmed, flush_ms))
    state, published = _publish(state, confirmed)
    ended, summary = _end(state, cause)
    return ended, joined((published, summary))


def _trim_audio(
    state: TranscriptionState, confirmed: tuple[Word, ...], flush_ms: int | None
) -> tuple[TranscriptionState, tuple[Word, ...]]:
    """Trim the buffer for the next window; returns all words that are confirmed by then."""
    known = (*state.confirmed, *confirmed)
    audio, policy, flushed = trim(state.audio, state.policy, known, state.options.limits)
    speech = state.speech
    if state.options.vad is not None:
        audio = without_leading_silence(audio, policy.unconfirmed, speech, state.options.vad, flush_ms)
        speech = speech.since(audio.start_ms)
    kept = tuple(word for word in (*known, *flushed) if word.end_ms > audio.start_ms)
    return replace(state, audio=audio, speech=speech, policy=policy, confirmed=kept), (*confirmed, *flushed)


def _publish(state: TranscriptionState, confirmed: tuple[Word, ...]) -> tuple[TranscriptionState, Output]:
    """Publish the confirmed words as finals and show the unconfirmed ones."""
    finals = make_finals(confirmed, state.marks, state.finals)
    hours = merged(state.hours, hourly_counts(finals, state.started.at_ms))
    state = replace(state, finals=(*state.finals, *finals), hours=hours)
    unconfirmed = state.policy.unconfirmed
    output = publishing.window_events(state, finals, unconfirmed)
    return replace(state, shows_partial=bool(unconfirmed), published_live=state.live_check.live), output


def _end(state: TranscriptionState, cause: EndCause) -> tuple[TranscriptionState, Output]:
    audio = state.audio.trimmed(state.audio.end)
    state = replace(state, phase=TranscriptionPhase.ENDED, processed_frames=state.frames, audio=audio)
    return state, publishing.end_events(state, cause)
