"""What a plan implies, derived from the raw records alone: no model, no solver.

These few functions repeat, on purpose and in another way, what `chargeplan.model` computes;
a mistake would have to be made twice in two ways to pass `verify`.
"""

from __future__ import annotations

import numpy as np

from chargeplan.records import Bools, CandidateSites, DemandCells, Floats, Ints, PlanRequest, TravelTable
from chargeplan.units import SECONDS_PER_MINUTE
from chargeplan.words import PlanMode, SiteStatus

_ENERGY_TOLERANCE_KWH_DAY = 1e-9


def derive_competitor_kwh_day(
    request: PlanRequest, cells: DemandCells, sites: CandidateSites, travel: TravelTable
) -> Floats:
    """Derive the demand that competitors take first, shape (n_cells,), kWh per day.

    Pairs of a cell and a competitor are gone through by driving time (ties by cell, then by
    site); each takes what is left of the cell up to what is left of the competitor.
    """
    left_in_cell = [float(value) for value in cells.total_kwh_day]
    is_competitor = sites.has_status(SiteStatus.COMPETITOR)
    power_kw = sites.table["existing_power_kw"].to_numpy()
    chargers = np.maximum(sites.table["existing_chargers"].to_numpy(), 1)  # power without a number: one
    capacity = request.compute_capacity_kwh_day(power_kw, sites.has_backup, chargers)
    left_at_site = [float(value) for value in capacity]
    pairs = sorted(
        (float(travel.seconds[row]), int(travel.cell_pos[row]), int(travel.site_pos[row]))
        for row in np.flatnonzero(is_competitor[travel.site_pos])
    )
    taken = np.zeros(len(left_in_cell))
    for _, cell, site in pairs:
        energy = min(left_in_cell[cell], left_at_site[site])
        if energy > _ENERGY_TOLERANCE_KWH_DAY:
            taken[cell] += energy
            left_in_cell[cell] -= energy
            left_at_site[site] -= energy
    return taken


def derive_can_serve(request: PlanRequest, sites: CandidateSites) -> Bools:
    """Derive which sites can ever serve for us, shape (n_sites,); these count as nearest sites.

    Existing stations with chargers (and, in allocate mode, with power: cover mode knows no
    capacity), and required or candidate sites with bays for the smallest station. Never
    competitors or forbidden sites.
    """
    has_chargers = sites.table["existing_chargers"].to_numpy() > 0
    is_existing = sites.has_status(SiteStatus.EXISTING) & has_chargers
    is_powered = (sites.table["existing_power_kw"].to_numpy() > 0) | (request.mode is PlanMode.COVER)
    is_new = sites.has_status(SiteStatus.REQUIRED) | sites.has_status(SiteStatus.CANDIDATE)
    has_bays = sites.table["max_chargers"].to_numpy() >= min(list_allowed_levels(request))
    return np.asarray((is_existing & is_powered) | (is_new & has_bays), dtype=np.bool_)


def derive_quality(request: PlanRequest, seconds: Floats) -> Floats:
    """Derive what demand served at these driving times is worth, 0 beyond the last band."""
    if not request.band_up_to_min:
        return np.where(seconds <= request.limit_s, 1.0, 0.0)
    quality = np.zeros(len(seconds))
    for up_to_min, worth in reversed(list(zip(request.band_up_to_min, request.band_quality, strict=True))):
        quality[seconds <= up_to_min * SECONDS_PER_MINUTE] = worth
    return quality


def list_charger_types(request: PlanRequest) -> list[tuple[float, float, tuple[int, ...]]]:
    """List power in kW, price in PKR and offered numbers of each charger type."""
    if len(request.charger_types) == 0:
        return [(request.charger_power_kw, request.charger_cost_pkr, list_allowed_levels(request))]
    return [
        (float(row.power_kw), float(row.cost_pkr), tuple(int(text) for text in str(row.levels).split()))
        for row in request.charger_types.itertuples()
    ]


def find_strongest_kw(request: PlanRequest) -> float:
    """Find the power of the strongest charger type."""
    return max(kw for kw, _, _ in list_charger_types(request))


def derive_site_cost_pkr(request: PlanRequest, sites: CandidateSites, chargers: Ints) -> Floats:
    """Derive what each site costs, shape (n_sites,), PKR: opening it and its chargers.

    Parameters
    ----------
    request : PlanRequest
    sites : CandidateSites
    chargers : ndarray of int64, shape (n_sites, n_types)
    """
    is_new = ~sites.has_status(SiteStatus.EXISTING) & (chargers.sum(axis=1) > 0)
    fixed_pkr = sites.table["fixed_cost_pkr"].to_numpy()
    price = np.array([cost for _, cost, _ in list_charger_types(request)])
    return np.where(is_new, fixed_pkr + chargers @ price, 0.0)


def derive_site_power_kw(request: PlanRequest, sites: CandidateSites, chargers: Ints) -> Floats:
    """Derive the installed power of each open site from chargers by type, shape (n_sites,), kW."""
    existing_kw = sites.table["existing_power_kw"].to_numpy()
    is_existing = sites.has_status(SiteStatus.EXISTING)
    each_kw = np.array([kw for kw, _, _ in list_charger_types(request)])
    return np.asarray(np.where(is_existing, existing_kw, chargers @ each_kw), dtype=np.float64)


def derive_site_capacity_kwh_day(request: PlanRequest, sites: CandidateSites, chargers: Ints) -> Floats:
    """Derive what each site can deliver with chargers by type, shape (n_sites,), kWh per day."""
    is_existing = sites.has_status(SiteStatus.EXISTING)
    existing_kw = sites.table["existing_power_kw"].to_numpy()
    standing = request.compute_capacity_kwh_day(existing_kw, sites.has_backup, chargers.sum(axis=1))
    new = np.zeros(len(chargers))
    for kind, (kw, _, _) in enumerate(list_charger_types(request)):
        power_kw = chargers[:, kind].astype(np.float64) * kw
        new += request.compute_capacity_kwh_day(power_kw, sites.has_backup, chargers[:, kind])
    return np.where(is_existing, standing, new)


def list_allowed_levels(request: PlanRequest) -> tuple[int, ...]:
    """List the numbers of chargers that a new station may have."""
    if len(request.charger_types):
        offered = [number for _, _, numbers in list_charger_types(request) for number in numbers]
        return tuple(sorted(set(offered)))
    return (request.station_chargers,) if request.mode is PlanMode.COVER else request.levels
