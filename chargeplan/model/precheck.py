"""What arithmetic alone proves impossible, said in words before any search."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chargeplan.errors import InfeasibleError, UnsureAdviceError, name_rows
from chargeplan.model.precheck_limits import check_limits
from chargeplan.model.reasons import find_unsure_cause
from chargeplan.model.stages import list_charger_types
from chargeplan.plan_labels import PlanLabels
from chargeplan.rules.possible import describe_impossible
from chargeplan.units import format_pkr
from chargeplan.words import PlanMode, SiteStatus

if TYPE_CHECKING:
    from chargeplan.records import (
        Bools,
        CandidateSites,
        DemandCells,
        Floats,
        Ints,
        PlanProblem,
        PlanRequest,
    )
    from chargeplan.rules.rows import RuleRows


def check_problem(
    problem: PlanProblem, cells: DemandCells, sites: CandidateSites, labels: PlanLabels | None = None
) -> None:
    """Refuse a problem that no plan can satisfy, or in which no plan can serve anything.

    A plain problem that passes has a plan: opening just the required sites at their cheapest levels. Of the others,
    those are refused whose limits arithmetic proves impossible; the rest is for the solver.

    Parameters
    ----------
    problem : PlanProblem
    cells, sites : DemandCells, CandidateSites
    labels : PlanLabels, optional
        Names for grid assets and rules; sites and zones have theirs.

    Raises
    ------
    InfeasibleError
        With every reason found, each with its figures and the cheapest change; an `UnsureAdviceError` when the
        changes are only the least that is needed.
    """
    reasons = [
        *_check_required_levels(problem, sites),
        *_check_required_count(problem),
        *_check_required_cost(problem),
        *_check_reach(problem, cells, sites),
    ]
    if not reasons:
        reasons = check_limits(problem, labels or _label_places(cells, sites))
    if not reasons:
        reasons = _check_something_can_open(problem, sites)
    cause = find_unsure_cause(reasons)
    if cause:
        raise UnsureAdviceError("\n".join(reasons), cause)
    if reasons:
        raise InfeasibleError("\n".join(reasons))


def check_rules(rules: RuleRows | None, sites: CandidateSites, request: PlanRequest) -> None:
    """Refuse rules that no plan can keep, as counting sites, bays and power shows.

    Raises
    ------
    InfeasibleError
    """
    if rules is None:
        return
    chargers = list_charger_types(request)
    bays = np.asarray(sites.table["max_chargers"], dtype=np.int64)
    largest = np.where(chargers.is_offered, chargers.levels, 0).max(axis=1)
    left = np.minimum(bays, largest.sum())
    most_kw = np.zeros(len(bays))
    for kind in np.argsort(-chargers.power_kw, kind="stable").tolist():  # the strongest chargers first
        number = np.minimum(left, largest[kind])
        most_kw += number * chargers.power_kw[kind]
        left = left - number
    told = describe_impossible(
        rules,
        sites,
        most_chargers=np.minimum(bays, largest.sum()),
        most_kw=np.minimum(most_kw, request.largest_station_kw),
        largest_charger_kw=float(chargers.power_kw.max()),
    )
    if told:
        raise InfeasibleError("\n".join(told))


def _label_places(cells: DemandCells, sites: CandidateSites) -> PlanLabels:
    return PlanLabels(
        site_id=tuple(sites.table["site_id"].astype(str)),
        zone_id=tuple(cells.zones["zone_id"].astype(str)),
        zone_name=tuple(cells.zones["zone_name"].astype(str)),
    )


def _find_required(problem: PlanProblem) -> Bools:
    return problem.is_forced_open & problem.is_counted


def _name_sites(sites: CandidateSites, site_pos: Ints) -> str:
    return name_rows(np.asarray(sites.table["site_id"])[site_pos])


def _find_cheapest_pkr(problem: PlanProblem) -> Floats:
    """Cheapest station at each site, infinite where none is allowed."""
    cost = np.where(problem.level_allowed, problem.level_cost_pkr, np.inf).min(axis=1)
    staging = problem.staging
    return np.asarray(cost.reshape(problem.n_sites, -1).min(axis=1) + staging.open_cost_pkr, dtype=np.float64)


def _find_fitting(problem: PlanProblem) -> Bools:
    """Tell where any station fits, shape (n_sites,)."""
    fits = problem.level_allowed.any(axis=1).reshape(problem.n_sites, -1)
    return np.asarray(fits.any(axis=1), dtype=np.bool_)


def _name_smallest_station(problem: PlanProblem) -> str:
    key = "model.station_chargers" if problem.mode is PlanMode.COVER else "model.charger.levels"
    return f"the smallest station has {problem.level_chargers[0]} chargers ({key})"


def _check_required_levels(problem: PlanProblem, sites: CandidateSites) -> list[str]:
    stuck = np.flatnonzero(_find_required(problem) & ~_find_fitting(problem))
    if not len(stuck):
        return []
    bays = np.asarray(sites.table["max_chargers"])[stuck]
    return [
        f"{len(stuck)} required sites cannot hold a station: {_name_sites(sites, stuck)} have room for "
        f"{name_rows(bays)} chargers, {_name_smallest_station(problem)}; allow a smaller station of "
        f"{max(int(bays.min()), 1)}, give the sites more bays, or make them candidates"
    ]


def _check_required_count(problem: PlanProblem) -> list[str]:
    required = int(_find_required(problem).sum())
    if problem.max_sites < 0 or required <= problem.max_sites:
        return []
    return [
        f"{required} sites are required but model.max_sites allows {problem.max_sites}; raise "
        f"model.max_sites to {required}, or make {required - problem.max_sites} required sites candidates"
    ]


def _check_required_cost(problem: PlanProblem) -> list[str]:
    required = _find_required(problem) & _find_fitting(problem)
    cheapest = float(_find_cheapest_pkr(problem)[required].sum())
    if cheapest <= float(problem.staging.year_budget_pkr[0]):
        return []
    if problem.staging.n_years > 1:
        first_pkr = float(problem.staging.year_budget_pkr[0])
        return [
            f"the {int(required.sum())} required sites cost {format_pkr(cheapest)} at their cheapest levels and "
            f"open in the first year, {problem.staging.years[0]}, which has {format_pkr(first_pkr)}; raise its "
            f"budget_pkr in model.years to {np.ceil(cheapest):.0f} ({np.ceil(cheapest) - first_pkr:.0f} more), "
            "or make required sites candidates"
        ]
    return [
        f"the {int(required.sum())} required sites cost {format_pkr(cheapest)} at their cheapest levels, "
        f"the budget is {format_pkr(problem.budget_pkr)}; {_advise_budget(problem, cheapest)}, or make "
        f"required sites candidates"
    ]


def _check_reach(problem: PlanProblem, cells: DemandCells, sites: CandidateSites) -> list[str]:
    if problem.n_pairs:
        return []
    wanted = float(cells.total_kwh_day.sum())
    left = float(problem.demand_kwh_day.sum())
    competitors = sites.has_status(SiteStatus.COMPETITOR)
    n_ours = int((~competitors).sum())
    if wanted <= 0:
        return ["no cell wants any energy (0 kWh/day in all); check the population and the fleet of demand"]
    if left <= 0:
        return [
            f"competitors take all {wanted:,.1f} kWh/day of demand within their reach and nothing is left to "
            f"serve; check the power of the {int(competitors.sum())} competitor sites"
        ]
    if n_ours == 0:
        return ["there is no site to open and none that exists; add kinds or files of candidates in sites"]
    if not problem.is_open_allowed.any():
        bays = int(np.asarray(sites.table["max_chargers"]).max())
        return [
            f"none of {n_ours} sites can hold a station: {_name_smallest_station(problem)}, the largest site "
            f"has room for {bays}; allow smaller stations or give the sites more bays"
        ]
    return [
        f"no demand can be reached: none of {len(cells.cell_id)} cells with {left:,.1f} kWh/day left reaches "
        f"one of {int(problem.is_open_allowed.sum())} usable sites within the travel limit and the bands; "
        f"raise travel.limit_min (and the last band of model.bands), or add sites nearer to the demand"
    ]


def _check_something_can_open(problem: PlanProblem, sites: CandidateSites) -> list[str]:
    """Without existing and required sites, the limits must leave room for one new station."""
    if problem.is_forced_open.any():
        return []
    if problem.max_sites == 0:
        return [
            "model.max_sites is 0 and no station exists, so that no plan can serve anything; "
            "raise model.max_sites to 1 or more"
        ]
    cheapest = _find_cheapest_pkr(problem)
    site = int(cheapest.argmin())
    if cheapest[site] <= problem.budget_pkr:
        return []
    return [
        f"the budget of {format_pkr(problem.budget_pkr)} is below the cheapest station, "
        f"{format_pkr(cheapest[site])} at site {_name_sites(sites, np.array([site]))}; "
        f"{_advise_budget(problem, cheapest[site])}"
    ]


def _advise_budget(problem: PlanProblem, needed_pkr: float) -> str:
    """Say which budget is enough and how much more that is, both as a config takes them."""
    budget_pkr = np.ceil(needed_pkr)
    return f"raise model.budget_pkr to {budget_pkr:.0f} ({budget_pkr - problem.budget_pkr:.0f} more)"
