"""Figures of the long-running tests, which keep their own results."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.page.section import Figure, Lines
from bench.result_files import read_result

RESULTS = Path(__file__).parents[2] / "tests" / "soak" / "results"


def _words(spread: Mapping[str, float]) -> str:
    return f"{spread['median']:.1f} / {spread['p95']:.1f} / {spread['most']:.1f} s"


def _kills(found: Mapping[str, Any]) -> Figure:
    return Figure(
        f"{found['kills']} kills of the transcriber, one at a time: to the next new final, median / p95 / greatest",
        _words(found["kill_to_new_final_s"]),
    )


def _same_finals(found: Mapping[str, Any]) -> Figure:
    return Figure("finals of that session that differ from an undisturbed run", _none_if(found["same_as_undisturbed"]))


def _deaths(found: Mapping[str, Any]) -> Figure:
    deaths = sum(found["deaths"].values())
    return Figure(f"the same with {deaths} deaths inside transactions", _none_if(found["same_as_undisturbed"]))


def _neighbours(found: Mapping[str, Any]) -> Figure:
    return Figure(
        "one of two transcribers killed: longest time without new words for speakers of the other, "
        "median / p95 / greatest",
        _words(found["neighbours_after_each_kill_s"]),
    )


def _strangers(found: Mapping[str, Any]) -> Figure:
    clients = found["beside"]["strangers"]["clients"]
    return Figure(
        f"frame to ack p99 beside {clients:,} strangers who connect to the edge, over undisturbed",
        f"{found['ack_p99_over_alone']['strangers']:.2f}",
        "2",
    )


def _hostile(found: Mapping[str, Any]) -> Figure:
    clients = found["beside"]["odd"]["clients"]
    return Figure(
        f"the same beside {clients:,} clients who break the protocol", f"{found['ack_p99_over_alone']['odd']:.2f}", "2"
    )


def _none_if(same: bool) -> str:
    return "none" if same else "some"


_FIGURES = (
    ("transcriber_kills", "test_transcriber_kills.py", _kills),
    ("transcriber_kills", "test_transcriber_kills.py", _same_finals),
    ("transcriber_deaths", "test_transcriber_deaths.py", _deaths),
    ("transcriber_neighbours", "test_transcriber_neighbours.py", _neighbours),
    ("edge_fuzz", "test_edge_fuzz.py", _strangers),
    ("edge_fuzz", "test_edge_fuzz.py", _hostile),
)


def lines() -> Lines:
    rows = [("figure", "measured", "goal", "test", "date", "machine")]
    for name, test, figure_of in _FIGURES:
        result = read_result(RESULTS / f"{name}.json")
        figure, machine = figure_of(result), result["machine"]
        link = f"[{test}](../tests/soak/{test})"
        place = f"{machine['cores']} cores ({machine['cpu']})"
        rows.append((figure.what, figure.measured, figure.goal, link, result["date"], place))
    return rows
