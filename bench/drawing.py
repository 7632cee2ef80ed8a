"""Pictures of results: panels with lines or bars, as SVG."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

_COLOURS = ("#1b6ca8", "#7fb2d9", "#c8553d", "#588157", "#8e6c8a", "#b08900")
_WIDTH, _HEIGHT = 380, 260
_LEFT, _TOP, _RIGHT, _BOTTOM = 52, 34, 16, 40
_FONT = 'font-family="sans-serif" font-size="11"'
_TICKS = 5


@dataclass(frozen=True)
class Panel:
    """`lines`: points by the name of what they are of. `limit`: drawn as a dashed line. `dots`: a mark at each point,
    and its x below the axis; without, the axis has round numbers."""

    title: str
    unit: str
    x_title: str
    lines: Mapping[str, Sequence[tuple[float, float]]]
    limit: float | None = None
    dots: bool = True


@dataclass(frozen=True)
class Bars:
    """`groups`: by a label below the axis, the parts that stand upon each other, by name."""

    title: str
    unit: str
    groups: Mapping[str, Mapping[str, float]]
    limit: float | None = None


def draw(panels: Sequence[Panel | Bars]) -> str:
    """Panels side by side, with one colour per name."""
    names = sorted({name for panel in panels for name in _names(panel)})
    colours = dict(zip(names, _COLOURS, strict=False))
    width, height = _WIDTH * len(panels), _HEIGHT + 20 * len(names) + 10
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" {_FONT}>',
        f'<rect width="{width}" height="{height}" fill="white"/>',
    ]
    for index, panel in enumerate(panels):
        inside = _lines(panel, colours) if isinstance(panel, Panel) else _bars(panel, colours)
        parts += [f'<g transform="translate({index * _WIDTH},0)">', *inside, "</g>"]
    for index, name in enumerate(names):
        y = _HEIGHT + 20 * index + 6
        parts.append(f'<rect x="{_LEFT}" y="{y}" width="12" height="12" fill="{_colour(colours, name)}"/>')
        parts.append(f'<text x="{_LEFT + 18}" y="{y + 10}">{escape(name)}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _names(panel: Panel | Bars) -> set[str]:
    return set(panel.lines) if isinstance(panel, Panel) else {name for bar in panel.groups.values() for name in bar}


def _colour(colours: Mapping[str, str], name: str) -> str:
    return colours.get(name, "black")


def _step(greatest: float) -> float:
    """Between two ticks: a round number, so that the ticks reach over the greatest value."""
    power = 10.0 ** math.floor(math.log10(greatest / _TICKS))
    return power * next(each for each in (1, 2, 2.5, 5, 10) if each * power * _TICKS >= greatest)


def _y(value: float, top: float) -> float:
    return _HEIGHT - _BOTTOM - value / top * (_HEIGHT - _TOP - _BOTTOM)


def _frame(panel: Panel | Bars, top: float) -> list[str]:
    """Title, ticks and limit."""
    parts = [f'<text x="{_LEFT}" y="18" font-size="13">{escape(panel.title)}</text>']
    ends = f'x1="{_LEFT}" x2="{_WIDTH - _RIGHT}"'
    for tick in range(_TICKS + 1):
        y = _y(top * tick / _TICKS, top)
        parts.append(f'<line {ends} y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>')
        label = f"{top * tick / _TICKS:.3g} {escape(panel.unit)}"
        parts.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{label}</text>')
    if panel.limit is not None:
        y = _y(panel.limit, top)
        parts.append(f'<line {ends} y1="{y:.1f}" y2="{y:.1f}" stroke="#999" stroke-dasharray="4 3"/>')
    return parts


def _below(x: float, y: float, text: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="middle">{escape(text)}</text>'


def _lines(panel: Panel, colours: Mapping[str, str]) -> list[str]:
    points = [point for line in panel.lines.values() for point in line]
    top = _TICKS * _step(max([y for _, y in points] + [panel.limit or 0.01]))
    most = max((x for x, _ in points), default=1) or 1

    def place(x: float) -> float:
        return _LEFT + x / most * (_WIDTH - _LEFT - _RIGHT)

    parts = _frame(panel, top)
    step = _step(most)
    marks = sorted({x for x, _ in points}) if panel.dots else [tick * step for tick in range(int(most / step) + 1)]
    parts += [_below(place(x), _HEIGHT - _BOTTOM + 16, f"{x:g}") for x in marks]
    parts.append(_below(place(most / 2), _HEIGHT - 8, panel.x_title))
    for name, line in panel.lines.items():
        colour = _colour(colours, name)
        path = " ".join(f"{place(x):.1f},{_y(y, top):.1f}" for x, y in line)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        if panel.dots:
            parts += [f'<circle cx="{place(x):.1f}" cy="{_y(y, top):.1f}" r="3" fill="{colour}"/>' for x, y in line]
    return parts


def _bars(panel: Bars, colours: Mapping[str, str]) -> list[str]:
    top = _TICKS * _step(max([sum(parts.values()) for parts in panel.groups.values()] + [panel.limit or 0.01]))
    parts = _frame(panel, top)
    room = (_WIDTH - _LEFT - _RIGHT) / max(len(panel.groups), 1)
    for index, (label, stacked) in enumerate(panel.groups.items()):
        middle, below = _LEFT + room * (index + 0.5), 0.0
        for name, value in stacked.items():
            y, height = _y(below + value, top), _y(below, top) - _y(below + value, top)
            box = f'x="{middle - room * 0.3:.1f}" y="{y:.1f}" width="{room * 0.6:.1f}" height="{height:.1f}"'
            parts.append(f'<rect {box} fill="{_colour(colours, name)}"/>')
            below += value
        parts.append(_below(middle, _y(below, top) - 4, f"{below:.3g}"))
        parts.append(_below(middle, _HEIGHT - _BOTTOM + 16, label))
    return parts
