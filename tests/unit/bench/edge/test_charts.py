from typing import Any
from xml.etree import ElementTree as ET

from bench.charts import draw
from bench.edge.charts import panels
from bench.edge.overhead import cost, delay
from bench.edge.trials import Turn

TURNS = {
    "edge": [Turn(0.3, 1000, [0.01, 0.02], [0.001]), Turn(0.4, 1000, [0.02, 0.03], [0.001])],
    "edge with partials": [Turn(0.4, 1000, [0.01, 0.02], [0.001]), Turn(0.6, 1000, [0.02, 0.03], [0.001])],
    "websockets": [Turn(0.1, 1000, [0.001]), Turn(0.1, 1000, [0.001])],
    "aiokafka": [Turn(0.2, 1000, [0.01, 0.02]), Turn(0.1, 1000, [0.01, 0.02])],
}


def results() -> dict[str, Any]:
    step = {"connections": 500, "ack_ms": {"p50": 10.0, "p99": 300.0}}
    last = {"last_s": {"median": 3.0, "least": 2.0, "greatest": 4.0}}
    return {
        "limit": cost(TURNS),
        "delay": delay(TURNS),
        "scale": {"steps": [step], "goal": {"ack_p99_ms": 250.0}},
        "storm": {"clients": 500, "connections_cut": last, "edge_killed": last, "goal_s": 10.0},
    }


def test_the_ratio_is_each_rounds_own() -> None:
    found = cost(TURNS)

    assert found["cpu_us_per_frame"]["edge"] == {"median": 350.0, "least": 300.0, "greatest": 400.0}
    assert found["ratio"] == {
        "edge": {"median": 1.5, "least": 1.0, "greatest": 2.0},
        "edge with partials": {"median": 2.167, "least": 1.333, "greatest": 3.0},
    }


def test_delays_are_compared_by_quantile() -> None:
    assert delay(TURNS)["ratio"]["p50"]["greatest"] == round(25 / 15, 3)


def test_the_picture_has_a_panel_for_each_benchmark() -> None:
    picture = ET.fromstring(draw(panels(results())))

    assert len(picture.findall("./{*}g")) == 4
    assert len(picture.findall(".//{*}polyline")) == 2
