"""The roads."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import scipy.sparse as sp

from chargeplan.records.promises import Bools, Floats, Ints, require, require_length
from chargeplan.tables import (
    REPAIRS,
    ROADS,
    URDU_NAMES,
    check_table,
    make_table,
)


def _have_no_urdu_names() -> pd.DataFrame:
    return make_table(URDU_NAMES, {column.name: [] for column in URDU_NAMES})


@dataclass(frozen=True, slots=True, eq=False)
class RoadNetwork:
    """One strongly connected drivable network.

    Parameters
    ----------
    node_id : ndarray of int64, shape (n,)
        OpenStreetMap node ids, rising.
    node_xy_m : ndarray of float64, shape (n, 2)
        Coordinates in `crs`, metres.
    is_joinable : ndarray of bool, shape (n,)
        Nodes at which a trip may start or end (not those on motorways alone).
    seconds : scipy.sparse.csr_array, shape (n, n)
        Driving time of the fastest direct road from row to column; > 0, at driven speed
        (free speed times `speed_factor`).
    roads : pandas.DataFrame
        Columns of `tables.ROADS`; one row per drawn road piece, both directions in one.
    road_lonlat : ndarray of float64, shape (m, 2)
        Shape points of all road pieces, EPSG:4326.
    road_offsets : ndarray of int64, shape (n_roads + 1,)
        Piece r is ``road_lonlat[road_offsets[r]:road_offsets[r + 1]]``.
    crs : str
        Metric CRS.
    imputed_speed_share : float
        Share of road length whose speed came from the class table and not from a tag.
    repairs : pandas.DataFrame
        Columns of `tables.REPAIRS`: what was mended or left out, counted, with examples.
    data_date : str
        Newest element timestamp (ISO date), empty when the file has none.
    urdu_names : pandas.DataFrame
        Columns of `tables.URDU_NAMES`: what shown names of roads are in Urdu; none in runs that were written before
        they were kept.
    """

    node_id: Ints
    node_xy_m: Floats
    is_joinable: Bools
    seconds: sp.csr_array
    roads: pd.DataFrame
    road_lonlat: Floats
    road_offsets: Ints
    crs: str
    imputed_speed_share: float
    repairs: pd.DataFrame
    data_date: str
    urdu_names: pd.DataFrame = field(
        default_factory=_have_no_urdu_names, metadata={"later": "Urdu names of roads"}
    )

    def __post_init__(self) -> None:
        n_nodes = len(self.node_id)
        require(n_nodes >= 2, "a road network needs two nodes or more")
        require_length(n_nodes, node_xy_m=self.node_xy_m, is_joinable=self.is_joinable)
        require(self.seconds.shape == (n_nodes, n_nodes), "seconds must be a square matrix over the nodes")
        require(
            bool(np.all(np.isfinite(self.seconds.data) & (self.seconds.data > 0))),
            "every driving time must be finite and positive",
        )
        require(bool(np.all(np.diff(self.node_id) > 0)), "node ids must rise without repeats")
        check_table(self.roads, ROADS, "roads")
        check_table(self.repairs, REPAIRS, "repairs")
        check_table(self.urdu_names, URDU_NAMES, "Urdu names of roads")
        require_length(len(self.roads) + 1, road_offsets=self.road_offsets)
        require(
            int(self.road_offsets[-1]) == len(self.road_lonlat),
            "road offsets must end at the last shape point",
        )
