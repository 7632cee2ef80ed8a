"""Every committed result has its picture, which shows its figures."""

import pytest

from bench.redraw import pictures
from bench.result_files import RESULTS

PICTURES = pictures()


@pytest.mark.parametrize("name", PICTURES)
def test_the_picture_beside_a_result_shows_its_figures(name: str) -> None:
    assert (RESULTS / name).read_text(encoding="utf-8") == PICTURES[name], "python -m bench.redraw"


def test_every_result_has_a_picture() -> None:
    assert {file.stem for file in RESULTS.glob("*.json")} == {file.stem for file in RESULTS.glob("*.svg")}
    assert {f"{file.stem}.svg" for file in RESULTS.glob("*.json")} == set(PICTURES)
