"""From records to the planning problem that the search solves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chargeplan.model.competitors import compute_competitor_kwh_day
from chargeplan.records import (
    Bools,
    CandidateSites,
    DemandCells,
    Floats,
    Ints,
    PlanProblem,
    TravelTable,
)
from chargeplan.units import HOURS_PER_DAY, SECONDS_PER_MINUTE
from chargeplan.words import PlanMode, SiteStatus

if TYPE_CHECKING:
    from chargeplan.config.settings import BandSettings, ChargerSettings, ModelSettings


def build_problem(
    cells: DemandCells,
    sites: CandidateSites,
    travel: TravelTable,
    settings: ModelSettings,
    *,
    charger_cost_pkr: float,
    outage_hours_day: float = 0.0,
) -> PlanProblem:
    """Build the planning problem of a study.

    Competitors take their demand first. A site can serve at all when it is an existing station
    with chargers (and, in allocate mode, with power: cover mode knows no capacity) or a required or
    candidate site with bays for the smallest station. The nearest sites of a cell are counted among
    those; pairs of other sites and of cells without demand are left out.

    Parameters
    ----------
    cells : DemandCells
    sites : CandidateSites
    travel : TravelTable
    settings : ModelSettings
    charger_cost_pkr : float
        Price of one charger, installed.
    outage_hours_day : float
        Hours a day without grid power, spread evenly over the day; they stop the chargers of
        sites without a backup.
    """
    status = {word: sites.has_status(word) for word in SiteStatus}
    existing = status[SiteStatus.EXISTING]
    is_new = status[SiteStatus.REQUIRED] | status[SiteStatus.CANDIDATE]
    kwh_day_per_kw = compute_kwh_day_per_kw(sites, settings.charger, outage_hours_day)
    power_capacity = _read_column(sites, "existing_power_kw") * kwh_day_per_kw
    competitor = compute_competitor_kwh_day(
        cells.total_kwh_day,
        np.where(status[SiteStatus.COMPETITOR], power_capacity, 0.0),
        pair_cell=travel.cell_pos,
        pair_site=travel.site_pos,
        pair_seconds=travel.seconds,
    )
    demand = np.maximum(cells.total_kwh_day - competitor, 0.0)
    levels = _choose_levels(settings)
    level_allowed = _read_max_chargers(sites)[:, None] >= levels[None, :]
    level_allowed &= is_new[:, None]
    existing_chargers = np.where(existing, _read_column(sites, "existing_chargers"), 0).astype(np.int64)
    existing_capacity = np.where(existing_chargers > 0, power_capacity, 0.0)
    if settings.mode is PlanMode.COVER:
        existing_capacity = np.where(existing_chargers > 0, np.inf, 0.0)
    can_serve = level_allowed.any(axis=1) | (existing_capacity > 0)
    quality = grade_drives(travel.seconds, settings.bands)
    kept = _choose_pairs(
        travel,
        quality,
        demand,
        can_serve=can_serve,
        nearest_sites=settings.nearest_sites,
    )
    return PlanProblem(
        mode=settings.mode,
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
        level_cost_pkr=_compute_level_cost(sites, levels, charger_cost_pkr, is_new),
        level_capacity_kwh_day=_compute_level_capacity(levels, kwh_day_per_kw, settings),
        existing_capacity_kwh_day=existing_capacity,
        existing_chargers=existing_chargers,
        budget_pkr=np.inf if settings.budget_pkr is None else settings.budget_pkr,
        max_sites=-1 if settings.max_sites is None else settings.max_sites,
        nearest_sites=settings.nearest_sites or 0,
    )


def compute_kwh_day_per_kw(
    sites: CandidateSites, charger: ChargerSettings, outage_hours_day: float
) -> Floats:
    """Compute the energy that one kW of charger power delivers per day at most, shape (n_sites,)."""
    hours_lost = np.where(sites.has_backup, 0.0, charger.hours_day * outage_hours_day / HOURS_PER_DAY)
    return np.asarray((charger.hours_day - hours_lost) * charger.max_utilisation, dtype=np.float64)


def grade_drives(seconds: Floats, bands: list[BandSettings]) -> Floats:
    """Grade drives by the travel-time bands: quality 0 to 1, 0 beyond the last band.

    Parameters
    ----------
    seconds : ndarray, shape (k,)
    bands : list of BandSettings
        Rising ends (inclusive); without bands every drive is worth 1.
    """
    if not bands:
        return np.ones(len(seconds))
    ends_s = np.array([band.up_to_min * SECONDS_PER_MINUTE for band in bands])
    quality = np.array([*(band.quality for band in bands), 0.0])
    return quality[np.searchsorted(ends_s, seconds, side="left")]


def _read_column(sites: CandidateSites, name: str) -> Floats:
    return np.asarray(sites.table[name], dtype=np.float64)


def _read_max_chargers(sites: CandidateSites) -> Ints:
    return np.asarray(sites.table["max_chargers"], dtype=np.int64)


def _choose_levels(settings: ModelSettings) -> Ints:
    if settings.mode is PlanMode.COVER:
        return np.array([settings.station_chargers], dtype=np.int64)
    return np.array(settings.charger.levels, dtype=np.int64)


def _compute_level_capacity(levels: Ints, kwh_day_per_kw: Floats, settings: ModelSettings) -> Floats:
    if settings.mode is PlanMode.COVER:
        return np.full((len(kwh_day_per_kw), len(levels)), np.inf)
    return np.outer(settings.charger.power_kw * kwh_day_per_kw, levels)


def _compute_level_cost(
    sites: CandidateSites, levels: Ints, charger_cost_pkr: float, is_new: Bools
) -> Floats:
    cost = _read_column(sites, "fixed_cost_pkr")[:, None] + levels[None, :] * charger_cost_pkr
    return np.where(is_new[:, None], cost, 0.0)


def _choose_pairs(
    travel: TravelTable,
    quality: Floats,
    demand_kwh_day: Floats,
    *,
    can_serve: Bools,
    nearest_sites: int | None,
) -> Bools:
    """Keep the pairs worth something whose site is among the nearest of those that can serve."""
    keep = can_serve[travel.site_pos]
    if nearest_sites is not None:
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
