"""Neighbourhoods of a staged plan: the stations of some sites chosen anew in all years, the others held."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chargeplan.solve.merge_columns import merge_alike
from chargeplan.solve.values import ValuePlan, clean_values, fix_columns, solve_small

if TYPE_CHECKING:
    from chargeplan.records import Bools, Ints
    from chargeplan.solve.deadline import Deadline
    from chargeplan.solve.staged_plans import PlanMaker


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
