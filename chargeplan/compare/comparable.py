"""Whether runs can be compared at all; every reason why not, with what to do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.compare.setting_changes import find_changes
from chargeplan.errors import DataError, FaultCollector

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chargeplan.compare.records import ComparedRun
    from chargeplan.publish.bundle import RunBundle

_SAME_DEMAND_SHARE = 1e-6
_SAME_BOUNDARY_SHARE = 1e-6
_SOURCE_YEAR = re.compile(r"\((\d{4});")  # as the register writes it: (2026; data/costs/economics.csv)
_MOST_NAMED = 6
_DEMAND_KEYS = ("demand.", "study.zones", "study.year", "study.city", "network.", "model.years")


def check_comparable(runs: Sequence[ComparedRun]) -> None:
    """Refuse runs whose figures do not speak of the same thing.

    Refused are another study area, schematic beside real streets, another last year, other demand cells or
    demand in them, and money of other years. All other settings may differ.

    Raises
    ------
    DataError
        With every reason, each with what to do.
    """
    faults = FaultCollector(DataError)
    for other in runs[1:]:
        for reason in _find_reasons(runs[0], other):
            faults.add(reason)
    faults.raise_if_any()


def _find_reasons(base: ComparedRun, other: ComparedRun) -> list[str]:
    pair = f"{base.name} and {other.name}"
    first, second = base.bundle, other.bundle
    stand_apart = [
        _compare_streets(pair, base, other),
        _compare_area(pair, first, second),
        _compare_year(pair, first, second),
        _compare_resolution(pair, first, second),
    ]
    # Where these differ, so does the demand, which says nothing new.
    demand = "" if any(stand_apart) else _compare_demand(pair, base, other)
    reasons = [*stand_apart, _compare_money_year(pair, first, second), demand]
    return [reason for reason in reasons if reason]


def _compare_streets(pair: str, base: ComparedRun, other: ComparedRun) -> str:
    if base.bundle.area.is_schematic == other.bundle.area.is_schematic:
        return ""
    drawn, real = (base, other) if base.bundle.area.is_schematic else (other, base)
    return (
        f"{pair}: {drawn.letter} stands on schematic streets, drawn from a plan, and {real.letter} on real ones; "
        "compare schematic runs with each other, and real ones with each other"
    )


def _compare_area(pair: str, first: RunBundle, second: RunBundle) -> str:
    one, two = first.area.boundary, second.area.boundary
    difference = one.symmetric_difference(two).area
    if difference <= _SAME_BOUNDARY_SHARE * max(one.area, two.area):
        return ""
    boxes = [", ".join(f"{value:.4g}" for value in boundary.bounds) for boundary in (one, two)]
    titles = [run.area.title for run in (first, second)]
    names = "" if titles[0] == titles[1] else f"{titles[0]} and {titles[1]}, "
    return (
        f"{pair}: the study areas differ ({names}{first.area.area_km2:,.0f} and {second.area.area_km2:,.0f} km2, "
        f"boxes [{boxes[0]}] and [{boxes[1]}]); run both with one study.area"
    )


def _compare_year(pair: str, first: RunBundle, second: RunBundle) -> str:
    if first.year == second.year:
        return ""
    return (
        f"{pair}: their last years differ, {first.year} and {second.year}, and so does the demand; run both with "
        "one study.year, and plans by years up to the same last year"
    )


def _compare_money_year(pair: str, first: RunBundle, second: RunBundle) -> str:
    """Find prices that both take from the register, of other years."""
    one, two = find_money_years(first), find_money_years(second)
    names = [name for name in sorted(one.keys() & two.keys()) if one[name] != two[name]]
    if not names:
        return ""
    told = [f"{name} of {one[name]} and of {two[name]}" for name in names[:_MOST_NAMED]]
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return (
        f"{pair}: their money is of different years ({', '.join(told)}{more}); run the older study again, so that "
        "both use the same price tables"
    )


def find_money_years(bundle: RunBundle) -> dict[str, str]:
    """Find of which year each price of the register is, by the name of the figure; a planner's own have none."""
    found = {}
    for row in bundle.request.figures.itertuples():
        match = _SOURCE_YEAR.search(str(row.source))
        if match and "PKR" in str(row.unit):
            found[str(row.name)] = match[1]
    return found


def _compare_resolution(pair: str, first: RunBundle, second: RunBundle) -> str:
    sizes = [bundle.settings_as_run.get("demand", {}).get("cell_resolution") for bundle in (first, second)]
    if sizes[0] == sizes[1]:
        return ""
    return (
        f"{pair}: their demand cells are of different size (demand.cell_resolution {sizes[0]} and {sizes[1]}); run "
        "both with one"
    )


def _compare_demand(pair: str, base: ComparedRun, other: ComparedRun) -> str:
    first, second = base.bundle.cells, other.bundle.cells
    if not np.array_equal(first.cell_id, second.cell_id):
        return (
            f"{pair}: their demand lies in other cells ({len(first.cell_id):,} and {len(second.cell_id):,}); "
            f"{_advise_demand(base, other)}"
        )
    one, two = first.total_kwh_day, second.total_kwh_day
    scale = max(float(one.sum()), float(two.sum()), 1e-9)
    if abs(float(one.sum() - two.sum())) > _SAME_DEMAND_SHARE * scale:
        return (
            f"{pair}: their public demand differs, {one.sum():,.0f} and {two.sum():,.0f} kWh/day, so shares of it "
            f"are shares of different things; {_advise_demand(base, other)}"
        )
    if float(np.abs(one - two).sum()) > _SAME_DEMAND_SHARE * scale:
        moved = float(np.abs(one - two).sum()) / 2
        return (
            f"{pair}: the same demand lies elsewhere ({moved:,.0f} of {one.sum():,.0f} kWh/day in other cells); "
            f"{_advise_demand(base, other)}"
        )
    return ""


def _advise_demand(base: ComparedRun, other: ComparedRun) -> str:
    """Name the settings and files that demand comes from and that differ."""
    changes = [
        f"{change.key} {change.shown[0]} and {change.shown[1]}"
        for change in find_changes((base, other))
        if change.key.startswith(_DEMAND_KEYS)
    ]
    if not changes:
        return "no setting of the demand differs, so that the data or the program were others; run both studies again"
    more = f" and {len(changes) - _MOST_NAMED} more" if len(changes) > _MOST_NAMED else ""
    return f"give both the same demand settings; these differ: {'; '.join(changes[:_MOST_NAMED])}{more}"
