"""A stream as its snapshot, and back: whatever is not in the session's log or among its finals."""

from collections.abc import Iterable

from processors.transcribe.core.audio.buffer import AudioBuffer
from processors.transcribe.core.audio.vad import SpeechSegment, VadSegments, VadState
from processors.transcribe.core.policy.policy import HypothesisBuffer
from processors.transcribe.core.session.counting import LiveCheck
from processors.transcribe.core.session.finals import AnswerMark
from processors.transcribe.core.session.log_records import RecordPosition
from processors.transcribe.core.session.state import Phase, TranscriptionOptions, TranscriptionState
from schemas.base import derived_id
from schemas.replies import ReplyAddress
from schemas.snapshots import (
    AnswerStart,
    HeldAudio,
    LastTold,
    PolicyState,
    SpeechSpan,
    StreamSnapshot,
    VoiceState,
)
from schemas.transcripts import Final


def taken(stream: TranscriptionState, told: LastTold, finals_from: int, ended_at_ms: int | None) -> StreamSnapshot:
    """The stream as it is. `told`: what the commit that this is part of has to tell; `finals_from`: an offset in
    `transcripts` before which none of its finals stands."""
    audio, memory = stream.audio, stream.policy.memory
    return StreamSnapshot(
        event_id=derived_id(stream.started.session_id, "snapshot", stream.newest.offset, len(stream.finals)),
        at_ms=stream.newest.timestamp_ms,
        session_id=stream.started.session_id,
        offset=stream.newest.offset,
        started=stream.started,
        address=ReplyAddress(conn=stream.conn, reply_to=stream.reply_to),
        questions=stream.questions,
        marks=tuple(AnswerStart(question=mark.question, from_ms=mark.from_ms) for mark in stream.marks),
        frames=stream.frames,
        heard_frames=stream.heard_frames,
        heard_ms=stream.heard_ms,
        audio=HeldAudio(start=audio.start, end=audio.end, skipped=audio.skipped, offsets=audio.offsets),
        due=stream.phase is Phase.DUE,
        final_ms=stream.final_ms,
        ending=stream.ending,
        voice=_voice(stream),
        listened=stream.unlistened is None,
        policy=PolicyState(recent=memory.recent, tail=memory.tail, votes=memory.votes),
        certain=stream.certain,
        finals=len(stream.finals),
        finals_from=finals_from,
        hours=stream.hours,
        paced_from_ms=stream.pace.started_ms,
        live=stream.pace.live,
        told_live=stream.told_live,
        shows_partial=stream.shows_partial,
        told=told,
        ended_at_ms=ended_at_ms,
    )


def _voice(stream: TranscriptionState) -> VoiceState:
    voice, ears = stream.voice, stream.ears
    return VoiceState(
        until_ms=voice.until_ms,
        speaking=voice.speaking,
        turning_ms=voice.turning_ms,
        spans=tuple(SpeechSpan(start_ms=span.start_ms, end_ms=span.end_ms) for span in voice.spans),
        hidden=ears.hidden,
        cell=ears.cell,
        rest=ears.rest,
    )


def restored(
    options: TranscriptionOptions, snapshot: StreamSnapshot, partition: int, finals: Iterable[Final], audio: AudioBuffer
) -> TranscriptionState:
    """The stream that goes on where the snapshot was taken. `audio`: what the log still gave of the held audio; if a
    record of it is gone, for it was not kept so long, the audio begins later."""
    phase = Phase.DUE if snapshot.due else Phase.LISTENING
    voice, memory = snapshot.voice, snapshot.policy
    return TranscriptionState(
        options=options,
        started=snapshot.started,
        newest=RecordPosition(partition, snapshot.offset, snapshot.at_ms),
        conn=snapshot.address.conn,
        reply_to=snapshot.address.reply_to,
        policy=options.policy(HypothesisBuffer(memory.recent, memory.tail, memory.votes)),
        pace=LiveCheck(snapshot.paced_from_ms, snapshot.live),
        phase=phase if snapshot.ended_at_ms is None else Phase.OVER,
        audio=audio,
        frames=snapshot.frames,
        heard_frames=snapshot.heard_frames,
        heard_ms=snapshot.heard_ms,
        ears=VadState(voice.hidden, voice.cell, voice.rest),
        voice=VadSegments(
            voice.until_ms,
            voice.speaking,
            voice.turning_ms,
            tuple(SpeechSegment(span.start_ms, span.end_ms) for span in voice.spans),
        ),
        unlistened=None if snapshot.listened or not audio.chunks else audio.chunks[-1].pcm,
        final_ms=snapshot.final_ms,
        questions=snapshot.questions,
        marks=tuple(AnswerMark(mark.question, mark.from_ms) for mark in snapshot.marks),
        certain=snapshot.certain,
        finals=tuple(finals),
        hours=snapshot.hours,
        told_live=snapshot.told_live,
        shows_partial=snapshot.shows_partial,
        ending=snapshot.ending,
    )
