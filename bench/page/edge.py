"""The edge's benchmarks on the page."""

from collections.abc import Mapping, Sequence
from typing import Any

from bench.edge import overhead
from bench.page.section import Figure, Lines, Section, figures, spread_of
from bench.result_files import RESULTS


def _edge(result: Mapping[str, Any]) -> Sequence[Lines]:
    cost, delay, storm = result["cpu_cost"], result["delay"], result["reconnect_storm"]
    steps, goal = result["capacity"]["steps"], result["capacity"]["goal"]
    most = result["capacity"]["most_served"]
    served = next((step for step in steps if step["sessions"] == most), steps[0])
    more = " or more" if most == steps[-1]["sessions"] else ""
    bare_us = sum(cost["cpu_us_per_frame"][name]["median"] for name in ("websockets", "aiokafka"))
    rows = [
        Figure(
            f"sessions that one core serves, ack p99 below {goal['ack_p99_ms']:.0f} ms",
            f"{most}{more} (p50 {served['ack_ms']['p50']:.0f} ms, p99 {served['ack_ms']['p99']:.0f} ms)",
            str(goal["sessions"]),
        ),
        Figure(
            f"memory of a connection, idle / speaking, {served['sessions']} sessions",
            f"{served['kb_per_connection']['idle']} / {served['kb_per_connection']['speaking']} kB",
        ),
        *(
            Figure(
                f"frame to ack over Kafka's own produce, {delay['sessions']} sessions with partials, {share}",
                f"{spread_of(delay['ratio'][share])}; {delay['frame_to_ack_ms'][share]['median']:.1f} over "
                f"{delay['produce_ms'][share]['median']:.1f} ms",
                f"{delay['goal_ratio']:g}",
            )
            for share in ("p50", "p99")
        ),
        *(
            Figure(
                f"CPU time per frame over bare websockets and bare aiokafka together, {name}",
                f"{spread_of(cost['ratio'][key])}; {cost['cpu_us_per_frame'][key]['median']:.0f} over {bare_us:.0f} µs",
                f"{cost['goal_ratio']:g}",
            )
            for name, key in (("acks alone", overhead.ACKS_ONLY), ("with partials", overhead.WITH_PARTIALS))
        ),
        *(
            Figure(
                f"{what} until the last of {storm['clients']} clients is acknowledged again",
                f"{storm[key]['last_s']['median']:.1f} s",
                f"{storm['goal_s']:g} s",
            )
            for what, key in (("connections cut", "connections_cut"), ("edge killed", "edge_killed"))
        ),
    ]
    return [figures(*rows)]


def _soak(result: Mapping[str, Any]) -> Sequence[Lines]:
    return [
        figures(
            Figure(
                f"memory in the last five minutes over minutes 5 to 10 of {result['minutes']:g}",
                f"{result['growth']:.2f} ({result['late_mb']:.0f} over {result['early_mb']:.0f} MB)",
                f"{result['goal_growth']:g}",
            ),
            Figure(
                f"sessions that lost acknowledged audio, of {result['sessions']} with {result['resumes']} resumes",
                str(result["lost"]),
                "0",
            ),
        )
    ]


def sections() -> list[Section]:
    return [
        Section(
            "The edge",
            """The edge alone on one core, over TLS. Its clients, a broker and a stub in place of the transcriber,
            which sends each session a partial per second, run on the others. In brackets the range of the rounds.
            The bare programs do a part of the edge's work: websockets receives and acknowledges, aiokafka produces.""",
            "python -m bench edge",
            [RESULTS / "edge.json"],
            _edge,
        ),
        Section(
            "The edge's memory",
            """Speakers for half an hour whose sessions start and end, and whose connections are lost and resumed, all
            at random.""",
            "python -m bench.edge.soak",
            [RESULTS / "edge-soak.json"],
            _soak,
        ),
    ]
