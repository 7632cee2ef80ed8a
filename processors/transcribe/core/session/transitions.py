"""One session as a state machine over the records of its log. Audio comes in; a voice filter listens to each frame;
after every few frames with speech in them a window is due, and so it is when a pause follows words that are not certain
yet; what a recogniser heard in it comes back; words, once certain, go out as finals.

Without coalescing, whatever comes out depends on the log and the hypotheses alone: no clock, no load, no chance. With
it, frames that come while a window waits for its turn join it, so the windows depend on the load."""

from dataclasses import replace

from processors.transcribe.core.audio.buffer_trimming import trim, without_silence
from processors.transcribe.core.audio.vad import VadOutput
from processors.transcribe.core.audio.windows import Hypothesis, Window, placed
from processors.transcribe.core.policy.policy import EMPTY_BUFFER
from processors.transcribe.core.session import publishing
from processors.transcribe.core.session.counting import LiveCheck, hourly_counts, merged
from processors.transcribe.core.session.finals import AnswerMark, make_finals
from processors.transcribe.core.session.log_records import FrameRecord, ResumeRecord, SessionLogRecord, StartRecord
from processors.transcribe.core.session.output import NOTHING, IgnoredReason, Output, joined
from processors.transcribe.core.session.state import Phase, TranscriptionOptions, TranscriptionState
from schemas.audio import FRAME_MS, samples_to_ms
from schemas.replies import ReplyAddress
from schemas.sessions import AnswerBegun, ConnectionAlive, EndCause, QuestionsAsked, SessionEnded
from schemas.words import Word

_FRAMES_A_SECOND = 1000 // FRAME_MS
"""A client learns of silence that it was heard at least so often."""


def begin(
    options: TranscriptionOptions, record: SessionLogRecord, start: StartRecord
) -> tuple[TranscriptionState, Output]:
    """A `start` record creates a stream."""
    stream = TranscriptionState(
        options=options,
        started=start.started,
        newest=record.place,
        conn=start.conn,
        reply_to=start.reply_to,
        policy=options.policy(EMPTY_BUFFER),
        pace=LiveCheck(record.timestamp_ms),
    )
    return stream, publishing.told(stream, options.notice) if options.notice else NOTHING


def takes(stream: TranscriptionState) -> bool:
    """Whether the next record may be given to the stream."""
    if stream.phase is Phase.OVER:
        return True
    if stream.unlistened is not None or stream.ending is not None:
        return False
    if stream.phase is Phase.LISTENING:
        return True
    return stream.options.coalesce and stream.has_room


def receive(stream: TranscriptionState, record: SessionLogRecord) -> tuple[TranscriptionState, Output]:
    """Take in the session's next record, if the stream takes one."""
    before = stream.newest.offset
    stream = replace(stream, newest=record.place)
    match record.body:
        case ResumeRecord() as resume:
            return _resumed(stream, resume)
        case _ if record.conn not in ("", stream.conn):
            return stream, Output(dropped=(IgnoredReason.OLD_CONNECTION,))
        case _ if stream.phase is Phase.OVER:
            return stream, Output(dropped=(IgnoredReason.AFTER_END,))
        case FrameRecord(seq=seq) if seq != stream.frames:
            return stream, Output(dropped=(IgnoredReason.OUT_OF_ORDER,))
        case FrameRecord(pcm=pcm):
            return _with_audio(stream, pcm)
        case QuestionsAsked() as asked if stream.questions is None:
            stream = replace(stream, questions=asked)
            return stream, publishing.told(stream, publishing.asked(asked))
        case QuestionsAsked():
            return stream, Output(dropped=(IgnoredReason.ASKED_TWICE,))
        case AnswerBegun(question=question, from_sample=from_sample):
            mark = AnswerMark(question, samples_to_ms(from_sample))
            # After a resume, a client gives its answers again.
            return stream if mark in stream.marks else replace(stream, marks=(*stream.marks, mark)), NOTHING
        case ConnectionAlive():
            return stream, NOTHING
        case SessionEnded(cause=EndCause.IDLE, last_offset=seen) if seen != before:
            return stream, Output(dropped=(IgnoredReason.VOID_END,))
        case SessionEnded(cause=cause):
            return _ending(stream, cause)
        case StartRecord():
            return stream, Output(dropped=(IgnoredReason.STARTED_TWICE,))


def _resumed(stream: TranscriptionState, resume: ResumeRecord) -> tuple[TranscriptionState, Output]:
    if resume.resumed.from_frame > stream.frames:
        return stream, publishing.gone(stream.started.session_id, stream.newest, resume, "frame_gap")
    before = ReplyAddress(conn=stream.conn, reply_to=stream.reply_to)
    stream = replace(stream, conn=resume.conn, reply_to=resume.reply_to)
    return stream, publishing.resumed(stream, before, resume.resumed.have_final)


def _with_audio(stream: TranscriptionState, pcm: bytes) -> tuple[TranscriptionState, Output]:
    audio = stream.audio.extended(pcm, stream.newest.offset)
    stream = replace(
        stream,
        audio=audio,
        frames=stream.frames + 1,
        pace=stream.pace.heard(audio.end_ms, stream.newest.timestamp_ms),
    )
    return _next_step(stream) if stream.options.voice is None else (replace(stream, unlistened=pcm), NOTHING)


