"""Competitors first: the demand that other operators' stations take before ours."""

from __future__ import annotations

import numpy as np

from chargeplan.records import Floats, Ints


def compute_competitor_kwh_day(
    demand_kwh_day: Floats,
    capacity_kwh_day: Floats,
    *,
    pair_cell: Ints,
    pair_site: Ints,
    pair_seconds: Floats,
) -> Floats:
    """Give competitors the demand nearest to them, up to what they can deliver.

    Pairs are served in the order of their driving time (then cell, then site), each with as
    much as the cell still wants and the station can still deliver.

    Parameters
    ----------
    demand_kwh_day : ndarray, shape (n_cells,)
        kWh per day.
    capacity_kwh_day : ndarray, shape (n_sites,)
        kWh per day, 0 for sites that are not competitors.
    pair_cell, pair_site : ndarray of int64, shape (k,)
        All pairs within the travel limit.
    pair_seconds : ndarray, shape (k,)

    Returns
    -------
    ndarray, shape (n_cells,)
        Energy that competitors take, kWh per day.
    """
    left = demand_kwh_day.copy()
    spare = capacity_kwh_day.copy()
    useful = np.flatnonzero((capacity_kwh_day[pair_site] > 0) & (demand_kwh_day[pair_cell] > 0))
    order = useful[np.lexsort((pair_site[useful], pair_cell[useful], pair_seconds[useful]))]
    # Each step depends on all before it, and competitors have some thousand pairs: a plain loop.
    for cell, site in zip(pair_cell[order].tolist(), pair_site[order].tolist(), strict=True):
        taken = min(left[cell], spare[site])
        left[cell] -= taken
        spare[site] -= taken
    return demand_kwh_day - left
