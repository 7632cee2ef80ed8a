"""What the two sources of a model have in common."""

import hashlib
from collections.abc import Callable
from pathlib import Path

from infra.errors import RostrumError

MODEL_FILE = "model.bin"
ByteCount = Callable[[int, int], None]
"""Called with how many bytes have arrived, and how many there will be."""


class ModelNotFetched(RostrumError):
    """This source cannot give the model now."""


class ModelDamaged(ModelNotFetched):
    """What arrived is not what was published."""


def check_sha256(file: Path, expected: str) -> None:
    """Raises ModelDamaged."""
    with file.open("rb") as opened:
        found = hashlib.file_digest(opened, "sha256").hexdigest()
    if found != expected:
        raise ModelDamaged(
            f"The downloaded {file.name} is not the published file (its SHA-256 is {found[:12]}…, not "
            f"{expected[:12]}…).",
            "A proxy or mirror may have replaced it: try another network or mirror.",
        )
