"""Pictures of results: one SVG file per result, with its charts side by side over a common legend.

`LineChart` plots values over a number (speakers, minutes, batch size), `BarChart` over names. A name keeps its colour
in all charts of a picture. The same result always gives the same file."""

import io
import math
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib import rc_context
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, NullFormatter, NullLocator

_COLOURS = ("#1b6ca8", "#c8553d", "#588157", "#b08900", "#8e6c8a", "#7fb2d9", "#444444", "#d990a8")
_GOAL_COLOUR = "#333333"
_STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "rostrum",  # Element ids are otherwise random.
    "font.size": 9.0,
    "axes.titlesize": 10.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": "#dddddd",
}
_CHART_INCHES, _LEAST_INCHES = 4.4, 7.0
_CHART_HEIGHT_INCHES, _TITLE_INCHES, _LEGEND_ROW_INCHES = 3.0, 0.5, 0.22
_MOST_COLUMNS = 3
_LEGEND_LETTERS_PER_INCH = 9
_MOST_X_TICKS = 8
_NEAR = 1.25
_LABEL_LETTERS_PER_CHART = 44
_NO_DATE = {"Date": None, "Creator": None}


@dataclass(frozen=True)
class LineChart:
    title: str
    x_label: str
    y_label: str
    """With the unit."""
    series: Mapping[str, Sequence[tuple[float, float]]]
    """Points by name."""
    goal: float | None = None
    """Drawn as a dashed line."""
    ceiling: float = math.inf
    """Greater values are drawn here, with a triangle for a marker."""
    log_x: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.series)


@dataclass(frozen=True)
class Bar:
    name: str
    """Chooses the colour, and stands in the legend."""
    value: float
    spread: tuple[float, float] | None = None
    """The least and the greatest of the values that `value` stands for."""
    goal: float | None = None
    """Of this bar alone, drawn as a dashed line across it."""


@dataclass(frozen=True)
class BarChart:
    title: str
    y_label: str
    """With the unit."""
    groups: Mapping[str, Sequence[Bar]]
    """Bars that stand together, by the label under them."""
    goal: float | None = None
    x_label: str = ""

    @property
    def bars(self) -> tuple[Bar, ...]:
        return tuple(bar for group in self.groups.values() for bar in group)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(bar.name for bar in self.bars))


Chart = LineChart | BarChart


@dataclass(frozen=True)
class Picture:
    title: str
    charts: Sequence[Chart]


def draw(picture: Picture, subtitle: str) -> str:
    """The text of an SVG file. `subtitle`: what the result was measured on."""
    charts = picture.charts
    names = list(dict.fromkeys(name for chart in charts for name in chart.names))
    colours = {name: _COLOURS[index % len(_COLOURS)] for index, name in enumerate(names)}
    rows, columns = _grid(len(charts))
    inches = max(_CHART_INCHES * columns, _LEAST_INCHES)
    handles = _legend(names, colours, charts)
    legend_columns = _legend_columns(names, inches)
    legend_rows = math.ceil(len(handles) / legend_columns)
    with rc_context(_STYLE):
        height = _CHART_HEIGHT_INCHES * rows + _TITLE_INCHES + _LEGEND_ROW_INCHES * legend_rows
        figure = Figure(figsize=(inches, height), layout="constrained")
        FigureCanvasAgg(figure)
        figure.suptitle(f"{picture.title}\n{subtitle}", fontsize=10.5)
        for axes, chart in zip(figure.subplots(rows, columns, squeeze=False).flat, charts, strict=True):
            _draw_chart(axes, chart, colours)
        if handles:
            figure.legend(handles=handles, loc="outside lower center", ncols=legend_columns, frameon=False)
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata=_NO_DATE)
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines()) + "\n"


def _grid(charts: int) -> tuple[int, int]:
    """Rows and columns."""
    if charts <= _MOST_COLUMNS:
        return 1, charts
    rows = math.ceil(charts / _MOST_COLUMNS)
    return rows, math.ceil(charts / rows)


