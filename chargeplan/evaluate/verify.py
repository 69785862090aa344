"""The independent check of a plan: every claim recomputed from the raw records.

Imports nothing of the solver and nothing of the model stage. A plan that fails is not
published.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.sparse.csgraph import dijkstra

from chargeplan.errors import VerificationError, name_rows
from chargeplan.evaluate.derive import (
    derive_can_serve,
    derive_competitor_kwh_day,
    derive_quality,
    derive_site_capacity_kwh_day,
    derive_site_cost_pkr,
    list_allowed_levels,
)
from chargeplan.evaluate.rebuild import find_problem_faults
from chargeplan.records import (
    COST_TOLERANCE,
    PROOF_TOLERANCE,
    TARGET_TOLERANCE,
    CandidateSites,
    DemandCells,
    Floats,
    Ints,
    PlanProblem,
    PlanRequest,
    RoadNetwork,
    Solution,
    TravelTable,
    compute_cost_gap,
    compute_gap,
)
from chargeplan.words import Outcome, PlanMode, PlanObjective, SiteStatus

if TYPE_CHECKING:
    from chargeplan.grid_assets import GridAssets
    from chargeplan.rules.rows import RuleRows

SHARE_TOLERANCE = 1e-6
RELATIVE_TOLERANCE = 1e-6
_MONEY_TOLERANCE_PKR = 0.5
_SAMPLED_PAIRS = 64


@dataclass(frozen=True, slots=True, eq=False)
class PlanCase:
    """A plan with the raw records it is checked against.

    `data_limits` are what the road data cannot tell or lack; they become warnings. `earlier_cells` are the
    demand of the years before the last one, `grid` and `rules` what the plan must respect beside.
    """

    request: PlanRequest
    network: RoadNetwork
    cells: DemandCells
    sites: CandidateSites
    travel: TravelTable
    problem: PlanProblem
    solution: Solution
    data_limits: tuple[str, ...] = ()
    earlier_cells: tuple[DemandCells, ...] = ()
    grid: GridAssets | None = None
    rules: RuleRows | None = None

    @property
    def is_plain(self) -> bool:
        """Whether there is one year and one charger type, and nothing to respect but budget and count."""
        return len(self.solution.slot_chargers) == 0

    @property
    def chargers_by_type(self) -> Ints:
        """Chargers in the last year, shape (n_sites, n_types)."""
        if self.is_plain:
            return self.solution.chargers[:, None]
        by_slot: Ints = self.solution.slot_chargers[-1]
        return by_slot.reshape(len(self.solution.chargers), -1)

    @property
    def used(self) -> Ints:
        """Rows of the pairs that serve something."""
        return np.flatnonzero(self.solution.pair_share > SHARE_TOLERANCE)

    @property
    def served_kwh_day(self) -> Floats:
        """Energy served by each pair, shape (k,)."""
        return np.asarray(
            self.solution.pair_share * self.problem.demand_kwh_day[self.problem.pair_cell], dtype=np.float64
        )


Faults = list[str]


def verify_plan(plan: PlanCase) -> pd.DataFrame:
    """Recompute cost, coverage, capacity, every limit and the objective of a plan.

    Returns
    -------
    pandas.DataFrame
        Columns name, passed, detail; one row per check, all passed.

    Raises
    ------
    VerificationError
        With every check that failed and the first ids at fault.
    """
    from chargeplan.evaluate.verify_idle import IDLE_CHECKS
    from chargeplan.evaluate.verify_stages import REPLACED_CHECKS, STAGE_CHECKS

    rows = []
    checks_by_name = CHECKS if plan.is_plain else CHECKS | REPLACED_CHECKS | STAGE_CHECKS | IDLE_CHECKS
    for name, check in checks_by_name.items():
        faults = check(plan)
        rows.append((name, not faults, "; ".join(faults)))
    checks = pd.DataFrame(rows, columns=["name", "passed", "detail"]).astype({"detail": "str"})
    failed = checks[~checks["passed"]]
    if not failed.empty:
        raise VerificationError(
            "the plan failed its independent check and was not published:\n"
            + "\n".join(
                f"  {row.name_}: {row.detail}"
                for row in failed.rename(columns={"name": "name_"}).itertuples()
            )
        )
    return checks


def _check_problem(plan: PlanCase) -> Faults:
    """The planned problem is the one of the request: its pairs, costs, sizes, limits and sites."""
    return find_problem_faults(plan.request, plan.sites, plan.travel, plan.problem)


def _check_pairs(plan: PlanCase) -> Faults:
    """Every used pair stands in the travel table with the same driving time."""
    n_sites = max(plan.travel.n_sites, 1)
    table_key = plan.travel.cell_pos * n_sites + plan.travel.site_pos
    used = plan.used
    key = plan.problem.pair_cell[used] * n_sites + plan.problem.pair_site[used]
    if table_key.size == 0:
        return ["pairs are used but the travel table is empty"] if used.size else []
    found = np.minimum(np.searchsorted(table_key, key), table_key.size - 1)
    is_missing = table_key[found] != key
    is_other_time = ~is_missing & (
        np.abs(plan.travel.seconds[found] - plan.problem.pair_seconds[used]) > RELATIVE_TOLERANCE
    )
    faults = []
    if is_missing.any():
        faults.append(f"{is_missing.sum()} pairs are not in the travel table: {name_rows(used[is_missing])}")
    if is_other_time.any():
        faults.append(
            f"{is_other_time.sum()} pairs have another driving time: {name_rows(used[is_other_time])}"
        )
    return faults


def _check_driving_times(plan: PlanCase) -> Faults:
    """A sample of used pairs is driven again, forward from the cell, on the road network."""
    used = plan.used
    if used.size == 0:
        return []
    sample = used[np.unique(np.linspace(0, used.size - 1, _SAMPLED_PAIRS).astype(np.int64))]
    origin = plan.cells.node_pos[plan.problem.pair_cell[sample]]
    target = plan.sites.table["node_pos"].to_numpy()[plan.problem.pair_site[sample]]
    unique_origin, row = np.unique(origin, return_inverse=True)
    seconds = dijkstra(plan.network.seconds, indices=unique_origin, limit=plan.request.limit_s * 1.01)[
        row, target
    ]
    is_wrong = np.abs(seconds - plan.problem.pair_seconds[sample]) > 1e-3
    return [
        f"{is_wrong.sum()} driving times differ on the network: pairs {name_rows(sample[is_wrong])}"
    ] * bool(is_wrong.any())


def _check_nearest_sites(plan: PlanCase) -> Faults:
    """A cell uses only sites among its nearest so many that can serve for us."""
    limit = plan.request.nearest_sites
    if limit <= 0:
        return []
    from chargeplan.evaluate.rebuild_stages import find_serving_sites

    can_serve = derive_can_serve(plan.request, plan.sites) if plan.is_plain else find_serving_sites(plan)
    is_ours = can_serve[plan.travel.site_pos]
    cell_of = plan.travel.cell_pos[is_ours]
    seconds_of = plan.travel.seconds[is_ours]
    starts = np.searchsorted(cell_of, np.arange(plan.travel.n_cells + 1))
    wrong = []
    for pair in plan.used:  # a loop: some thousand used pairs, each over one cell's short list
        cell = plan.problem.pair_cell[pair]
        seconds = seconds_of[starts[cell] : starts[cell + 1]]
        if np.count_nonzero(seconds < plan.problem.pair_seconds[pair] - 1e-9) >= limit:
            wrong.append(int(pair))
    return [f"{len(wrong)} pairs use a site beyond the nearest {limit}: {name_rows(wrong)}"] if wrong else []


def _check_quality(plan: PlanCase) -> Faults:
    """The worth of each used pair follows from its driving time and the bands."""
    used = plan.used
    expected = derive_quality(plan.request, plan.problem.pair_seconds[used])
    is_wrong = np.abs(expected - plan.problem.pair_quality[used]) > RELATIVE_TOLERANCE
    return [
        f"{is_wrong.sum()} pairs have another quality than their bands give: {name_rows(used[is_wrong])}"
    ] * bool(is_wrong.any())


def _check_shares(plan: PlanCase) -> Faults:
    """Shares lie between 0 and 1, and no cell is served more than once."""
    share = plan.solution.pair_share
    faults = []
    if len(share) != plan.problem.n_pairs:
        return [f"{len(share)} shares for {plan.problem.n_pairs} pairs"]
    if not bool(np.all(np.isfinite(share) & (share >= -SHARE_TOLERANCE) & (share <= 1 + SHARE_TOLERANCE))):
        faults.append("shares outside 0 to 1")
    total = np.bincount(plan.problem.pair_cell, weights=share, minlength=plan.problem.n_cells)
    over = np.flatnonzero(total > 1 + SHARE_TOLERANCE)
    if over.size:
        faults.append(f"{over.size} cells are served more than once: {name_rows(plan.cells.cell_id[over])}")
    return faults


def _check_open_sites(plan: PlanCase) -> Faults:
    """Only open sites serve; existing and required sites are open, competitors are not ours."""
    chargers = plan.solution.chargers
    ids = plan.sites.table["site_id"].to_numpy()
    faults = []
    serving = np.unique(plan.problem.pair_site[plan.used])
    closed = serving[chargers[serving] == 0]
    if closed.size:
        faults.append(f"closed sites serve: {name_rows(ids[closed])}")
    existing = plan.sites.has_status(SiteStatus.EXISTING)
    changed = np.flatnonzero(existing & (chargers != plan.sites.table["existing_chargers"].to_numpy()))
    if changed.size:
        faults.append(f"existing sites changed: {name_rows(ids[changed])}")
    missing = np.flatnonzero(plan.sites.has_status(SiteStatus.REQUIRED) & (chargers == 0))
    if missing.size:
        faults.append(f"required sites are closed: {name_rows(ids[missing])}")
    forbidden = np.flatnonzero(plan.sites.has_status(SiteStatus.FORBIDDEN) & (chargers != 0))
    if forbidden.size:
        faults.append(f"forbidden sites are open: {name_rows(ids[forbidden])}")
    foreign = np.flatnonzero(plan.sites.has_status(SiteStatus.COMPETITOR) & (chargers != 0))
    if foreign.size:
        faults.append(f"competitors are counted as ours: {name_rows(ids[foreign])}")
    return faults


def _check_levels(plan: PlanCase) -> Faults:
    """A new station has a number of chargers that was offered and that fits its bays."""
    is_new = ~plan.sites.has_status(SiteStatus.EXISTING) & (plan.solution.chargers > 0)
    ids = plan.sites.table["site_id"].to_numpy()
    faults = []
    odd = np.flatnonzero(is_new & ~np.isin(plan.solution.chargers, list_allowed_levels(plan.request)))
    if odd.size:
        faults.append(f"numbers of chargers that were not offered: {name_rows(ids[odd])}")
    full = np.flatnonzero(is_new & (plan.solution.chargers > plan.sites.table["max_chargers"].to_numpy()))
    if full.size:
        faults.append(f"more chargers than bays: {name_rows(ids[full])}")
    return faults


def _check_budget(plan: PlanCase) -> Faults:
    """The cost of all new sites and chargers is within the budget."""
    cost_pkr = float(derive_site_cost_pkr(plan.request, plan.sites, plan.chargers_by_type).sum())
    if cost_pkr > plan.request.budget_pkr + _MONEY_TOLERANCE_PKR:
        return [f"the plan costs {cost_pkr:,.0f} PKR, the budget is {plan.request.budget_pkr:,.0f} PKR"]
    return []


def _check_count(plan: PlanCase) -> Faults:
    """The number of new sites is within the limit; existing sites are not counted."""
    is_new = ~plan.sites.has_status(SiteStatus.EXISTING) & (plan.solution.chargers > 0)
    count = int(is_new.sum())
    if 0 <= plan.request.max_sites < count:
        return [f"{count} new sites, at most {plan.request.max_sites} were asked for"]
    return []


def _check_capacity(plan: PlanCase) -> Faults:
    """In allocate mode no station delivers more than it can."""
    if plan.request.mode is PlanMode.COVER:
        return []
    capacity = derive_site_capacity_kwh_day(plan.request, plan.sites, plan.chargers_by_type)
    load = np.bincount(plan.problem.pair_site, weights=plan.served_kwh_day, minlength=plan.problem.n_sites)
    over = np.flatnonzero(load > capacity * (1 + RELATIVE_TOLERANCE) + RELATIVE_TOLERANCE)
    ids = plan.sites.table["site_id"].to_numpy()
    return [f"{over.size} stations deliver more than they can: {name_rows(ids[over])}"] if over.size else []


def _check_demand(plan: PlanCase) -> Faults:
    """The demand that was planned for is the demand of the cells less what competitors take."""
    competitor = derive_competitor_kwh_day(plan.request, plan.cells, plan.sites, plan.travel)
    expected = plan.cells.total_kwh_day - competitor
    scale = max(float(plan.cells.total_kwh_day.max(initial=0.0)), 1.0)
    is_wrong = np.abs(expected - plan.problem.demand_kwh_day) > RELATIVE_TOLERANCE * scale
    is_wrong |= np.abs(competitor - plan.problem.competitor_kwh_day) > RELATIVE_TOLERANCE * scale
    wrong = np.flatnonzero(is_wrong)
    if wrong.size:
        return [
            f"{wrong.size} cells were planned with another demand: {name_rows(plan.cells.cell_id[wrong])}"
        ]
    return []


def _check_objective(plan: PlanCase) -> Faults:
    """The objective is the sum of energy served times its worth."""
    quality = derive_quality(plan.request, plan.problem.pair_seconds)
    objective = float(np.sum(plan.served_kwh_day * quality))
    claimed = plan.solution.objective_kwh_day
    if abs(objective - claimed) > RELATIVE_TOLERANCE * max(abs(objective), 1.0):
        return [f"the objective is {objective:.6f} kWh/day, the solution claims {claimed:.6f}"]
    return []


def _check_proof(plan: PlanCase) -> Faults:
    """The bound is not below the plan, and the word for the outcome follows from the gap."""
    solution = plan.solution
    reachable = float(plan.problem.demand_kwh_day[np.unique(plan.problem.pair_cell)].sum())
    faults = []
    if solution.bound_kwh_day < solution.objective_kwh_day * (1 - RELATIVE_TOLERANCE):
        faults.append("the bound is below the plan")
    if solution.objective_kwh_day > reachable * (1 + RELATIVE_TOLERANCE):
        faults.append("the plan serves more than can be reached")
    gap = compute_gap(solution.objective_kwh_day, solution.bound_kwh_day)
    tolerance = PROOF_TOLERANCE
    if plan.request.objective is PlanObjective.COST:
        faults += _check_least_money(plan)
        gap, tolerance = compute_cost_gap(solution.cost_pkr, solution.cost_bound_pkr), COST_TOLERANCE
    is_proven = gap <= plan.request.gap_asked + tolerance
    if (solution.outcome is Outcome.PROVEN_OPTIMAL) != is_proven:
        faults.append(f"the outcome says {solution.outcome.value} with a gap of {gap:.6f}")
    return faults


def _check_least_money(plan: PlanCase) -> Faults:
    """The plan reaches its target in the last year, and its claimed cost and bound fit each other."""
    solution = plan.solution
    faults = []
    if not 0 <= solution.cost_bound_pkr <= solution.cost_pkr:
        faults.append(f"costs {solution.cost_pkr} with a bound of {solution.cost_bound_pkr} PKR")
    quality = derive_quality(plan.request, plan.problem.pair_seconds)
    worth = float(np.sum(plan.served_kwh_day * quality))
    left = float(plan.cells.total_kwh_day.sum()) - float(
        derive_competitor_kwh_day(plan.request, plan.cells, plan.sites, plan.travel).sum()
    )
    if plan.problem.stages is not None:  # of the classes that can use one of its charger types
        left = float(plan.problem.demand_kwh_day.sum())
    if worth < plan.request.target_share * left * (1 - 2 * TARGET_TOLERANCE):
        faults.append(f"it serves {worth:,.3f} kWh/day of {left:,.3f}, not {plan.request.target_share:g}")
    if plan.problem.stages is None:
        cost_pkr = float(derive_site_cost_pkr(plan.request, plan.sites, plan.chargers_by_type).sum())
        if abs(cost_pkr - solution.cost_pkr) > _MONEY_TOLERANCE_PKR + RELATIVE_TOLERANCE * cost_pkr:
            faults.append(f"the plan costs {cost_pkr:,.0f} PKR, the solution claims {solution.cost_pkr:,.0f}")
    return faults


CHECKS: dict[str, Callable[[PlanCase], Faults]] = {
    "problem": _check_problem,
    "pairs": _check_pairs,
    "driving times": _check_driving_times,
    "nearest sites": _check_nearest_sites,
    "quality": _check_quality,
    "shares": _check_shares,
    "open sites": _check_open_sites,
    "levels": _check_levels,
    "budget": _check_budget,
    "count": _check_count,
    "capacity": _check_capacity,
    "demand": _check_demand,
    "objective": _check_objective,
    "proof": _check_proof,
}
