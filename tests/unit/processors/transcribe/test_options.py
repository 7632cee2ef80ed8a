"""The core's options, from the settings."""

import pytest
from pydantic import ValidationError

from processors.transcribe.core.audio.buffer_trimming import WindowLimits
from processors.transcribe.core.policy.local_agreement import LocalAgreement
from processors.transcribe.core.policy.policy import HypothesisBuffer
from processors.transcribe.core.policy.single_pass import SinglePass
from processors.transcribe.options import transcription_options
from processors.transcribe.settings import TranscribeSettings
from tests.support.transcribe.core_values import words


def test_every_policy_continues_from_a_buffer() -> None:
    buffer = HypothesisBuffer(unconfirmed=words("good night"), votes=(1, 1))
    agreement = transcription_options(TranscribeSettings(policy="local_agreement", local_agreement_n=3), "m", 10_000)
    assert agreement.policy(buffer) == LocalAgreement(3, buffer)
    single_pass = transcription_options(TranscribeSettings(policy="single_pass", hold_back_ms=200), "m", 10_000)
    assert single_pass.policy(buffer) == SinglePass(200, buffer)


def test_limits_leave_room_for_the_next_frames() -> None:
    settings = TranscribeSettings(window_frames=8, buffer_trim_ms=9000)
    assert transcription_options(settings, "m", 10_000).limits == WindowLimits(10_000, trim_ms=8000, step_ms=2000)
    assert transcription_options(TranscribeSettings(window_frames=2), "m", 10_000).limits == WindowLimits(
        10_000, 5000, 1000
    )


def test_voice_activity_detection_can_be_switched_off() -> None:
    assert transcription_options(TranscribeSettings(vad=False), "m", 10_000).vad is None


def test_settings_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(ValidationError, match="VAD_NEG_THRESHOLD"):
        TranscribeSettings(vad_threshold=0.3, vad_neg_threshold=0.4)
    with pytest.raises(ValidationError, match="VAD_PAD_AFTER_MS"):
        TranscribeSettings(endpointing_ms=150)
