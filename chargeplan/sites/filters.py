"""Filters that leave sites out of a study, each with a reason and a detail."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np
import shapely

from chargeplan.errors import DataError, name_rows
from chargeplan.geo import WGS84, project_geometry, snap_points
from chargeplan.rows import count_things
from chargeplan.sites.crowding import Removals, describe_site
from chargeplan.words import SiteStatus

if TYPE_CHECKING:
    import pandas as pd

    from chargeplan.config.settings import SitesSettings
    from chargeplan.geo import Snap
    from chargeplan.records import Floats, Ints, LandAreas, RoadNetwork, StudyArea

LOG = logging.getLogger(__name__)

FORBIDDEN_RADIUS_M = 50.0
"""How far a forbidden point reaches: the same place is rarely drawn at the same point, and a
plot of this size is one place. It does not depend on the spacing, which may be 0."""


def find_outside(pool: pd.DataFrame, area: StudyArea) -> Removals:
    """Find sites outside the study area; its edge counts as inside.

    Forbidden sites are left to `list_forbidden`, because a forbidden area can reach in.

    Raises
    ------
    DataError
        When a required site lies outside.
    """
    shapely.prepare(area.boundary)
    inside = shapely.intersects_xy(area.boundary, pool["lon"].to_numpy(), pool["lat"].to_numpy())
    outside = ~inside & (pool["status"] != SiteStatus.FORBIDDEN.value).to_numpy()
    required = np.flatnonzero(outside & (pool["status"] == SiteStatus.REQUIRED.value).to_numpy())
    if required.size:
        raise DataError(
            f"sites: {count_things(required.size, 'required site')} outside the study area "
            f"({_name_sites(pool, required)}); correct the coordinates, make a candidate of it, "
            f"or enlarge study.area"
        )
    return dict.fromkeys(np.flatnonzero(outside).tolist(), f"not in {area.title}")


def list_forbidden(pool: pd.DataFrame) -> Removals:
    """List the forbidden sites themselves."""
    forbidden = np.flatnonzero(pool["status"] == SiteStatus.FORBIDDEN.value)
    return {int(site): f"listed in {pool['source'].iloc[site]}" for site in forbidden}


def find_near_forbidden(pool: pd.DataFrame, xy_m: Floats, crs: str) -> Removals:
    """Find candidates within `FORBIDDEN_RADIUS_M` of a forbidden point or area.

    Existing sites and competitors stay: they are built.

    Raises
    ------
    DataError
        When a required site is at a forbidden place.
    """
    forbidden = np.flatnonzero(pool["status"] == SiteStatus.FORBIDDEN.value)
    if forbidden.size == 0:
        return {}
    drawn = [project_geometry(pool["geometry"].iloc[site], WGS84, crs) for site in forbidden]
    hit, at = shapely.STRtree(drawn).query(
        shapely.points(xy_m), predicate="dwithin", distance=FORBIDDEN_RADIUS_M
    )
    distance_m = shapely.distance(shapely.points(xy_m[hit]), np.array(drawn, dtype=object)[at])
    removals: Removals = {}
    contradicted = []
    # Nearest first, so that the detail names the nearest forbidden place.
    for order in np.lexsort((forbidden[at], distance_m)):
        site = int(hit[order])
        status = pool["status"].iloc[site]
        if status == SiteStatus.REQUIRED.value:
            contradicted.append(site)
        elif status == SiteStatus.CANDIDATE.value and site not in removals:
            removals[site] = (
                f"{distance_m[order]:.0f} m from {describe_site(pool, int(forbidden[at[order]]))}"
            )
    if contradicted:
        raise DataError(
            f"sites.files: {count_things(len(set(contradicted)), 'required site')} within "
            f"{FORBIDDEN_RADIUS_M:.0f} m of a forbidden one ({_name_sites(pool, np.unique(contradicted))}); "
            f"change the status of one of the two"
        )
    return removals


def find_on_excluded_land(pool: pd.DataFrame, land: LandAreas) -> Removals:
    """Find candidates on land where no station can be built; the first area by id is named.

    Existing sites and competitors stay: they are built. A required site stays too, because the
    planner asks for it, and the log says so.
    """
    if len(land.table) == 0:
        return {}
    points = shapely.points(pool["lon"].to_numpy(), pool["lat"].to_numpy())
    site, area = shapely.STRtree(land.outline).query(points, predicate="intersects")
    removals: Removals = {}
    required = set()
    for at in np.lexsort((area, site)):
        status = pool["status"].iloc[site[at]]
        if status == SiteStatus.REQUIRED.value:
            required.add(int(site[at]))
        elif status == SiteStatus.CANDIDATE.value:
            removals.setdefault(int(site[at]), _describe_land(land, int(area[at])))
    if required:
        LOG.warning(
            "%s on land where no station can be built (%s): kept, because the planner requires it",
            count_things(len(required), "required site"),
            _name_sites(pool, np.array(sorted(required))),
        )
    return removals


def _describe_land(land: LandAreas, area: int) -> str:
    row = land.table.iloc[area]
    name = f' "{row["name"]}"' if row["name"] else ""
    return f"{row['kind']}{name} ({row['land_id']})"


def find_off_road(
    pool: pd.DataFrame, xy_m: Floats, network: RoadNetwork, settings: SitesSettings
) -> tuple[Snap, Removals]:
    """Snap every site to the network and find those farther than ``snap_limit_m``.

    Stations that stand already are no error: a recorded list may have a wrong place or two.

    Returns
    -------
    tuple of Snap and dict
        The snap of every row, and the removals.

    Raises
    ------
    DataError
        When a required site cannot be snapped, because leaving it out would change the question.
    """
    snap = snap_points(network.node_xy_m, network.is_joinable, xy_m, limit_m=settings.snap_limit_m)
    far = np.flatnonzero(snap.node_pos < 0)
    limit_m, status = settings.snap_limit_m, pool["status"].iloc[far]
    where = (
        f"farther than sites.snap_limit_m ({limit_m:g} m) from the nearest node of the road network where a trip "
        f"may end"
    )

    def name(sites: Ints) -> str:
        return name_rows(
            f"{describe_site(pool, site)} {snap.distance_m[site]:.0f} m" for site in sites.tolist()
        )

    required = far[(status == SiteStatus.REQUIRED.value).to_numpy()]
    if required.size:
        raise DataError(
            f"sites: {count_things(required.size, 'required site')} {where}: {name(required)}; correct the "
            f"coordinates, make a candidate of it, or raise sites.snap_limit_m"
        )
    standing = far[status.isin([SiteStatus.EXISTING.value, SiteStatus.COMPETITOR.value]).to_numpy()]
    if standing.size:
        LOG.info(  # the plan warns of them
            "%s %s left out: %s; correct the coordinates, or raise sites.snap_limit_m",
            count_things(standing.size, "station that stands", "stations that stand"),
            where,
            name(standing),
        )
    return snap, {
        int(site): f"{snap.distance_m[site]:.0f} m to the nearest node, limit {limit_m:g} m" for site in far
    }


def _name_sites(pool: pd.DataFrame, rows: Ints) -> str:
    return name_rows([describe_site(pool, int(row)) for row in rows])
