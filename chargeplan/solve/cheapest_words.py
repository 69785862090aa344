"""Why there is no plan that reaches a target, in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from chargeplan.errors import InterruptedRunError, NoPlanError
from chargeplan.solve.cheapest_money import find_least_share

if TYPE_CHECKING:
    from chargeplan.records import PlanProblem
    from chargeplan.solve.cheapest_ledger import CheapestLedger


def tell_most_share(problem: PlanProblem, most_share: float, found_share: float = 0.0) -> str:
    """Say that the target is out of reach, what is the most that can be served, and what a plan was found for."""
    lower = math.floor(most_share * 1e4) / 1e4
    found = math.floor(min(found_share, most_share) * 1e4) / 1e4
    limits = []
    if math.isfinite(problem.budget_pkr):
        limits.append("the budget")
    if problem.max_sites >= 0:
        limits.append("model.max_sites")
    widen = f", or raise {' or '.join(limits)}" if limits else ""
    advice = f"lower model.target_share from {problem.target_share:g} to "
    advice += f"{found:g}, for which a plan was found" if found > 0 else f"{lower:g} at most"
    money = "with the budgets given" if math.isfinite(problem.budget_pkr) else "with any money"
    return (
        f"model.target_share is {problem.target_share:g}, but {money} no plan serves more than "
        f"{most_share:.2%} of the demand that is left to our stations, weighted by its worth (proven)"
        f"; {advice}{widen}"
    )


def tell_impossible(ledger: CheapestLedger) -> str:
    """Say the same by what the ceiling was proven to serve."""
    problem = ledger.problem
    most = min(bound for budget, bound in ledger.bounds if budget >= problem.budget_pkr)
    share = most / max(ledger.target_kwh_day, 1e-300) * problem.target_share
    if problem.staging.n_years > 1 and share >= problem.target_share:
        return (
            f"model.target_share of {problem.target_share:g} cannot be served in every year: over all years "
            f"no plan serves more than {share:.2%}, and in some year less; lower it, or bring money earlier"
        )
    found = max((find_least_share(problem, solution) for _, _, solution in ledger.plans), default=0.0)
    return tell_most_share(problem, share, found)


def explain_no_plan(ledger: CheapestLedger, *, time_limit_s: float, is_stopped: bool) -> Exception:
    """Say that neither a plan was found nor ruled out."""
    if is_stopped:
        return InterruptedRunError(
            "stopped before there was a plan that reaches the target; run again and wait longer"
        )
    most = max((served for _, served, _ in ledger.plans), default=0.0)
    share = most / max(ledger.target_kwh_day, 1e-300) * ledger.problem.target_share
    return NoPlanError(
        f"no plan that serves model.target_share of {ledger.problem.target_share:g} was found within "
        f"solve.time_limit_s of {time_limit_s} s and none was ruled out; the best one "
        f"serves {share:.2%}; raise solve.time_limit_s or lower the target"
    )
