"""Where stations may stand, and how far each demand cell is from them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from chargeplan.records.promises import Bools, Floats, Ints, require, require_length
from chargeplan.tables import (
    REMOVED_SITES,
    SITES,
    check_table,
)
from chargeplan.words import SiteStatus


@dataclass(frozen=True, slots=True, eq=False)
class CandidateSites:
    """Places where a station stands or can stand.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns of `tables.SITES`, sorted by site_id; every site is snapped to the network.
        Forbidden sites are not here but in `removed`.
    removed : pandas.DataFrame
        Columns of `tables.REMOVED_SITES`: every site that was read and is not offered, with
        its reason.
    """

    table: pd.DataFrame
    removed: pd.DataFrame = field(metadata={"later_columns": {"name_ur": ""}})

    def __post_init__(self) -> None:
        check_table(self.table, SITES, "sites")
        check_table(self.removed, REMOVED_SITES, "removed sites")
        require(self.table["site_id"].is_unique, "site ids must be unique")
        require(bool(self.table["site_id"].is_monotonic_increasing), "sites must be sorted by id")
        require(bool((self.table["node_pos"] >= 0).all()), "every site must be on the network")
        require(bool((self.table["fixed_cost_pkr"] >= 0).all()), "site costs must not be negative")
        require(bool((self.table["solar_kw"] >= 0).all()), "solar power must not be negative")

    def has_status(self, status: SiteStatus) -> Bools:
        """Tell which sites have a status, shape (n,)."""
        return np.asarray(self.table["status"] == status.value)

    @property
    def has_backup(self) -> Bools:
        """Sites whose chargers work through outages, shape (n,): exempt feeder or storage."""
        return np.asarray(self.table["feeder_exempt"] | self.table["has_storage"], dtype=np.bool_)


@dataclass(frozen=True, slots=True, eq=False)
class TravelTable:
    """Driving times from cells to sites within the limit.

    Parameters
    ----------
    cell_pos, site_pos : ndarray of int64, shape (k,)
        Rows of the cell and the site of each pair, sorted by cell and then by site.
    seconds : ndarray of float64, shape (k,)
        Driving time from the cell to the site, <= limit_s.
    n_cells, n_sites : int
    limit_s : float
    off_network_cell_pos : ndarray of int64
        Cells that could not be snapped to the network.
    out_of_reach_cell_pos : ndarray of int64
        Snapped cells that reach no site within the limit.
    """

    cell_pos: Ints
    site_pos: Ints
    seconds: Floats
    n_cells: int
    n_sites: int
    limit_s: float
    off_network_cell_pos: Ints
    out_of_reach_cell_pos: Ints

    def __post_init__(self) -> None:
        require_length(len(self.seconds), cell_pos=self.cell_pos, site_pos=self.site_pos)
        pair = self.cell_pos * max(self.n_sites, 1) + self.site_pos
        require(bool(np.all(np.diff(pair) > 0)), "pairs must be sorted by cell and site, without repeats")
        require(
            bool(np.all((self.seconds >= 0) & (self.seconds <= self.limit_s))),
            "driving times must lie within the limit",
        )
