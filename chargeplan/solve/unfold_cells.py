"""From a plan of merged cells to one of single cells: the same stations, the same loads, the same worth.

Cells that were merged reach the same sites at the same worth and lie in the same zone, so that any way to share
out what a station gives to all of them keeps every row and is worth the same: arithmetic, no
linear program. Where stations serve merged cells in part, the nearest cells of each come first. A linear program
may then bring cells to nearer stations of the same worth; it is used when it ends in time and loses nothing.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.errors import InterruptedRunError, SolverError
from chargeplan.formulation.columns import plan_columns
from chargeplan.solve.deadline import Deadline, is_over
from chargeplan.solve.progress import ROUNDING_SHARE
from chargeplan.solve.staged_plans import PlanMaker
from chargeplan.solve.values import ValuePlan, find_broken_rows, make_value_plan

if TYPE_CHECKING:
    from collections.abc import Callable

    from chargeplan.formulation.columns import ColumnPlan
    from chargeplan.linear_model import LinearModel
    from chargeplan.records import Floats, Ints, PlanProblem

LOG = logging.getLogger(__name__)


def unfold_plan(
    plan: ValuePlan,
    merged: PlanProblem,
    problem: PlanProblem,
    group_of_cell: Ints,
    *,
    write_model: Callable[[], LinearModel],
    deadline: Deadline,
    is_stopped: Callable[[], bool],
    least_kwh_day: float = 0.0,
) -> ValuePlan:
    """Give single cells their own shares of what merged cells get.

    Parameters
    ----------
    plan : ValuePlan
        Of the merged problem.
    merged, problem, group_of_cell
        See `chargeplan.solve.staged_merge.merge_units`.
    write_model : callable
        Gives the linear model of ``problem``.
    deadline : Deadline
        From then on merged cells share evenly what they get, and no cell is brought nearer: that is valid
        and worth the same.
    is_stopped : callable
        Whether the user asked to stop before: a Ctrl-C is the second one then and ends the run, the
        first one does as the deadline does.
    least_kwh_day : float
        No plan that is worth less is taken for being nearer: what the proof needs.

    Raises
    ------
    InterruptedRunError
        After a second Ctrl-C.
    SolverError
        When the plan of the single cells breaks a row, which arithmetic rules out.
    """
    unfolded = None
    try:
        model, columns = write_model(), plan_columns(problem)
        maker = PlanMaker(problem, model, columns)
        unfolded = _unfold(plan, merged, group_of_cell, maker, deadline)
        least = max(least_kwh_day, plan.objective_kwh_day * (1 - ROUNDING_SHARE))
        return _come_nearer(unfolded, maker, deadline, min(least, unfolded.objective_kwh_day))
    except KeyboardInterrupt as error:
        if is_stopped():
            raise InterruptedRunError("stopped by a second Ctrl-C; nothing was kept") from error
        LOG.warning("stopped while the plan was written for single cells; it is kept")
        if unfolded is not None:
            return unfolded
        maker = PlanMaker(problem, write_model(), plan_columns(problem))
        return _unfold(plan, merged, group_of_cell, maker, Deadline(-np.inf))


def _come_nearer(plan: ValuePlan, maker: PlanMaker, deadline: Deadline, least_kwh_day: float) -> ValuePlan:
    """Bring cells to nearer stations of the same worth, the stations held; the plan itself when that fails."""
    if is_over(deadline):
        LOG.warning("no cell was brought to a nearer station of the same worth: time is over")
        return plan
    nearer = maker.settle(plan.values, deadline=deadline)
    if nearer is None or nearer.objective_kwh_day < least_kwh_day:
        LOG.warning("no cell was brought to a nearer station of the same worth: no plan for it lost nothing")
        return plan
    tidied = maker.tidy(nearer, deadline=deadline)
    if is_over(deadline):  # stations that serve less now may have been left too large
        LOG.warning("no cell was brought to a nearer station of the same worth: time is over")
        return plan
    return tidied if tidied.objective_kwh_day >= least_kwh_day else plan


def _unfold(
    plan: ValuePlan, merged: PlanProblem, group_of_cell: Ints, maker: PlanMaker, deadline: Deadline
) -> ValuePlan:
    problem, model, columns, small = maker.problem, maker.model, maker.columns, plan_columns(merged)
    values = np.zeros(model.n_columns)
    for family in ("open", "level", "step"):  # the same sites, levels and assets in both
        values[columns.list_columns(family)] = plan.values[small.list_columns(family)]
    year, cell = np.nonzero(columns.backup_of >= 0)
    values[columns.backup_of[year, cell]] = plan.values[small.backup_of[year, group_of_cell[cell]]]
    place = _find_places(merged, problem, small, columns, group_of_cell)
    share = plan.values[small.list_columns("serve")][place]
    share = _serve_nearest(share, place, problem, columns, group_of_cell, deadline)
    values[columns.list_columns("serve")] = share
    values = maker.refit_zones(values)
    unfolded = make_value_plan(model, values)
    if unfolded is None:
        row = model.name_rows()[int(find_broken_rows(model, values)[0])]
        raise SolverError(f"the shares of single cells break row {row}; report this with the config")
    return unfolded


def _find_places(
    merged: PlanProblem, problem: PlanProblem, small: ColumnPlan, columns: ColumnPlan, group_of_cell: Ints
) -> Ints:
    """Find the place among the merged serve columns that stands for each single one."""
    key = merged.pair_cell * merged.n_sites + merged.pair_site
    order = np.argsort(key, kind="stable")
    wanted = group_of_cell[problem.pair_cell] * problem.n_sites + problem.pair_site
    pair = order[np.searchsorted(key[order], wanted)]
    staging = merged.staging

    def number(plan: ColumnPlan, pair_of: Ints) -> Ints:
        flow = plan.serve_year * merged.n_pairs + pair_of
        return (flow * staging.n_groups + plan.serve_group) * staging.n_types + plan.serve_type

    known = number(small, small.serve_pair)
    by_number = np.argsort(known, kind="stable")
    asked = number(columns, pair[columns.serve_pair])
    return np.asarray(by_number[np.searchsorted(known[by_number], asked)], dtype=np.int64)


def _serve_nearest(
    share: Floats,
    place: Ints,
    problem: PlanProblem,
    columns: ColumnPlan,
    group_of_cell: Ints,
    deadline: Deadline,
) -> Floats:
    """Let each station serve the nearest of merged cells first; what it gives to all of them stays.

    Parameters
    ----------
    share : ndarray, shape (n_serves,)
        The same for all merged cells: what is left of it when the deadline is over.
    place : ndarray of int64, shape (n_serves,)
        Serve column of the merged problem.
    """
    staging = problem.staging
    cell = problem.pair_cell[columns.serve_pair]
    unit = (columns.serve_year * problem.n_cells + group_of_cell[cell]) * staging.n_groups
    unit += columns.serve_group
    used = np.flatnonzero(share > 0)
    split = np.unique(unit[used[share[used] < 1]])
    at = used[np.isin(unit[used], split)]
    at = at[np.lexsort((at, problem.pair_seconds[columns.serve_pair[at]], unit[at]))]
    kwh = staging.unit_kwh_day[columns.serve_year, cell, columns.serve_group]
    share = share.copy()
    for columns_of_unit in np.split(at, np.flatnonzero(np.diff(unit[at])) + 1):
        if is_over(deadline):
            LOG.warning("some cells share evenly what the nearest would get first: time is over")
            break
        if len(np.unique(cell[columns_of_unit])) > 1:
            share[columns_of_unit] = _fill_nearest(
                share[columns_of_unit], kwh[columns_of_unit], cell[columns_of_unit], place[columns_of_unit]
            )
    return share


def _fill_nearest(share: Floats, kwh: Floats, cell: Ints, place: Ints) -> Floats:
    """Fill cells in the given order; every cell can use every station, so that all is given out."""
    given_kwh: dict[int, float] = {}
    for each, amount in zip(place.tolist(), (share * kwh).tolist(), strict=True):
        given_kwh[each] = given_kwh.get(each, 0.0) + amount
    wanted_kwh = dict(zip(cell.tolist(), kwh.tolist(), strict=True))
    total = dict(wanted_kwh)
    filled = np.zeros(len(share))
    for row, (station, where) in enumerate(zip(place.tolist(), cell.tolist(), strict=True)):
        amount = min(given_kwh[station], wanted_kwh[where])
        given_kwh[station] -= amount
        wanted_kwh[where] -= amount
        filled[row] = min(amount / total[where], 1.0)
    return filled
