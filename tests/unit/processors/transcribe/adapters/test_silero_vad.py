"""The real detector on the bundled recordings."""

import asyncio

import numpy as np
import pytest
from faster_whisper.vad import SileroVADModel, get_assets_path

from processors.transcribe.adapters.silero_vad import SileroVad
from processors.transcribe.core.audio.vad import INITIAL_VAD_STATE, VadInput
from tests.support.audio.speech import bundled


async def probabilities(pcm: bytes, *, pieces_of: int) -> list[float]:
    """What the detector says of a recording that arrives in pieces of so many bytes."""
    vad, state = SileroVad(), INITIAL_VAD_STATE
    found: list[float] = []
    for at in range(0, len(pcm), pieces_of):
        (output,) = await vad.detect([VadInput("s-1", pcm[at : at + pieces_of], state)])
        found += output.probabilities
        state = output.state
    vad.close()
    return found


async def test_it_detects_the_same_as_in_the_whole_recording() -> None:
    pcm = bundled("sentence_1").pcm[: 512 * 2 * 100]
    model = SileroVADModel(f"{get_assets_path()}/silero_vad_v6.onnx")
    # Its first step sees the end of the recording's last one as context unless that is silent.
    whole = model(np.frombuffer(pcm, "<i2").astype(np.float32) / 32768).ravel()
    found = await probabilities(pcm, pieces_of=8000)
    assert len(found) == len(whole) == 100
    assert found == pytest.approx(whole.tolist(), abs=2e-3)


async def test_the_split_of_the_audio_does_not_matter() -> None:
    pcm = bundled("sentence_2").pcm
    assert await probabilities(pcm, pieces_of=8000) == pytest.approx(await probabilities(pcm, pieces_of=700), abs=1e-5)


@pytest.mark.parametrize("gain", [1.0, 0.05])
async def test_it_distinguishes_speech_from_silence_at_any_level(gain: float) -> None:
    samples = np.frombuffer(bundled("sentence_3").pcm, "<i2") * gain
    found = await probabilities(samples.astype("<i2").tobytes(), pieces_of=8000)
    assert sum(each > 0.5 for each in found) > len(found) // 2
    assert max(await probabilities(bundled("silence").pcm, pieces_of=8000)) < 0.3


async def test_sessions_do_not_affect_each_other() -> None:
    speech, silence = bundled("sentence_1").pcm[:32_000], bytes(32_000)
    vad = SileroVad()
    together = await vad.detect([VadInput("a", speech, INITIAL_VAD_STATE), VadInput("b", silence, INITIAL_VAD_STATE)])
    alone = await asyncio.gather(*(vad.detect([VadInput("a", each, INITIAL_VAD_STATE)]) for each in (speech, silence)))
    vad.close()
    assert together == [each for (each,) in alone]
