"""Which cells have two open stations, counted anew from the stations of a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from chargeplan.formulation.columns import ColumnPlan
    from chargeplan.records import Bools, Floats, PlanProblem


def find_standing(problem: PlanProblem, columns: ColumnPlan) -> Bools:
    """Find the existing stations that have a charger: those that BACKUP counts, shape (n_sites,)."""
    chargers = problem.existing_chargers.reshape(problem.n_sites, -1).sum(axis=1)
    return np.asarray(columns.is_existing & (chargers > 0), dtype=np.bool_)


def count_backup(problem: PlanProblem, columns: ColumnPlan, stations: Floats) -> Floats:
    """Say of each cell whether two open stations are in its reach, as the columns of BACKUP do."""
    backup_of = columns.backup_of
    if not np.any(backup_of >= 0):
        return stations
    values = stations.copy()
    stands = find_standing(problem, columns)
    opens = columns.list_columns("open")
    for year in range(len(backup_of)):
        is_open = stands.copy()
        of_year = columns.open_year == year
        is_open[columns.open_site[of_year]] |= stations[opens[of_year]] > 0.5
        number = np.bincount(problem.pair_cell, is_open[problem.pair_site], problem.n_cells)
        has = backup_of[year] >= 0
        values[backup_of[year][has]] = number[has] >= 2
    return values
