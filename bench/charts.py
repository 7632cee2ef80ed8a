"""Pictures of results: an SVG each, its panels side by side over one legend.

`Lines` goes over a number (speakers, minutes, a batch's size), `Bars` over names. A name has one colour in all of
them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

_COLOURS = ("#1b6ca8", "#c8553d", "#588157", "#b08900", "#8e6c8a", "#7fb2d9", "#444444", "#d990a8")
_WIDTH, _HEIGHT = 400, 270
_LEFT, _TOP, _RIGHT, _BOTTOM = 58, 36, 30, 44
_FONT = 'font-family="sans-serif" font-size="11"'
_LETTER = 6.1
"""About a letter's width, for what has to be placed beside a text."""
_TICKS = 5
_MOST_LABELS = 8
_LEGEND_LINE = 20
_PALE = 0.55


@dataclass(frozen=True)
class Lines:
    """`series`: points by name. `goal`: a dashed line. `ceiling`: greater values are drawn there. `doublings`: the
    numbers lie apart by their ratios and not by their differences."""

    title: str
    across: str
    series: Mapping[str, Sequence[tuple[float, float]]]
    unit: str = ""
    goal: float | None = None
    ceiling: float = math.inf
    doublings: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.series)

    @property
    def greatest(self) -> float:
        values = [value for points in self.series.values() for _, value in points]
        return max([*(min(value, self.ceiling) for value in values), self.goal or 0.0])


@dataclass(frozen=True)
class Bar:
    """`name`: its colour in the legend. `spread`: the least and the greatest of what `value` stands for."""

    name: str
    value: float
    spread: tuple[float, float] | None = None


@dataclass(frozen=True)
class Bars:
    """`groups`: bars that stand together, by what is written under them."""

    title: str
    groups: Mapping[str, Sequence[Bar]]
    unit: str = ""
    goal: float | None = None

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(bar.name for group in self.groups.values() for bar in group))

    @property
    def greatest(self) -> float:
        bars = [bar for group in self.groups.values() for bar in group]
        return max([*(max(bar.value, (bar.spread or (0.0, 0.0))[1]) for bar in bars), self.goal or 0.0])


Panel = Lines | Bars


