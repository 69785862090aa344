"""The zone that a place lies in: that of the nearest demand cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chargeplan.geo import to_metric

if TYPE_CHECKING:
    import pandas as pd

    from chargeplan.records import DemandCells, Ints


def find_zones(table: pd.DataFrame, cells: DemandCells, crs: str) -> Ints:
    """Find the row in `cells.zones` of the zone of each place, shape (n,).

    Cells are hexagons, so the cell whose centre is nearest is the one that holds the place; outside all
    cells it is the nearest one.

    Parameters
    ----------
    table : pandas.DataFrame
        With ``lon`` and ``lat``, EPSG:4326.
    cells : DemandCells
    crs : str
        Metric CRS of the study.
    """
    from scipy.spatial import KDTree

    x_m, y_m = to_metric(cells.lonlat[:, 0], cells.lonlat[:, 1], crs)
    at_x_m, at_y_m = to_metric(table["lon"].to_numpy(), table["lat"].to_numpy(), crs)
    _, nearest = KDTree(np.column_stack([x_m, y_m])).query(np.column_stack([at_x_m, at_y_m]))
    return np.asarray(cells.zone_pos[nearest], dtype=np.int64)


def list_zone_names(table: pd.DataFrame, cells: DemandCells, crs: str) -> list[str]:
    """List the name of the zone of each place."""
    names = cells.zones["zone_name"].to_numpy()
    return [str(name) for name in names[find_zones(table, cells, crs)]]
