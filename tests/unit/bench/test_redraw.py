"""Every committed result has its picture, which shows its figures."""

from pathlib import Path

import pytest

from bench.redraw import redrawn
from bench.result_files import RESULTS


@pytest.mark.parametrize("file", sorted(RESULTS.glob("*.json")), ids=lambda file: str(file.stem))
def test_the_picture_beside_a_result_shows_its_figures(file: Path) -> None:
    assert file.with_suffix(".svg").read_text(encoding="utf-8") == redrawn(file), "python -m bench.redraw"


def test_every_picture_has_a_result() -> None:
    assert {file.stem for file in RESULTS.glob("*.svg")} == {file.stem for file in RESULTS.glob("*.json")}
