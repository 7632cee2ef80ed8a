from xml.etree import ElementTree as ET

import pytest

from bench.charts import Bar, BarChart, Chart, LineChart, Picture, draw


def drawn(*charts: Chart) -> ET.Element:
    return ET.fromstring(draw(Picture("Speed", charts), "whisper-micro · bundled recordings"))


def texts(root: ET.Element) -> list[str]:
    return ["".join(text.itertext()) for text in root.findall(".//{*}text")]


def test_a_picture_names_its_subject_its_axes_and_each_series_once() -> None:
    first = LineChart(
        "Delay", "speakers", "delay (s)", {"ours": [(1, 0.5), (4, 0.9)], "a <peer>": [(1, 2.0)]}, goal=1.0
    )
    second = LineChart("Errors", "speakers", "errors (%)", {"ours": [(1, 3.0), (4, 3.5)]})

    shown = texts(drawn(first, second))

    assert shown.count("ours") == shown.count("a <peer>") == 1
    assert {"Speed", "whisper-micro · bundled recordings", "Delay", "delay (s)", "errors (%)", "goal"} <= set(shown)
    assert shown.count("speakers") == 2


def test_the_same_picture_is_always_the_same_file() -> None:
    chart = BarChart("Speed", "windows per second", {"short": [Bar("stage", 50.0, (40.0, 60.0), goal=45.0)]})
    picture = Picture("Speed", [chart])

    assert draw(picture, "today") == draw(picture, "today")
    assert "<dc:date>" not in draw(picture, "today")


def test_values_over_the_ceiling_are_drawn_at_it() -> None:
    shown = texts(drawn(LineChart("Delay", "speakers", "s", {"ours": [(1, 5.0), (2, 400.0)]}, ceiling=10.0)))

    assert "10" in shown
    assert "400" not in shown


def test_a_bar_shows_its_value_and_a_goal_of_its_own_is_in_the_legend() -> None:
    shown = texts(drawn(BarChart("Speed", "per second", {"short": [Bar("stage", 50.0, goal=45.0), Bar("bare", 62.5)]})))

    assert {"50", "62.5", "short", "stage", "bare", "goal"} <= set(shown)


@pytest.mark.parametrize(
    "chart",
    [
        LineChart("Nothing", "speakers", "s", {}),
        LineChart("Naught", "speakers", "s", {"ours": [(1, 0.0)]}),
        BarChart("Nothing", "s", {}),
        BarChart("Naught", "s", {"one": [Bar("ours", 0.0)]}),
    ],
    ids=["no lines", "a line at zero", "no bars", "a bar of zero"],
)
def test_a_chart_without_values_can_be_drawn(chart: Chart) -> None:
    assert chart.title in texts(drawn(chart))
