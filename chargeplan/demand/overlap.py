"""How much of each cell lies on given land."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from chargeplan.geo import WGS84, project_geometry, to_metric

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chargeplan.demand.cells import CellCover
    from chargeplan.records import Floats, Ints


def measure_overlap(outline: shapely.Geometry, cover: CellCover) -> tuple[Floats, float]:
    """Measure the area of land in each cell.

    Parameters
    ----------
    outline : shapely.Geometry
        United land, EPSG:4326; may be empty.
    cover : CellCover

    Returns
    -------
    area_m2 : ndarray of float64, shape (n_cells,)
        In the metric CRS of the study.
    outside_m2 : float
        Area in no cell.
    """
    area_m2 = np.zeros(cover.n_cells)
    if outline.is_empty:
        return area_m2, 0.0
    land = project_geometry(outline, WGS84, cover.crs)
    parts = shapely.get_parts(land)
    near = find_near_cells(land.bounds, cover)
    hexagons = draw_cells(cover, near)
    cell, part = shapely.STRtree(parts).query(hexagons, predicate="intersects")
    shared_m2 = shapely.area(shapely.intersection(hexagons[cell], parts[part]))
    area_m2[near] = np.bincount(cell, weights=shared_m2, minlength=len(near))
    return area_m2, max(float(shapely.area(land)) - float(area_m2.sum()), 0.0)


def find_near_cells(bounds_m: tuple[float, float, float, float], cover: CellCover) -> Ints:
    """Find the cells that may touch a box in metres."""
    west, south, east, north = bounds_m
    margin_m = 2 * cover.edge_m
    x_m, y_m = cover.xy_m.T
    is_near = (x_m >= west - margin_m) & (x_m <= east + margin_m)
    return np.flatnonzero(is_near & (y_m >= south - margin_m) & (y_m <= north + margin_m))


def draw_cells(cover: CellCover, cells: Ints) -> NDArray[np.object_]:
    """Draw the hexagons of some cells in the metric CRS of the study."""
    from h3.api.numpy_int import cell_to_boundary

    rings = [cell_to_boundary(key) for key in cover.cell_key[cells]]
    if not rings:
        return np.zeros(0, dtype=object)
    lat, lon = np.concatenate([np.asarray(ring) for ring in rings]).T
    corners = np.column_stack(to_metric(lon, lat, cover.crs))
    of_ring = np.repeat(np.arange(len(rings)), [len(ring) for ring in rings])
    return np.asarray(shapely.polygons(shapely.linearrings(corners, indices=of_ring)))
