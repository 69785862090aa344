"""What a search for the least money knows: the plans found, what is proven of budgets, and its steps."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

import pandas as pd

from chargeplan.errors import SolversDisagreeError
from chargeplan.records import TARGET_TOLERANCE, compute_cost_gap
from chargeplan.solve.cheapest_money import (
    compute_plan_cost_pkr,
    compute_reach_kwh_day,
    compute_served_kwh_day,
    compute_target_kwh_day,
)
from chargeplan.solve.plan import Plan, compute_cost_pkr, find_broken_rules, read_level_pos
from chargeplan.units import format_pkr

if TYPE_CHECKING:
    from chargeplan.records import PlanProblem, Solution

_COLUMNS = ("phase", "elapsed_s", "incumbent_kwh_day", "bound_kwh_day", "gap", "cost_pkr", "cost_bound_pkr")


class CheapestLedger:
    """Plans and proofs of one search.

    Parameters
    ----------
    problem : PlanProblem
        With the objective `COST`.

    Attributes
    ----------
    best, cost_pkr
        The cheapest plan that reaches the target and its cost; None and infinite without one.
    bound_pkr : float
        No plan that reaches the target costs less.
    plans : list of (cost, served, plan)
        All plans, those that do not reach the target too.
    bounds : list of (budget, bound)
        What a budget can serve at most.
    """

    def __init__(self, problem: PlanProblem) -> None:
        self.problem = problem
        self.started = time.monotonic()
        self.weight = problem.staging.year_weight
        self.target_kwh_day = float(self.weight @ compute_target_kwh_day(problem))
        self.floor_kwh_day = self.target_kwh_day * (1 - TARGET_TOLERANCE)
        self.best: Solution | None = None
        self.cost_pkr = math.inf
        self.bound_pkr = 0.0
        self.plans: list[tuple[float, float, Solution]] = []
        self.bounds: list[tuple[float, float]] = []
        self.rows: list[tuple[str, float, float, float, float, float, float]] = []

    @property
    def elapsed_s(self) -> float:
        """Seconds since the search began."""
        return time.monotonic() - self.started

    def take(self, solution: Solution) -> None:
        """Keep a plan that reaches the target, as the best when it is the cheapest.

        Raises
        ------
        SolversDisagreeError
            When it costs less than is proven to be needed.
        """
        cost_pkr = compute_plan_cost_pkr(self.problem, solution)
        if cost_pkr < self.bound_pkr * (1 - 1e-6) - 1.0:
            raise SolversDisagreeError(
                f"a plan that reaches the target costs {format_pkr(cost_pkr)}, less than the "
                f"{format_pkr(self.bound_pkr)} that are proven to be needed; nothing was published; "
                "report this with the config"
            )
        self.remember(solution)
        if cost_pkr < self.cost_pkr:
            self.best, self.cost_pkr = solution, cost_pkr
            self.bound_pkr = min(self.bound_pkr, cost_pkr)

    def raise_bound(self, bound_pkr: float) -> None:
        """Take over that no plan that reaches the target costs less."""
        self.bound_pkr = max(self.bound_pkr, min(bound_pkr, self.cost_pkr))

    def remember(self, solution: Solution) -> None:
        """Keep any plan, to start from or to guess by."""
        served = float(self.weight @ compute_served_kwh_day(self.problem, solution))
        self.plans.append((compute_plan_cost_pkr(self.problem, solution), served, solution))

    def find_start(self, problem: PlanProblem) -> Plan | None:
        """Find the plan that serves most of those found so far and keeps this budget (plain problems)."""
        if not problem.is_plain:
            return None
        best: Plan | None = None
        for _, served, solution in self.plans:
            level_pos = read_level_pos(problem, solution.chargers)
            if level_pos is None or compute_cost_pkr(problem, level_pos) > problem.budget_pkr:
                continue
            plan = Plan(level_pos, solution.pair_share, solution.objective_kwh_day)
            if (best is None or served > best.objective_kwh_day) and not find_broken_rules(problem, plan):
                best = plan
        return best

    def interpolate_cost_pkr(self) -> float:
        """Guess the cost of the target from the plans on both sides of it; a chord lies below the curve."""
        below = [(cost, served) for cost, served, _ in self.plans if served < self.floor_kwh_day]
        above = [(cost, served) for cost, served, _ in self.plans if served >= self.floor_kwh_day]
        near = max(below, key=lambda each: each[1], default=(0.0, 0.0))
        far = min(above, key=lambda each: each[0], default=(self.cost_pkr, self.target_kwh_day))
        if far[1] <= near[1]:
            return far[0]
        return near[0] + (far[0] - near[0]) * (self.target_kwh_day - near[1]) / (far[1] - near[1])

    def find_bound_kwh_day(self) -> float:
        """Find the least proven bound of what the cost of the best plan can serve."""
        reach = float(self.weight @ compute_reach_kwh_day(self.problem))
        bound = min([reach, *(bound for budget, bound in self.bounds if budget >= self.cost_pkr)])
        return bound if self.best is None else max(bound, self.best.objective_kwh_day)

    def note(self, phase: str) -> None:
        """Write down what is known after a step."""
        incumbent = math.nan if self.best is None else self.best.objective_kwh_day
        gap = math.inf if self.best is None else compute_cost_gap(self.cost_pkr, self.bound_pkr)
        cost_pkr = math.nan if self.best is None else self.cost_pkr
        bound = self.find_bound_kwh_day()
        self.rows.append((phase, self.elapsed_s, incumbent, bound, gap, cost_pkr, self.bound_pkr))

    def make_steps(self) -> pd.DataFrame:
        """Return the steps as a table."""
        return pd.DataFrame(self.rows, columns=list(_COLUMNS)).astype({"phase": "str"})
