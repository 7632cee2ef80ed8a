"""Paths of the bundled model and recordings."""

from pathlib import Path

_FOLDER = Path(__file__).parents[1] / "samples" / "whisper-micro"

WHISPER_MICRO = _FOLDER / "model"
"""The fast recogniser of the demo and the tests: a converted Whisper model that knows only the voice and vocabulary of
the bundled recordings."""

SPEECH = _FOLDER / "speech"
"""The bundled recordings, 16 kHz mono WAV, with their words in a manifest."""
