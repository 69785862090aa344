"""The linear model of merged cells: the same optimum and relaxation with a fraction of the rows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from chargeplan.solve.merge_cells import MergedCells, merge_cells
from chargeplan.solve.plan import Plan, make_plan

if TYPE_CHECKING:
    from chargeplan.linear_model import LinearModel
    from chargeplan.records import PlanProblem

# Only where every family is known to treat equal cells alike.
_COLUMN_FAMILIES = frozenset({"open", "level", "serve"})
_ROW_FAMILIES = frozenset({"assign", "link", "capacity", "level", "budget", "count"})


def merge_model(problem: PlanProblem, model: LinearModel) -> tuple[LinearModel, MergedCells | None]:
    """Merge the cells that have the same sites in a model, perhaps of some stations only.

    Parameters
    ----------
    problem : PlanProblem
    model : LinearModel
        Of the problem, or a restriction of it.

    Returns
    -------
    LinearModel
        The share of the first cell of each group stands for the group.
    MergedCells or None
        None when the model has families that may tell equal cells apart; it is then unchanged.
    """
    serves = model.find_columns("serve")
    columns = {model.column_families[at] for at in np.unique(model.column_family)}
    rows = {model.row_families[at] for at in np.unique(model.row_family)}
    if len(serves) == 0 or not (columns <= _COLUMN_FAMILIES and rows <= _ROW_FAMILIES):
        return model, None
    site_kept = np.zeros(problem.n_sites, dtype=bool)
    site_kept[problem.pair_site[model.column_number[serves]]] = True
    merged = merge_cells(problem, site_kept=site_kept)
    first_pair = np.full(problem.n_pairs, -1, dtype=np.int64)  # of the group of each pair
    pairs = np.flatnonzero(merged.pair >= 0)
    _, first = np.unique(merged.pair[pairs], return_index=True)
    first_pair[pairs] = pairs[first][merged.pair[pairs]]
    pair = model.column_number[serves]
    stays = np.ones(model.n_columns, dtype=bool)
    stays[serves] = first_pair[pair] == pair
    new_column = np.cumsum(stays) - 1
    target = new_column.copy()
    column_of_pair = np.full(problem.n_pairs, -1, dtype=np.int64)
    column_of_pair[pair] = new_column[serves]
    has_group = first_pair[pair] >= 0
    target[serves[has_group]] = column_of_pair[first_pair[pair[has_group]]]
    counts = np.ones(model.n_columns)
    counts[serves[~has_group]] = 0.0  # cells without demand
    onto = sp.csr_array(
        (counts, (np.arange(model.n_columns), target)), shape=(model.n_columns, int(stays.sum()))
    )
    keep_row = np.ones(model.n_rows, dtype=bool)
    assigns, links = model.find_rows("assign"), model.find_rows("link")
    is_first_cell = np.zeros(problem.n_cells, dtype=bool)
    is_first_cell[problem.pair_cell[pairs[first]]] = True
    keep_row[assigns] = is_first_cell[model.row_number[assigns]]
    link_pair = model.row_number[links]
    keep_row[links] = first_pair[link_pair] == link_pair
    smaller = replace(
        model,
        objective=np.asarray(model.objective @ onto, dtype=np.float64),
        matrix=sp.csr_array(model.matrix[keep_row] @ onto),
        row_lower=model.row_lower[keep_row],
        row_upper=model.row_upper[keep_row],
        column_lower=model.column_lower[stays],
        column_upper=model.column_upper[stays],
        is_integer=model.is_integer[stays],
        column_family=model.column_family[stays],
        column_number=model.column_number[stays],
        row_family=model.row_family[keep_row],
        row_number=model.row_number[keep_row],
    )
    return smaller, merged


def average_shares(problem: PlanProblem, plan: Plan, merged: MergedCells) -> Plan:
    """Give every cell of a group the mean share of the group, so that the first can stand for it."""
    of_group = merged.merge_shares(problem, plan.pair_share)
    return make_plan(problem, plan.level_pos, merged.spread_over_pairs(of_group))
