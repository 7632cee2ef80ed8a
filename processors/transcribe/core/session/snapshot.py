"""A transcription as its snapshot, and back: everything that is neither in the session's log nor among its finals."""

from collections.abc import Iterable

from processors.transcribe.core.audio.buffer import AudioBuffer
from processors.transcribe.core.audio.vad import SpeechSegment, VadSegments, VadState
from processors.transcribe.core.policy.policy import HypothesisBuffer
from processors.transcribe.core.session.finals import AnswerMark
from processors.transcribe.core.session.live_check import LiveCheck
from processors.transcribe.core.session.log_records import RecordPosition
from processors.transcribe.core.session.state import TranscriptionOptions, TranscriptionPhase, TranscriptionState
from schemas.base import derived_id
from schemas.replies import ReplyAddress
from schemas.snapshots import (
    AnswerStart,
    HeldAudio,
    PolicyState,
    Redelivery,
    SpeechSpan,
    TranscriptionSnapshot,
    VadSnapshot,
)
from schemas.transcripts import Final


def take_snapshot(
    state: TranscriptionState, replies: Redelivery, finals_from: int, ended_at_ms: int | None
) -> TranscriptionSnapshot:
    """`replies`: those that the snapshot's commit sends; `finals_from`: an offset in `transcripts` before which there
    is no final of the session."""
    audio, buffer = state.audio, state.policy.buffer
    return TranscriptionSnapshot(
        event_id=derived_id(state.started.session_id, "snapshot", state.last_record.offset, len(state.finals)),
        at_ms=state.last_record.timestamp_ms,
        session_id=state.started.session_id,
        offset=state.last_record.offset,
        started=state.started,
        address=ReplyAddress(conn=state.conn, reply_to=state.reply_to),
        questions=state.questions,
        marks=tuple(AnswerStart(question=mark.question, from_ms=mark.from_ms) for mark in state.marks),
        frames=state.frames,
        heard_frames=state.processed_frames,
        heard_ms=state.recognised_ms,
        audio=HeldAudio(start=audio.start, end=audio.end, skipped=audio.skipped, offsets=audio.offsets),
        due=state.phase is TranscriptionPhase.WINDOW_DUE,
        final_ms=state.flush_ms,
        ending=state.end_cause,
        voice=_vad_snapshot(state),
        listened=state.pending_vad is None,
        policy=PolicyState(recent=buffer.recent, tail=buffer.unconfirmed, votes=buffer.votes),
        certain=state.confirmed,
        finals=len(state.finals),
        finals_from=finals_from,
        hours=state.hours,
        paced_from_ms=state.live_check.started_ms,
        live=state.live_check.live,
        told_live=state.published_live,
        shows_partial=state.shows_partial,
        told=replies,
        ended_at_ms=ended_at_ms,
    )


def _vad_snapshot(state: TranscriptionState) -> VadSnapshot:
    speech, vad_state = state.speech, state.vad_state
    return VadSnapshot(
        until_ms=speech.until_ms,
        speaking=speech.speaking,
        turning_ms=speech.turning_ms,
        spans=tuple(SpeechSpan(start_ms=each.start_ms, end_ms=each.end_ms) for each in speech.segments),
        hidden=vad_state.hidden,
        cell=vad_state.cell,
        rest=vad_state.rest,
    )


def restored(
    options: TranscriptionOptions,
    snapshot: TranscriptionSnapshot,
    partition: int,
    finals: Iterable[Final],
    audio: AudioBuffer,
) -> TranscriptionState:
    """The transcription as it was when the snapshot was taken. `audio`: what the log still holds of the snapshot's
    audio; if its first records have expired, the audio begins later."""
    phase = TranscriptionPhase.WINDOW_DUE if snapshot.due else TranscriptionPhase.RECEIVING
    vad, policy = snapshot.voice, snapshot.policy
    return TranscriptionState(
        options=options,
        started=snapshot.started,
        last_record=RecordPosition(partition, snapshot.offset, snapshot.at_ms),
        conn=snapshot.address.conn,
        reply_to=snapshot.address.reply_to,
        policy=options.policy(HypothesisBuffer(policy.recent, policy.tail, policy.votes)),
        live_check=LiveCheck(snapshot.paced_from_ms, snapshot.live),
        phase=phase if snapshot.ended_at_ms is None else TranscriptionPhase.ENDED,
        audio=audio,
        frames=snapshot.frames,
        processed_frames=snapshot.heard_frames,
        recognised_ms=snapshot.heard_ms,
        vad_state=VadState(vad.hidden, vad.cell, vad.rest),
        speech=VadSegments(
            vad.until_ms,
            vad.speaking,
            vad.turning_ms,
            tuple(SpeechSegment(span.start_ms, span.end_ms) for span in vad.spans),
        ),
        pending_vad=None if snapshot.listened or not audio.chunks else audio.chunks[-1].pcm,
        flush_ms=snapshot.final_ms,
        questions=snapshot.questions,
        marks=tuple(AnswerMark(mark.question, mark.from_ms) for mark in snapshot.marks),
        confirmed=snapshot.certain,
        finals=tuple(finals),
        hours=snapshot.hours,
        published_live=snapshot.told_live,
        shows_partial=snapshot.shows_partial,
        end_cause=snapshot.ending,
    )
