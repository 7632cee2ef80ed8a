"""Every result that is committed has its picture, and it is the one that its figures make."""

import pytest

from bench.redraw import pictures
from bench.result_files import RESULTS

PICTURES = pictures()


@pytest.mark.parametrize("name", PICTURES)
def test_the_picture_beside_a_result_shows_its_figures(name: str) -> None:
    assert (RESULTS / name).read_text(encoding="utf-8") == PICTURES[name], "python -m bench.redraw"
