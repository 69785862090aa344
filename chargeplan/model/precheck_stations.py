"""Required stations that their bays, the power, the spacing or the grid cannot hold."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.errors import name_rows
from chargeplan.model.station_sizes import StationSizes, find_required
from chargeplan.rows import count_things

if TYPE_CHECKING:
    from chargeplan.plan_labels import PlanLabels
    from chargeplan.records import Ints, PlanProblem

_SLACK = 1e-9


def _name_sites(labels: PlanLabels, sites: Ints) -> str:
    return name_rows([labels.name_site(int(site)) for site in sites])


def check_sizes(problem: PlanProblem, labels: PlanLabels, sizes: StationSizes) -> list[str]:
    """Check that each required site, or any, has a size that its bays, the power and the rules allow."""
    limits = problem.limits
    existing = problem.is_forced_open & ~problem.is_counted
    fits = problem.level_allowed.any(axis=1).reshape(problem.n_sites, -1).any(axis=1)
    stuck = fits & problem.is_open_allowed & ~existing & ~sizes.can_open
    required = np.flatnonzero(stuck & find_required(problem))
    nothing = not sizes.can_open.any() and not existing.any() and stuck.any()
    if not len(required) and not nothing:
        return []
    which = (
        f"{count_things(len(required), 'required site')} can hold no station: {_name_sites(labels, required)}"
        if len(required)
        else f"none of {count_things(int(stuck.sum()), 'site')} can hold a station, so that no plan can serve anything"
    )
    at = required if len(required) else np.flatnonzero(stuck)
    asked, advice = [], []
    for rule, least in enumerate(limits.station_least):
        if least[at].max() > 0:
            asked.append(f"{labels.name_station_rule(rule)} asks for {least[at].max():.10g}")
            advice.append(
                f"lower {labels.name_station_rule(rule)} to {_find_possible(problem, rule, at):.10g}"
            )
    if len(limits.largest_kw) and np.isfinite(limits.largest_kw[at]).any():
        asked.append(f"model.largest_station_kw allows {limits.largest_kw[at].min():.10g} kW")
        # Raising the largest power helps where the bays hold what is asked for.
        need_kw = _find_needed_kw(problem, at)
        if np.isfinite(need_kw):
            advice.append(f"raise model.largest_station_kw to {need_kw:.10g}")
    bays = _count_room(problem)[at]
    asked.append(f"their bays and sizes allow {name_rows(np.unique(bays))} chargers")
    end = ["make them candidates"] if len(required) else []
    return [f"{which}; {', '.join(asked)}; {', or '.join([*advice, *end])}"]


def _count_room(problem: PlanProblem) -> Ints:
    """Count the chargers that bays and levels leave room for, shape (n_sites,)."""
    n_types = problem.staging.n_types
    most = np.where(problem.level_allowed, problem.level_chargers, 0).max(axis=1)
    room = most.reshape(-1, n_types).sum(axis=1)
    bays = problem.limits.bays
    return np.asarray(np.minimum(room, bays) if len(bays) else room, dtype=np.int64)


def _list_stations(problem: PlanProblem, site: int, *, with_power: bool) -> list[tuple[int, ...]]:
    """List the numbers of chargers by type that a site has room for."""
    staging, limits = problem.staging, problem.limits
    options = [
        [0, *problem.level_chargers[problem.level_allowed[slot]].tolist()]
        for slot in range(site * staging.n_types, (site + 1) * staging.n_types)
    ]
    most_kw = limits.largest_kw[site] if with_power and len(limits.largest_kw) else np.inf
    bays = limits.bays[site] if len(limits.bays) else np.inf
    return [
        each
        for each in itertools.product(*options)
        if 0 < sum(each) <= bays and np.dot(each, staging.charger_kw) <= most_kw * (1 + _SLACK)
    ]


def _find_possible(problem: PlanProblem, rule: int, sites: Ints) -> float:
    """Find the most that all of some sites can hold of what a rule asks of each station."""
    amount = problem.limits.station_amount[rule]
    best = [
        max(
            (float(np.dot(each, amount)) for each in _list_stations(problem, int(site), with_power=True)),
            default=0.0,
        )
        for site in sites[:_SHOWN_SITES]
    ]
    return min(best)


_SHOWN_SITES = 200  # of which the figures of the advice are found; all are judged


def _find_needed_kw(problem: PlanProblem, sites: Ints) -> float:
    """Find the power that would let all of some sites hold what the rules ask of each station."""
    limits, kw = problem.limits, problem.staging.charger_kw
    needed = []
    for site in sites[:_SHOWN_SITES].tolist():
        enough = [
            float(np.dot(each, kw))
            for each in _list_stations(problem, site, with_power=False)
            if all(
                np.dot(each, amount) >= least[site] * (1 - _SLACK)
                for amount, least in zip(limits.station_amount, limits.station_least, strict=True)
            )
        ]
        needed.append(min(enough, default=np.inf))
    return max(needed)


def check_spacing(problem: PlanProblem, labels: PlanLabels) -> list[str]:
    """Check that no two required sites are closer than the spacing."""
    limits, required = problem.limits, find_required(problem)
    clashes = []
    for first, end in itertools.pairwise(limits.clique_start.tolist()):
        both = limits.clique_site[first:end][required[limits.clique_site[first:end]]]
        if len(both) > 1:
            clashes.append(" and ".join(labels.name_site(int(site)) for site in both))
    if not clashes:
        return []
    return [
        f"required sites are closer than model.spacing_m: {name_rows(clashes)}; lower model.spacing_m, or make one "
        "required site of each pair a candidate"
    ]


def check_grid(problem: PlanProblem, labels: PlanLabels, sizes: StationSizes) -> list[str]:
    """Check that the smallest stations of required sites fit the headroom above them with all steps."""
    from chargeplan.formulation.families_places import find_sites_below

    limits, required = problem.limits, find_required(problem) & sizes.can_open
    if len(limits.site_asset) == 0 or not required.any():
        return []
    told, raised = [], []
    below = find_sites_below(limits.site_asset, limits.asset_parent)
    for asset in np.flatnonzero(np.isfinite(limits.asset_headroom_kw)).tolist():
        fed = np.flatnonzero(below[asset] & required)
        needed = float(sizes.least_kw[fed].sum())
        headroom = float(limits.asset_headroom_kw[asset])
        steps = int(limits.asset_max_steps[asset]) if limits.asset_step_kw[asset] > 0 else 0
        most = headroom + steps * float(limits.asset_step_kw[asset])
        if needed <= most * (1 + _SLACK) + _SLACK:
            continue
        raised.append(f"that of {labels.name_asset(asset)} to {headroom + needed - most:.10g} kW")
        bought = f" with {count_things(steps, 'step')}" if steps else ""
        told.append(
            f"grid asset {labels.name_asset(asset)} bears {most:,.10g} kW{bought}, but the smallest stations of the "
            f"required sites below it ({_name_sites(labels, fed)}) draw {needed:,.10g} kW; raise its headroom_kw in "
            f"the file of grid.path to {headroom + needed - most:.10g}, or make required sites candidates"
        )
    if len(told) > 1:  # one line, for one change alone is not enough
        causes = name_rows([each.partition("; ")[0] for each in told])
        return [
            f"{causes}; raise headroom_kw in the file of grid.path, {', '.join(raised)}, or make required sites "
            "candidates"
        ]
    return told
