"""Cover mode's own part of the search: from the bound to a proof, without a MILP."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chargeplan.solve.settle import settle_plan

if TYPE_CHECKING:
    from chargeplan.records import Ints, PlanProblem
    from chargeplan.solve.bound import Bound
    from chargeplan.solve.deadline import Deadline
    from chargeplan.solve.progress import SearchProgress
    from chargeplan.solve.reduce import CoverRows

# Beyond these the relaxation takes minutes; swaps and the solver's kernels go on instead.
LARGEST_ENTRIES = 1_500_000
LARGEST_SITES = 2_000


def can_prove_cover(rows: CoverRows, candidates: Ints) -> bool:
    """Tell whether the relaxation of what is left is solved in moments."""
    if not 0 < len(candidates) <= LARGEST_SITES:
        return False
    counts = np.bincount(rows.cover.indices, minlength=rows.cover.shape[1])
    return int(counts[candidates].sum()) <= LARGEST_ENTRIES


def find_candidates(rows: CoverRows, bound: Bound, *, incumbent_kwh_day: float) -> Ints:
    """Find the columns that a plan better than the incumbent may open."""
    return np.flatnonzero(bound.level_bound_kwh_day[rows.site_pos, 0] > incumbent_kwh_day)


def prove_by_branching(
    problem: PlanProblem,
    rows: CoverRows,
    bound: Bound,
    progress: SearchProgress,
    *,
    seed: int,
    node_limit: int | None,
    deadline: Deadline,
) -> bool:
    """Improve the plan and prove it; tell whether the search is done with, by proof or by its limits.

    False means that what is left is too large, or the relaxations failed: others may go on.
    """
    from chargeplan.solve.cover_proof import prove_cover

    candidates = find_candidates(rows, bound, incumbent_kwh_day=progress.incumbent_kwh_day)
    plan = progress.plan
    if plan is None or not can_prove_cover(rows, candidates):
        return False

    def tell_plan(columns: Ints) -> None:
        level_pos = np.full(problem.n_sites, -1, dtype=np.int64)
        level_pos[rows.required_pos] = 0
        level_pos[rows.site_pos[columns]] = 0
        progress.offer_plan("branching", settle_plan(problem, level_pos))

    def tell_bound(bound_kwh_day: float) -> None:
        progress.offer_bound("branching", bound_kwh_day)

    proof = prove_cover(
        rows,
        np.flatnonzero(plan.level_pos[rows.site_pos] >= 0),
        candidates=candidates,
        promise=bound.level_bound_kwh_day[rows.site_pos[candidates], 0],
        bound=progress.bound_kwh_day,
        gap=progress.gap_asked,
        seed=seed,
        node_limit=node_limit,
        deadline=deadline,
        tell_plan=tell_plan,
        tell_bound=tell_bound,
    )
    return not proof.has_failed
