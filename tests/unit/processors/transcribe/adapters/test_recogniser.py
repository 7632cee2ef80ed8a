"""The recogniser behind the port, with a model that breaks, and with the real one."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from prometheus_client import REGISTRY

from infra.errors import SettingsError, Unavailable
from infra.samples import WHISPER_MICRO
from processors.transcribe.adapters.models import ResolvedModel, resolve_model
from processors.transcribe.adapters.recogniser import WhisperRecogniser, load_model
from processors.transcribe.core.audio.windows import Hypothesis, Window
from processors.transcribe.core.whisper.recognition import Recognition
from processors.transcribe.settings import TranscribeSettings
from tests.support.audio.speech import bundled
from tests.support.transcribe.core_values import text_of, word

SETTINGS = TranscribeSettings(workers=1, max_batch_size=4, device="cpu", temperature_fallback=False)
LOUD_LEVELS = np.array([-80.0] * 50 + [-20.0] * 50, np.float32)


class BreakingModel:
    """Fails on loud windows, a given number of times; recognises one word in the others. Keeps its batches."""

    window_ms = 10_000
    on_gpu = False
    is_short = False

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.batches: list[int] = []

    def batch_key(self, window: Window) -> tuple[int, str | None, int]:
        return 3000, window.language, 0

    def recognise(self, windows: Sequence[Window]) -> list[Recognition]:
        self.batches.append(len(windows))
        if self.failures and any(any(each.pcm) for each in windows):
            self.failures -= 1
            raise IndexError("list index out of range")
        return [Recognition((word(each.session_id, 600, 900),), -0.1, 0.0, LOUD_LEVELS) for each in windows]


def window(pcm: bytes, session_id: str = "s-1", language: str = "en") -> Window:
    return Window(session_id, 0, 0, language, 0, pcm)


def hypothesis_of(session_id: str = "s-1") -> Hypothesis:
    return Hypothesis((word(session_id, 600, 900),))


QUIET, LOUD = window(bytes(100)), window(b"\x01" * 100)


async def test_windows_of_all_sessions_share_a_batch_and_come_back_in_order() -> None:
    model = BreakingModel()
    windows = [window(bytes(100), f"s-{at}") for at in range(4)]
    hypotheses = await WhisperRecogniser(model, SETTINGS).recognise(windows)
    assert hypotheses == [hypothesis_of(f"s-{at}") for at in range(4)]
    assert model.batches == [4]


async def test_the_windows_of_a_failed_batch_are_recognised_alone() -> None:
    model = BreakingModel(failures=1)
    assert await WhisperRecogniser(model, SETTINGS).recognise([QUIET, LOUD, QUIET]) == [hypothesis_of()] * 3
    assert model.batches == [3, 1, 1, 1]


async def test_a_window_that_fails_again_affects_no_other() -> None:
    model = BreakingModel(failures=2)
    quiet, loud, again = await WhisperRecogniser(model, SETTINGS).recognise([QUIET, LOUD, QUIET])
    assert (quiet, again) == (hypothesis_of(), hypothesis_of())
    assert loud.failed == "IndexError: list index out of range"


async def test_a_model_that_fails_on_everything_stops_the_process() -> None:
    recogniser = WhisperRecogniser(BreakingModel(failures=1000), SETTINGS)
    for _ in range(19):
        await recogniser.recognise([LOUD])
    with pytest.raises(Unavailable, match="20 windows in a row"):
        await recogniser.recognise([LOUD])


async def test_hallucinated_words_are_removed_and_counted() -> None:
    class Hallucinating(BreakingModel):
        def recognise(self, windows: Sequence[Window]) -> list[Recognition]:
            return [Recognition((word("thanks", 100, 200),), -0.1, 0.0, LOUD_LEVELS) for _ in windows]

    def counted() -> float:
        name, labels = "rostrum_transcribe_words_filtered_total", {"rule": "over_silence"}
        return REGISTRY.get_sample_value(name, labels) or 0.0

    before = counted()
    assert await WhisperRecogniser(Hallucinating(), SETTINGS).recognise([QUIET]) == [Hypothesis()]
    assert counted() == before + 1


def test_a_gpu_has_one_worker_and_large_batches() -> None:
    class OnGpu(BreakingModel):
        on_gpu = True

    recogniser = WhisperRecogniser(OnGpu(), TranscribeSettings())
    assert (recogniser.workers, recogniser.max_batch_size) == (1, 32)


@pytest.mark.parametrize(("frames", "windows"), [(0, 4), (3000, 2)])
def test_on_a_cpu_a_batch_is_larger_if_the_input_is_short(frames: int, windows: int) -> None:
    settings = TranscribeSettings(device="cpu", encoder_frames=frames)
    recogniser = WhisperRecogniser(load_model(resolve_model(str(WHISPER_MICRO)), settings), settings)
    assert recogniser.max_batch_size == windows
    recogniser.close()


@pytest.fixture(scope="module")
def recogniser() -> Iterator[WhisperRecogniser]:
    recogniser = WhisperRecogniser(load_model(resolve_model(str(WHISPER_MICRO)), SETTINGS), SETTINGS)
    yield recogniser
    recogniser.close()


async def test_a_recording_is_recognised_with_times_and_probabilities(recogniser: WhisperRecogniser) -> None:
    speech = bundled("sentence_2")
    (hypothesis,) = await recogniser.recognise([window(speech.pcm)])
    assert text_of(hypothesis.words) == speech.text
    assert all(0.5 < each.probability <= 1 for each in hypothesis.words)
    assert hypothesis.words[-1].end_ms <= speech.seconds * 1000


@pytest.mark.parametrize("size", [0, 2, 100, 1600, 3200])
async def test_very_short_audio_has_no_words(recogniser: WhisperRecogniser, size: int) -> None:
    assert await recogniser.recognise([window(bytes(size))]) == [Hypothesis()]


def test_the_models_longest_window_is_known(recogniser: WhisperRecogniser) -> None:
    assert recogniser.window_ms == 10_000


async def test_a_model_that_cannot_recognise_is_found_at_warm_up() -> None:
    with pytest.raises(Unavailable, match="cannot recognise"):
        await WhisperRecogniser(BreakingModel(failures=2), SETTINGS).warm_up()


def test_a_model_that_cannot_be_loaded_is_a_settings_error(tmp_path: Any) -> None:
    with pytest.raises(SettingsError, match="TRANSCRIBE_MODEL: broken cannot be loaded"):
        load_model(ResolvedModel(str(tmp_path), "broken", is_demo=False), SETTINGS)
