"""A session is recovered from its snapshot and the records that hold its audio."""

import pytest

from processors.transcribe.core.session.recovery import SessionRecovery
from processors.transcribe.core.session.snapshot import take_snapshot
from processors.transcribe.core.session.state import TranscriptionState
from processors.transcribe.core.session.transitions import receive
from schemas.audio import FRAME_BYTES, FRAME_SAMPLES
from schemas.snapshots import Redelivery
from tests.support.transcribe.core_values import OPTIONS, Script, started

FRAMES = 3


def frame(number: int) -> bytes:
    return bytes([number]) * FRAME_BYTES


@pytest.fixture
def state() -> TranscriptionState:
    """At offset 0 the start, from offset 1 on three frames."""
    script = Script()
    state, _ = started(script)
    for number in range(FRAMES):
        state, _ = receive(state, script.frame(frame(number)))
    return state


def recovery(state: TranscriptionState) -> SessionRecovery:
    snapshot = take_snapshot(state, Redelivery(), finals_from=0, ended_at_ms=None)
    return SessionRecovery(0, snapshot, state.finals)


def reread(found: SessionRecovery, *offsets: int) -> SessionRecovery:
    """After these of the session's records were read again."""
    script = Script()
    log = [script.start(), *(script.frame(frame(number)) for number in range(FRAMES + 1))]
    for offset in offsets:
        found = found.read(log[offset])
    return found


def test_a_session_with_audio_needs_its_records_from_the_first_frame_on(state: TranscriptionState) -> None:
    found = recovery(state)
    assert found.needs_from == 1
    assert not found.is_complete(next_offset=3)
    assert found.is_complete(next_offset=4)


def test_a_session_without_audio_needs_no_record() -> None:
    found = recovery(started(Script())[0])
    assert found.needs_from is None
    assert found.is_complete(next_offset=0)


def test_the_recovered_state_is_the_one_that_the_snapshot_was_taken_of(state: TranscriptionState) -> None:
    assert reread(recovery(state), 0, 1, 2, 3, 4).state(OPTIONS) == state


def test_audio_that_the_log_no_longer_holds_is_missing_at_the_beginning_alone(state: TranscriptionState) -> None:
    recovered = reread(recovery(state), 2, 3).state(OPTIONS)
    assert recovered.audio.pcm == frame(1) + frame(2)
    assert (recovered.audio.start, recovered.audio.end) == (FRAME_SAMPLES, FRAMES * FRAME_SAMPLES)
    assert recovered.frames == FRAMES
