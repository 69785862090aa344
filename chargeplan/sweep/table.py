"""The points of a curve as rows: for curve.csv, curve.json, the page and the terminal."""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING, Any

from chargeplan.csv_tables import guard_if_text
from chargeplan.records import format_gap
from chargeplan.sweep.knee import METHOD
from chargeplan.sweep.measure import name_measure, name_unit
from chargeplan.sweep.values import BUDGET_KEY
from chargeplan.text import clean_text
from chargeplan.units import format_pkr
from chargeplan.words import PlanObjective

if TYPE_CHECKING:
    from chargeplan.sweep.records import Curve, CurvePoint

_MILLION = 1e6
_LEAST_COST_PKR = 0.5
COLUMNS = (
    "value",
    "outcome",
    "cost_pkr",
    "served_kwh_day",
    "served_share",
    "objective_kwh_day",
    "bound_kwh_day",
    "gap_share",
    "new_sites",
    "new_chargers",
    "marginal_kwh_day_per_mpkr",
    "is_knee",
    "sites_file",
    "reason",
)
NESTED_COLUMNS = ("free_objective_kwh_day", "nesting_costs_at_least_kwh_day", "nesting_costs_at_most_kwh_day")

COST_COLUMN = "cost_bound_pkr"  # of the least money for a target


def _list_columns(curve: Curve) -> tuple[str, ...]:
    is_cost = curve.points[0].settings.model.objective is PlanObjective.COST
    return COLUMNS + (NESTED_COLUMNS if curve.is_nested else ()) + ((COST_COLUMN,) if is_cost else ())


def list_rows(curve: Curve) -> list[dict[str, Any]]:
    """List the points as plain data, None where a figure does not exist."""
    rows = []
    before: tuple[float, float] | None = None
    for pos, point in enumerate(curve.points):
        row = _describe_point(curve, pos, point)
        if point.solution is not None:
            here = (point.get_metric("cost"), point.solution.objective_kwh_day)
            if curve.vary.is_limit:  # else the money does not tell what the points differ in
                row["marginal_kwh_day_per_mpkr"] = compute_marginal(before, here)
            before = here
        rows.append(row)
    return rows


def compute_marginal(before: tuple[float, float] | None, here: tuple[float, float]) -> float | None:
    """Compute what a further million rupees brings; None without a point before, or for no more money.

    Parameters
    ----------
    before, here : tuple of float
        Money spent, PKR, and what the plan maximises, kWh per day.

    Examples
    --------
    >>> compute_marginal((10e6, 1000.0), (14e6, 1200.0))
    50.0
    """
    if before is None or here[0] - before[0] < _LEAST_COST_PKR:
        return None
    return (here[1] - before[1]) / ((here[0] - before[0]) / _MILLION)


def compute_slopes(curve: Curve) -> tuple[float | None, float | None]:
    """Compute what a further million rupees brings up to the knee and beyond it, on average."""
    if curve.knee.pos is None:
        return None, None
    places = {
        pos: (point.get_metric("cost"), point.solution.objective_kwh_day)
        for pos, point in enumerate(curve.points)
        if point.solution is not None
    }
    first, last = min(places), max(places)
    at = places[curve.knee.pos]
    return compute_marginal(places[first], at), compute_marginal(at, places[last])


