"""CTranslate2 loads a model with random weights, which decodes as many tokens as it is asked for."""

from pathlib import Path

import ctranslate2

from bench.random_whisper import WhisperShape, write_model
from bench.sizing import measure


def test_a_shape_can_be_measured(tmp_path: Path) -> None:
    shape = WhisperShape("tiny", width=32, heads=2, encoder_layers=1, decoder_layers=2, mels=80, vocabulary=51_864)
    write_model(tmp_path / "model", shape, "int8")
    model = ctranslate2.models.Whisper(str(tmp_path / "model"), compute_type="int8", intra_threads=1)
    figures = measure(model, shape, batch=2, repeats=1)
    assert figures["batch"] == 2
    assert figures["windows_per_s"] > 0
    assert set(figures["step_s"]) == {"encode", "generate", "align"}
