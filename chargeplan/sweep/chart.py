"""The curve as an SVG of our own: no script, colours by class, so that light and dark are CSS alone."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chargeplan.chart_ticks import find_ticks
from chargeplan.sweep.table import name_curve_measure
from chargeplan.sweep.values import BUDGET_KEY
from chargeplan.text import safe_html

if TYPE_CHECKING:
    from chargeplan.sweep.records import Curve, CurvePoint

_MILLION = 1e6
_HEADROOM = 1.06
_LABEL_HEIGHT, _LETTER_WIDTH = 16.0, 7.5
_MARGIN_LEFT, _MARGIN_RIGHT, _MARGIN_TOP, _MARGIN_BOTTOM = 58.0, 50.0, 18.0, 46.0
_RADIUS = 4.5
_Box = tuple[float, float, float, float]  # left, top, right, bottom


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where values lie on the picture, pixels."""

    width: float
    height: float
    largest_x: float
    largest_y: float

    def get_x(self, value: float) -> float:
        return _MARGIN_LEFT + (self.width - _MARGIN_LEFT - _MARGIN_RIGHT) * value / self.largest_x

    def get_y(self, kwh_day: float) -> float:
        return self.bottom - (self.bottom - _MARGIN_TOP) * kwh_day / self.largest_y

    @property
    def bottom(self) -> float:
        return self.height - _MARGIN_BOTTOM

    @property
    def right(self) -> float:
        return self.width - _MARGIN_RIGHT


def draw_chart(curve: Curve, *, width: float, height: float, name: str) -> str:
    """Draw the plans as a line, the proof as a band above it, the knee as a ring.

    Parameters
    ----------
    curve : Curve
    width, height : float
        Of the picture, pixels.
    name : str
        Class of the picture.
    """
    solved = [point for point in curve.points if point.solution is not None]
    largest_y = max(
        point.solution.bound_kwh_day if math.isfinite(point.solution.bound_kwh_day) else 0.0
        for point in solved
        if point.solution is not None
    )
    frame = _Frame(width, height, float(curve.points[-1].value), _HEADROOM * max(largest_y, 1e-9))
    taken: list[_Box] = []
    parts = [
        *_draw_axes(curve, frame),
        _draw_band(solved, frame),
        _draw_free(curve, solved, frame),
        _draw_line("plan", [_place(point, frame) for point in solved]),
        *_draw_knee(curve, frame, taken),
        *_draw_points(curve, frame, taken),
    ]
    label = safe_html(f"Demand served by {curve.vary.key}; the figures are in the table below")
    return (
        f'<svg class="{name}" viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{label}">'
        f"{''.join(parts)}</svg>"
    )


def _place(point: CurvePoint, frame: _Frame, *, by_bound: bool = False) -> tuple[float, float]:
    solution = point.solution
    if solution is None:
        return frame.get_x(float(point.value)), frame.bottom
    kwh_day = solution.bound_kwh_day if by_bound else solution.objective_kwh_day
    if not math.isfinite(kwh_day):
        kwh_day = frame.largest_y
    return frame.get_x(float(point.value)), frame.get_y(kwh_day)


def _draw_axes(curve: Curve, frame: _Frame) -> list[str]:
    demand = curve.demand_kwh_day
    is_money = curve.vary.key.endswith("_pkr")
    parts = []
    for kwh_day in find_ticks(0.0, frame.largest_y):
        y = frame.get_y(kwh_day)
        parts.append(
            f'<line class="grid" x1="{_MARGIN_LEFT:g}" x2="{frame.right:.1f}" y1="{y:.1f}" y2="{y:.1f}"/>'
        )
        parts.append(_write_text(_MARGIN_LEFT - 8, y + 4, f"{kwh_day:,.10g}", "end"))
    for share in find_ticks(0.0, min(frame.largest_y / demand, 1.0)) if demand > 0 else []:
        y = frame.get_y(share * demand)
        parts.append(
            f'<line class="tick" x1="{frame.right:.1f}" x2="{frame.right + 5:.1f}" y1="{y:.1f}" y2="{y:.1f}"/>'
        )
        parts.append(_write_text(frame.right + 9, y + 4, f"{100 * share:.4g}%", "start"))
    for value in find_ticks(0.0, frame.largest_x):
        x = frame.get_x(value)
        shown = value / _MILLION if is_money else value
        parts.append(
            f'<line class="tick" x1="{x:.1f}" x2="{x:.1f}" y1="{frame.bottom:.1f}" y2="{frame.bottom + 5:.1f}"/>'
        )
        parts.append(_write_text(x, frame.bottom + 18, f"{shown:,.6g}", "middle"))
    name = "Budget" if curve.vary.key == BUDGET_KEY else curve.vary.key
    title = f"{name}, PKR M" if is_money else name
    parts.append(_write_text((_MARGIN_LEFT + frame.right) / 2, frame.height - 8, title, "middle", "axis"))
    return parts


