"""How a stream puts what it knows into facts and replies."""

from dataclasses import replace
from typing import Literal

from processors.transcribe.core.session.counting import speech_ms, words_per_minute
from processors.transcribe.core.session.finals import group_answers, transcript
from processors.transcribe.core.session.log_records import RecordPosition, ResumeRecord
from processors.transcribe.core.session.output import AddressedReply, Fact, Output
from processors.transcribe.core.session.state import Phase, TranscriptionState
from schemas.base import derived_id
from schemas.counts import WordsCounted
from schemas.replies import Gone, Reply, ReplyAddress, ReplyMessage, Resumed, Superseded
from schemas.sessions import EndCause, QuestionsAsked
from schemas.snapshots import LastTold
from schemas.transcripts import Final, SessionReaddressed, SessionTranscribed, TranscriptFinal
from schemas.wire import FinalMessage, Partial, Questions, Summary
from schemas.words import Word, count_words


def told(stream: TranscriptionState, message: ReplyMessage | None) -> Output:
    """One reply to the session's client."""
    return Output(replies=(_reply(stream, message),))


def heard(stream: TranscriptionState, finals: tuple[Final, ...], tail: tuple[Word, ...]) -> Output:
    """A window has been worked through: new finals, the counts they change, and what is not certain yet. The client
    learns how much was heard even if there are no words."""
    facts = [Fact(stream.newest.partition, _transcribed(stream, final)) for final in finals]
    if any(count_words(final.text) for final in finals) or (stream.hours and stream.pace.live != stream.told_live):
        facts.append(Fact(stream.newest.partition, _counted(stream)))
    messages: list[ReplyMessage | None] = [FinalMessage(**dict(final)) for final in finals]
    if tail or (stream.shows_partial and not finals):
        messages.append(_partial(stream, tail))
    return Output(facts=tuple(facts), replies=tuple(_reply(stream, message) for message in messages or [None]))


def ended(stream: TranscriptionState, cause: EndCause) -> Output:
    """All has been said: the whole session as one fact, and its sum for the client."""
    started, questions, summary = stream.started, stream.questions, _summary(stream)
    transcribed = SessionTranscribed(
        event_id=derived_id(started.session_id, "transcribed"),
        at_ms=stream.newest.timestamp_ms,
        **started.shared(),
        started_at_ms=started.at_ms,
        language=started.language,
        topic=started.topic,
        questions=questions.questions if questions else (),
        questions_source=questions.source if questions else None,
        answers=group_answers(stream.finals, stream.marks, summary.audio_ms),
        words=summary.words,
        speech_ms=summary.speech_ms,
        audio_ms=summary.audio_ms,
        words_per_minute=summary.words_per_minute,
        finals=summary.finals,
        live=stream.pace.live,
        ended_by=cause,
        model=stream.options.model,
        conn=stream.conn,
        reply_to=stream.reply_to,
    )
    return Output(facts=(Fact(stream.newest.partition, transcribed),), replies=(_reply(stream, summary),))


def resumed(stream: TranscriptionState, before: ReplyAddress, have_final: int) -> Output:
    """The session goes on at a new connection: what its client missed, and a word to the old one. If the session is
    over, its report is still to come, and must go there too."""
    older = (_superseded(stream, before),) if before.conn != stream.conn else ()
    facts = (Fact(stream.newest.partition, _readdressed(stream)),) if stream.phase is Phase.OVER else ()
    return Output(facts=facts, replies=(*older, *_missed(stream, have_final + 1, resumed=True)))


def told_again(stream: TranscriptionState, told: LastTold) -> Output:
    """What the client may have missed because the one who should have told it died."""
    older = tuple(_superseded(stream, before) for before in told.superseded)
    next_final = len(stream.finals) + 1
    return Output(replies=(*older, *_missed(stream, told.from_final or next_final, resumed=told.resumed)))


