"""Cells with the same sites at the same worth in the same zone are one cell: exact, and most of them go.

Whatever stations a plan has, such cells may share out their demand in the same ways, in every year and
group; so the problem with one cell of their summed demand has the same optimum, and any plan's stations
for one are a plan's stations for the other.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.solve.reduce import group_equal_rows

if TYPE_CHECKING:
    from chargeplan.records import Ints, PlanProblem


def merge_units(problem: PlanProblem) -> tuple[PlanProblem, Ints]:
    """Merge cells with the same sites at the same quality and in the same zone.

    Parameters
    ----------
    problem : PlanProblem
        Not plain, in allocate mode. Driving times of merged pairs are means, weighted by the demand of all
        years; cells that reach no site are one per zone.

    Returns
    -------
    merged : PlanProblem
        Sites, levels, years, types and limits as they were.
    group_of_cell : ndarray of int64, shape (n_cells,)
        Row of each cell in ``merged``.
    """
    n_cells, zone_of = problem.n_cells, problem.limits.cell_zone
    zone = zone_of if len(zone_of) else np.zeros(n_cells, dtype=np.int64)
    worths, worth = np.unique(problem.pair_quality, return_inverse=True)
    n_codes = problem.n_sites * max(1, len(worths))
    # Each cell's run of codes ends with one of its zone, so that no cell has none.
    cell = np.concatenate([problem.pair_cell, np.arange(n_cells)])
    code = np.concatenate([problem.pair_site * max(1, len(worths)) + worth, n_codes + zone])
    order = np.lexsort((code, cell))
    size = np.bincount(cell, minlength=n_cells)
    offsets = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
    leaders, group = group_equal_rows(offsets, code[order].astype(np.int64))
    is_leader = np.zeros(n_cells, dtype=np.bool_)
    is_leader[leaders] = True
    kept = np.flatnonzero(is_leader[problem.pair_cell])
    row = group[problem.pair_cell]
    key = row * n_codes + code[: problem.n_pairs]
    kept = kept[np.argsort(key[kept], kind="stable")]
    pair = np.searchsorted(key[kept], key)
    weight = problem.staging.unit_kwh_day.sum(axis=(0, 2))[problem.pair_cell]
    summed = np.bincount(pair, weight, len(kept))
    seconds = np.bincount(pair, weight * problem.pair_seconds, len(kept))
    pair_site, pair_cell = problem.pair_site[kept], row[kept]
    again = np.lexsort((pair_site, pair_cell))
    unit = np.zeros((problem.staging.n_years, len(leaders), problem.staging.n_groups))
    for year, demand in enumerate(problem.staging.unit_kwh_day):
        np.add.at(unit[year], group, demand)
    mean = np.where(summed > 0, seconds / np.maximum(summed, 1e-300), problem.pair_seconds[kept])
    merged_zone = zone[leaders] if len(zone_of) else zone_of
    merged = replace(
        problem,
        demand_kwh_day=unit[-1].sum(axis=1),
        competitor_kwh_day=np.zeros(len(leaders)),
        pair_cell=pair_cell[again],
        pair_site=pair_site[again],
        pair_quality=problem.pair_quality[kept][again],
        pair_seconds=mean[again],
        stages=replace(problem.staging, unit_kwh_day=unit),
        limits=replace(problem.limits, cell_zone=merged_zone),
    )
    return merged, group
