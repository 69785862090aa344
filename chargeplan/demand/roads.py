"""Length of drivable road in each cell, a sign of where people live and move."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.errors import DataError
from chargeplan.geo import to_metric

if TYPE_CHECKING:
    from chargeplan.demand.cells import CellCover
    from chargeplan.records import Bools, Floats, RoadNetwork

LOG = logging.getLogger(__name__)

# Parts of a quarter of a cell's edge share a road fairly between the cells it crosses without
# cutting it at their edges; finding the cell of a part is what takes the time.
_PARTS_PER_EDGE = 4
_CLASSES_WITHOUT_FRONTAGE = frozenset({"motorway"})


def measure_roads(network: RoadNetwork, cover: CellCover) -> Floats:
    """Measure the road length in each cell, motorways left out, in metres.

    Every straight segment is cut into equal parts of at most a quarter of a cell's edge; a part
    counts in the cell of its middle. A road drawn as two carriageways counts twice.

    Returns
    -------
    ndarray of float64, shape (n_cells,)

    Raises
    ------
    DataError
        When no road lies in the study area.
    """
    start, end = _pick_segments(network)
    start_m, end_m = _project(start, cover), _project(end, cover)
    near = _touch_box(start_m, end_m, cover)
    length_m = np.hypot(*(end_m[near] - start_m[near]).T)
    road_m = lay_along(start[near], end[near], length_m, length_m, cover)
    if not road_m.sum() > 0:
        raise DataError(
            "network.path: no road of the network lies in a cell of the study area; "
            "use a network file that covers the area"
        )
    LOG.info("%.0f km of road in %d of %d cells", road_m.sum() / 1000, np.count_nonzero(road_m), len(road_m))
    return road_m


def lay_along(start: Floats, end: Floats, length_m: Floats, amount: Floats, cover: CellCover) -> Floats:
    """Lay an amount evenly along each straight segment and sum it by cell.

    Parameters
    ----------
    start, end : ndarray of float64, shape (n, 2)
        Longitudes and latitudes (EPSG:4326).
    length_m, amount : ndarray of float64, shape (n,)
    cover : CellCover

    Returns
    -------
    ndarray of float64, shape (n_cells,)
        What lies in no cell is left out.
    """
    sample_m = cover.edge_m / _PARTS_PER_EDGE
    n_parts = np.maximum(np.ceil(length_m / sample_m), 1).astype(np.int64)
    segment = np.repeat(np.arange(len(n_parts)), n_parts)
    part = np.arange(len(segment)) - np.repeat(np.cumsum(n_parts) - n_parts, n_parts)
    along = ((part + 0.5) / n_parts[segment])[:, None]
    middle = start[segment] + along * (end[segment] - start[segment])
    cell_pos = cover.find_cells(middle[:, 0], middle[:, 1])
    inside = cell_pos >= 0
    laid = (amount / n_parts)[segment]
    return np.bincount(cell_pos[inside], weights=laid[inside], minlength=cover.n_cells).astype(np.float64)


def _pick_segments(network: RoadNetwork) -> tuple[Floats, Floats]:
    """Start and end (longitude, latitude) of the straight segments of all but motorways."""
    piece = np.repeat(np.arange(len(network.roads)), np.diff(network.road_offsets))
    counted = ~network.roads["road_class"].isin(_CLASSES_WITHOUT_FRONTAGE).to_numpy()
    use = (piece[:-1] == piece[1:]) & counted[piece[:-1]]
    return network.road_lonlat[:-1][use], network.road_lonlat[1:][use]


def _project(lonlat: Floats, cover: CellCover) -> Floats:
    return np.column_stack(to_metric(lonlat[:, 0], lonlat[:, 1], cover.crs))


def _touch_box(start_m: Floats, end_m: Floats, cover: CellCover) -> Bools:
    """Tell which segments have a box that touches the box of the cover, whole cells included."""
    low, high = cover.xy_m.min(axis=0) - 2 * cover.edge_m, cover.xy_m.max(axis=0) + 2 * cover.edge_m
    touches = (np.maximum(start_m, end_m) >= low) & (np.minimum(start_m, end_m) <= high)
    return np.asarray(touches.all(axis=1))