def _missed(stream: TranscriptionState, from_final: int, *, resumed: bool) -> tuple[AddressedReply, ...]:
    messages: list[ReplyMessage] = [_resumption(stream)] if resumed else []
    if stream.questions is not None:
        messages.append(asked(stream.questions))
    messages += [FinalMessage(**dict(final)) for final in stream.finals[from_final - 1 :]]
    if stream.phase is Phase.OVER:
        messages.append(_summary(stream))
    elif stream.policy.tail:
        messages.append(_partial(stream, stream.policy.tail))
    return tuple(_reply(stream, message) for message in messages)


def _resumption(stream: TranscriptionState) -> Resumed:
    return Resumed(next_frame=stream.frames, over=stream.phase is Phase.OVER)


def asked(questions: QuestionsAsked) -> Questions:
    """The questions as the client sees them."""
    return Questions(questions=questions.questions, source=questions.source)


def gone(
    session_id: str, place: RecordPosition, resume: ResumeRecord, code: Literal["no_session", "frame_gap"]
) -> Output:
    """There is nothing to go on with for the connection that wrote this record."""
    reply = Reply(
        event_id=derived_id(session_id, "reply", "gone", place.offset),
        at_ms=place.timestamp_ms,
        session_id=session_id,
        conn=resume.conn,
        heard_frames=None,
        message=Gone(code=code),
    )
    return Output(replies=(AddressedReply(place.partition, resume.reply_to, reply),))


def _superseded(stream: TranscriptionState, before: ReplyAddress) -> AddressedReply:
    told = replace(stream, conn=before.conn, reply_to=before.reply_to)
    return _reply(told, Superseded())


def _readdressed(stream: TranscriptionState) -> SessionReaddressed:
    return SessionReaddressed(
        event_id=derived_id(stream.started.session_id, "readdressed", stream.newest.offset),
        at_ms=stream.newest.timestamp_ms,
        **stream.started.shared(),
        conn=stream.conn,
        reply_to=stream.reply_to,
    )


def _summary(stream: TranscriptionState) -> Summary:
    words = count_words(transcript(stream.finals))
    spoken_ms = speech_ms(word for final in stream.finals for word in final.words)
    return Summary(
        words=words,
        speech_ms=spoken_ms,
        audio_ms=stream.audio.end_ms,
        words_per_minute=words_per_minute(words, spoken_ms),
        finals=len(stream.finals),
    )


def _transcribed(stream: TranscriptionState, final: Final) -> TranscriptFinal:
    return TranscriptFinal(
        event_id=derived_id(stream.started.session_id, "final", final.number),
        at_ms=stream.newest.timestamp_ms,
        **stream.started.shared(),
        final=final,
    )


def _counted(stream: TranscriptionState) -> WordsCounted:
    started = stream.started
    return WordsCounted(
        event_id=derived_id(started.session_id, "counted", len(stream.finals), stream.pace.live),
        at_ms=stream.newest.timestamp_ms,
        **started.shared(),
        hours=stream.hours,
        live=stream.pace.live,
    )


def _partial(stream: TranscriptionState, tail: tuple[Word, ...]) -> Partial:
    """The whole unstable tail. An empty one takes back what the client still shows."""
    now_ms = stream.finals[-1].end_ms if stream.finals else 0
    return Partial(
        text=" ".join(word.text for word in tail),
        start_ms=tail[0].start_ms if tail else now_ms,
        end_ms=tail[-1].end_ms if tail else now_ms,
        after_final=len(stream.finals),
    )


def _reply(stream: TranscriptionState, message: ReplyMessage | None) -> AddressedReply:
    what = message.type if message else "heard"
    # One record makes at most one reply of each kind, but for finals.
    number = message.number if isinstance(message, FinalMessage) else stream.newest.offset
    reply = Reply(
        event_id=derived_id(stream.started.session_id, "reply", what, number),
        at_ms=stream.newest.timestamp_ms,
        session_id=stream.started.session_id,
        conn=stream.conn,
        heard_frames=stream.heard_frames,
        message=message,
    )
    return AddressedReply(stream.newest.partition, stream.reply_to, reply)
