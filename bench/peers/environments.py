"""The peers' own virtual environments, apart from ours and from each other, since their requirements conflict."""

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
class PeerEnvironment:
    name: str
    without_dependencies: Sequence[str]
    """Packages that are installed without their dependencies."""
    packages: Sequence[str]
    reported: Sequence[str]
    """Packages whose versions are in the results; the first is the peer."""

    @property
    def folder(self) -> Path:
        return load(LocalSettings).cache.absolute() / "peers" / self.name

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def is_installed(self) -> bool:
        return (self.folder / "installed").exists()

    def install(self) -> None:
        """Several gigabytes, since both peers need torch. pip's own settings apply, such as an index with torch's
        builds for CPUs. Raises Unavailable if pip fails."""
        self._run([sys.executable, "-m", "venv", str(self.folder)])
        pip = [str(self.python), "-m", "pip", "install", "--quiet"]
        if self.without_dependencies:
            self._run([*pip, "--no-deps", *self.without_dependencies])
        self._run([*pip, *self.packages])
        (self.folder / "installed").touch()

    def versions(self) -> Mapping[str, str]:
        asked = subprocess.run(
            [self.python, "-c", _VERSIONS, *self.reported], capture_output=True, text=True, check=True, timeout=60
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


WHISPERLIVEKIT = PeerEnvironment(
    "whisperlivekit",
    without_dependencies=(),
    packages=("whisperlivekit==0.2.26", "torch==2.15.0", "faster-whisper==1.2.1"),
    reported=("whisperlivekit", "faster-whisper", "ctranslate2", "torch"),
)
# Its dependencies include CUDA, OpenVINO and a sound card, so they are left out; these are what its CPU server imports.
# pip then reports the missing ones, which is expected.
WHISPERLIVE = PeerEnvironment(
    "whisper-live",
    without_dependencies=("whisper-live==0.10.0",),
    packages=(
        "faster-whisper==1.2.0",
        "torch==2.15.0",
        "fastapi",
        "python-multipart",
        "requests",
        "scipy",
        "uvicorn",
        "websockets",
    ),
    reported=("whisper-live", "faster-whisper", "ctranslate2", "torch"),
)
ENVIRONMENTS = (WHISPERLIVEKIT, WHISPERLIVE)
