"""Build the candidate sites of a study: gather, filter with reasons, price."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chargeplan.errors import DataError
from chargeplan.geo import to_metric
from chargeplan.land import gather_excluded_land
from chargeplan.records import CandidateSites
from chargeplan.script_names import find_urdu_name
from chargeplan.sites.crowding import Removals, find_crowded, find_duplicates
from chargeplan.sites.filters import (
    find_near_forbidden,
    find_off_road,
    find_on_excluded_land,
    find_outside,
    list_forbidden,
)
from chargeplan.sites.gather import gather_sites
from chargeplan.sites.pricing import price_sites
from chargeplan.tables import REMOVED_SITES, SITES, make_table
from chargeplan.text import show_name
from chargeplan.words import RemovalReason

if TYPE_CHECKING:
    from chargeplan.config.settings import SitesSettings
    from chargeplan.records import Floats, MapPlaces, RoadNetwork, StudyArea

LOG = logging.getLogger(__name__)


def build_sites(
    area: StudyArea, network: RoadNetwork, places: MapPlaces, settings: SitesSettings
) -> CandidateSites:
    """Build the sites that the model may use, and the list of those it may not.

    A site is tested in this order and removed for the first reason that fits: outside the
    study area, at a forbidden place or forbidden itself, on land where no station can be built, too
    far from the road network, the same place as another site, closer than the minimum spacing. Roads
    are tested before spacing, so that a place no car can reach does not push out one that works.

    Parameters
    ----------
    area : StudyArea
    network : RoadNetwork
    places : MapPlaces
        Places of the network's file.
    settings : SitesSettings

    Returns
    -------
    CandidateSites
        Equal input gives equal tables, in whatever order the places come.

    Raises
    ------
    DataError
        When a file has faults, a required site is outside the area, at a forbidden place or off the
        roads, or no site remains.
    """
    pool = gather_sites(places, settings)
    if pool.empty:
        kinds = ", ".join(settings.kinds) or "none"
        raise DataError(
            f"sites: no site was read; the map holds no place of sites.kinds ({kinds}); name layers in "
            f"sites.paths or your own sites in sites.files"
        )
    sieve = _Sieve(pool, area.crs)
    sieve.remove(RemovalReason.OUTSIDE_AREA, find_outside(sieve.pool, area))
    sieve.remove(RemovalReason.FORBIDDEN_NEARBY, find_near_forbidden(sieve.pool, sieve.xy_m, area.crs))
    sieve.remove(RemovalReason.FORBIDDEN, list_forbidden(sieve.pool))
    land = gather_excluded_land(places.land, settings.exclusion)
    sieve.remove(RemovalReason.EXCLUDED_LAND, find_on_excluded_land(sieve.pool, land))
    snap, off_road = find_off_road(sieve.pool, sieve.xy_m, network, settings)
    sieve.pool = sieve.pool.assign(node_pos=snap.node_pos, snap_m=snap.distance_m)
    sieve.remove(RemovalReason.TOO_FAR_FROM_ROAD, off_road)
    sieve.remove(RemovalReason.DUPLICATE, find_duplicates(sieve.pool, sieve.xy_m))
    sieve.remove(RemovalReason.TOO_CLOSE, find_crowded(sieve.pool, sieve.xy_m, settings))
    removed = sieve.list_removed()
    if sieve.pool.empty:
        raise DataError(_explain_empty(removed))
    LOG.info("%d sites kept, %d removed (%s)", len(sieve.pool), len(removed), _count_reasons(removed))
    return CandidateSites(_make_site_table(price_sites(sieve.pool, settings)), removed)


class _Sieve:
    """The sites that are left, and those that are not."""

    def __init__(self, pool: pd.DataFrame, crs: str) -> None:
        self.pool = pool
        x_m, y_m = to_metric(pool["lon"].to_numpy(), pool["lat"].to_numpy(), crs)
        self.xy_m: Floats = np.column_stack([x_m, y_m])
        self._removed: list[pd.DataFrame] = []

    def remove(self, reason: RemovalReason, removals: Removals) -> None:
        """Move rows of the pool to the removed ones."""
        rows = sorted(removals)
        self._removed.append(
            self.pool.iloc[rows].assign(reason=reason.value, detail=[removals[row] for row in rows])
        )
        stays = np.ones(len(self.pool), dtype=bool)
        stays[rows] = False
        self.pool = self.pool[stays].reset_index(drop=True)
        self.xy_m = self.xy_m[stays]

    def list_removed(self) -> pd.DataFrame:
        """Return the removed sites in the columns of `tables.REMOVED_SITES`, sorted by id."""
        removed = pd.concat(self._removed, ignore_index=True).sort_values("site_id", ignore_index=True)
        rows = removed[["name_en", "name", "name_ur"]].to_dict("records")
        removed["name_ur"] = [find_urdu_name(row) for row in rows]
        removed["name"] = [show_name(row, "") for row in rows]
        return make_table(
            REMOVED_SITES,
            {column.name: removed[column.name].tolist() for column in REMOVED_SITES},
        )


def _make_site_table(pool: pd.DataFrame) -> pd.DataFrame:
    ordered = pool.sort_values("site_id", ignore_index=True)
    return make_table(SITES, {column.name: ordered[column.name].tolist() for column in SITES})


def _count_reasons(removed: pd.DataFrame) -> str:
    counts = removed["reason"].value_counts()
    return ", ".join(f"{counts[word]} {word.value}" for word in RemovalReason if word in counts) or "none"


def _explain_empty(removed: pd.DataFrame) -> str:
    return (
        f"sites: no site remains of {len(removed)} that were read: {_count_reasons(removed)}; check "
        f"study.area, sites.kinds, sites.files and sites.snap_limit_m"
    )
