from typing import Any

from bench.charts import BarChart, LineChart
from bench.edge.charts import picture
from bench.edge.overhead import cpu_cost, delay
from bench.edge.trials import Trial

TRIALS = {
    "edge": [Trial(0.3, 1000, [0.01, 0.02], [0.001]), Trial(0.4, 1000, [0.02, 0.03], [0.001])],
    "edge with partials": [Trial(0.4, 1000, [0.01, 0.02], [0.001]), Trial(0.6, 1000, [0.02, 0.03], [0.001])],
    "websockets": [Trial(0.1, 1000, [0.001]), Trial(0.1, 1000, [0.001])],
    "aiokafka": [Trial(0.2, 1000, [0.01, 0.02]), Trial(0.1, 1000, [0.01, 0.02])],
}


def result() -> dict[str, Any]:
    step = {"sessions": 500, "ack_ms": {"p50": 10.0, "p99": 300.0}}
    last = {"last_s": {"median": 3.0, "least": 2.0, "greatest": 4.0}}
    return {
        "cpu_cost": cpu_cost(TRIALS, 250),
        "delay": delay(TRIALS, 250),
        "capacity": {"steps": [step], "goal": {"ack_p99_ms": 250.0}},
        "reconnect_storm": {"clients": 500, "connections_cut": last, "edge_killed": last, "goal_s": 10.0},
    }


def test_cpu_ratios_are_computed_within_each_round() -> None:
    found = cpu_cost(TRIALS, 250)

    assert found["cpu_us_per_frame"]["edge"] == {"median": 350.0, "least": 300.0, "greatest": 400.0}
    assert found["ratio"] == {
        "edge": {"median": 1.5, "least": 1.0, "greatest": 2.0},
        "edge with partials": {"median": 2.167, "least": 1.333, "greatest": 3.0},
    }


def test_delays_are_compared_by_quantile() -> None:
    assert delay(TRIALS, 250)["ratio"]["p50"]["greatest"] == round(25 / 15, 3)


def test_the_picture_has_a_chart_for_each_benchmark() -> None:
    cost, stored, acks, storm = picture(result()).charts

    assert isinstance(cost, BarChart)
    assert [bar.value for bar in cost.bars] == [350.0, 500.0, 100.0, 150.0]
    assert isinstance(acks, LineChart)
    assert acks.series == {"ack, p50": [(500, 10.0)], "ack, p99": [(500, 300.0)]}
    assert (acks.goal, storm.goal) == (250.0, 10.0)
    assert isinstance(stored, BarChart)
    assert set(stored.groups) == {"p50", "p99"}
