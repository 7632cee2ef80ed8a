"""How a session's transcription is put into facts and replies."""

from dataclasses import replace
from typing import Literal

from processors.transcribe.core.session.finals import group_answers, transcript
from processors.transcribe.core.session.log_records import RecordPosition, ResumeRecord
from processors.transcribe.core.session.output import AddressedReply, Fact, Output
from processors.transcribe.core.session.state import TranscriptionPhase, TranscriptionState
from processors.transcribe.core.session.statistics import speech_ms, words_per_minute
from schemas.base import derived_id
from schemas.counts import WordsCounted
from schemas.replies import Gone, Reply, ReplyAddress, ReplyMessage, Resumed, Superseded
from schemas.sessions import EndCause, QuestionsAsked
from schemas.snapshots import Redelivery
from schemas.transcripts import Final, SessionReaddressed, SessionTranscribed, TranscriptFinal
from schemas.wire import FinalMessage, Partial, Questions, Summary
from schemas.words import Word, count_words


def to_client(state: TranscriptionState, message: ReplyMessage | None) -> Output:
    """One reply to the session's client."""
    return Output(replies=(_reply(state, message),))


def window_events(state: TranscriptionState, finals: tuple[Final, ...], unconfirmed: tuple[Word, ...]) -> Output:
    """A window has been processed: new finals, the counts they change, and the unconfirmed words. The client learns how
    many frames have been processed even if there are no words."""
    facts = [Fact(state.last_record.partition, _final_fact(state, final)) for final in finals]
    live_changed = state.live_check.live != state.published_live
    if any(count_words(final.text) for final in finals) or (state.hours and live_changed):
        facts.append(Fact(state.last_record.partition, _words_counted(state)))
    messages: list[ReplyMessage | None] = [FinalMessage(**dict(final)) for final in finals]
    if unconfirmed or (state.shows_partial and not finals):
        messages.append(_partial(state, unconfirmed))
    return Output(facts=tuple(facts), replies=tuple(_reply(state, message) for message in messages or [None]))


def end_events(state: TranscriptionState, cause: EndCause) -> Output:
    """The session has ended: all of it as one fact, and a summary for the client."""
    started, questions, summary = state.started, state.questions, _summary(state)
    transcribed = SessionTranscribed(
        event_id=derived_id(started.session_id, "transcribed"),
        at_ms=state.last_record.timestamp_ms,
        **started.shared(),
        started_at_ms=started.at_ms,
        language=started.language,
        topic=started.topic,
        questions=questions.questions if questions else (),
        questions_source=questions.source if questions else None,
        answers=group_answers(state.finals, state.marks, summary.audio_ms),
        words=summary.words,
        speech_ms=summary.speech_ms,
        audio_ms=summary.audio_ms,
        words_per_minute=summary.words_per_minute,
        finals=summary.finals,
        live=state.live_check.live,
        ended_by=cause,
        model=state.options.model,
        conn=state.conn,
        reply_to=state.reply_to,
    )
    return Output(facts=(Fact(state.last_record.partition, transcribed),), replies=(_reply(state, summary),))


def resume_events(state: TranscriptionState, before: ReplyAddress, have_final: int) -> Output:
    """The session continues on a new connection: that connection gets what its client missed, the old one learns that
    it is superseded. If the session has ended, its report is still to come, and must go to the new connection too."""
    older = (_superseded(state, before),) if before.conn != state.conn else ()
    facts = (Fact(state.last_record.partition, _readdressed(state)),) if state.phase is TranscriptionPhase.ENDED else ()
    return Output(facts=facts, replies=(*older, *_missed(state, have_final + 1, resumed=True)))


def redelivery(state: TranscriptionState, last: Redelivery) -> Output:
    """The replies of the last commit, which the client may have missed: the partition's previous owner may have failed
    before it sent them."""
    older = tuple(_superseded(state, before) for before in last.superseded)
    next_final = len(state.finals) + 1
    return Output(replies=(*older, *_missed(state, last.from_final or next_final, resumed=last.resumed)))


