"""Cover mode's own part of the search: from the bound to a proof, without a MILP."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.solve.bound import compute_bound
from chargeplan.solve.cover_kernel import KERNEL_SITES
from chargeplan.solve.settle import settle_plan

if TYPE_CHECKING:
    from chargeplan.records import Floats, Ints, PlanProblem
    from chargeplan.solve.bound import Bound
    from chargeplan.solve.deadline import Deadline
    from chargeplan.solve.progress import SearchProgress
    from chargeplan.solve.reduce import CoverRows

# Beyond these the relaxation takes minutes; swaps and the solver's kernels go on instead.
LARGEST_ENTRIES = 1_500_000
LARGEST_SITES = 2_000
MORE_ITERATIONS = 600


def can_prove_cover(rows: CoverRows, candidates: Ints) -> bool:
    """Tell whether the relaxation of what is left is solved in moments."""
    if len(candidates) > LARGEST_SITES:
        return False
    counts = np.bincount(rows.cover.indices, minlength=rows.cover.shape[1])
    return int(counts[candidates].sum()) <= LARGEST_ENTRIES


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
    from chargeplan.solve.cover_proof import improve_by_kernel, prove_cover

    def tell_plan(columns: Ints) -> None:
        level_pos = np.full(problem.n_sites, -1, dtype=np.int64)
        level_pos[rows.required_pos] = 0
        level_pos[rows.site_pos[columns]] = 0
        progress.offer_plan("branching", settle_plan(problem, level_pos))

    def tell_bound(bound_kwh_day: float) -> None:
        progress.offer_bound("branching", bound_kwh_day)

    if progress.plan is None:
        return False
    columns = np.flatnonzero(progress.plan.level_pos[rows.site_pos] >= 0)
    candidates, promise = _list_candidates(rows, bound, progress)
    if len(candidates) > KERNEL_SITES:
        columns = improve_by_kernel(
            rows, columns, candidates=candidates, promise=promise, seed=seed, deadline=deadline
        )
        tell_plan(columns)
        bound = _go_on(problem, rows, bound, progress, deadline=deadline)
        candidates, promise = _list_candidates(rows, bound, progress)
    if not can_prove_cover(rows, candidates):
        return progress.is_proven
    proof = prove_cover(
        rows,
        columns,
        candidates=candidates,
        promise=promise,
        bound=progress.bound_kwh_day,
        gap=progress.gap_asked,
        seed=seed,
        node_limit=node_limit,
        deadline=deadline,
        tell_plan=tell_plan,
        tell_bound=tell_bound,
    )
    return not proof.has_failed


def _list_candidates(rows: CoverRows, bound: Bound, progress: SearchProgress) -> tuple[Ints, Floats]:
    """List the columns that a plan better than the best may open, and their bounds."""
    with_site = bound.level_bound_kwh_day[rows.site_pos, 0]
    candidates = np.flatnonzero(with_site > progress.incumbent_kwh_day)
    return candidates, with_site[candidates]


def _go_on(
    problem: PlanProblem, rows: CoverRows, bound: Bound, progress: SearchProgress, *, deadline: Deadline
) -> Bound:
    """Go on with a bound that stopped short, where what it leaves is too large to relax; else keep it."""
    candidates, _ = _list_candidates(rows, bound, progress)
    if len(candidates) == 0 or can_prove_cover(rows, candidates):
        return bound
    better = compute_bound(
        problem,
        incumbent_kwh_day=progress.incumbent_kwh_day,
        max_iterations=MORE_ITERATIONS,
        deadline=deadline,
        multipliers=bound.multipliers,
        rows=rows,
    )
    progress.offer_bound("bound", better.value_kwh_day)
    # Each of the two is true, so is the smaller.
    return replace(
        better,
        value_kwh_day=min(better.value_kwh_day, bound.value_kwh_day),
        level_bound_kwh_day=np.minimum(better.level_bound_kwh_day, bound.level_bound_kwh_day),
        closed_bound_kwh_day=np.minimum(better.closed_bound_kwh_day, bound.closed_bound_kwh_day),
    )
