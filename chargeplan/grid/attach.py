"""Find the asset of the grid that each site hangs on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from chargeplan.geo import WGS84, project_geometry, to_metric

if TYPE_CHECKING:
    from chargeplan.records import Bools, Floats, Ints
    from chargeplan.table_file import Geometries


@dataclass(frozen=True, slots=True, eq=False)
class Attachment:
    """The nearest asset of each site.

    Parameters
    ----------
    asset_pos : ndarray of int64, shape (n_sites,)
        -1 where the nearest asset is farther than the limit, or there is none.
    distance_m : ndarray of float64, shape (n_sites,)
        Straight-line distance to the nearest asset, also where it is over the limit; infinite when
        there is none.
    """

    asset_pos: Ints
    distance_m: Floats


def attach_sites(
    geometry: Geometries, may_feed: Bools, site_lonlat: Floats, *, crs: str, max_distance_m: float
) -> Attachment:
    """Hang each site on the nearest asset that may feed it; at equal distance, on the first.

    Parameters
    ----------
    geometry : ndarray of shapely.Geometry or None, shape (n_assets,)
        EPSG:4326. The distance to an area is 0 inside it.
    may_feed : ndarray of bool, shape (n_assets,)
        Assets that sites may hang on; those without a geometry never do.
    site_lonlat : ndarray, shape (n_sites, 2)
        EPSG:4326.
    crs : str
        Metric CRS.
    max_distance_m : float
    """
    n_sites = len(site_lonlat)
    nearest, distance_m = np.full(n_sites, -1, dtype=np.int64), np.full(n_sites, np.inf)
    feeding = np.flatnonzero(may_feed & ~shapely.is_missing(geometry))
    if feeding.size and n_sites:
        tree = shapely.STRtree(project_all(geometry[feeding], crs))
        points = locate_sites(site_lonlat, crs)
        (site, at), metres = tree.query_nearest(points, return_distance=True, all_matches=True)
        order = np.lexsort((at, site))
        found, first = np.unique(site[order], return_index=True)
        nearest[found] = feeding[at[order][first]]
        distance_m[found] = metres[order][first]
    return Attachment(np.where(distance_m <= max_distance_m, nearest, -1), distance_m)


def locate_sites(site_lonlat: Floats, crs: str) -> Geometries:
    """Make points in a metric CRS of longitudes and latitudes."""
    return np.asarray(shapely.points(*to_metric(site_lonlat[:, 0], site_lonlat[:, 1], crs)))


def project_all(geometry: Geometries, crs: str) -> Geometries:
    """Project geometries from EPSG:4326 to a metric CRS; None stays None."""
    projected: Geometries = project_geometry(geometry, WGS84, crs)
    return projected
