"""Models from the model hub. Each file is checked against the hub's own record of it, and nothing is written outside
the given folder. huggingface_hub, which would keep copies of its own, only says where the hub is."""

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
from pydantic import BaseModel, ValidationError

from infra.speech_models.downloads import MODEL_FILE, ByteCount, ModelDamaged, ModelNotFetched, check_sha256

_FILES = ("config.json", "preprocessor_config.json", MODEL_FILE, "tokenizer.json", "vocabulary.txt", "vocabulary.json")
"""Those of a converted model that faster-whisper reads."""
_TIMEOUT = httpx.Timeout(30.0, connect=5.0)
_PIECE_BYTES = 256 * 1024
_HINT = "Check the network, or name a mirror of the hub in HF_ENDPOINT."


class NotOnHub(ModelNotFetched):
    """The hub was reached, and has no such model."""


class _LargeFile(BaseModel):
    sha256: str


class _HubFile(BaseModel):
    rfilename: str
    size: int
    lfs: _LargeFile | None = None


class _Repository(BaseModel):
    """The hub's answer about a repository."""

    sha: str
    """Of the newest commit."""
    siblings: list[_HubFile]


def download_from_hub(repository: str, into: Path, model_sha256: str, count: ByteCount) -> str:
    """The commit that was downloaded. `model_sha256`: of model.bin, or empty if it is not known beforehand. Raises
    ModelNotFetched."""
    from huggingface_hub import constants  # Imported only for a download: it takes time.

    if constants.HF_HUB_OFFLINE:
        raise ModelNotFetched("The model hub is not used, because HF_HUB_OFFLINE is set.", "Unset HF_HUB_OFFLINE.")
    try:
        with httpx.Client(headers=_login(), timeout=_TIMEOUT, follow_redirects=True) as http:
            found = _look_up(http, f"{constants.ENDPOINT}/api/models/{repository}", repository)
            files = [file for file in found.siblings if file.rfilename in _FILES]
            whole, arrived = sum(file.size for file in files), 0
            for file in files:
                url = f"{constants.ENDPOINT}/{repository}/resolve/{found.sha}/{file.rfilename}"
                for size in _stream(http, url, into / file.rfilename):
                    arrived += size
                    count(arrived, whole)
                _check(into / file.rfilename, file, model_sha256)
    except httpx.HTTPError as error:
        raise ModelNotFetched(f"The model hub cannot be reached ({type(error).__name__}).", _HINT) from error
    return found.sha


def _login() -> dict[str, str]:
    """For private repositories."""
    token = os.environ.get("HF_TOKEN")
    return {"Authorization": f"Bearer {token}"} if token else {}


def _look_up(http: httpx.Client, url: str, repository: str) -> _Repository:
    answer = http.get(url, params={"blobs": "true"})
    if answer.status_code in {401, 403, 404}:  # The hub does not say whether a repository is private or missing.
        raise NotOnHub(f"The model hub has no public {repository}.", "Check the name of the model.")
    answer.raise_for_status()
    try:
        found = _Repository.model_validate_json(answer.content)
    except ValidationError as error:
        raise ModelNotFetched("What answered in the model hub's place is not a model hub.", _HINT) from error
    if not any(file.rfilename == MODEL_FILE for file in found.siblings):
        raise NotOnHub(f"{repository} is not a converted Whisper model: it has no {MODEL_FILE}.", "Name another model.")
    return found


def _stream(http: httpx.Client, url: str, file: Path) -> Iterator[int]:
    """Download it; yields the size of each piece."""
    with http.stream("GET", url) as answer, file.open("wb") as opened:
        answer.raise_for_status()
        for piece in answer.iter_bytes(_PIECE_BYTES):
            opened.write(piece)
            yield len(piece)


def _check(file: Path, record: _HubFile, model_sha256: str) -> None:
    if file.stat().st_size != record.size:
        raise ModelDamaged(f"{record.rfilename} did not arrive whole.", "Try again.")
    if record.rfilename == MODEL_FILE:
        check_sha256(file, model_sha256 or (record.lfs.sha256 if record.lfs else ""))
