"""faster-whisper behind the port: the real one on a recording, and one that breaks."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from infra.errors import SettingsError, Unavailable
from processors.transcribe.adapters.models import DEMO_MODEL, ResolvedModel, resolve_model
from processors.transcribe.adapters.recogniser import WhisperRecogniser, load_model
from processors.transcribe.core.windows import Hypothesis, Window
from processors.transcribe.settings import TranscribeSettings
from tests.support.speech import bundled
from tests.support.transcribe_core import spoken

SETTINGS = TranscribeSettings(workers=1, device="cpu")


class BreakingModel:
    """Fails on loud windows, a given number of times each."""

    supported_languages = ("en", "fr")

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.languages: list[str | None] = []

    def transcribe(
        self, samples: "np.ndarray[Any, Any]", language: str | None, **_options: object
    ) -> tuple[list[Any], None]:
        self.languages.append(language)
        if samples.any() and self.failures:
            self.failures -= 1
            raise IndexError("list index out of range")
        return [], None


def window(pcm: bytes, language: str = "en") -> Window:
    return Window("s-1", 0, 0, language, 0, pcm)


QUIET, LOUD = window(bytes(100)), window(b"\x01" * 100)


@pytest.fixture(scope="module")
def recogniser() -> Iterator[WhisperRecogniser]:
    recogniser = WhisperRecogniser(load_model(resolve_model(str(DEMO_MODEL)), SETTINGS), SETTINGS)
    yield recogniser
    recogniser.close()


async def test_a_recording_is_heard_with_times_and_probabilities(recogniser: WhisperRecogniser) -> None:
    speech = bundled("sentence_2")
    (hypothesis,) = await recogniser.transcribe([window(speech.pcm)])
    assert spoken(hypothesis.words) == speech.text
    assert all(0.5 < word.probability <= 1 for word in hypothesis.words)
    assert hypothesis.words[-1].end_ms <= speech.seconds * 1000


async def test_nearly_nothing_is_nothing(recogniser: WhisperRecogniser) -> None:
    assert await recogniser.transcribe([window(b""), window(bytes(2)), QUIET]) == [Hypothesis()] * 3


def test_the_model_says_how_much_it_hears_at_once(recogniser: WhisperRecogniser) -> None:
    assert recogniser.window_ms == 10_000


async def test_a_window_that_fails_once_is_heard_and_others_are_not_touched() -> None:
    breaking = WhisperRecogniser(BreakingModel(failures=1), SETTINGS)
    assert await breaking.transcribe([QUIET, LOUD, QUIET]) == [Hypothesis()] * 3


async def test_a_window_that_fails_again_says_so() -> None:
    breaking = WhisperRecogniser(BreakingModel(failures=2), SETTINGS)
    quiet, loud, again = await breaking.transcribe([QUIET, LOUD, QUIET])
    assert (quiet, again) == (Hypothesis(), Hypothesis())
    assert loud.failed == "IndexError: list index out of range"


async def test_a_model_that_fails_on_everything_stops_the_process() -> None:
    breaking = WhisperRecogniser(BreakingModel(failures=1000), SETTINGS)
    await breaking.transcribe([LOUD] * 19)
    with pytest.raises(Unavailable, match="20 windows in a row"):
        await breaking.transcribe([LOUD])


async def test_a_model_that_cannot_hear_is_found_out_before_anybody_speaks() -> None:
    with pytest.raises(Unavailable, match="cannot hear"):
        await WhisperRecogniser(BreakingModel(failures=2), SETTINGS).warm_up()


@pytest.mark.parametrize(("wanted", "given"), [("fr", "fr"), ("fr-CA", "fr"), ("EN", "en"), ("xx", None)])
async def test_the_language_is_the_sessions(wanted: str, given: str | None) -> None:
    model = BreakingModel(failures=0)
    await WhisperRecogniser(model, SETTINGS).transcribe([window(bytes(100), wanted)])
    assert model.languages == [given]


def test_a_model_that_cannot_be_loaded_is_a_wrong_setting(tmp_path: Any) -> None:
    with pytest.raises(SettingsError, match="TRANSCRIBE_MODEL: broken cannot be loaded"):
        load_model(ResolvedModel(str(tmp_path), "broken", is_demo=False), SETTINGS)
