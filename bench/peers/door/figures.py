"""The comparison's figures, and the table that they make."""

from collections.abc import Mapping, Sequence
from typing import Any

from bench.edge.overhead import spread
from bench.peers.door.measurement import HELD_PONG_P99_MS, HELD_SHARE, Seen

HELD_IF = {"pong_p99_ms_below": HELD_PONG_P99_MS, "heard_share_from": HELD_SHARE}
_LATE_MS = 100.0
"""Clients that send so much later than due (p99) want a core of their own, and may be what does not keep up."""
_HEADINGS = (
    "server",
    "clients send",
    "processor time per 250 ms",
    "ping to pong, p50 / p99",
    "memory of a client, idle / speaking",
    "clients that one core holds",
)


def row(server: str, sent: str, turns: Sequence[Seen], steps: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """`turns`: the same few clients, once a round, at a server that was just started. `steps`: then more and more."""
    return {
        "server": server,
        "sent": sent,
        "clients": turns[0].clients,
        "cpu_us_per_frame": spread([seen.cpu_us_per_frame for seen in turns]),
        "pong_ms": {
            label: spread([seen.pong_ms(share) for seen in turns], 2) for label, share in (("p50", 0.5), ("p99", 0.99))
        },
        "empty_mb": spread([seen.memory_mb["empty"] for seen in turns]),
        "kb_per_client": {
            when: spread([seen.kb_per_client(when) for seen in turns], 0) for when in ("idle", "speaking")
        },
        "rounds": [seen.figures() for seen in turns],
        "steps": list(steps),
    }


def markdown(report: Mapping[str, Any]) -> str:
    """For the README."""
    rows = [_cells(each, report["versions"]) for each in report["rows"]]
    return "\n".join(f"| {' | '.join(line)} |" for line in (_HEADINGS, ("---",) * len(_HEADINGS), *rows))


def _cells(found: Mapping[str, Any], versions: Mapping[str, str]) -> tuple[str, ...]:
    cpu, pong_ms, kb = found["cpu_us_per_frame"], found["pong_ms"], found["kb_per_client"]
    return (
        f"{found['server']} {versions[found['server']]}",
        found["sent"],
        f"{cpu['median']:.0f} µs ({cpu['least']:.0f} to {cpu['greatest']:.0f})",
        f"{pong_ms['p50']['median']:.1f} / {pong_ms['p99']['median']:.1f} ms",
        f"{kb['idle']['median']:.0f} / {kb['speaking']['median']:.0f} kB",
        held(found["steps"]),
    )


def held(steps: Sequence[Mapping[str, Any]]) -> str:
    """In words: the most clients that were held, and the first count that was not; a dash where it was not tried."""
    most = [step["clients"] for step in steps if step["held"]]
    too_many = [step["clients"] for step in steps if not step["held"]]
    if not steps:
        return "—"
    if not too_many:
        return f"{most[-1]} or more"
    end = f"not {too_many[0]}"
    if steps[-1].get("clients_late_p99_ms", 0.0) > _LATE_MS:
        end += ", where clients were late themselves"
    return f"{most[-1]}; {end}" if most else end