def _legend(names: Sequence[str], colours: Mapping[str, str], charts: Sequence[Chart]) -> list[Artist]:
    """Empty for a single name."""
    handles: list[Artist] = [Patch(color=colours[name], label=name) for name in names] if len(names) > 1 else []
    if any(bar.goal is not None for chart in charts if isinstance(chart, BarChart) for bar in chart.bars):
        handles.append(Line2D([], [], color=_GOAL_COLOUR, linestyle="--", linewidth=1.5, label="goal"))
    return handles


def _legend_columns(names: Sequence[str], inches: float) -> int:
    letters = max((len(name) for name in names), default=1) + 6
    return max(1, int(inches * _LEGEND_LETTERS_PER_INCH / letters))


def _draw_chart(axes: Axes, chart: Chart, colours: Mapping[str, str]) -> None:
    axes.set_title(chart.title)
    axes.set_ylabel(chart.y_label)
    axes.set_xlabel(chart.x_label)
    if isinstance(chart, LineChart):
        _draw_lines(axes, chart, colours)
    else:
        _draw_bars(axes, chart, colours)
    if chart.goal is not None:
        axes.axhline(chart.goal, color=_GOAL_COLOUR, linestyle="--", linewidth=1)
        axes.annotate("goal", (1.01, chart.goal), xycoords=("axes fraction", "data"), va="center", color=_GOAL_COLOUR)
    axes.margins(y=0.1)
    axes.set_ylim(bottom=0)


def _draw_lines(axes: Axes, chart: LineChart, colours: Mapping[str, str]) -> None:
    numbers = sorted({number for points in chart.series.values() for number, _ in points})
    for name, points in chart.series.items():
        ordered = sorted(points)
        shown = [(number, min(value, chart.ceiling)) for number, value in ordered]
        marker = "o" if len(points) <= 2 * _MOST_X_TICKS else ""
        axes.plot(*zip(*shown, strict=True), color=colours[name], marker=marker, markersize=4)
        over = [(number, chart.ceiling) for number, value in ordered if value > chart.ceiling]
        if over:
            axes.plot(*zip(*over, strict=True), color=colours[name], marker="^", markersize=8, linestyle="")
    if chart.log_x:
        axes.set_xscale("log", base=2)
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_minor_formatter(NullFormatter())
    if numbers and len(numbers) <= _MOST_X_TICKS:
        axes.xaxis.set_major_locator(FixedLocator(numbers))
        axes.set_xticklabels([f"{number:g}" for number in numbers])


def _draw_bars(axes: Axes, chart: BarChart, colours: Mapping[str, str]) -> None:
    axes.set_xticks(range(len(chart.groups)))
    letters = max(6, _LABEL_LETTERS_PER_CHART // max(len(chart.groups), 1))
    axes.set_xticklabels([textwrap.fill(label, letters) for label in chart.groups])
    axes.tick_params(axis="x", length=0)
    for place, group in enumerate(chart.groups.values()):
        width = 0.8 / max(len(group), 2)
        for index, bar in enumerate(group):
            x = place + (index - (len(group) - 1) / 2) * width
            axes.bar(x, bar.value, 0.92 * width, color=colours[bar.name], alpha=0.6 if bar.spread else 1.0)
            if bar.spread:
                least, greatest = bar.spread
                errors = [[max(bar.value - least, 0.0)], [max(greatest - bar.value, 0.0)]]
                axes.errorbar(x, bar.value, yerr=errors, color=colours[bar.name], capsize=3, linewidth=1.2)
            if bar.goal is not None:
                axes.plot([x - width / 2, x + width / 2], [bar.goal] * 2, color=_GOAL_COLOUR, linestyle="--")
            top = max(bar.value, bar.spread[1] if bar.spread else 0.0)
            if bar.goal is not None and top <= bar.goal < _NEAR * top:
                top = bar.goal  # The value stands above a goal that it would cover.
            axes.annotate(
                f"{bar.value:.3g}",
                (x, top),
                xytext=(0, 3),
                textcoords="offset points",
                ha="center",
                fontsize=7.5,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.3},
            )
