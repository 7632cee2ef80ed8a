from typing import Any
from xml.etree import ElementTree as ET

from bench.charts import draw
from bench.peers.charts import panels
from bench.peers.table import markdown, most_held, table

RUN: dict[str, Any] = {
    "server": "rostrum",
    "speakers": 4,
    "committed_s": {"p50": 1.0, "p95": 31.0},
    "shown_s": None,
    "wer": 0.03,
    "tail_missing": 0,
    "tail_words": 9,
    "repeated_passages": 0,
    "cpu_s_per_audio_s": 0.2,
    "peak_mb": 300,
    "held": False,
}
FAILED = {"server": "peer <1>", "speakers": 1, "failed": "it did not start", "held": False}


def test_the_picture_is_whole_and_has_a_line_per_server() -> None:
    more = {**RUN, "speakers": 8}
    drawn = ET.fromstring(draw(panels([RUN, more, {**RUN, "server": "peer <1>"}, FAILED])))

    assert len(drawn.findall(".//{*}polyline")) == 2 * 3
    assert any(text.text == "peer <1>" for text in drawn.findall(".//{*}text"))
    ET.fromstring(draw(panels([FAILED])))


def test_the_table_has_a_row_per_run() -> None:
    assert table([RUN, FAILED]).row_count == 2


def test_the_table_in_markdown_says_who_held_how_many() -> None:
    held = [{**RUN, "speakers": speakers, "held": True} for speakers in (8, 1, 2)]
    runs = [*held, RUN, FAILED]

    *rows, _, last = markdown(runs).splitlines()

    assert len(rows) == 2 + 5
    assert "| rostrum | 4 | 1.00 / 31.00 s | 3.0 % | 0.20 | 0 of 9 | 0 | no |" in rows
    assert most_held(runs, "rostrum") == 2, "eight do not count when four were not held"
    assert last == "Most speakers held: peer <1> 0, rostrum 2."
