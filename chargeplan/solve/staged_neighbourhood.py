"""Neighbourhoods of a staged plan: the stations of some sites chosen anew in all years, the others held."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from chargeplan.solve.merge_columns import merge_alike
from chargeplan.solve.values import ValuePlan, clean_values, fix_columns, solve_small

if TYPE_CHECKING:
    from chargeplan.records import Bools, Ints, PlanProblem
    from chargeplan.solve.deadline import Deadline
    from chargeplan.solve.staged_plans import PlanMaker


def count_shared_cells(problem: PlanProblem) -> sp.csr_array:
    """Count the cells each two sites have in common, shape (n_sites, n_sites)."""
    uses = sp.csr_array(
        (np.ones(problem.n_pairs), (problem.pair_site, problem.pair_cell)),
        shape=(problem.n_sites, problem.n_cells),
    )
    return sp.csr_array(uses @ uses.T)


def pick_neighbourhood(
    closeness: sp.csr_array, is_live: Bools, rng: np.random.Generator, *, size: int, n_centres: int
) -> Ints:
    """Pick live sites around some centres at random, those that share most cells with them first."""
    live = np.flatnonzero(is_live)
    centres = rng.choice(live, min(len(live), n_centres), replace=False)
    picked = [pick_around(closeness, int(centre), rng, size=size, is_live=is_live) for centre in centres]
    free = np.unique(np.concatenate(picked))
    return np.asarray(free[is_live[free]], dtype=np.int64)


def pick_around(
    closeness: sp.csr_array, centre: int, rng: np.random.Generator, *, size: int, is_live: Bools | None = None
) -> Ints:
    """Pick sites that share most cells with one, and that one; those of `is_live` first."""
    start, end = closeness.indptr[centre], closeness.indptr[centre + 1]
    near = closeness.indices[start:end]
    shared = closeness.data[start:end] * rng.uniform(0.5, 1.0, end - start)
    order = np.argsort(
        -shared if is_live is None else np.where(is_live[near], -shared, np.inf), kind="stable"
    )
    return np.unique(np.append(near[order[:size]], centre)).astype(np.int64)


def improve_around(
    maker: PlanMaker,
    plan: ValuePlan,
    free_sites: Ints,
    *,
    may_have: Bools,
    node_limit: int,
    deadline: Deadline | None,
) -> ValuePlan | None:
    """Choose the stations of some sites anew in all years, the others held; None when that brings nothing.

    Parameters
    ----------
    may_have : ndarray of bool, shape (n_columns,)
        Station columns that a better plan may have; those of the plan stay in any case.
    """
    model, columns = maker.model, maker.columns
    is_free_site = np.zeros(maker.problem.n_sites, dtype=np.bool_)
    is_free_site[free_sites] = True
    is_free = np.ones(model.n_columns, dtype=np.bool_)
    is_free[columns.list_columns("open")] = is_free_site[columns.open_site]
    level_site = columns.level_slot // maker.problem.staging.n_types
    level = columns.list_columns("level")
    is_free[level] = is_free_site[level_site] & (may_have[level] | (plan.values[level] > 0.5))
    cell = maker.problem.pair_cell[columns.serve_pair]
    in_reach = np.zeros(maker.problem.n_cells, dtype=np.bool_)
    in_reach[cell[is_free_site[maker.serve_site]]] = True
    is_open = maker.find_open_pools(plan.values)[columns.serve_year, maker.serve_slot]
    is_free[maker.serve] = in_reach[cell] & (is_open | is_free_site[maker.serve_site])
    fixed = fix_columns(model, is_free, plan.values)
    left_s = None if deadline is None else deadline.left_s
    values = None
    if fixed.is_possible:
        smaller = merge_alike(fixed.model)
        values = solve_small(smaller.model, node_limit=node_limit, time_limit_s=left_s)
    if values is None:
        return None
    stations = fixed.expand(clean_values(smaller.model, values)[smaller.column])
    if np.array_equal(stations[model.is_integer], plan.values[model.is_integer]):
        return None
    return maker.settle(stations, deadline=deadline)
