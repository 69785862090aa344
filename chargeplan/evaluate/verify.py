"""The independent check of a plan: every claim recomputed from the raw records.

Imports nothing of the solver and nothing of the model stage. A plan that fails is not
published.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chargeplan.errors import VerificationError, name_rows
from chargeplan.evaluate.check_terms import MONEY_TOLERANCE_PKR, RELATIVE_TOLERANCE, SHARE_TOLERANCE, Faults
from chargeplan.evaluate.derive import (
    derive_competitor_kwh_day,
    derive_site_capacity_kwh_day,
    derive_site_cost_pkr,
    list_allowed_levels,
)
from chargeplan.evaluate.rebuild import find_problem_faults
from chargeplan.evaluate.verify_pairs import (
    check_driving_times,
    check_nearest_sites,
    check_pairs,
    check_quality,
    check_shares,
)
from chargeplan.evaluate.verify_proof import check_objective, check_proof
from chargeplan.words import PlanMode, SiteStatus

if TYPE_CHECKING:
    from collections.abc import Callable

    from chargeplan.grid_assets import GridAssets
    from chargeplan.records import (
        CandidateSites,
        DemandCells,
        Floats,
        Ints,
        PlanProblem,
        PlanRequest,
        RoadNetwork,
        Solution,
        TravelTable,
    )
    from chargeplan.rules.rows import RuleRows


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
    from chargeplan.evaluate.verify_idle import IDLE_CHECKS, must_spend_well
    from chargeplan.evaluate.verify_stages import REPLACED_CHECKS, STAGE_CHECKS

    rows = []
    checks_by_name = CHECKS if plan.is_plain else CHECKS | REPLACED_CHECKS | STAGE_CHECKS
    if must_spend_well(plan):
        checks_by_name = checks_by_name | IDLE_CHECKS
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
    if cost_pkr > plan.request.budget_pkr + MONEY_TOLERANCE_PKR:
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


CHECKS: dict[str, Callable[[PlanCase], Faults]] = {
    "problem": _check_problem,
    "pairs": check_pairs,
    "driving times": check_driving_times,
    "nearest sites": check_nearest_sites,
    "quality": check_quality,
    "shares": check_shares,
    "open sites": _check_open_sites,
    "levels": _check_levels,
    "budget": _check_budget,
    "count": _check_count,
    "capacity": _check_capacity,
    "demand": _check_demand,
    "objective": check_objective,
    "proof": check_proof,
}
