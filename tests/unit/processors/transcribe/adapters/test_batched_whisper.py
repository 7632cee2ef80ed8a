"""The demo recogniser on batches: what comes out does not depend on what else is in the batch."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from faster_whisper import WhisperModel

from infra.samples import WHISPER_MICRO
from processors.transcribe.adapters.batched_whisper import BatchedWhisper, DecodingOptions
from processors.transcribe.core.audio.windows import Window
from processors.transcribe.core.whisper.recognition import DecodingThresholds, Recognition
from schemas.audio import SAMPLE_BYTES, SAMPLE_RATE
from tests.support.audio.speech import bundled, joined
from tests.support.transcribe.core_values import text_of

THRESHOLDS = DecodingThresholds(compression_ratio=2.4, log_probability=-1.0, no_speech=0.6)
SENTENCES = tuple(bundled(f"sentence_{number}") for number in (1, 2, 5))
"""Those that the model recognises without an error on every processor: how 8 bit numbers are added up differs."""


class Overlaid:
    """The real thing, with some of its attributes replaced."""

    def __init__(self, real: Any, **instead: Any) -> None:
        self._real = real
        self.__dict__.update(instead)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


@pytest.fixture(scope="module")
def model() -> WhisperModel:
    return WhisperModel(str(WHISPER_MICRO), device="cpu", cpu_threads=1)


def whisper(model: Any, **changes: Any) -> BatchedWhisper:
    decoding = {
        "beam_size": 1,
        "min_frames": 500,
        "prompt_words": 0,
        "thresholds": THRESHOLDS,
        "fallback": False,
        **changes,
    }
    return BatchedWhisper(model, DecodingOptions(**decoding), on_step=lambda *_: None)


def window(pcm: bytes, language: str = "en", prompt: str = "") -> Window:
    return Window("s-1", 0, 0, language, 0, pcm, prompt=prompt)


def said(recognition: Recognition) -> str:
    return text_of(recognition.words)


def timed(recognition: Recognition) -> list[tuple[str, int, int]]:
    return [(each.text, each.start_ms, each.end_ms) for each in recognition.words]


def altered(pcm: bytes, change: Callable[[Any], Any]) -> bytes:
    samples = change(np.frombuffer(pcm, "<i2").astype(float) / 32768)
    clipped: bytes = (np.clip(samples, -1, 1) * 32767).round().astype("<i2").tobytes()
    return clipped


def test_a_window_is_recognised_the_same_in_any_batch(model: WhisperModel) -> None:
    windows = [window(each.pcm) for each in SENTENCES] + [window(bytes(2 * SAMPLE_RATE)), window(b"")]
    recognitions = whisper(model).recognise(windows)
    assert [said(each) for each in recognitions] == [*(each.text for each in SENTENCES), "", ""]
    for recognition, alone in zip(recognitions, windows, strict=True):
        (again,) = whisper(model).recognise([alone])
        assert timed(again) == timed(recognition)
        assert [each.probability for each in again.words] == pytest.approx(
            [each.probability for each in recognition.words], abs=0.01
        )


def test_windows_of_one_length_with_texts_of_different_lengths(model: WhisperModel) -> None:
    """CTranslate2 alone gives three of these eight other times than in batches of their own."""
    second = SAMPLE_RATE * SAMPLE_BYTES
    pcm = joined("sentence_1", "sentence_2", "sentence_3").pcm
    windows = [window(pcm[at * second : (at + 4) * second]) for at in range(8)]
    recognitions = whisper(model).recognise(windows)
    assert len({len(recognition.words) for recognition in recognitions}) > 1
    assert [timed(each) for each in recognitions] == [timed(*whisper(model).recognise([alone])) for alone in windows]


def test_beams_and_long_inputs_recognise_the_same(model: WhisperModel) -> None:
    for changes in ({"beam_size": 3}, {"min_frames": 3000}):
        (recognition,) = whisper(model, **changes).recognise([window(SENTENCES[0].pcm)])
        assert said(recognition) == SENTENCES[0].text


@pytest.mark.parametrize(
    "change",
    [
        lambda samples: samples * 10 ** (-40 / 20) / np.sqrt(np.mean(samples**2)),
        lambda samples: samples + 0.2,
        lambda samples: samples * 10 ** (-40 / 20) / np.sqrt(np.mean(samples**2)) - 0.3,
        lambda samples: np.clip(samples * 4, -1, 1),
    ],
    ids=["at -40 dBFS", "shifted by 0.2", "both", "clipped"],
)
def test_poor_recordings_are_recognised(model: WhisperModel, change: Callable[[Any], Any]) -> None:
    recognitions = whisper(model).recognise([window(altered(each.pcm, change)) for each in SENTENCES])
    assert [said(each) for each in recognitions] == [each.text for each in SENTENCES]


@pytest.mark.parametrize("noise", [0.0, 0.003, 0.1, 1.0])
def test_noise_is_not_an_error(model: WhisperModel, noise: float) -> None:
    samples = np.random.default_rng(0).normal(scale=noise or 1e-9, size=3 * SAMPLE_RATE)
    (recognition,) = whisper(model).recognise([window(altered(samples.astype("<i2").tobytes(), lambda _: samples))])
    assert len(recognition.levels) == 300


def test_windows_of_different_length_language_or_prompt_have_different_batch_keys(model: WhisperModel) -> None:
    short, long = bytes(2 * SAMPLE_RATE), bytes(16 * SAMPLE_RATE)
    prompted = whisper(model, prompt_words=4)
    plain = whisper(model)
    assert plain.batch_key(window(short)) == plain.batch_key(window(short, prompt="i like tea")) == (500, "en", 0)
    assert plain.batch_key(window(long)) == (900, "en", 0)
    assert prompted.batch_key(window(short, prompt="yes i like tea and apples"))[2] == 4
    assert prompted.batch_key(window(short))[2] == 0


def test_prompts_of_a_batch_have_one_length(model: WhisperModel) -> None:
    prompted: list[list[list[int]]] = []

    def generate(encoded: Any, prompts: list[list[int]], **options: Any) -> Any:
        prompted.append(prompts)
        return model.model.generate(encoded, prompts, **options)

    recording = Overlaid(model, model=Overlaid(model.model, generate=generate))
    windows = [
        window(each.pcm, prompt=prompt) for each, prompt in zip(SENTENCES, ("i like tea", "we go home"), strict=False)
    ]
    recognitions = whisper(recording, prompt_words=2).recognise(windows)
    assert len(recognitions) == 2
    (one, other) = prompted[0]
    assert one != other
    assert len(one) == len(other) == 4, "a mark, two tokens, the start"


@pytest.mark.parametrize(("wanted", "given"), [("fr", "fr"), ("fr-CA", "fr"), ("EN", "en"), ("xx", None)])
def test_the_language_is_the_sessions(model: WhisperModel, wanted: str, given: str | None) -> None:
    polyglot = Overlaid(model, supported_languages=["en", "fr"])
    assert whisper(polyglot).batch_key(window(b"", wanted))[1] == given


def test_a_language_that_the_model_does_not_know_is_detected(model: WhisperModel) -> None:
    guessing = Overlaid(model.model, detect_language=lambda encoded: [[("<|en|>", 0.9)]] * encoded.shape[0])
    polyglot = Overlaid(model, supported_languages=["en", "fr"], model=guessing)
    recognitions = whisper(polyglot).recognise([window(each.pcm, "xx") for each in SENTENCES])
    assert [said(each) for each in recognitions] == [each.text for each in SENTENCES]


class Doubting:
    """A decoder that gives one window of a batch a bad score, and continues to do so until the temperature is high."""

    def __init__(self, real: Any, place: int, until: float) -> None:
        self._real = real
        self._place = place
        self._until = until
        self.tries: list[tuple[int, float]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def generate(self, encoded: Any, prompts: Any, **options: Any) -> list[Any]:
        temperature = options.pop("sampling_temperature", 0.0)
        self.tries.append((len(prompts), temperature))
        results = self._real.generate(encoded, prompts, **{**options, "num_hypotheses": 1, "sampling_topk": 1})
        bad = self._place if temperature == 0 else 0 if temperature < self._until else None
        return [
            SimpleNamespace(
                sequences_ids=each.sequences_ids,
                scores=[-3.0] if place == bad else each.scores,
                no_speech_prob=each.no_speech_prob,
            )
            for place, each in enumerate(results)
        ]


@pytest.fixture
def doubting(model: WhisperModel) -> Doubting:
    return Doubting(model.model, place=1, until=0.4)


def test_only_a_text_that_misses_the_thresholds_is_decoded_again(model: WhisperModel, doubting: Doubting) -> None:
    windows = [window(each.pcm) for each in SENTENCES]
    recognitions = whisper(Overlaid(model, model=doubting), fallback=True).recognise(windows)
    assert doubting.tries == [(3, 0.0), (1, 0.2), (1, 0.4)]
    assert [said(each) for each in recognitions] == [each.text for each in SENTENCES]
    assert all(each.log_probability > -1 for each in recognitions)


def test_without_fallback_the_first_text_is_kept(model: WhisperModel, doubting: Doubting) -> None:
    whisper(Overlaid(model, model=doubting)).recognise([window(each.pcm) for each in SENTENCES])
    assert doubting.tries == [(3, 0.0)]


def test_if_all_tries_fail_the_likeliest_is_kept(model: WhisperModel) -> None:
    hopeless = Doubting(model.model, place=0, until=2.0)
    (recognition,) = whisper(Overlaid(model, model=hopeless), fallback=True).recognise([window(SENTENCES[0].pcm)])
    assert len(hopeless.tries) == 6
    assert said(recognition) == SENTENCES[0].text