def draw(panels: Sequence[Panel]) -> str:
    """The picture as the text of an SVG file."""
    names = list(dict.fromkeys(name for panel in panels for name in panel.names))
    colours = {name: _COLOURS[index % len(_COLOURS)] for index, name in enumerate(names)}
    width, legend = _WIDTH * len(panels), names if len(names) > 1 else []
    height = _HEIGHT + _LEGEND_LINE * math.ceil(len(legend) / max(len(panels), 1)) + (10 if legend else 0)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" {_FONT}>',
        f'<rect width="{width}" height="{height}" fill="white"/>',
    ]
    for index, panel in enumerate(panels):
        scale = _Scale(panel.greatest)
        drawn = _lines(panel, scale, colours) if isinstance(panel, Lines) else _bars(panel, scale, colours)
        group = f'<g transform="translate({index * _WIDTH},0)">'
        parts += [group, *_frame(panel, scale), *drawn, *_goal(panel, scale), "</g>"]
    for index, name in enumerate(legend):
        x = _LEFT + _WIDTH * (index % len(panels))
        y = _HEIGHT + _LEGEND_LINE * (index // len(panels)) + 4
        parts.append(f'<rect x="{x}" y="{y}" width="12" height="12" fill="{colours[name]}"/>')
        parts.append(_text(x + 18, y + 10, name))
    return "\n".join([*parts, "</svg>"]) + "\n"


class _Scale:
    """Of the values: from nothing to a round number over the greatest."""

    def __init__(self, greatest: float) -> None:
        self.step = _step(greatest or 1.0)
        self.top = self.step * math.ceil(round((greatest or 1.0) / self.step, 6))

    @property
    def ticks(self) -> list[float]:
        return [self.step * tick for tick in range(round(self.top / self.step) + 1)]

    def y(self, value: float) -> float:
        return _HEIGHT - _BOTTOM - value / self.top * (_HEIGHT - _TOP - _BOTTOM)


def _step(greatest: float) -> float:
    """Between two ticks: a round number of which at most five reach the greatest value."""
    power = 10.0 ** math.floor(math.log10(greatest / _TICKS))
    return power * next(each for each in (1, 2, 2.5, 5, 10) if each * power * _TICKS >= greatest * (1 - 1e-9))


def _frame(panel: Panel, scale: _Scale) -> list[str]:
    parts = [_text(_LEFT, 18, panel.title, size=13)]
    for value in scale.ticks:
        parts.append(_level(scale.y(value), "#ddd"))
        parts.append(_text(_LEFT - 6, scale.y(value) + 4, f"{value:.4g} {panel.unit}".strip(), "end"))
    return parts


def _goal(panel: Panel, scale: _Scale) -> list[str]:
    """Over what is drawn, beside which its name stands."""
    if panel.goal is None:
        return []
    y = scale.y(panel.goal)
    return [_level(y, "#777", 'stroke-dasharray="5 4"'), _text(_WIDTH - _RIGHT + 2, y + 4, "goal", colour="#777")]


def _lines(panel: Lines, scale: _Scale, colours: Mapping[str, str]) -> list[str]:
    numbers = sorted({number for points in panel.series.values() for number, _ in points})
    if not numbers:
        return []
    least, most = (numbers[0], numbers[-1]) if panel.doublings else (0.0, numbers[-1])

    def x(number: float) -> float:
        if most == least:
            share = 0.5
        elif panel.doublings:
            share = math.log(number / least) / math.log(most / least)
        else:
            share = number / most
        return _LEFT + 8 + share * (_WIDTH - _LEFT - _RIGHT - 16)

    labels = numbers if len(numbers) <= _MOST_LABELS else _Scale(most).ticks
    parts = [_text(x(number), _HEIGHT - _BOTTOM + 16, f"{number:g}", "middle") for number in labels if number <= most]
    parts.append(_text((_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 8, panel.across, "middle"))
    for name, points in panel.series.items():
        places = [(x(number), scale.y(min(value, panel.ceiling))) for number, value in sorted(points)]
        line = " ".join(f"{at:.1f},{up:.1f}" for at, up in places)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colours[name]}" stroke-width="2"/>')
        radius = 3 if len(places) <= 2 * _MOST_LABELS else 1.5
        parts += [f'<circle cx="{at:.1f}" cy="{up:.1f}" r="{radius}" fill="{colours[name]}"/>' for at, up in places]
    return parts


def _bars(panel: Bars, scale: _Scale, colours: Mapping[str, str]) -> list[str]:
    parts = []
    room = (_WIDTH - _LEFT - _RIGHT) / max(len(panel.groups), 1)
    for index, (label, group) in enumerate(panel.groups.items()):
        each = min(0.8 * room / max(len(group), 1), 40.0)
        left = _LEFT + (index + 0.5) * room - each * len(group) / 2
        for line, words in enumerate(_wrapped(label, room)):
            parts.append(_text(_LEFT + (index + 0.5) * room, _HEIGHT - _BOTTOM + 16 + 13 * line, words, "middle"))
        for place, bar in enumerate(group):
            parts += _bar(bar, left + place * each, each, scale, colours[bar.name])
    return parts


def _bar(bar: Bar, left: float, width: float, scale: _Scale, colour: str) -> list[str]:
    middle, up = left + width / 2, scale.y(bar.value)
    place = f'x="{left + 1:.1f}" y="{up:.1f}" width="{width - 2:.1f}" height="{scale.y(0) - up:.1f}"'
    parts = [f'<rect {place} fill="{colour}" fill-opacity="{_PALE if bar.spread else 1}"/>']
    if bar.spread:
        low, high = (scale.y(value) for value in bar.spread)
        parts.append(
            f'<path d="M{middle:.1f} {low:.1f}V{high:.1f}M{middle - 3:.1f} {low:.1f}h6M{middle - 3:.1f} {high:.1f}h6" '
            f'stroke="{colour}" stroke-width="1.5"/>'
        )
    highest = min(up, scale.y(bar.spread[1])) if bar.spread else up
    parts.append(_text(middle, highest - 4, f"{bar.value:.3g}", "middle", size=9))
    return parts


def _wrapped(label: str, room: float) -> list[str]:
    """The label in lines that fit, as far as its words let it."""
    lines: list[str] = []
    for word in label.split():
        if lines and (len(lines[-1]) + 1 + len(word)) * _LETTER <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _level(y: float, colour: str, more: str = "") -> str:
    return f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="{colour}" {more}/>'


def _text(x: float, y: float, words: str, anchor: str = "start", size: int = 11, colour: str = "#222") -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="{colour}"'
    return f"<text {place}>{escape(words)}</text>"
