"""Charts as inline SVG: sizes in a view box, colours from the page's style sheet, each with its numbers in words."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from markupsafe import Markup, escape

_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 12, 10, 26


def trend(
    labels: Sequence[str],
    values: Sequence[float | None],
    bands: Sequence[tuple[float, float] | None],
    counts: Sequence[int],
    said: str,
    shown: Callable[[float], str] = lambda value: f"{value:g}",
) -> Markup:
    """A line over time with its interval, over bars that say how many cases there were.

    Arguments:
        labels: of the times, in their order and equally far apart.
        values: of the line; None leaves a gap.
        bands: intervals around it; a value without one, or with one of no width, is a ring off the line: one case says
            nothing of how sure it is.
        counts: cases.
        said: what the chart shows, for those who do not see it.
        shown: a value of the axis as text.
    """
    width, height = 860, 220
    bottom = height - _BOTTOM
    known = [value for value in values if value is not None]
    sure = [
        value is not None and band is not None and band[0] < band[1] for value, band in zip(values, bands, strict=True)
    ]
    edges = [edge for band, is_ in zip(bands, sure, strict=True) if band and is_ for edge in band]
    low, high, step = _axis(min([*known, *edges], default=0.0), max([*known, *edges], default=1.0))
    across = (width - _LEFT - _RIGHT) / max(1, len(labels))

    def x(number: float) -> float:
        return _LEFT + across * (number + 0.5)

    def y(value: float) -> float:
        return bottom - (min(max(value, low), high) - low) / (high - low) * (bottom - _TOP)

    parts = [f'<svg class="chart" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(said)}">']
    most = max(counts, default=0) or 1
    for number, count in enumerate(counts):
        if not count:
            continue
        tall = 44 * count / most
        tip = f"<title>{escape(labels[number])}: {count}</title>"
        left, wide = _n(x(number) - across * 0.4), _n(across * 0.8)
        parts.append(
            f'<rect class="volume" x="{left}" y="{_n(bottom - tall)}" width="{wide}" height="{_n(tall)}">{tip}</rect>'
        )
    value = low
    while value <= high + step / 1000:
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{width - _RIGHT}" y1="{_n(y(value))}" y2="{_n(y(value))}"/>')
        parts.append(f'<text class="end" x="{_LEFT - 6}" y="{_n(y(value) + 4)}">{escape(shown(value))}</text>')
        value += step
    for run in _runs(sure):
        ups, downs = ([(x(n), y((bands[n] or (0, 0))[side])) for n in run] for side in (1, 0))
        if len(run) == 1:  # as wide as its bar
            ups, downs = (
                [(at + aside * across, tall) for at, tall in edge for aside in (-0.4, 0.4)] for edge in (ups, downs)
            )
        parts.append(f'<polygon class="band" points="{_points([*ups, *reversed(downs)])}"/>')
        parts.append(f'<polyline class="line" points="{_points([(x(n), y(values[n] or 0)) for n in run])}"/>')
        if len(labels) <= 60 or len(run) == 1:
            parts += [_dot("dot", x(n), y(values[n] or 0), f"{labels[n]}: {shown(values[n] or 0)}") for n in run]
    for n, value_ in enumerate(values):
        if value_ is not None and not sure[n]:
            parts.append(_dot("lone", x(n), y(value_), f"{labels[n]}: {shown(value_)}"))
    every = max(1, math.ceil(len(labels) / 9))
    for number in range(0, len(labels), every):
        parts.append(f'<text class="mid" x="{_n(x(number))}" y="{height - 8}">{escape(labels[number])}</text>')
    return Markup("".join(parts) + "</svg>")  # noqa: S704 - every text in it is escaped


def histogram(bins: Sequence[int], other: Sequence[int] | None, said: str) -> Markup:
    """How totals are spread over 0 to 100; with ``other``, an earlier audit's as an outline of shares."""
    width, height = 420, 180
    bottom = height - _BOTTOM
    all_, all_other = sum(bins) or 1, sum(other or ()) or 1
    tallest = max([count / all_ for count in bins] + [count / all_other for count in other or ()] + [0.0001])
    across = (width - 24) / max(1, len(bins))
    parts = [f'<svg class="chart" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(said)}">']
    outline = []
    for number, count in enumerate(bins):
        tall = (bottom - _TOP) * count / all_ / tallest
        low = number * 100 // len(bins)
        tip = f"<title>{low}-{low + 100 // len(bins)}: {count} ({100 * count / all_:.1f}%)</title>"
        left, wide = _n(12 + across * number + 1), _n(across - 2)
        parts.append(
            f'<rect class="fill" x="{left}" y="{_n(bottom - tall)}" width="{wide}" height="{_n(tall)}">{tip}</rect>'
        )
        if other is not None:
            level = bottom - (bottom - _TOP) * other[number] / all_other / tallest
            outline += [(12 + across * number, level), (12 + across * (number + 1), level)]
    if outline:
        parts.append(f'<polyline class="before" points="{_points(outline)}"/>')
    for value in range(0, 101, 20):
        at = 12 + (width - 24) * value / 100
        parts.append(f'<text class="mid" x="{_n(at)}" y="{height - 8}">{value}</text>')
    return Markup("".join(parts) + "</svg>")  # noqa: S704 - every text in it is escaped


def whisker(
    value: float | None, interval: tuple[float, float] | None, kind: str, low: float = 0, high: float = 1
) -> Markup:
    """A bar with its interval, small enough for a table; the number stands beside it."""
    width, height = 160, 16
    if value is None:
        return Markup("")

    def x(number: float) -> float:
        return 2 + (width - 4) * (min(max(number, low), high) - low) / (high - low)

    parts = [f'<svg class="whisker {kind}" viewBox="0 0 {width} {height}" aria-hidden="true">']
    parts.append(f'<rect class="track" x="2" y="4" width="{width - 4}" height="8" rx="4"/>')
    parts.append(f'<rect class="fill" x="2" y="4" width="{_n(max(x(value) - 2, 0.5))}" height="8" rx="4"/>')
    if interval is not None:
        left, right = x(interval[0]), x(interval[1])
        parts.append(f'<path class="limits" d="M{_n(left)} 2v12M{_n(right)} 2v12M{_n(left)} 8H{_n(right)}"/>')
    return Markup("".join(parts) + "</svg>")  # noqa: S704 - numbers and fixed names


def _axis(low: float, high: float) -> tuple[float, float, float]:
    """Round ends and steps around some values."""
    if high - low < 1e-9:
        low, high = low - 0.5, high + 0.5
    raw = (high - low) / 4
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= raw * 0.999)
    return math.floor(low / step) * step, math.ceil(high / step) * step, step


def _runs(there: Sequence[bool]) -> list[list[int]]:
    """The numbers of those that are there, in runs without a gap."""
    runs: list[list[int]] = [[]]
    for number, is_ in enumerate(there):
        if is_:
            runs[-1].append(number)
        else:
            runs.append([])
    return [run for run in runs if run]


def _dot(kind: str, x: float, y: float, tip: str) -> str:
    return f'<circle class="{kind}" cx="{_n(x)}" cy="{_n(y)}" r="3"><title>{escape(tip)}</title></circle>'


def _points(places: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{_n(x)},{_n(y)}" for x, y in places)


def _n(number: float) -> str:
    return f"{number:.1f}"
