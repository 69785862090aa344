"""Limits of zones, places, rules and years that arithmetic alone proves impossible.

Each check is a bound that every plan keeps: what is said here needs no solver and no second opinion.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chargeplan.model.precheck_floors import check_floors
from chargeplan.model.precheck_money import check_count, check_floor_money, check_money
from chargeplan.model.precheck_places import check_areas, check_backup, check_totals
from chargeplan.model.precheck_stations import check_grid, check_sizes, check_spacing
from chargeplan.model.station_sizes import StationSizes

if TYPE_CHECKING:
    from chargeplan.plan_labels import PlanLabels
    from chargeplan.records import PlanProblem


def check_limits(problem: PlanProblem, labels: PlanLabels) -> list[str]:
    """List the limits that no plan can keep, each with its figures and the cheapest change.

    Parameters
    ----------
    problem : PlanProblem
    labels : PlanLabels
    """
    if problem.is_plain:
        return []
    sizes = StationSizes(problem)
    reasons = [
        *check_sizes(problem, labels, sizes),
        *check_spacing(problem, labels),
        *check_grid(problem, labels, sizes),
        *check_areas(problem, labels, sizes),
        *check_totals(problem, labels, sizes),
        *check_floors(problem, labels, sizes),
        *check_backup(problem, labels, sizes),
    ]
    return reasons or [
        *check_count(problem, labels, sizes),
        *check_money(problem, labels, sizes),
        *check_floor_money(problem, labels, sizes),
    ]