def write_csv(curve: Curve) -> str:
    """Write the points as CSV, empty where a figure does not exist."""
    import csv

    columns = _list_columns(curve)
    stream = io.StringIO()
    writer = csv.DictWriter(stream, columns, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    for row in list_rows(curve):
        writer.writerow({name: _write_cell(row[name]) for name in columns})
    return stream.getvalue()


def name_sites_file(curve: Curve, pos: int) -> str:
    """Name the file of a point's stations, inside the folder of the sweep."""
    from chargeplan.sweep.values import write_number

    value = write_number(curve.points[pos].value)
    return f"points/{pos + 1:02d}_{curve.vary.name}_{value}/sites.geojson"


def name_curve_measure(curve: Curve) -> str:
    """Name the energy that the plans of a curve maximise, empty where it is the energy served."""
    return name_measure(point.settings for point in curve.points)


def raise_first(text: str) -> str:
    """Begin a text with a capital, the rest as it is."""
    return text[:1].upper() + text[1:]


def format_rows(curve: Curve) -> list[dict[str, str]]:
    """Write the points for people: one text for each column of `list_headings`."""
    rows = []
    for point, row in zip(curve.points, list_rows(curve), strict=True):
        texts = {"value": curve.vary.show(point.value), "outcome": row["outcome"]}
        if point.solution is not None:
            gap = row["gap_share"]
            marginal = row["marginal_kwh_day_per_mpkr"]
            texts |= {
                "spent": format_pkr(row["cost_pkr"]),
                "served": f"{row['served_kwh_day']:,.0f}",
                "share": f"{row['served_share']:.1%}",
                "objective": f"{row['objective_kwh_day']:,.0f}",
                "bound": f"{row['bound_kwh_day']:,.0f}",
                "gap": "unknown" if gap is None else ("0 %" if gap == 0 else format_gap(gap)),
                "sites": f"{row['new_sites']:,}",
                "chargers": f"{row['new_chargers']:,}",
                "marginal": "" if marginal is None else f"{marginal:,.1f}",
            }
            if curve.is_nested:
                least, most = row["nesting_costs_at_least_kwh_day"], row["nesting_costs_at_most_kwh_day"]
                texts["nesting"] = f"{least:,.0f} to {most:,.0f}" if most >= 0.5 else "0"
        rows.append(texts)
    return rows


def list_headings(curve: Curve) -> dict[str, str]:
    """List the columns for people, by name."""
    headings = {"value": "Budget" if curve.vary.key == BUDGET_KEY else curve.vary.key, "spent": "Spent"}
    headings |= {"served": "Served kWh/day", "share": "Of all demand"}
    measure = name_curve_measure(curve)
    unit = name_unit(measure)
    if measure:
        headings["objective"] = raise_first(unit)
    headings |= {"bound": f"Bound {unit}", "gap": "Gap", "outcome": "Outcome", "sites": "New sites"}
    headings |= {
        "chargers": "Chargers",
        "marginal": f"{raise_first(unit) if measure else unit} per M PKR more",
    }
    if curve.is_nested:
        headings["nesting"] = f"Nesting costs {unit}"
    return headings


def describe_knee(curve: Curve) -> str:
    """Name the knee in one line, or say why there is none."""
    knee = curve.knee
    if knee.pos is None:
        return (
            f"no clear knee ({METHOD}): {knee.reason}" if curve.vary.is_limit else f"no knee: {knee.reason}"
        )
    point = curve.points[knee.pos]
    rivals = [curve.vary.name_value(curve.points[pos].value) for pos in knee.rivals]
    also = f"; with the gaps that are left it could as well be {' or '.join(rivals)}" if rivals else ""
    value = curve.vary.name_value(point.value)
    return (
        f"knee at {value}, {point.get_metric('served_share'):.1%} of all demand served: {METHOD}, "
        f"over {curve.knee_axis}{also}"
    )


def describe_nesting(curve: Curve) -> str:
    """Say in one line what nesting costs at most over the curve; empty when nothing was nested."""
    if not curve.is_nested:
        return ""
    costs = [
        (row["nesting_costs_at_most_kwh_day"], row["nesting_costs_at_least_kwh_day"], point)
        for row, point in zip(list_rows(curve), curve.points, strict=True)
        if row["nesting_costs_at_most_kwh_day"] is not None
    ]
    if not costs:
        return ""
    most, least, point = max(costs, key=lambda cost: cost[0])
    share = most / curve.demand_kwh_day if curve.demand_kwh_day > 0 else 0.0
    unit = name_unit(name_curve_measure(curve))
    return (
        f"nesting costs at most {most:,.0f} {unit} ({share:.2%} of all demand) against the proven bound, at "
        f"{curve.vary.name_value(point.value)}; at least {least:,.0f} there, against the best plan without nesting"
    )


def describe_curve(curve: Curve) -> dict[str, Any]:
    """Describe the curve as plain data, without any clock."""
    knee = curve.knee
    return {
        "vary": {"key": curve.vary.key, "values": list(curve.vary.values)},
        "is_nested": curve.is_nested,
        "was_stopped": curve.was_stopped,
        "demand_kwh_day": curve.demand_kwh_day,
        "points": [
            row
            | {
                "warnings": []
                if point.evaluation is None
                else list(map(clean_text, point.evaluation.warnings))
            }
            for row, point in zip(list_rows(curve), curve.points, strict=True)
        ],
        "knee": {
            "pos": knee.pos,
            "value": None if knee.pos is None else curve.points[knee.pos].value,
            "rise_share": knee.rise_share if math.isfinite(knee.rise_share) else None,
            "could_be_as_well": [curve.points[pos].value for pos in knee.rivals],
            "text": describe_knee(curve),
        },
        "nesting": describe_nesting(curve),
    }


def _describe_point(curve: Curve, pos: int, point: CurvePoint) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(_list_columns(curve))
    row |= {"value": point.value, "outcome": point.outcome_text, "is_knee": pos == curve.knee.pos}
    solution, solved = point.solution, point.solved
    if solution is None or solved is None:
        return row | {"reason": clean_text(point.reason)}
    gap = solution.gap
    row |= {
        "reason": "",
        "cost_pkr": point.get_metric("cost"),
        "served_kwh_day": point.get_metric("served"),
        "served_share": point.get_metric("served_share"),
        "objective_kwh_day": solution.objective_kwh_day,
        "bound_kwh_day": solution.bound_kwh_day,
        "gap_share": gap if math.isfinite(gap) else None,
        "new_sites": int(point.get_metric("new_sites")),
        "new_chargers": int(point.get_metric("new_chargers")),
        "sites_file": name_sites_file(curve, pos),
    }
    if COST_COLUMN in row:
        row[COST_COLUMN] = solution.cost_bound_pkr
    if curve.is_nested:
        free, nested = solved.solution.objective_kwh_day, solution.objective_kwh_day
        # The smallest plan keeps nothing: what it lacks to its bound is the gap of its search.
        asks_nothing = all(smaller.solution is None for smaller in curve.points[:pos])
        row |= {
            "free_objective_kwh_day": free,
            "nesting_costs_at_least_kwh_day": 0.0 if asks_nothing else max(free - nested, 0.0),
            "nesting_costs_at_most_kwh_day": 0.0
            if asks_nothing
            else max(solution.bound_kwh_day - nested, 0.0),
        }
    return row


def _write_cell(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.10g}" if isinstance(value, float) else guard_if_text(value)
