"""The flows of a plan with years, charger types and classes, from its records alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.evaluate.derive import derive_competitor_kwh_day, list_charger_types
from chargeplan.words import SiteStatus

if TYPE_CHECKING:
    from chargeplan.evaluate.verify import PlanCase
    from chargeplan.records import Bools, DemandCells, Floats, Ints


@dataclass(frozen=True, slots=True, eq=False)
class Flows:
    """Energy that goes from cells to chargers; one entry for each year, pair, group and type that serves.

    Parameters
    ----------
    year, cell, site, group, kind : ndarray of int64
        Row of the year, the cell, the site, the group of classes and the charger type.
    pair : ndarray of int64
    share : ndarray
        Of the demand of the group in the cell.
    kwh_day : ndarray
    """

    year: Ints
    pair: Ints
    cell: Ints
    site: Ints
    group: Ints
    kind: Ints
    share: Floats
    kwh_day: Floats


def list_cells_by_year(plan: PlanCase) -> tuple[DemandCells, ...]:
    """List the demand of each year that is planned for."""
    return (*plan.earlier_cells, plan.cells)


def derive_groups(plan: PlanCase) -> tuple[Bools, Ints]:
    """Derive which classes can use which charger types, and group the classes that can use the same.

    Returns
    -------
    can_use : ndarray of bool, shape (n_groups, n_types)
        In the order of the numbers that the rows make as binary figures.
    group_of_class : ndarray of int64, shape (n_classes,)
        -1 for classes that can use none.
    """
    if len(plan.request.charger_types) == 0:
        return np.ones((1, 1), dtype=np.bool_), np.zeros(len(plan.cells.classes), dtype=np.int64)
    kinds = list_charger_types(plan.request)
    pattern = [
        tuple(bool(plan.cells.can_use(kw)[position]) for kw, _, _ in kinds)
        for position in range(len(plan.cells.classes))
    ]
    groups = sorted({each for each in pattern if any(each)})
    number = {each: row for row, each in enumerate(groups)}
    return np.array(groups, dtype=np.bool_), np.array(
        [number.get(each, -1) for each in pattern], dtype=np.int64
    )


def derive_unit_kwh_day(plan: PlanCase) -> Floats:
    """Derive the demand left for our stations, shape (n_years, n_cells, n_groups), kWh per day."""
    can_use, group = derive_groups(plan)
    by_year = list_cells_by_year(plan)
    unit = np.zeros((len(by_year), plan.problem.n_cells, len(can_use)))
    for row, cells in enumerate(by_year):
        taken = derive_competitor_kwh_day(plan.request, cells, plan.sites, plan.travel)
        total = cells.total_kwh_day
        left = np.where(total > 0, 1.0 - taken / np.where(total > 0, total, 1.0), 0.0)
        for position, of_class in enumerate(group.tolist()):
            if of_class >= 0:
                unit[row, :, of_class] += cells.kwh_day[:, position] * np.maximum(left, 0.0)
    return unit


def derive_flows(plan: PlanCase) -> Flows:
    """Read the flows of a solution and derive their energy."""
    can_use, _ = derive_groups(plan)
    n_groups, n_types = can_use.shape
    rest, kind = np.divmod(plan.solution.flow_at, n_types)
    rest, group = np.divmod(rest, n_groups)
    year, pair = np.divmod(rest, max(plan.problem.n_pairs, 1))
    cell, site = plan.problem.pair_cell[pair], plan.problem.pair_site[pair]
    share = plan.solution.flow_share
    kwh_day = share * derive_unit_kwh_day(plan)[year, cell, group]
    return Flows(year, pair, cell, site, group, kind, share, kwh_day)


def split_flows_by_class(plan: PlanCase) -> Floats:
    """Split what new stations sell in the last year by vehicle class, shape (n_classes,), kWh per day.

    Within a group and a cell each class is served in proportion to what it wants.
    """
    flows = derive_flows(plan)
    _, group = derive_groups(plan)
    is_new = ~plan.sites.has_status(SiteStatus.EXISTING)
    last = len(plan.solution.slot_chargers) - 1
    used = np.flatnonzero((flows.year == last) & is_new[flows.site])
    unit = derive_unit_kwh_day(plan)[last]
    served = np.zeros_like(unit)
    np.add.at(served, (flows.cell[used], flows.group[used]), flows.kwh_day[used])
    wanted = np.zeros_like(unit)
    for position, of_class in enumerate(group.tolist()):
        if of_class >= 0:
            wanted[:, of_class] += plan.cells.kwh_day[:, position]
    part = np.divide(served, wanted, out=np.zeros_like(served), where=wanted > 0)
    sold = np.zeros(len(group))
    for position, of_class in enumerate(group.tolist()):
        if of_class >= 0:
            sold[position] = float(part[:, of_class] @ plan.cells.kwh_day[:, position])
    return sold
