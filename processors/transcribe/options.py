"""The core's options, from the settings."""

from collections.abc import Callable
from functools import partial

from processors.transcribe.core.audio.buffer_trimming import WindowLimits
from processors.transcribe.core.audio.vad import VadOptions
from processors.transcribe.core.policy.local_agreement import LocalAgreement
from processors.transcribe.core.policy.policy import HypothesisBuffer, Policy
from processors.transcribe.core.policy.single_pass import SinglePass
from processors.transcribe.core.session.state import TranscriptionOptions
from processors.transcribe.settings import TranscribeSettings
from schemas.audio import FRAME_MS
from schemas.wire import Notice


def transcription_options(
    settings: TranscribeSettings, model: str, window_ms: int, notice: Notice | None = None
) -> TranscriptionOptions:
    """For a model of this name that takes windows of this length."""
    longest_step = max(settings.window_frames, settings.busy_window_frames)
    return TranscriptionOptions(
        model=model,
        limits=WindowLimits.for_model(window_ms, settings.buffer_trim_ms, longest_step * FRAME_MS),
        policy=policy(settings),
        notice=notice,
        vad=vad_options(settings) if settings.vad else None,
        window_frames=settings.window_frames,
        busy_window_frames=settings.busy_window_frames,
        coalesce=settings.coalesce_windows,
    )


def policy(settings: TranscribeSettings) -> Callable[[HypothesisBuffer], Policy]:
    if settings.policy == "single_pass":
        return partial(SinglePass, settings.hold_back_ms)
    return partial(LocalAgreement, settings.local_agreement_n)


def vad_options(settings: TranscribeSettings) -> VadOptions:
    return VadOptions(
        threshold=settings.vad_threshold,
        neg_threshold=settings.vad_neg_threshold,
        min_speech_ms=settings.vad_min_speech_ms,
        min_silence_ms=settings.vad_min_silence_ms,
        pad_before_ms=settings.vad_pad_before_ms,
        pad_after_ms=settings.vad_pad_after_ms,
        endpointing_ms=settings.endpointing_ms,
    )
