"""The peers' own virtual environments, apart from ours and from each other: their needs conflict."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from infra.errors import Unavailable
from infra.settings import LocalSettings, load

_INSTALL_S = 1800
_VERSIONS = (
    "import json, sys; from importlib.metadata import version; print(json.dumps({n: version(n) for n in sys.argv[1:]}))"
)


@dataclass(frozen=True)
class Environment:
    """`alone` is installed without what it asks for, `wanted` with it. `told`: packages whose versions stand in the
    results; the first is the peer."""

    name: str
    alone: Sequence[str]
    wanted: Sequence[str]
    told: Sequence[str]

    @property
    def folder(self) -> Path:
        return load(LocalSettings).cache.absolute() / "peers" / self.name

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def is_there(self) -> bool:
        return (self.folder / "installed").exists()

    def install(self) -> None:
        """Several gigabytes, for both want torch. pip's own settings apply, as an index with torch's builds for CPUs.
        Raises Unavailable if pip fails."""
        self._run([sys.executable, "-m", "venv", str(self.folder)])
        pip = [str(self.python), "-m", "pip", "install", "--quiet"]
        if self.alone:
            self._run([*pip, "--no-deps", *self.alone])
        self._run([*pip, *self.wanted])
        (self.folder / "installed").touch()

    def versions(self) -> Mapping[str, str]:
        asked = subprocess.run(
            [self.python, "-c", _VERSIONS, *self.told], capture_output=True, text=True, check=True, timeout=60
        )
        versions: dict[str, str] = json.loads(asked.stdout)
        return versions

    def _run(self, command: Sequence[str]) -> None:
        try:
            subprocess.run(command, check=True, timeout=_INSTALL_S)
        except (subprocess.SubprocessError, OSError) as error:
            raise Unavailable(
                f"The environment of {self.name} could not be made ({error}).",
                f"Check the network and the disk (7 GB); then remove {self.folder} and try again.",
            ) from error


WHISPERLIVEKIT = Environment(
    "whisperlivekit",
    alone=(),
    wanted=("whisperlivekit==0.2.26", "torch==2.15.0", "faster-whisper==1.2.1"),
    told=("whisperlivekit", "faster-whisper", "ctranslate2", "torch"),
)
# Installed alone, for among its needs are CUDA, OpenVINO and a sound card; these are what its CPU server imports. pip
# then names what is missing, which is as it should be.
WHISPERLIVE = Environment(
    "whisper-live",
    alone=("whisper-live==0.10.0",),
    wanted=(
        "faster-whisper==1.2.0",
        "torch==2.15.0",
        "fastapi",
        "python-multipart",
        "requests",
        "scipy",
        "uvicorn",
        "websockets",
    ),
    told=("whisper-live", "faster-whisper", "ctranslate2", "torch"),
)
ENVIRONMENTS = (WHISPERLIVEKIT, WHISPERLIVE)
