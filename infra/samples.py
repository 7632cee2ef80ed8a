"""Where the bundled model and recordings are."""

from pathlib import Path

_FOLDER = Path(__file__).parents[1] / "samples" / "whisper-micro"

WHISPER_MICRO = _FOLDER / "model"
"""The tests' quick recogniser, a converted Whisper model that knows the bundled recordings' voice and vocabulary."""

SPEECH = _FOLDER / "speech"
"""The bundled recordings, 16 kHz mono WAV, with their words in a manifest."""
