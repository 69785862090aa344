"""Which columns the linear model has, and where each stands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chargeplan.model.cover_groups import CoverGroups, build_cover_groups, make_empty_groups
from chargeplan.records import Bools, Ints, PlanProblem
from chargeplan.words import PlanMode


@dataclass(frozen=True, slots=True, eq=False)
class ColumnPlan:
    """Positions of the columns, family by family: open, level, serve, cover.

    Parameters
    ----------
    open, open_site : ndarray of int64
        Column and site of y_i, one for each site that may get a new station.
    open_of_site : ndarray of int64, shape (n_sites,)
        Column of y_i, -1 where there is none (existing stations, sites that cannot open).
    is_existing : ndarray of bool, shape (n_sites,)
        Stations that stand, without a column: they are always open.
    level, level_site, level_number : ndarray of int64
        Column, site and level of u_il (allocate).
    serve : ndarray of int64
        Column of x_ij for each pair (allocate).
    cover : ndarray of int64
        Column of z_g for each group (cover).
    groups : CoverGroups
        Empty in allocate mode.
    """

    open: Ints
    open_site: Ints
    open_of_site: Ints
    is_existing: Bools
    level: Ints
    level_site: Ints
    level_number: Ints
    serve: Ints
    cover: Ints
    groups: CoverGroups


def plan_columns(problem: PlanProblem) -> ColumnPlan:
    """Decide the columns of a problem's linear model."""
    is_existing = problem.is_forced_open & ~problem.is_counted
    may_be_new = problem.is_open_allowed & problem.level_allowed.any(axis=1) & ~is_existing
    open_site = np.flatnonzero(may_be_new)
    open_column = np.arange(len(open_site))
    open_of_site = np.full(problem.n_sites, -1, dtype=np.int64)
    open_of_site[open_site] = open_column
    next_column = len(open_site)
    level_site = level_number = level = serve = cover = np.empty(0, dtype=np.int64)
    groups = make_empty_groups()
    if problem.mode is PlanMode.ALLOCATE:
        level_site, level_number = np.nonzero(problem.level_allowed & may_be_new[:, None])
        level = next_column + np.arange(len(level_site))
        serve = next_column + len(level) + np.arange(problem.n_pairs)
    else:
        groups = build_cover_groups(problem, is_existing | may_be_new)
        cover = next_column + np.arange(groups.n_groups)
    return ColumnPlan(
        open=open_column,
        open_site=open_site,
        open_of_site=open_of_site,
        is_existing=is_existing,
        level=level,
        level_site=level_site,
        level_number=level_number,
        serve=serve,
        cover=cover,
        groups=groups,
    )
