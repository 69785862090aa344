"""Cost and coverage of each run as an SVG of our own, with the proven bound as a whisker."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chargeplan.chart_ticks import find_ticks
from chargeplan.compare.caveats import is_barred, select_caveats
from chargeplan.text import safe_html
from chargeplan.units import format_pkr
from chargeplan.words import PlanObjective

if TYPE_CHECKING:
    from chargeplan.compare.records import ComparedRun, Comparison

_MILLION = 1e6
_MARGIN_LEFT, _MARGIN_RIGHT, _MARGIN_TOP, _MARGIN_BOTTOM = 66.0, 22.0, 20.0, 48.0
_RADIUS, _WHISKER = 4.5, 6.0
_APART = 17.0  # of a letter from its point and from others
_AROUND_SHARE = 0.25  # of the spread of the values, left free on either side
_LEAST_SPREAD_SHARE = 0.04  # differences smaller than this of the values look small


@dataclass(frozen=True, slots=True)
class PlanPoint:
    """Where a run stands: money and energy, and what is proven possible.

    Parameters
    ----------
    letter, label : str
    cost_pkr, least_cost_pkr : float
        The second is the bound of a search for the least money; NaN else.
    kwh_day, most_kwh_day : float
        The second is the bound; NaN where the axis is not what the plan maximises.
    """

    letter: str
    label: str
    cost_pkr: float
    least_cost_pkr: float
    kwh_day: float
    most_kwh_day: float


@dataclass(frozen=True, slots=True)
class _Axis:
    low: float
    high: float
    start: float
    end: float

    def place(self, value: float) -> float:
        return self.start + (self.end - self.start) * (value - self.low) / (self.high - self.low)


def shows_objective(comparison: Comparison) -> bool:
    """Tell whether all plans maximise the same thing, so that it and its bound can be drawn on one axis."""
    kinds = {run.bundle.problem.objective for run in comparison.runs}
    if len(kinds) > 1:
        return False
    return not any(
        is_barred("objective", select_caveats(comparison.caveats, comparison.changes, 0, second))
        for second in range(1, len(comparison.runs))
    )


def list_points(comparison: Comparison) -> list[PlanPoint]:
    """List where each run stands."""
    is_objective = shows_objective(comparison)
    return [_find_point(run, is_objective=is_objective) for run in comparison.runs]


def draw_chart(comparison: Comparison, *, width: float, height: float, name: str) -> str:
    """Draw the runs as lettered points, each with a whisker to its bound.

    Parameters
    ----------
    comparison : Comparison
    width, height : float
        Of the picture, pixels.
    name : str
        Class of the picture.
    """
    points = list_points(comparison)
    demand = comparison.base.bundle.evaluation.get_metric("demand")
    across = _fit([value for point in points for value in (point.cost_pkr, point.least_cost_pkr)])
    up = _fit([value for point in points for value in (point.kwh_day, point.most_kwh_day)])
    x = _Axis(*across, _MARGIN_LEFT, width - _MARGIN_RIGHT)
    y = _Axis(*up, height - _MARGIN_BOTTOM, _MARGIN_TOP)
    parts = [*_draw_axes(x, y, height, demand)]
    parts += [_draw_whiskers(point, x, y) for point in points]
    parts += _draw_points(points, x, y, demand)
    label = safe_html("Cost and energy of each run; the figures are in the table of this page")
    return (
        f'<svg class="{name}" viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{label}">'
        f"{''.join(parts)}</svg>"
    )


def _find_point(run: ComparedRun, *, is_objective: bool) -> PlanPoint:
    evaluation, solution = run.bundle.evaluation, run.bundle.solution
    is_cost = run.bundle.problem.objective is PlanObjective.COST
    return PlanPoint(
        run.letter,
        run.label,
        evaluation.get_metric("cost"),
        solution.cost_bound_pkr if is_cost else math.nan,
        solution.objective_kwh_day if is_objective else evaluation.get_metric("served"),
        solution.bound_kwh_day if is_objective and not is_cost else math.nan,
    )


def _fit(values: list[float]) -> tuple[float, float]:
    """Fit an axis to values, never below zero, with room around them."""
    finite = [value for value in values if math.isfinite(value)]
    low, high = min(finite), max(finite)
    spread = max(high - low, _LEAST_SPREAD_SHARE * abs(high), 1e-6)
    middle = (low + high) / 2
    reach = spread / 2 + _AROUND_SHARE * spread
    return max(middle - reach, 0.0) if low >= 0 else middle - reach, middle + reach


def _draw_axes(x: _Axis, y: _Axis, height: float, demand: float) -> list[str]:
    parts = []
    for kwh_day in find_ticks(y.low, y.high):
        at = y.place(kwh_day)
        parts.append(f'<line class="grid" x1="{x.start:g}" x2="{x.end:.1f}" y1="{at:.1f}" y2="{at:.1f}"/>')
        parts.append(_write_text(x.start - 8, at - 2, f"{kwh_day:,.10g}", "end"))
        if demand > 0:
            parts.append(_write_text(x.start - 8, at + 12, f"{100 * kwh_day / demand:.3g} %", "end", "faint"))
    for pkr in find_ticks(x.low, x.high):
        at = x.place(pkr)
        parts.append(
            f'<line class="tick" x1="{at:.1f}" x2="{at:.1f}" y1="{y.start:.1f}" y2="{y.start + 5:.1f}"/>'
        )
        parts.append(_write_text(at, y.start + 18, f"{pkr / _MILLION:,.6g}", "middle"))
    parts.append(
        f'<line class="axis-line" x1="{x.start:g}" x2="{x.end:.1f}" y1="{y.start:.1f}" y2="{y.start:.1f}"/>'
    )
    parts.append(_write_text((x.start + x.end) / 2, height - 8, "Cost, PKR M", "middle", "axis"))
    return parts


def _draw_whiskers(point: PlanPoint, x: _Axis, y: _Axis) -> str:
    """Draw what the bound leaves open: upwards for energy, to the left for money."""
    at_x, at_y = x.place(point.cost_pkr), y.place(point.kwh_day)
    parts = []
    if math.isfinite(point.most_kwh_day):
        top = y.place(point.most_kwh_day)
        parts.append(
            f'<path class="whisker" d="M{at_x:.1f},{at_y:.1f}V{top:.1f}m{-_WHISKER:g},0h{2 * _WHISKER:g}"/>'
        )
    if math.isfinite(point.least_cost_pkr):
        left = x.place(point.least_cost_pkr)
        parts.append(
            f'<path class="whisker" d="M{at_x:.1f},{at_y:.1f}H{left:.1f}m0,{-_WHISKER:g}v{2 * _WHISKER:g}"/>'
        )
    return "".join(parts)


def _draw_points(points: list[PlanPoint], x: _Axis, y: _Axis, demand: float) -> list[str]:
    """Draw the points, then a letter beside each where it covers neither points nor letters."""
    places = [(x.place(point.cost_pkr), y.place(point.kwh_day)) for point in points]
    taken = list(places)
    parts = []
    for point, (at_x, at_y) in zip(points, places, strict=True):
        share = f" ({point.kwh_day / demand:.1%} of the demand)" if demand > 0 else ""
        title = safe_html(
            f"{point.letter} ({point.label}): {format_pkr(point.cost_pkr)}, {point.kwh_day:,.0f} kWh/day{share}"
        )
        letter_x, letter_y = _find_free(at_x, at_y, taken, x, y)
        taken.append((letter_x, letter_y))
        parts.append(
            f'<g class="point"><title>{title}</title><circle cx="{at_x:.1f}" cy="{at_y:.1f}" r="{_RADIUS:g}"/>'
            f'<text x="{letter_x:.1f}" y="{letter_y + 5:.1f}" text-anchor="middle">{safe_html(point.letter)}</text></g>'
        )
    return parts


def _find_free(
    at_x: float, at_y: float, taken: list[tuple[float, float]], x: _Axis, y: _Axis
) -> tuple[float, float]:
    """Find the nearest free place beside a point: at its right first, then around it."""
    for ring in (1.0, 1.6, 2.2, 2.8):
        for turn in (0, 4, 1, 3, 2, 6, 7, 5):
            angle = math.pi * turn / 4
            place = (at_x + ring * _APART * math.cos(angle), at_y + ring * _APART * math.sin(angle))
            is_inside = x.start + 8 <= place[0] <= x.end and y.end <= place[1] <= y.start - 8
            if is_inside and all(math.dist(place, other) >= _APART * 0.95 for other in taken):
                return place
    return at_x + _APART, at_y


def _write_text(x: float, y: float, text: str, anchor: str, name: str = "") -> str:
    kind = f' class="{name}"' if name else ""
    return f'<text{kind} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{safe_html(text)}</text>'
