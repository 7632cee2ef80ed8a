"""The comparison as a picture: how late final words are, and how many of them are wrong, by speakers at once."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

_COLOURS = ("#1b6ca8", "#7fb2d9", "#c8553d", "#588157", "#8e6c8a", "#b08900")
_WIDTH, _HEIGHT = 380, 260
_LEFT, _TOP, _RIGHT, _BOTTOM = 52, 34, 16, 40
_FONT = 'font-family="sans-serif" font-size="11"'
_GREATEST_DELAY_S = 20.0
_TICKS = 5


@dataclass(frozen=True)
class _Panel:
    title: str
    unit: str
    value: Callable[[dict[str, Any]], float]
    limit: float | None = None


_PANELS = (
    _Panel("A word's end to its final, 95th percentile", "s", lambda run: float(run["committed_s"]["p95"]), 5.0),
    _Panel("Word error rate", "%", lambda run: 100 * float(run["wer"])),
    _Panel("CPU seconds per second of audio", "", lambda run: float(run["cpu_s_per_audio_s"])),
)


def draw(runs: Sequence[dict[str, Any]]) -> str:
    """An SVG with one panel per figure and one line per server. Delays over 20 s are drawn at 20."""
    whole = [run for run in runs if run.get("committed_s")]
    servers = sorted({run["server"] for run in whole})
    colours = dict(zip(servers, _COLOURS, strict=False))
    width = _WIDTH * len(_PANELS)
    height = _HEIGHT + 20 * len(servers) + 10
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" {_FONT}>',
        f'<rect width="{width}" height="{height}" fill="white"/>',
    ]
    for index, panel in enumerate(_PANELS):
        parts += [f'<g transform="translate({index * _WIDTH},0)">', *_panel(panel, whole, colours), "</g>"]
    for index, server in enumerate(servers):
        y = _HEIGHT + 20 * index + 6
        parts.append(f'<rect x="{_LEFT}" y="{y}" width="12" height="12" fill="{colours.get(server, "black")}"/>')
        parts.append(f'<text x="{_LEFT + 18}" y="{y + 10}">{escape(server)}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _step(greatest: float) -> float:
    """Between two ticks: a round number, so that the ticks reach over the greatest value."""
    power = 10.0 ** math.floor(math.log10(greatest / _TICKS))
    return power * next(each for each in (1, 2, 2.5, 5, 10) if each * power * _TICKS >= greatest)


def _panel(panel: _Panel, runs: Sequence[dict[str, Any]], colours: dict[str, str]) -> list[str]:
    points = {
        server: sorted(
            (run["speakers"], min(panel.value(run), _GREATEST_DELAY_S) if panel.unit == "s" else panel.value(run))
            for run in runs
            if run["server"] == server
        )
        for server in colours
    }
    most = max((speakers for of_server in points.values() for speakers, _ in of_server), default=1)
    top = _TICKS * _step(
        max([value for of_server in points.values() for _, value in of_server] + [panel.limit or 0.01])
    )

    def x(speakers: float) -> float:
        return _LEFT + speakers / most * (_WIDTH - _LEFT - _RIGHT)

    def y(value: float) -> float:
        return _HEIGHT - _BOTTOM - value / top * (_HEIGHT - _TOP - _BOTTOM)

    parts = [f'<text x="{_LEFT}" y="18" font-size="13">{escape(panel.title)}</text>']
    for tick in range(_TICKS + 1):
        value = top * tick / _TICKS
        parts.append(
            f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y(value):.1f}" y2="{y(value):.1f}" stroke="#ddd"/>'
        )
        parts.append(f'<text x="{_LEFT - 6}" y="{y(value) + 4:.1f}" text-anchor="end">{value:.3g} {panel.unit}</text>')
    counts = sorted({speakers for of_server in points.values() for speakers, _ in of_server})
    parts += [f'<text x="{x(n):.1f}" y="{_HEIGHT - _BOTTOM + 16}" text-anchor="middle">{n}</text>' for n in counts]
    parts.append(f'<text x="{x(most / 2):.1f}" y="{_HEIGHT - 8}" text-anchor="middle">speakers at once</text>')
    if panel.limit is not None:
        at = f'y1="{y(panel.limit):.1f}" y2="{y(panel.limit):.1f}"'
        parts.append(f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" {at} stroke="#999" stroke-dasharray="4 3"/>')
    for server, of_server in points.items():
        line = " ".join(f"{x(speakers):.1f},{y(value):.1f}" for speakers, value in of_server)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colours[server]}" stroke-width="2"/>')
        parts += [f'<circle cx="{x(s):.1f}" cy="{y(v):.1f}" r="3" fill="{colours[server]}"/>' for s, v in of_server]
    return parts
