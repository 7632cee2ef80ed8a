"""What the benchmarks that hear speech are run on: any model, and any folder of recordings with their words."""

import argparse
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from bench.result_files import RESULTS, conditions
from bench.speech_streams import SpeechSet, SpeechStream, bundled_speech, read_speech
from infra.samples import WHISPER_MICRO
from processors.transcribe.adapters.models import ResolvedModel, resolve_model


@dataclass(frozen=True)
class Workload:
    """By default the demo recogniser, and the bundled recordings, which it was trained for."""

    model_setting: str = str(WHISPER_MICRO)
    """As TRANSCRIBE_MODEL."""
    speech_folder: Path | None = None
    """None: the bundled recordings."""
    most_streams: int | None = None
    """Of the speakers, or recordings, that a benchmark hears one after the other; None: all."""

    @cached_property
    def model(self) -> ResolvedModel:
        return resolve_model(self.model_setting)

    @cached_property
    def speech(self) -> SpeechSet:
        return bundled_speech() if self.speech_folder is None else read_speech(self.speech_folder)

    @property
    def settings(self) -> dict[str, str]:
        """For a stack's transcriber."""
        return {"TRANSCRIBE_MODEL": self.model.folder}

    def streams(self) -> list[SpeechStream]:
        """All the speech that a benchmark hears one after the other."""
        return self.speech.whole(self.most_streams)

    def conditions(self) -> dict[str, Any]:
        return conditions(self.model.name, self.speech.name)

    def result_file(self, benchmark: str) -> Path:
        """Where the benchmark's result goes: other models and other speech do not replace the default's."""
        if self == Workload():
            return RESULTS / f"{benchmark}.json"
        speech = "bundled" if self.speech.is_bundled else self.speech.name
        return RESULTS / f"{benchmark}-{self.model.name}-{speech}.json".replace(" ", "-")

    def arguments(self) -> list[str]:
        """The command-line options that give this workload."""
        given = ["--model", self.model_setting]
        if self.speech_folder is not None:
            given += ["--speech", str(self.speech_folder)]
        return given if self.most_streams is None else [*given, "--streams", str(self.most_streams)]


def add_workload_options(parser: argparse.ArgumentParser, *, output: bool = True) -> None:
    parser.add_argument(
        "--model",
        default=str(WHISPER_MICRO),
        help="folder of a converted Whisper model, or a published name; default: the demo recogniser",
    )
    parser.add_argument(
        "--speech",
        type=Path,
        metavar="FOLDER",
        help="recordings with their words: a.wav and a.txt, or a manifest.jsonl; default: the bundled ones",
    )
    parser.add_argument(
        "--streams", type=int, metavar="N", help="hear only the first N speakers or recordings of these"
    )
    if output:
        parser.add_argument("--output", type=Path, help="default: a file in bench/results, named after all of these")


def workload_of(given: argparse.Namespace) -> Workload:
    return Workload(given.model, given.speech, given.streams)
