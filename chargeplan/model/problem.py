"""From records to the planning problem that the search solves."""

from __future__ import annotations

import numpy as np

from chargeplan.model.competitors import compute_competitor_kwh_day
from chargeplan.records import (
    Bools,
    CandidateSites,
    DemandCells,
    Floats,
    Ints,
    PlanProblem,
    PlanRequest,
    TravelTable,
)
from chargeplan.units import SECONDS_PER_MINUTE
from chargeplan.words import PlanMode, SiteStatus


def build_problem(
    cells: DemandCells, sites: CandidateSites, travel: TravelTable, request: PlanRequest
) -> PlanProblem:
    """Build the plain planning problem of a study: one year, one charger type, budget and count.

    Competitors take their demand first. A site can serve at all when it is an existing station
    with chargers (and, in allocate mode, with power: cover mode knows no capacity) or a required or
    candidate site with bays for the smallest station. The nearest sites of a cell are counted among
    those; pairs of other sites and of cells without demand are left out.

    Parameters
    ----------
    cells : DemandCells
    sites : CandidateSites
    travel : TravelTable
    request : PlanRequest
    """
    status = {word: sites.has_status(word) for word in SiteStatus}
    existing = status[SiteStatus.EXISTING]
    is_new = status[SiteStatus.REQUIRED] | status[SiteStatus.CANDIDATE]
    number = _read_column(sites, "existing_chargers").astype(np.int64)
    power_capacity = request.compute_capacity_kwh_day(
        _read_column(sites, "existing_power_kw"), sites.has_backup, np.maximum(number, 1)
    )
    competitor = compute_competitor_kwh_day(
        cells.total_kwh_day,
        np.where(status[SiteStatus.COMPETITOR], power_capacity, 0.0),
        pair_cell=travel.cell_pos,
        pair_site=travel.site_pos,
        pair_seconds=travel.seconds,
    )
    demand = np.maximum(cells.total_kwh_day - competitor, 0.0)
    levels = _choose_levels(request)
    level_allowed = _read_max_chargers(sites)[:, None] >= levels[None, :]
    level_allowed &= is_new[:, None]
    existing_chargers = np.where(existing, number, 0).astype(np.int64)
    existing_capacity = np.where(existing_chargers > 0, power_capacity, 0.0)
    if request.mode is PlanMode.COVER:
        existing_capacity = np.where(existing_chargers > 0, np.inf, 0.0)
    can_serve = level_allowed.any(axis=1) | (existing_capacity > 0)
    quality = grade_drives(request, travel.seconds)
    kept = choose_pairs(travel, quality, demand, can_serve=can_serve, nearest_sites=request.nearest_sites)
    return PlanProblem(
        mode=request.mode,
        demand_kwh_day=demand,
        competitor_kwh_day=competitor,
        pair_cell=travel.cell_pos[kept],
        pair_site=travel.site_pos[kept],
        pair_quality=quality[kept],
        pair_seconds=travel.seconds[kept],
        is_open_allowed=existing | level_allowed.any(axis=1),
        is_forced_open=existing | status[SiteStatus.REQUIRED],
        is_counted=is_new,
        level_chargers=levels,
        level_allowed=level_allowed,
        level_cost_pkr=_compute_level_cost(sites, levels, request.charger_cost_pkr, is_new),
        level_capacity_kwh_day=_compute_level_capacity(levels, sites, request),
        existing_capacity_kwh_day=existing_capacity,
        existing_chargers=existing_chargers,
        budget_pkr=request.budget_pkr,
        max_sites=request.max_sites,
        nearest_sites=request.nearest_sites,
        objective=request.objective,
        target_share=request.target_share,
    )


def grade_drives(request: PlanRequest, seconds: Floats) -> Floats:
    """Grade drives by the travel-time bands: quality 0 to 1, 0 beyond the last band.

    Without bands every drive is worth 1. The end of a band belongs to it.
    """
    if not request.band_up_to_min:
        return np.ones(len(seconds))
    ends_s = np.array(request.band_up_to_min) * SECONDS_PER_MINUTE
    quality = np.array([*request.band_quality, 0.0])
    return quality[np.searchsorted(ends_s, seconds, side="left")]


def _read_column(sites: CandidateSites, name: str) -> Floats:
    return np.asarray(sites.table[name], dtype=np.float64)


def _read_max_chargers(sites: CandidateSites) -> Ints:
    return np.asarray(sites.table["max_chargers"], dtype=np.int64)


def _choose_levels(request: PlanRequest) -> Ints:
    levels = (request.station_chargers,) if request.mode is PlanMode.COVER else request.levels
    return np.array(levels, dtype=np.int64)


def _compute_level_capacity(levels: Ints, sites: CandidateSites, request: PlanRequest) -> Floats:
    if request.mode is PlanMode.COVER:
        return np.full((len(sites.table), len(levels)), np.inf)
    power_kw = request.charger_power_kw * levels[None, :].astype(np.float64)
    return request.compute_capacity_kwh_day(power_kw, sites.has_backup[:, None], levels[None, :])


def _compute_level_cost(
    sites: CandidateSites, levels: Ints, charger_cost_pkr: float, is_new: Bools
) -> Floats:
    cost = _read_column(sites, "fixed_cost_pkr")[:, None] + levels[None, :] * charger_cost_pkr
    return np.where(is_new[:, None], cost, 0.0)


def choose_pairs(
    travel: TravelTable,
    quality: Floats,
    demand_kwh_day: Floats,
    *,
    can_serve: Bools,
    nearest_sites: int,
) -> Bools:
    """Keep the pairs worth something whose site is among the nearest of those that can serve (0: any)."""
    keep = can_serve[travel.site_pos]
    if nearest_sites > 0:
        keep[keep] = rank_in_cell(travel.cell_pos[keep], travel.seconds[keep]) < nearest_sites
    keep &= (quality > 0) & (demand_kwh_day[travel.cell_pos] > 0)
    return keep


def rank_in_cell(pair_cell: Ints, pair_seconds: Floats) -> Ints:
    """Rank each pair among those of its cell by driving time, from 0; ties by row.

    Parameters
    ----------
    pair_cell, pair_seconds : ndarray, shape (k,)
        Sorted by cell.

    Examples
    --------
    >>> rank_in_cell(np.array([0, 0, 2, 2, 2]), np.array([9.0, 5.0, 1.0, 7.0, 1.0]))
    array([1, 0, 0, 2, 1])
    """
    order = np.lexsort((np.arange(len(pair_cell)), pair_seconds, pair_cell))
    starts = np.searchsorted(pair_cell, pair_cell, side="left")  # first pair of the same cell
    rank = np.empty(len(pair_cell), dtype=np.int64)
    rank[order] = np.arange(len(pair_cell)) - starts[order]
    return rank
