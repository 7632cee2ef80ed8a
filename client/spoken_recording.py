"""Recordings with the words spoken in them, from files or folders.

The words of `a.wav` are in `a.txt` beside it. A folder may have a `manifest.jsonl` instead, with a line per recording:
`file` (relative to the folder) and `text`, and optionally `speaker` and `words` (each with `word`, `start` and `end` in
seconds)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ValidationError

from client.recording import Recording, UnreadableRecording, read_recording

AUDIO_SUFFIXES = frozenset({".wav", ".flac", ".mp3", ".m4a", ".ogg", ".opus", ".webm"})
"""Of the files that are taken from a folder without a manifest."""
MANIFEST = "manifest.jsonl"


@dataclass(frozen=True)
class SpokenWord:
    text: str
    start_s: float
    """From the recording's first sample."""
    end_s: float


@dataclass(frozen=True)
class SpokenRecording:
    recording: Recording
    text: str | None
    """None if it is not known what is said; empty if nothing is said."""
    speaker: str | None = None
    words: tuple[SpokenWord, ...] = ()
    """The words of `text` with their times, where the manifest gives them."""


class _ManifestWord(BaseModel):
    word: str
    start: float
    end: float


class _ManifestLine(BaseModel):
    file: Path
    text: str
    speaker: str | None = None
    words: tuple[_ManifestWord, ...] = ()


def read_spoken(paths: Sequence[Path]) -> list[SpokenRecording]:
    """Each path is an audio file, or a folder of them. Raises UnreadableRecording."""
    return [spoken for path in paths for spoken in (_folder(path) if path.is_dir() else [_file(path)])]


def _file(path: Path) -> SpokenRecording:
    words = path.with_suffix(".txt")
    return SpokenRecording(read_recording(path), words.read_text(encoding="utf-8") if words.exists() else None)


def _folder(folder: Path) -> list[SpokenRecording]:
    manifest = folder / MANIFEST
    if manifest.exists():
        return [_listed(folder, line) for line in _lines(manifest)]
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in AUDIO_SUFFIXES)
    if not files:
        raise UnreadableRecording(
            f"{folder} holds no recordings.", f"Give a folder with audio files, or with a {MANIFEST} that lists them."
        )
    return [_file(path) for path in files]


def _lines(manifest: Path) -> Iterator[_ManifestLine]:
    for number, line in enumerate(manifest.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            yield _ManifestLine.model_validate_json(line)
        except ValidationError as error:
            raise UnreadableRecording(
                f"{manifest}, line {number}, does not describe a recording.",
                'Write one JSON object per line, such as {"file": "a.flac", "text": "good morning"}.',
            ) from error


def _listed(folder: Path, line: _ManifestLine) -> SpokenRecording:
    words = tuple(SpokenWord(each.word, each.start, each.end) for each in line.words)
    return SpokenRecording(read_recording(folder / line.file), line.text, line.speaker, words)