def _missed(state: TranscriptionState, from_final: int, *, resumed: bool) -> tuple[AddressedReply, ...]:
    messages: list[ReplyMessage] = [_resumed(state)] if resumed else []
    if state.questions is not None:
        messages.append(questions_message(state.questions))
    messages += [FinalMessage(**dict(final)) for final in state.finals[from_final - 1 :]]
    if state.phase is TranscriptionPhase.ENDED:
        messages.append(_summary(state))
    elif state.policy.unconfirmed:
        messages.append(_partial(state, state.policy.unconfirmed))
    return tuple(_reply(state, message) for message in messages)


def _resumed(state: TranscriptionState) -> Resumed:
    return Resumed(next_frame=state.frames, over=state.phase is TranscriptionPhase.ENDED)


def questions_message(questions: QuestionsAsked) -> Questions:
    """The questions as the client sees them."""
    return Questions(questions=questions.questions, source=questions.source)


def resume_refused(
    session_id: str, position: RecordPosition, resume: ResumeRecord, code: Literal["no_session", "frame_gap"]
) -> Output:
    """The connection that wrote this record cannot resume the session."""
    reply = Reply(
        event_id=derived_id(session_id, "reply", "gone", position.offset),
        at_ms=position.timestamp_ms,
        session_id=session_id,
        conn=resume.conn,
        heard_frames=None,
        message=Gone(code=code),
    )
    return Output(replies=(AddressedReply(position.partition, resume.reply_to, reply),))


def _superseded(state: TranscriptionState, before: ReplyAddress) -> AddressedReply:
    return _reply(replace(state, conn=before.conn, reply_to=before.reply_to), Superseded())


def _readdressed(state: TranscriptionState) -> SessionReaddressed:
    return SessionReaddressed(
        event_id=derived_id(state.started.session_id, "readdressed", state.last_record.offset),
        at_ms=state.last_record.timestamp_ms,
        **state.started.shared(),
        conn=state.conn,
        reply_to=state.reply_to,
    )


def _summary(state: TranscriptionState) -> Summary:
    words = count_words(transcript(state.finals))
    speaking_ms = speech_ms(word for final in state.finals for word in final.words)
    return Summary(
        words=words,
        speech_ms=speaking_ms,
        audio_ms=state.audio.end_ms,
        words_per_minute=words_per_minute(words, speaking_ms),
        finals=len(state.finals),
    )


def _final_fact(state: TranscriptionState, final: Final) -> TranscriptFinal:
    return TranscriptFinal(
        event_id=derived_id(state.started.session_id, "final", final.number),
        at_ms=state.last_record.timestamp_ms,
        **state.started.shared(),
        final=final,
    )


def _words_counted(state: TranscriptionState) -> WordsCounted:
    started = state.started
    return WordsCounted(
        event_id=derived_id(started.session_id, "counted", len(state.finals), state.live_check.live),
        at_ms=state.last_record.timestamp_ms,
        **started.shared(),
        hours=state.hours,
        live=state.live_check.live,
    )


def _partial(state: TranscriptionState, unconfirmed: tuple[Word, ...]) -> Partial:
    """All unconfirmed words. A partial without words removes what the client still shows."""
    now_ms = state.finals[-1].end_ms if state.finals else 0
    return Partial(
        text=" ".join(word.text for word in unconfirmed),
        start_ms=unconfirmed[0].start_ms if unconfirmed else now_ms,
        end_ms=unconfirmed[-1].end_ms if unconfirmed else now_ms,
        after_final=len(state.finals),
    )


def _reply(state: TranscriptionState, message: ReplyMessage | None) -> AddressedReply:
    kind = message.type if message else "heard"
    # One record causes at most one reply of each kind, except finals.
    number = message.number if isinstance(message, FinalMessage) else state.last_record.offset
    reply = Reply(
        event_id=derived_id(state.started.session_id, "reply", kind, number),
        at_ms=state.last_record.timestamp_ms,
        session_id=state.started.session_id,
        conn=state.conn,
        heard_frames=state.processed_frames,
        message=message,
    )
    return AddressedReply(state.last_record.partition, state.reply_to, reply)