def _draw_band(solved: list[CurvePoint], frame: _Frame) -> str:
    above = [_place(point, frame, by_bound=True) for point in solved]
    below = [_place(point, frame) for point in reversed(solved)]
    outline = " ".join(f"{x:.1f},{y:.1f}" for x, y in above + below)
    return f'<polygon class="band" points="{outline}"/>' + _draw_line("bound", above)


def _draw_free(curve: Curve, solved: list[CurvePoint], frame: _Frame) -> str:
    """Draw the plans without nesting, dashed."""
    if not curve.is_nested:
        return ""
    places = [
        (frame.get_x(float(point.value)), frame.get_y(point.solved.solution.objective_kwh_day))
        for point in solved
        if point.solved is not None
    ]
    return _draw_line("free", places)


def _draw_line(name: str, places: list[tuple[float, float]]) -> str:
    return f'<polyline class="{name}" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in places)}"/>'


def _draw_knee(curve: Curve, frame: _Frame, taken: list[_Box]) -> list[str]:
    """Draw the ring of the knee and its name, whose place is added to those taken."""
    if curve.knee.pos is None:
        return []
    x, y = _place(curve.points[curve.knee.pos], frame)
    text = f"knee: {curve.vary.name_value(curve.points[curve.knee.pos].value)}"
    below = min(y + 33, frame.bottom - 6)
    places = [(x + 11, below, "start"), (x - 8, frame.bottom - 8, "end"), (x + 11, y - 14, "start")]
    return [
        f'<line class="knee" x1="{x:.1f}" x2="{x:.1f}" y1="{y:.1f}" y2="{frame.bottom:.1f}"/>',
        f'<circle class="knee" cx="{x:.1f}" cy="{y:.1f}" r="{2.2 * _RADIUS:g}"/>',
        *_write_where_free(places, text, frame, taken),
    ]


def _draw_points(curve: Curve, frame: _Frame, taken: list[_Box]) -> list[str]:
    """Draw the points, with the share of the right axis below to the right, where a rising curve leaves room."""
    parts, measure = [], name_curve_measure(curve)
    for point in curve.points:
        x, y = _place(point, frame)
        told = f"{curve.vary.name_value(point.value)}: {point.outcome_text}"
        if point.solution is None:
            title = safe_html(f"{told}; {point.reason}")
            cross = f"M{x - 4:.1f},{y - 4:.1f}l8,8m0,-8l-8,8"
            parts.append(f'<path class="none" d="{cross}"><title>{title}</title></path>')
            continue
        share = point.get_metric("served_share")
        shown = _compute_axis_share(curve, point)
        on_axis = f", {shown:.1%} {measure}" if measure else ""
        title = safe_html(f"{told}; {share:.1%} of all demand served{on_axis}")
        parts.append(
            f'<circle class="point" cx="{x:.1f}" cy="{y:.1f}" r="{_RADIUS:g}"><title>{title}</title></circle>'
        )
        places = [(x + 11, min(y + 16, frame.bottom - 6), "start"), (x, y - 10, "end")]
        parts += _write_where_free(places, f"{shown:.1%}", frame, taken)
    return parts


def _compute_axis_share(curve: Curve, point: CurvePoint) -> float:
    """Compute where a point lies on the right axis: what its plan maximises, as a share of all demand."""
    if point.solution is None or curve.demand_kwh_day <= 0:
        return 0.0
    return point.solution.objective_kwh_day / curve.demand_kwh_day


def _write_where_free(
    places: list[tuple[float, float, str]], text: str, frame: _Frame, taken: list[_Box]
) -> list[str]:
    """Write a text at the first place that is inside the picture and touches no other text; nowhere else."""
    width = _LETTER_WIDTH * len(text)
    for x, y, anchor in places:
        left = x if anchor == "start" else x - width
        box = (left - 3, y - _LABEL_HEIGHT + 2, left + width + 3, y + 5)
        is_inside = box[0] >= _MARGIN_LEFT and box[2] <= frame.right + 3 and box[1] >= 0
        if is_inside and not any(
            box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3]
            for other in taken
        ):
            taken.append(box)
            return [_write_text(x, y, text, anchor, "strong")]
    return []


def _write_text(x: float, y: float, text: str, anchor: str, name: str = "") -> str:
    kind = f' class="{name}"' if name else ""
    return f'<text{kind} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{safe_html(text)}</text>'
