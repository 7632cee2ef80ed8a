"""Whenever the owner of a partition dies, the next owner continues as if nothing had happened."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.transcribe.core.audio.windows import Hypothesis, Window
from processors.transcribe.core.session.log_records import FrameRecord, SessionLogRecord
from processors.transcribe.core.session.snapshot import restored, take_snapshot
from processors.transcribe.core.session.state import TranscriptionOptions
from schemas.replies import Resumed, Superseded
from schemas.snapshots import Redelivery, TranscriptionSnapshot
from schemas.wire import FinalMessage, Summary
from tests.support.transcribe.core_values import OPTIONS, VAD_OPTIONS, Script, resume
from tests.support.transcribe.session_records import answer_begun, questions_asked, session_ended
from tests.support.transcribe.simulated_partition import PARTITION, Owner, Partition, recognised_in, truly_recognised_in

WITH_VAD = replace(OPTIONS, vad=VAD_OPTIONS)
Answer = Resumed | Superseded
"""What a connection that resumed must be told: it continues, or another one does."""
KINDS = ["frames"] * 12 + ["repeat", "stray", "answer", "questions", "resume", "end"]
ACTIONS = (
    ["read"] * 3 + ["detect"] * 8 + ["recognise"] * 5 + ["commit", "publish"] * 3 + ["die"] * 2 + ["saturate", "relax"]
)
Recogniser = Callable[[Window], Hypothesis]


def partition_log(chance: Random) -> list[SessionLogRecord]:
    """A partition's log with up to three sessions, interleaved, each of which may end, be resumed, and send frames
    twice or over a connection that is void."""
    scripts = [Script(name) for name in "abc"[: chance.randint(1, 3)]]
    said = [(script, script.start()) for script in scripts]
    for _ in range(chance.randint(0, 40)):
        script = chance.choice(scripts)
        said += [(script, record) for record in _said(script, chance)]
    said += [(script, script.record(session_ended(script.session_id))) for script in scripts]
    return [replace(record, offset=offset) for offset, (_, record) in enumerate(said)]


def _said(script: Script, chance: Random) -> list[SessionLogRecord]:
    match chance.choice(KINDS):
        case "frames":
            return [script.frame(chance.randbytes(2) * 4000) for _ in range(chance.randint(1, 6))]
        case "repeat":
            return [script.record(FrameRecord(max(script.frames - 1, 0), bytes(8000)))]
        case "stray":
            return [script.record(FrameRecord(script.frames, b"\1\1" * 4000), conn="void")]
        case "answer":
            return [script.record(answer_begun(script.session_id, chance.randint(1, 2), script.frames * 4000))]
        case "questions":
            return [script.record(questions_asked(script.session_id, "Why?"))]
        case "resume":
            # What the old connection has not written by now is void.
            conn = f"conn-{chance.random()}"
            return [script.record(resume(conn, from_frame=script.frames), conn=conn)]
        case _:
            return [script.record(session_ended(script.session_id))] if chance.random() < 0.3 else []


def undisturbed(
    log: list[SessionLogRecord], options: TranscriptionOptions, recogniser: Recogniser = recognised_in
) -> Partition:
    partition = Partition(log)
    Owner(partition, options, recogniser).finish()
    return partition


def disturbed(
    log: list[SessionLogRecord], options: TranscriptionOptions, chance: Random, recogniser: Recogniser = recognised_in
) -> Partition:
    partition = Partition(log)
    owner = Owner(partition, options, recogniser)
    for _ in range(chance.randint(0, 400)):
        match chance.choice(ACTIONS):
            case "read":
                owner.read(chance.randint(1, 8))
            case "detect":
                owner.detect()
            case "recognise":
                owner.recognise()
            case "commit":
                owner.commit()
            case "publish":
                owner.publish()
            case "saturate" | "relax" as load:
                owner.observe(saturated=load == "saturate")
            case "die":
                owner = Owner(partition, options, recogniser)
    owner.finish()
    return partition


@pytest.mark.parametrize("options", [OPTIONS, WITH_VAD], ids=["all audio", "vad"])
@pytest.mark.thorough
@settings(max_examples=150)
@given(seed=st.integers(0, 2**32))
def test_the_facts_are_the_same_wherever_the_owner_dies(options: TranscriptionOptions, seed: int) -> None:
    chance = Random(seed)
    log = partition_log(chance)
    expected, found = undisturbed(log, options), disturbed(log, options, chance)
    everything_is_published(found)
    for name in {record.session_id for record in log}:
        assert found.finals(name) == expected.finals(name)
        assert found.transcribed(name) == expected.transcribed(name)
        resumed = {each.reply.conn for each in expected.replies if isinstance(each.reply.message, Resumed)}
        assert {each.reply.conn for each in found.replies if isinstance(each.reply.message, Answer)} >= resumed
    assert found.offset == len(log)
    order_is_kept(found)


@pytest.mark.thorough
@settings(max_examples=80)
@given(seed=st.integers(0, 2**32))
def test_windows_that_depend_on_the_load_neither_lose_nor_repeat_a_word(seed: int) -> None:
    """Which finals the words come in may differ; the words may not."""
    chance = Random(seed)
    log = partition_log(chance)
    options = replace(OPTIONS, coalesce=True, window_frames=chance.randint(1, 4))
    expected = undisturbed(log, OPTIONS, truly_recognised_in)
    found = disturbed(log, options, chance, truly_recognised_in)
    everything_is_published(found)
    order_is_kept(found)
    assert found.offset == len(log)
    for name in {record.session_id for record in log}:
        finals = found.finals(name)
        assert [final.number for final in finals] == list(range(1, len(finals) + 1))
        assert [word for final in finals for word in final.words] == [
            word for final in expected.finals(name) for word in final.words
        ]
        assert [each.audio_ms for each in found.transcribed(name)] == [
            each.audio_ms for each in expected.transcribed(name)
        ]


def everything_is_published(partition: Partition) -> None:
    """Clients got the finals as they are stored, no others, and the summary."""
    for name in {record.session_id for record in partition.log}:
        messages = [each.reply.message for each in partition.replies if each.reply.session_id == name]
        finals = {(message.number, message.text) for message in messages if isinstance(message, FinalMessage)}
        assert finals == {(final.number, final.text) for final in partition.finals(name)}
        assert any(isinstance(message, Summary) for message in messages)


def order_is_kept(partition: Partition) -> None:
    """No client is shown a final, or a partial that follows it, before it is committed; nor the summary before them."""
    for name in {record.session_id for record in partition.log}:
        passed = 0
        for message in (each.reply.message for each in partition.replies if each.reply.session_id == name):
            if isinstance(message, FinalMessage):
                assert message.number <= passed + 1
                passed = max(passed, message.number)
            elif isinstance(message, Summary):
                assert message.finals == passed


@pytest.mark.parametrize("options", [OPTIONS, WITH_VAD], ids=["all audio", "vad"])
@settings(max_examples=40)
@given(seed=st.integers(0, 2**32))
def test_a_snapshot_restores_the_whole_state(options: TranscriptionOptions, seed: int) -> None:
    chance = Random(seed)
    owner = Owner(Partition(partition_log(chance)), options)
    for _ in range(chance.randint(0, 60)):
        owner.read(chance.randint(1, 8))
        owner.detect()
        if chance.random() < 0.7:
            owner.recognise()
    for session in owner.sessions._sessions.values():
        state = session.state
        kept = TranscriptionSnapshot.model_validate_json(take_snapshot(state, Redelivery(), 0, None).encode())
        found = restored(options, kept, PARTITION, state.finals, state.audio)
        assert replace(found, phase=state.phase) == state
