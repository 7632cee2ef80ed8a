"""The ten figures of the README, between its markers."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bench.delay import ADDED_GOAL_MS
from bench.growth import GOAL_LAST_OVER_FIRST
from bench.inference_overhead import FULL_INPUT
from bench.page.section import NO_GOAL, Figure, seconds, table
from bench.peers.figures import by_contender, capacity, most_passed, with_version
from bench.result_files import RESULTS, place_and_date, read_result, subject

README = Path(__file__).parents[2] / "README.md"
BEGIN, END = "<!-- figures -->", "<!-- /figures -->"
_LINK = "All of them, with charts: [benchmarks](docs/benchmarks.md)."
_HELD_GOAL = "12"
_WER_GOAL = "3.5 %"


def with_figures(readme: str) -> str:
    """The README with the table between its markers."""
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{figures_table()}\n\n{_LINK}\n{END}{after}"


def figures_table() -> str:
    rows = []
    for benchmark, figures_of in _FIGURES.items():
        result = read_result(RESULTS / f"{benchmark}.json")
        on = f"{subject(result)} · {place_and_date(result)}"
        rows += [(each.what, each.measured, each.goal, on) for each in figures_of(result)]
    return table([("figure", "measured", "goal", "model · speech · machine · date"), *rows])


def _delay(result: Mapping[str, Any]) -> Iterator[Figure]:
    configuration = result["configurations"]["default"]
    found, goals = configuration["speakers"]["1"], configuration["goals_s"]
    final, added = found["final_delay_ms"], found["added_ms"]
    yield Figure(
        "a word's end to its final, p50 / p95",
        f"{seconds(final['median'])} / {seconds(final['p95'])} s",
        f"{goals['p50']:.1f} / {goals['p95']:.1f} s",
    )
    yield Figure(
        "of it added by Rostrum, beyond window spacing and model, p95",
        f"{added['p95']:.0f} ms",
        f"{ADDED_GOAL_MS:.0f} ms",
    )


def _whole_servers(result: Mapping[str, Any]) -> Iterator[Figure]:
    contenders = {server: rows for (server, _), rows in by_contender(result["rows"]).items()}
    ours = contenders.pop("rostrum")
    peers = [
        f"{with_version(server, result['versions'])}: {most_passed(rows)}"
        for server, rows in contenders.items()
        if not server.startswith("rostrum")
    ]
    yield Figure(
        "speakers held at once, 95 of 100 words final within 5 s",
        f"{capacity(ours)}{' (' + ', '.join(peers) + ')' if peers else ''}",
        _HELD_GOAL,
    )
    most = most_passed(ours)
    wer = next((row["wer"] for row in ours if row["clients"] == most), None)
    yield Figure(f"word error rate with {most} speakers", NO_GOAL if wer is None else f"{100 * wer:.1f} %", _WER_GOAL)


def _inference(result: Mapping[str, Any]) -> Iterator[Figure]:
    ratio = result[FULL_INPUT]["ratio"]
    yield Figure("windows per second, over bare CTranslate2's best", f"{ratio:.2f}", f"{result['goal_ratio']:g}")


def _growth(result: Mapping[str, Any]) -> Iterator[Figure]:
    yield Figure(
        f"model time for minute {result['minutes'][-1]['minute']} of a session, over minute 1",
        f"{result['last_over_first']['model_s_per_audio_s']:.2f}",
        f"{GOAL_LAST_OVER_FIRST:g}",
    )


def _recovery(result: Mapping[str, Any]) -> Iterator[Figure]:
    found = result["recovery_ms"]
    yield Figure(
        "`kill -9` of the transcriber to the next final, median / greatest",
        f"{found['median'] / 1000:.1f} / {found['greatest'] / 1000:.1f} s",
        f"{result['goal_p95_ms'] / 1000:g} s",
    )


def _edge(result: Mapping[str, Any]) -> Iterator[Figure]:
    capacity_of, storm = result["capacity"], result["reconnect_storm"]
    more = " or more" if capacity_of["most_served"] == capacity_of["steps"][-1]["sessions"] else ""
    yield Figure(
        f"sessions that one core of the edge serves, ack p99 below {capacity_of['goal']['ack_p99_ms']:.0f} ms",
        f"{capacity_of['most_served']}{more}",
        str(capacity_of["goal"]["sessions"]),
    )
    yield Figure(
        f"`kill -9` of the edge until all of {storm['clients']} clients are acknowledged again",
        f"{storm['edge_killed']['last_s']['median']:.1f} s",
        f"{storm['goal_s']:g} s",
    )


def _reports(result: Mapping[str, Any]) -> Iterator[Figure]:
    alone = result["one_by_one"]
    yield Figure(
        "report beyond its model's time, p95", f"{alone['overhead_ms']['p95']:.0f} ms", f"{alone['goal_p95_ms']:.0f} ms"
    )


_FIGURES = {
    "delay": _delay,
    "peers-whole": _whole_servers,
    "inference-overhead": _inference,
    "growth": _growth,
    "recovery": _recovery,
    "edge": _edge,
    "report-overhead": _reports,
}
