from xml.etree import ElementTree as ET

import pytest

from bench.charts import Bar, Bars, Lines, Panel, draw


def texts(drawn: ET.Element) -> list[str]:
    return [text.text or "" for text in drawn.findall(".//{*}text")]


def test_a_line_per_name_one_legend_for_all_panels() -> None:
    first = Lines("Delay", "speakers", {"ours": [(1, 0.5), (4, 0.9)], "a <peer>": [(1, 2.0)]}, unit="s", goal=1.0)
    second = Lines("Errors", "speakers", {"ours": [(1, 3.0), (4, 3.5)]}, unit="%")

    drawn = ET.fromstring(draw([first, second]))

    assert len(drawn.findall(".//{*}polyline")) == 3
    said = texts(drawn)
    assert said.count("ours") == said.count("a <peer>") == 1
    assert "goal" in said


def test_values_over_the_ceiling_are_drawn_at_it() -> None:
    drawn = ET.fromstring(draw([Lines("Delay", "speakers", {"ours": [(1, 5.0), (2, 400.0)]}, ceiling=10.0)]))

    low, high = (float(circle.attrib["cy"]) for circle in drawn.findall(".//{*}circle"))
    assert low > high > 0
    assert "10" in texts(drawn)
    assert "400" not in texts(drawn)


def test_doublings_lie_equally_far_apart() -> None:
    drawn = ET.fromstring(draw([Lines("Speed", "batch", {"ours": [(1, 1), (2, 1), (4, 1)]}, doublings=True)]))

    one, two, four = (float(circle.attrib["cx"]) for circle in drawn.findall(".//{*}circle"))
    assert four - two == pytest.approx(two - one, abs=0.2)


def test_bars_are_as_high_as_their_values_and_show_their_spread() -> None:
    panel = Bars("Speed", {"short": [Bar("stage", 50.0, (40.0, 60.0)), Bar("bare", 100.0)]}, unit="/s")

    drawn = ET.fromstring(draw([panel]))

    stage, bare = (
        float(bar.attrib["height"]) for bar in drawn.findall(".//{*}g/{*}rect") if "fill-opacity" in bar.attrib
    )
    assert bare == pytest.approx(2 * stage, abs=0.2)
    assert len(drawn.findall(".//{*}path")) == 1


@pytest.mark.parametrize(
    "panel",
    [
        Lines("Nothing", "speakers", {}),
        Lines("Naught", "speakers", {"ours": [(1, 0.0)]}),
        Bars("Nothing", {}),
        Bars("Naught", {"one": [Bar("ours", 0.0)]}),
    ],
)
def test_a_picture_of_nothing_is_a_picture(panel: Panel) -> None:
    assert panel.title in texts(ET.fromstring(draw([panel])))
