"""What a new station can be at each site, and where some must open."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.formulation.station_states import list_station_levels

if TYPE_CHECKING:
    from chargeplan.records import Bools, Floats, Ints, PlanProblem

_SLACK = 1e-9


class StationSizes:
    """What a new station can be at each site, with the bays, the power and the rules about each station.

    Attributes
    ----------
    can_open : ndarray of bool, shape (n_sites,)
    least_kw, cheapest_pkr : ndarray, shape (n_sites,)
        Of any station that may stand there, without cost of the grid; infinite where none may.
    most : ndarray of int64, shape (n_slots,)
        Most chargers of each type.
    most_chargers : ndarray of int64, shape (n_sites,)
        Of all types together.
    """

    def __init__(self, problem: PlanProblem) -> None:
        staging, limits = problem.staging, problem.limits
        n_sites, n_types = problem.n_sites, staging.n_types
        existing = problem.is_forced_open & ~problem.is_counted
        may = problem.is_open_allowed & ~existing
        self.can_open = np.zeros(n_sites, dtype=np.bool_)
        self.least_kw, self.cheapest_pkr = np.full(n_sites, np.inf), np.full(n_sites, np.inf)
        self.most = np.zeros((n_sites, n_types), dtype=np.int64)
        self.most_chargers = np.zeros(n_sites, dtype=np.int64)
        self.most_amount = np.zeros((len(limits.total_amount), n_sites))
        allowed = problem.level_allowed.reshape(n_sites, n_types, -1)
        cost = problem.level_cost_pkr.reshape(n_sites, n_types, -1)
        # As many rounds as there are sets of chargers: the product over types of the numbers they are
        # offered in, which `list_station_levels` limits.
        for levels in list_station_levels(problem)[0][1:]:
            chargers = np.where(levels >= 0, problem.level_chargers[levels], 0)
            kw = float(chargers @ staging.charger_kw)
            fits, price = may.copy(), staging.open_cost_pkr.copy()
            for kind, level in enumerate(levels.tolist()):
                if level >= 0:
                    fits &= allowed[:, kind, level]
                    price += cost[:, kind, level]
            if len(limits.bays):
                fits &= chargers.sum() <= limits.bays
            if len(limits.largest_kw):
                fits &= kw <= np.where(limits.largest_kw > 0, limits.largest_kw, np.inf) * (1 + _SLACK)
            for amount, least in zip(limits.station_amount, limits.station_least, strict=True):
                fits &= float(chargers @ amount) >= least * (1 - _SLACK)
            at = np.flatnonzero(fits)
            self.can_open[at] = True
            self.least_kw[at] = np.minimum(self.least_kw[at], kw)
            self.cheapest_pkr[at] = np.minimum(self.cheapest_pkr[at], price[at])
            self.most[at] = np.maximum(self.most[at], chargers)
            self.most_chargers[at] = np.maximum(self.most_chargers[at], chargers.sum())
            for total, amount in enumerate(limits.total_amount):
                self.most_amount[total, at] = np.maximum(
                    self.most_amount[total, at], float(chargers @ amount)
                )


def find_required(problem: PlanProblem) -> Bools:
    """Find the sites that must get a new station, shape (n_sites,)."""
    return problem.is_forced_open & problem.is_counted


def list_areas(problem: PlanProblem, sizes: StationSizes) -> list[tuple[int, Ints, int]]:
    """List area, sites of it that may open, and how many of these must."""
    limits = problem.limits
    stands = problem.is_forced_open & ~problem.is_counted
    areas = []
    for area, (first, end) in enumerate(itertools.pairwise(limits.cover_start.tolist())):
        members = limits.cover_site[first:end]
        missing = int(limits.cover_least[area]) - int(stands[members].sum())
        areas.append((area, members[sizes.can_open[members]], missing))
    return areas


def measure_most_kwh_day(problem: PlanProblem, sizes: StationSizes) -> Floats:
    """Measure what a new station delivers at most, shape (n_sites,)."""
    allowed = problem.level_allowed & (problem.level_chargers <= sizes.most.ravel()[:, None])
    amount = np.where(allowed, problem.level_capacity_kwh_day, 0.0).max(axis=1)
    most = amount.reshape(problem.n_sites, -1).sum(axis=1)
    return np.asarray(np.where(sizes.can_open, most, 0.0), dtype=np.float64)
