"""Whether the planned problem is the one that was asked for, rebuilt from the raw records.

Like `chargeplan.evaluate.derive` this repeats, on purpose and in another way, what
`chargeplan.model` computes, and imports nothing of it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from chargeplan.errors import name_rows
from chargeplan.evaluate.derive import derive_can_serve, derive_quality, list_allowed_levels
from chargeplan.records import Bools, CandidateSites, Floats, Ints, PlanProblem, PlanRequest, TravelTable
from chargeplan.words import PlanMode, SiteStatus

_RELATIVE_TOLERANCE = 1e-9


def find_problem_faults(
    request: PlanRequest, sites: CandidateSites, travel: TravelTable, problem: PlanProblem
) -> list[str]:
    """Find where a planning problem is not the one of the request and the raw records.

    Demand is not looked at, it has a check of its own.

    Returns
    -------
    list of str
        Empty when the problem is the one that was asked for.
    """
    sizes = (problem.n_cells, problem.n_sites)
    if sizes != (travel.n_cells, travel.n_sites) or problem.n_sites != len(sites.table):
        return [f"the problem has {sizes} cells and sites, the travel table {travel.n_cells, travel.n_sites}"]
    return [
        *_compare_limits(request, problem),
        *_compare_sites(request, sites, problem),
        *_compare_levels(request, sites, problem),
        *_compare_pairs(request, sites, travel, problem),
    ]


def derive_pair_rows(
    request: PlanRequest, sites: CandidateSites, travel: TravelTable, has_demand: Bools
) -> Ints:
    """Derive the rows of the travel table that a plan may use, rising.

    Pairs of sites that can serve at all; of these the nearest of each cell (equally near: the
    first in the table of sites); of these the ones with worth and demand.
    """
    table = pd.DataFrame({"cell": travel.cell_pos, "site": travel.site_pos, "seconds": travel.seconds})
    table = table[derive_can_serve(request, sites)[travel.site_pos] & (travel.seconds <= request.limit_s)]
    if request.nearest_sites > 0:
        table = table.sort_values(["seconds", "site"]).groupby("cell").head(request.nearest_sites)
    has_worth = derive_quality(request, table["seconds"].to_numpy()) > 0
    rows = table.index.to_numpy()[has_worth & has_demand[table["cell"].to_numpy()]]
    return np.sort(rows).astype(np.int64)


def _compare_limits(request: PlanRequest, problem: PlanProblem) -> list[str]:
    return [
        f"{name} is {getattr(problem, name)}, asked for was {getattr(request, name)}"
        for name in ("mode", "budget_pkr", "max_sites", "nearest_sites")
        if getattr(problem, name) != getattr(request, name)
    ]


def _compare_sites(request: PlanRequest, sites: CandidateSites, problem: PlanProblem) -> list[str]:
    """Compare what is said of each site: open, forced, counted, and what stands there."""
    is_existing = sites.has_status(SiteStatus.EXISTING)
    is_required = sites.has_status(SiteStatus.REQUIRED)
    chargers = np.where(is_existing, sites.table["existing_chargers"].to_numpy(), 0)
    power_kw = sites.table["existing_power_kw"].to_numpy()
    delivers = (
        np.full(len(chargers), np.inf)
        if request.mode is PlanMode.COVER
        else request.compute_capacity_kwh_day(power_kw, sites.has_backup, chargers)
    )
    expected = {
        "is_open_allowed": is_existing | derive_can_serve(request, sites),
        "is_forced_open": is_existing | is_required,
        "is_counted": is_required | sites.has_status(SiteStatus.CANDIDATE),
        "existing_chargers": chargers,
        "existing_capacity_kwh_day": np.where(chargers > 0, delivers, 0.0),
    }
    ids = sites.table["site_id"].to_numpy()
    faults = []
    for name, values in expected.items():
        wrong = np.flatnonzero(~_is_same(getattr(problem, name), values))
        if wrong.size:
            faults.append(f"{name} is not that of the sites: {name_rows(ids[wrong])}")
    return faults


def _compare_levels(request: PlanRequest, sites: CandidateSites, problem: PlanProblem) -> list[str]:
    """Compare the sizes of new stations, where they fit, what they cost and what they deliver."""
    levels = np.array(list_allowed_levels(request))
    if not np.array_equal(problem.level_chargers, levels):
        return [f"level_chargers is {problem.level_chargers.tolist()}, asked for was {levels.tolist()}"]
    delivers = np.full(problem.level_capacity_kwh_day.shape, np.inf)
    if request.mode is PlanMode.ALLOCATE:
        power_kw = np.broadcast_to(levels * request.charger_power_kw, delivers.shape)
        delivers = request.compute_capacity_kwh_day(power_kw, sites.has_backup[:, None], levels)
    is_new = sites.has_status(SiteStatus.REQUIRED) | sites.has_status(SiteStatus.CANDIDATE)
    fits = is_new[:, None] & np.greater_equal.outer(sites.table["max_chargers"].to_numpy(), levels)
    cost_pkr = np.add.outer(sites.table["fixed_cost_pkr"].to_numpy(), levels * request.charger_cost_pkr)
    cost_pkr[~is_new] = 0.0
    ids = sites.table["site_id"].to_numpy()
    faults = []
    expected = {
        "level_capacity_kwh_day": delivers,
        "level_allowed": fits,
        "level_cost_pkr": cost_pkr,
    }
    for name, values in expected.items():
        wrong = np.flatnonzero(~_is_same(getattr(problem, name), values).all(axis=1))
        if wrong.size:
            faults.append(f"{name} is not that of the sites and the charger: {name_rows(ids[wrong])}")
    return faults


def _compare_pairs(
    request: PlanRequest, sites: CandidateSites, travel: TravelTable, problem: PlanProblem
) -> list[str]:
    """Compare the pairs: every one that may be used, no other, each once, with its time and worth."""
    rows = derive_pair_rows(request, sites, travel, problem.demand_kwh_day > 0)
    expected = travel.cell_pos[rows] * travel.n_sites + travel.site_pos[rows]
    given = problem.pair_cell * travel.n_sites + problem.pair_site
    faults = []
    missing, extra = np.setdiff1d(expected, given), np.setdiff1d(given, expected)
    for keys, what in ((missing, "are missing"), (extra, "may not be used")):
        if keys.size:
            names = [f"{key // travel.n_sites}-{key % travel.n_sites}" for key in keys.tolist()[:5]]
            faults.append(f"{keys.size} pairs {what}: cell-site rows {', '.join(names)}")
    if faults:
        return faults
    if not np.array_equal(expected, given):
        return ["pairs are repeated or not sorted by cell and site"]
    seconds = travel.seconds[rows]
    for name, values in (("pair_seconds", seconds), ("pair_quality", derive_quality(request, seconds))):
        wrong = np.flatnonzero(~_is_same(getattr(problem, name), values))
        if wrong.size:
            faults.append(f"{name} is not that of the travel table and the bands: {name_rows(wrong)}")
    return faults


def _is_same(given: Floats | Ints | Bools, expected: Floats | Ints | Bools) -> Bools:
    return np.isclose(given, expected, rtol=_RELATIVE_TOLERANCE, atol=_RELATIVE_TOLERANCE)
