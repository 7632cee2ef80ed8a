"""The comparisons as pictures."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bench.charts import Bar, BarChart, LineChart, Picture
from bench.peers.contender import Row
from bench.peers.figures import by_contender, contender_name, over_rounds, rounds

_GREATEST_DELAY_S = 20.0


def whole_picture(result: Mapping[str, Any]) -> Picture:
    """A line per server. Measurements that failed, or in which no word came, are in the table alone."""
    contenders = _named(result["rows"], lambda row: bool(row.get("committed_s")))
    x_label = "speakers at once"

    def series(value: Callable[[Row], float]) -> dict[str, list[tuple[float, float]]]:
        return {name: [(row["clients"], value(row)) for row in rows] for name, rows in contenders.items()}

    return Picture(
        "Whole servers with the same model and speech",
        (
            LineChart(
                "Word's end to its final, p95",
                x_label,
                f"delay (s; over {_GREATEST_DELAY_S:g} s: triangle)",
                series(lambda row: float(row["committed_s"]["p95"])),
                log_x=True,
                goal=result["passed_if"]["final_p95_s_below"],
                ceiling=_GREATEST_DELAY_S,
            ),
            LineChart(
                "Word error rate",
                x_label,
                "errors per word (%)",
                series(lambda row: 100 * float(row["wer"])),
                log_x=True,
            ),
            LineChart(
                "CPU time",
                x_label,
                "CPU seconds per second of audio",
                series(lambda row: float(row["cpu_s_per_audio_s"])),
                log_x=True,
            ),
        ),
    )


def door_picture(result: Mapping[str, Any]) -> Picture:
    """What a client's audio and memory cost each server with few clients, and how servers behave with more."""
    contenders = {name: rows for name, rows in by_contender(result["rows"]).items() if rounds(rows)}
    climbing = {
        name: rows
        for name, rows in _named(result["rows"], lambda row: "failed" not in row).items()
        if len({row["clients"] for row in rows}) > 1
    }
    clients = min((row["clients"] for row in result["rows"]), default=0)

    def bars(*keys: str, per: float = 1.0) -> dict[str, list[Bar]]:
        groups: dict[str, list[Bar]] = {}
        for (server, sent), rows in contenders.items():
            figure = over_rounds(rows, *keys, digits=2)
            spread = (figure["least"] / per, figure["greatest"] / per)
            groups.setdefault(sent, []).append(Bar(server, figure["median"] / per, spread))
        return groups

    def series(key: str, times: float = 1.0) -> dict[str, list[tuple[float, float]]]:
        return {name: [(row["clients"], times * row[key]) for row in _last(rows)] for name, rows in climbing.items()}

    return Picture(
        "Doors: the edge, and other servers without their models",
        (
            BarChart(f"CPU time per 250 ms, {clients} clients", "CPU time (µs)", bars("cpu_us_per_frame")),
            BarChart("Memory of a speaking client", "memory (MB)", bars("kb_per_client", "speaking", per=1024)),
            LineChart("Cores used", "clients", "cores", series("cores")),
            LineChart(
                "Audio processed, of that spoken",
                "clients",
                "share (%)",
                series("progress_share", 100),
                goal=100 * result["passed_if"]["progress_share_from"],
            ),
        ),
    )


def _named(rows: Sequence[Row], drawn: Callable[[Row], bool]) -> dict[str, list[Row]]:
    return {
        contender_name(server, sent): [row for row in of_one if drawn(row)]
        for (server, sent), of_one in by_contender(rows).items()
        if any(map(drawn, of_one))
    }


def _last(rows: Sequence[Row]) -> list[Row]:
    """One row per number of clients: the last round."""
    return list({row["clients"]: row for row in rows}.values())
