from typing import Any

from bench.charts import BarChart, LineChart
from bench.peers.charts import door_picture, whole_picture
from bench.peers.figures import capacity, most_passed
from bench.peers.table import door_rows, markdown, terminal, whole_rows

VERSIONS = {"rostrum": {"rostrum": "0.1.0"}, "peer <1>": {"peer": "2.0", "torch": "2.15"}}
SPOKEN: dict[str, Any] = {
    "server": "rostrum",
    "sent": "",
    "clients": 4,
    "passed": False,
    "committed_s": {"p50": 1.0, "p95": 31.0},
    "wer": 0.03,
    "tail_missing": 0,
    "tail_words": 9,
    "repeated_passages": 0,
    "cpu_s_per_audio_s": 0.2,
    "peak_mb": 300,
}
FAILED = {"server": "peer <1>", "sent": "", "clients": 1, "failed": "it did not start", "passed": False}


def whole(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"versions": VERSIONS, "passed_if": {"final_p95_s_below": 5.0}, "rows": list(rows)}


def door_row(sent: str, clients: int, cpu_us: float = 1000.0, *, passed: bool = True) -> dict[str, Any]:
    return {
        "server": "rostrum",
        "sent": sent,
        "clients": clients,
        "passed": passed,
        "pong_ms": {"p50": 10.0, "p99": 10.0},
        "progress_share": 1.0,
        "cores": 0.1,
        "cpu_us_per_frame": cpu_us,
        "empty_mb": 98.0,
        "kb_per_client": {"idle": 51, "speaking": 256},
    }


DOORS = {
    "versions": VERSIONS,
    "passed_if": {"progress_share_from": 0.95},
    "rows": [
        door_row("16 bits", 20, 1000.0),
        door_row("16 bits, TLS", 20),
        door_row("16 bits", 20, 1500.0),
        door_row("16 bits", 100, passed=False),
        {**FAILED, "sent": "16 bits", "clients": 20},
    ],
}


def test_clients_after_a_failure_do_not_count_as_passed() -> None:
    rows = [{"clients": clients, "passed": clients != 4} for clients in (8, 1, 4, 2)]

    assert most_passed(rows) == 2
    assert most_passed([{"clients": 1, "passed": False}]) == 0


def test_capacity_in_words() -> None:
    passed, failed = {"clients": 100, "passed": True}, {"clients": 150, "passed": False}

    assert capacity([passed]) == "100 or more"
    assert capacity([passed, failed]) == "100; not 150"
    assert capacity([failed]) == "not 150"
    late = {**failed, "clients_late_p99_ms": 120.0}
    assert capacity([passed, late]) == "100; not 150, where clients were late themselves"


def test_whole_servers_have_a_row_per_measurement() -> None:
    lines = whole_rows(whole(SPOKEN, {**SPOKEN, "clients": 1, "passed": True}, FAILED))

    assert lines[1][:4] == ("rostrum 0.1.0", "1", "1.00 / 31.00 s", "3.0 %")
    assert lines[2][-1] == "no"
    assert lines[3] == ("peer <1> 2.0", "1", "failed", "", "", "", "", "", "no")
    assert terminal("Servers", lines).row_count == 3
    assert markdown(lines).splitlines()[2].startswith("| rostrum 0.1.0 | 1 | 1.00 / 31.00 s |")


def test_doors_have_a_row_per_server_and_way_of_sending() -> None:
    _, plain, tls, failed = door_rows(DOORS)

    cost = ("10.0 / 10.0 ms", "98 MB", "51 / 256 kB")
    assert plain == ("rostrum 0.1.0", "16 bits", "1250 µs (1000 to 1500)", *cost, "20; not 100")
    assert tls == ("rostrum 0.1.0", "16 bits, TLS", "1000 µs (1000 to 1000)", *cost, "—")
    assert failed == ("peer <1> 2.0", "16 bits", "failed", "", "", "", "not 20")


def test_the_picture_of_whole_servers_has_a_line_per_server_that_showed_words() -> None:
    for chart in whole_picture(whole(SPOKEN, {**SPOKEN, "clients": 8}, FAILED)).charts:
        assert isinstance(chart, LineChart)
        assert [number for number, _ in chart.series["rostrum"]] == [4, 8]
        assert list(chart.series) == ["rostrum"]


def test_the_picture_of_doors_has_lines_for_those_that_were_tried_with_more_clients() -> None:
    cpu, _, cores, _ = door_picture(DOORS).charts

    assert isinstance(cpu, BarChart)
    assert [bar.value for bar in cpu.groups["16 bits"]] == [1250.0]
    assert isinstance(cores, LineChart)
    assert cores.series == {"rostrum": [(20, 0.1), (100, 0.1)]}
