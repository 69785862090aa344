"""Gaps, and the tolerances within which a plan counts as proven."""

from __future__ import annotations

import numpy as np

# A bound carries a margin of this share for the rounding of floating-point sums.
PROOF_TOLERANCE = 2e-8
# Solvers work to about this; a larger gap is always said beside the words PROVEN OPTIMAL.
LARGEST_UNSAID_GAP = 1e-6
# A plan reaches the demand it must serve when it serves all but this share of it: what solvers keep rows to.
TARGET_TOLERANCE = 1e-6
# Least money is proven to this: solvers cannot tell budgets apart that are nearer.
COST_TOLERANCE = 1e-6
# Chargers that never deliver more than this in a day deliver nothing: the search closes them, the check asks for it.
NO_LOAD_KWH_DAY = 1e-6


def compute_gap(objective: float, bound: float) -> float:
    """Compute (bound - objective) / objective: 0 when equal, infinite when the plan serves nothing.

    Examples
    --------
    >>> compute_gap(100.0, 102.0)
    0.02
    """
    if bound <= objective:
        return 0.0
    return (bound - objective) / objective if objective > 0 else float("inf")


def compute_cost_gap(cost_pkr: float, bound_pkr: float) -> float:
    """Compute (cost - bound) / cost, by how much the cheapest plan can be cheaper at most.

    Examples
    --------
    >>> compute_cost_gap(200.0, 190.0)
    0.05
    """
    return max(cost_pkr - bound_pkr, 0.0) / cost_pkr if cost_pkr > 0 else 0.0


def format_gap(gap: float) -> str:
    """Write a gap in percent so that it never looks smaller than it is.

    Examples
    --------
    >>> format_gap(0.0231)
    '2.31 %'
    >>> format_gap(0.000001)
    '0.01 %'
    """
    if not np.isfinite(gap):
        return "an unknown gap"
    return f"{np.ceil(round(gap * 1e4, 6)) / 100:.2f} %"


def advise_longer_search(stopped_by: str) -> str:
    """Say how a search that ended early goes on to a better plan or proof.

    Examples
    --------
    >>> advise_longer_search("time limit")
    'give the search more time (solve.time_limit_s)'
    """
    advice = {
        "time limit": "give the search more time (solve.time_limit_s)",
        "node limit": "let the search go farther (solve.node_limit)",
        "user": "run again and let it go on",
    }
    return advice.get(stopped_by, "run again, and report it when that ends the same way")