def listened(stream: TranscriptionState, heard: VadOutput) -> tuple[TranscriptionState, Output]:
    """What the voice filter has found in the newest frame."""
    if stream.options.voice is None:
        raise ValueError("this stream has no voice filter")
    voice = stream.voice.heard(heard.probabilities, stream.options.voice)
    return _next_step(replace(stream, voice=voice, ears=heard.state, unlistened=None))


def _next_step(stream: TranscriptionState) -> tuple[TranscriptionState, Output]:
    """What the newest frame brings about: a last hearing of what was said before a pause, a window, or nothing."""
    voice, unheard = stream.options.voice, _has_unheard_speech(stream)
    pending = unheard or bool(stream.policy.tail)
    quiet_ms = stream.audio.end_ms + 1 if stream.voice.turning_ms is None else stream.voice.turning_ms
    pauses = voice is not None and pending and stream.voice.pauses(voice)
    if stream.phase is Phase.DUE:
        return (replace(stream, final_ms=quiet_ms) if pauses else stream), NOTHING
    enough = stream.options.window_frames if pending else min(stream.options.window_frames, _FRAMES_A_SECOND)
    if not pauses and stream.frames - stream.heard_frames < enough:
        return stream, NOTHING
    if pauses or not pending:
        stream = replace(stream, final_ms=quiet_ms)
    # What a pause follows needs no second hearing if all of it was in the window before.
    return (replace(stream, phase=Phase.DUE), NOTHING) if (unheard if pauses else pending) else _conclude(stream)


def _has_unheard_speech(stream: TranscriptionState) -> bool:
    voice = stream.options.voice
    return voice is None or stream.voice.speech_after(stream.heard_ms, voice)


def _ending(stream: TranscriptionState, cause: EndCause) -> tuple[TranscriptionState, Output]:
    stream = replace(stream, ending=cause)
    if stream.phase is Phase.DUE or (stream.audio.chunks and _has_unheard_speech(stream)):
        return replace(stream, phase=Phase.DUE), NOTHING
    return _conclude(stream) if stream.policy.tail else _over(stream, cause)


def settle(stream: TranscriptionState, window: Window, hypothesis: Hypothesis) -> tuple[TranscriptionState, Output]:
    """What was heard in the window that was due. A failed hearing changes nothing: the audio stays for the next
    window, and before a pause or at the end the words heard last stand."""
    if hypothesis.failed is not None:
        return _conclude(stream)
    policy, certain = stream.policy.hear(placed(hypothesis.words, window), window.start_ms, window.end_ms)
    return _conclude(replace(stream, policy=policy, heard_ms=window.end_ms), certain)


def _conclude(stream: TranscriptionState, certain: tuple[Word, ...] = ()) -> tuple[TranscriptionState, Output]:
    """All audio so far has been worked through, by the recogniser or, having nothing new to hear in it, without; these
    words have become certain by it. So does the rest of what was said before a pause or the end."""
    heard = replace(stream, phase=Phase.LISTENING, heard_frames=stream.frames, final_ms=None)
    final_ms = stream.final_ms if stream.ending is None else stream.audio.end_ms + 1
    if final_ms is not None:
        policy, rest = heard.policy.force(final_ms)
        heard, certain = replace(heard, policy=policy, heard_ms=stream.audio.end_ms), (*certain, *rest)
    if stream.ending is None:
        return _tell(*_make_room(heard, certain, final_ms))
    heard, told = _tell(heard, certain)
    over, ended = _over(heard, stream.ending)
    return over, joined((told, ended))


def _make_room(
    stream: TranscriptionState, certain: tuple[Word, ...], final_ms: int | None
) -> tuple[TranscriptionState, tuple[Word, ...]]:
    """Trim the buffer for the next window; gives all words that are certain by then."""
    known = (*stream.certain, *certain)
    audio, policy, forced = trim(stream.audio, stream.policy, known, stream.options.limits)
    voice = stream.voice
    if stream.options.voice is not None:
        audio = without_silence(audio, policy.tail, voice, stream.options.voice, final_ms)
        voice = voice.since(audio.start_ms)
    kept = tuple(word for word in (*known, *forced) if word.end_ms > audio.start_ms)
    return replace(stream, audio=audio, voice=voice, policy=policy, certain=kept), (*certain, *forced)


def _tell(stream: TranscriptionState, certain: tuple[Word, ...]) -> tuple[TranscriptionState, Output]:
    """Publish what has become certain and show what has not."""
    finals = make_finals(certain, stream.marks, stream.finals)
    hours = merged(stream.hours, hourly_counts(finals, stream.started.at_ms))
    stream = replace(stream, finals=(*stream.finals, *finals), hours=hours)
    output = publishing.heard(stream, finals, stream.policy.tail)
    return replace(stream, shows_partial=bool(stream.policy.tail), told_live=stream.pace.live), output


def _over(stream: TranscriptionState, cause: EndCause) -> tuple[TranscriptionState, Output]:
    audio = stream.audio.trimmed(stream.audio.end)
    stream = replace(stream, phase=Phase.OVER, heard_frames=stream.frames, audio=audio)
    return stream, publishing.ended(stream, cause)
