"""Why a candidate stays closed, as far as the run's records tell: arithmetic alone, no search."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from chargeplan.closed_rules import ClosedBy, ClosedReason, ClosedRules
from chargeplan.units import format_pkr

if TYPE_CHECKING:
    import pandas as pd

    from chargeplan.publish.bundle import RunBundle
    from chargeplan.records import Floats

_LEAST_LEFT_KWH_DAY = 0.05  # less is all of it


def describe_closed_sites(bundle: RunBundle, results: pd.DataFrame) -> list[list[Any]]:
    """Describe each site, in the order of `CandidateSites`, as if it were closed.

    Parameters
    ----------
    bundle : RunBundle
    results : pandas.DataFrame
        Of `build_site_results`.

    Returns
    -------
    list of list
        The demand that may use the site in the last year (kWh/day, whole), the thousandths of it that the plan
        serves (rounded down, so that only all of it is 1000), what its smallest station costs (text, empty where none
        may stand), and the first reason of `ClosedRules` that holds, a text. In this order: nothing may stand there,
        beside the open stations; no demand may use it; no more stations, or no such money, are allowed; open
        stations surely serve all of that demand as well. When none holds the text is empty: then a search must tell,
        for a nearer station may be worth more, and one beside a full station frees room in it.
    """
    problem = bundle.problem
    reach, served = _sum_reach(bundle)
    rules = ClosedRules(problem, bundle.solution, bays=results["max_chargers"].to_numpy(dtype=np.int64))
    ranks = results["rank"].to_numpy()
    told = []
    for site in range(problem.n_sites):
        cost_pkr = rules.find_cheapest_pkr(site)
        reason = _find_first(rules, site)
        told.append(
            [
                round(float(reach[site])),
                _floor_thousandths(reach[site], served[site]),
                format_pkr(cost_pkr) if np.isfinite(cost_pkr) else "",
                "" if reason is None else say_reason(reason, ranks),
            ]
        )
    return told


def _find_first(rules: ClosedRules, site: int) -> ClosedReason | None:
    """Find the reason that tells most: what no money changes, what it is for, what others used up."""
    uses = rules.list_uses(site)
    useless = [each for each in uses if each.by is ClosedBy.DEMAND]
    reasons = [*rules.list_bars(site), *useless, *rules.list_limits(site), *uses]
    return reasons[0] if reasons else None


def say_reason(reason: ClosedReason, ranks: Floats) -> str:
    """Say a reason in the words of the map; `ranks` are those of the sites by row."""
    has, needs = reason.has, reason.needs
    match reason.by:
        case ClosedBy.ROOM:
            return "room for fewer chargers than the smallest station has"
        case ClosedBy.SPACING:
            return f"too near to station no. {int(ranks[reason.other])}"
        case ClosedBy.BAYS:
            return f"room for {has:.0f} chargers, its smallest station needs {needs:.0f}"
        case ClosedBy.POWER:
            return f"its connection bears {has:,.0f} kW, its smallest station draws {needs:,.0f} kW"
        case ClosedBy.GRID:
            return f"the grid above it has {has:,.0f} kW left, its smallest station draws {needs:,.0f} kW"
        case ClosedBy.DEMAND:
            return "no demand may use it"
        case ClosedBy.NUMBER:
            return f"the plan has all {has:.0f} new stations that are allowed"
        case ClosedBy.MONEY:
            return f"its smallest station costs more than the money left, {format_pkr(has)}"
        case ClosedBy.SERVED:
            return "open stations serve all that may use it, as well as it could, and nothing waits for room in them"
    return "a rule about bays, power or spacing leaves no size"


def _sum_reach(bundle: RunBundle) -> tuple[Floats, Floats]:
    """Sum for each site the demand of the cells that may use it, and what the plan serves of that, kWh per day."""
    problem = bundle.problem
    wanted = problem.demand_kwh_day
    served = wanted * np.bincount(problem.pair_cell, bundle.solution.pair_share, problem.n_cells)
    at = problem.pair_cell
    reach, met = (np.bincount(problem.pair_site, each[at], problem.n_sites) for each in (wanted, served))
    return reach.astype(np.float64), met.astype(np.float64)


def _floor_thousandths(whole: float, part: float) -> int:
    if whole <= 0:
        return 0
    if whole - part < _LEAST_LEFT_KWH_DAY:
        return 1000
    return min(int(1000 * part / whole), 999)
