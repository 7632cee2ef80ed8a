"""One session as a state machine over the records of its log. Audio comes in; after every four frames a window is
due; what a recogniser heard in it comes back; words, once certain, go out as finals.

Whatever comes out depends on the log and the hypotheses alone: no clock, no load, no chance. So a transcriber that
takes a session over hears the same log and says the same, under the same event ids."""

from dataclasses import replace

from processors.transcribe.core import telling
from processors.transcribe.core.counting import Pace, hourly_counts, merged
from processors.transcribe.core.finals import AnswerMark, make_finals
from processors.transcribe.core.output import NOTHING, Dropped, Output, joined
from processors.transcribe.core.records import Frame, LogRecord, Start
from processors.transcribe.core.state import Phase, Stream, StreamOptions
from processors.transcribe.core.trimming import trim
from processors.transcribe.core.windows import Hypothesis, Window, placed
from schemas.audio import samples_to_ms
from schemas.sessions import AnswerBegun, ConnectionAlive, EndCause, QuestionsAsked, SessionEnded
from schemas.wire import Questions
from schemas.words import Word

FRAMES_PER_WINDOW = 4


def begin(options: StreamOptions, record: LogRecord, start: Start) -> tuple[Stream, Output]:
    """A `start` record creates a stream."""
    stream = Stream(
        options=options,
        started=start.started,
        newest=record,
        conn=start.conn,
        reply_to=start.reply_to,
        policy=options.policy(),
        pace=Pace(record.timestamp_ms),
    )
    return stream, telling.told(stream, options.notice) if options.notice else NOTHING


def receive(stream: Stream, record: LogRecord) -> tuple[Stream, Output]:
    """Take in the session's next record. Only a listening stream may be given one."""
    before = stream.newest.offset
    stream = replace(stream, newest=record)
    match record.body:
        case Frame(seq=seq) if seq != stream.frames:
            return stream, Output(dropped=(Dropped.OUT_OF_ORDER,))
        case Frame(pcm=pcm):
            return _with_audio(stream, pcm), NOTHING
        case QuestionsAsked() as asked if stream.questions is None:
            stream = replace(stream, questions=asked)
            return stream, telling.told(stream, Questions(questions=asked.questions, source=asked.source))
        case QuestionsAsked():
            return stream, Output(dropped=(Dropped.ASKED_TWICE,))
        case AnswerBegun(question=question, from_sample=from_sample):
            return replace(stream, marks=(*stream.marks, AnswerMark(question, samples_to_ms(from_sample)))), NOTHING
        case ConnectionAlive():
            return stream, NOTHING
        case SessionEnded(cause=EndCause.IDLE, last_offset=seen) if seen != before:
            return stream, Output(dropped=(Dropped.VOID_END,))
        case SessionEnded(cause=cause):
            return _ending(stream, cause)
        case Start():
            return stream, Output(dropped=(Dropped.STARTED_TWICE,))


def _with_audio(stream: Stream, pcm: bytes) -> Stream:
    audio = stream.audio.extended(pcm)
    frames = stream.frames + 1
    return replace(
        stream,
        audio=audio,
        frames=frames,
        pace=stream.pace.heard(audio.end_ms, stream.newest.timestamp_ms),
        phase=Phase.LISTENING if frames % FRAMES_PER_WINDOW else Phase.DUE,
    )


def _ending(stream: Stream, cause: EndCause) -> tuple[Stream, Output]:
    if stream.audio.chunks:
        return replace(stream, phase=Phase.DUE, ending=cause), NOTHING
    return _over(stream, cause)


def settle(stream: Stream, window: Window, hypothesis: Hypothesis) -> tuple[Stream, Output]:
    """What was heard in the window that was due. A failed hearing changes nothing: the audio stays for the next
    window, and at the end the words heard last stand."""
    heard = replace(stream, phase=Phase.LISTENING, heard_frames=stream.frames)
    certain: tuple[Word, ...] = ()
    if hypothesis.failed is None:
        policy, certain = heard.policy.hear(placed(hypothesis.words, window), window.start_ms)
        heard = replace(heard, policy=policy)
    if stream.ending is None:
        return _tell(*_make_room(heard, certain))
    policy, rest = heard.policy.force(window.end_ms + 1)
    heard, told = _tell(replace(heard, policy=policy), (*certain, *rest))
    over, ended = _over(heard, stream.ending)
    return over, joined((told, ended))


def _make_room(stream: Stream, certain: tuple[Word, ...]) -> tuple[Stream, tuple[Word, ...]]:
    """Trim the buffer for the next window; gives all words that are certain by then."""
    known = (*stream.certain, *certain)
    audio, policy, forced = trim(stream.audio, stream.policy, known, stream.options.limits)
    kept = tuple(word for word in (*known, *forced) if word.end_ms > audio.start_ms)
    return replace(stream, audio=audio, policy=policy, certain=kept), (*certain, *forced)


def _tell(stream: Stream, certain: tuple[Word, ...]) -> tuple[Stream, Output]:
    """Publish what has become certain and show what has not."""
    finals = make_finals(certain, stream.marks, stream.finals)
    hours = merged(stream.hours, hourly_counts(finals, stream.started.at_ms))
    stream = replace(stream, finals=(*stream.finals, *finals), hours=hours)
    output = telling.heard(stream, finals, stream.policy.tail)
    return replace(stream, shows_partial=bool(stream.policy.tail), told_live=stream.pace.live), output


def _over(stream: Stream, cause: EndCause) -> tuple[Stream, Output]:
    stream = replace(stream, phase=Phase.OVER, heard_frames=stream.frames)
    return stream, telling.ended(stream, cause)
