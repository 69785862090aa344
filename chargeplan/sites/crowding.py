"""Sites that stand too close together: which of them stay."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

from chargeplan.errors import name_rows
from chargeplan.text import show_name
from chargeplan.words import SiteStatus

if TYPE_CHECKING:
    import pandas as pd

    from chargeplan.config.settings import SitesSettings
    from chargeplan.records import Bools, Floats, Ints

LOG = logging.getLogger(__name__)

SAME_KIND_RADIUS_M = 30.0
"""Two places of one kind this close are one place: less than the width of a forecourt."""
SAME_NAME_RADIUS_M = 150.0
"""Two places of one name this close are one place, drawn as a point and as an area."""

_SAME_POINT_M = 1.0
_FIXED = (SiteStatus.EXISTING.value, SiteStatus.REQUIRED.value, SiteStatus.COMPETITOR.value)

Removals = dict[int, str]
"""Row of each removed site and the detail to show."""


def find_duplicates(pool: pd.DataFrame, xy_m: Floats) -> Removals:
    """Find places that were read twice; the one that says more stays.

    Two sites are the same place when they have the same kind within `SAME_KIND_RADIUS_M` or
    the same name within `SAME_NAME_RADIUS_M`. Rows of one planner's file are taken to be
    different places unless name and coordinates agree.

    What stays, in this order: sites whose status is fixed (existing, required, competitor),
    sites of the planner's files, the one with more fields filled, the smaller id. A fixed site
    goes only for one of its own status: a required station beside an existing one is a new
    station there. Fixed sites of two statuses at one place all stay, and the log names them.
    """
    kind, name, status = pool["kind"].to_numpy(), _get_folded_names(pool), pool["status"].to_numpy()
    is_fixed = pool["status"].isin(_FIXED).to_numpy(dtype=bool)
    kept_apart: list[str] = []
    # Rows that may be compared freely have file number -1.
    file_number = np.where(pool["is_planner"], pool["source"].astype("category").cat.codes, -1)

    def is_same(site: int, others: Ints, distance_m: Floats) -> Bools:
        same_name = (name[others] == name[site]) & (distance_m <= SAME_NAME_RADIUS_M)
        named = same_name & (name[site] != "")
        same_kind = (kind[others] == kind[site]) & (distance_m <= SAME_KIND_RADIUS_M)
        listed_apart = (file_number[others] == file_number[site]) & (file_number[site] >= 0)
        repeated = (name[others] == name[site]) & (distance_m <= _SAME_POINT_M)
        same = np.asarray((named | same_kind) & (~listed_apart | repeated))
        differs = is_fixed[others] & (status[others] != status[site])
        kept_apart.extend(
            f"{describe_site(pool, site)} and {describe_site(pool, int(other))}"
            for other in others[same & differs]
        )
        return np.asarray(same & ~differs)

    order = np.lexsort(
        (
            pool["site_id"].to_numpy(dtype=str),
            -_count_filled(pool),
            ~pool["is_planner"].to_numpy(dtype=bool),
            ~is_fixed,
        )
    )
    removals = _keep_greedily(pool, xy_m, order, SAME_NAME_RADIUS_M, is_same)
    if kept_apart:
        LOG.warning(
            "%d pairs of sites at one place have different statuses and both stay: %s; if they are one "
            "station, keep it in one file, or give its row the site_id of the station of the map",
            len(kept_apart),
            name_rows(kept_apart),
        )
    return removals


def find_crowded(pool: pd.DataFrame, xy_m: Floats, settings: SitesSettings) -> Removals:
    """Find candidates closer than ``min_spacing_m`` to a site that stays.

    Only candidates are removed. Existing and required sites hold their surroundings free;
    competitors do not. Among candidates the planner's own come first, then the kinds in the
    order of ``sites.kinds``, then named before unnamed, larger capacity, smaller id.
    """
    candidate = (pool["status"] == SiteStatus.CANDIDATE.value).to_numpy()
    competitor = (pool["status"] == SiteStatus.COMPETITOR.value).to_numpy()
    spacing_m = settings.min_spacing_m

    def is_crowded(_site: int, others: Ints, distance_m: Floats) -> Bools:
        return np.asarray(candidate[others] & (distance_m < spacing_m))

    kind_rank = {kind.value: rank for rank, kind in enumerate(settings.kinds)}
    order = np.lexsort(
        (
            pool["site_id"].to_numpy(dtype=str),
            -pool["capacity"].fillna(0.0).to_numpy(),
            _get_folded_names(pool) == "",
            pool["kind"].map(kind_rank).fillna(len(kind_rank)).to_numpy(),
            ~pool["is_planner"].to_numpy(dtype=bool),
            candidate,
        )
    )
    return _keep_greedily(pool, xy_m, order[~competitor[order]], spacing_m, is_crowded)


def describe_site(pool: pd.DataFrame, site: int) -> str:
    """Name a site for a message: its status unless candidate, its id, its name."""
    row = pool.iloc[site]
    status = "" if row["status"] == SiteStatus.CANDIDATE.value else f"the {row['status']} site "
    name = show_name(row, "")
    return f"{status}{row['site_id']} ({name})" if name else f"{status}{row['site_id']}"


def _keep_greedily(
    pool: pd.DataFrame,
    xy_m: Floats,
    order: Ints,
    radius_m: float,
    is_rival: Callable[[int, Ints, Floats], Bools],
) -> Removals:
    """Keep sites in the given order, each removing its later rivals within the radius.

    The loop is sequential by nature: whether a site removes others depends on whether it was
    removed itself. Only sites that stay are looked up.
    """
    removals: Removals = {}
    if len(order) == 0 or radius_m <= 0:
        return removals
    tree = cKDTree(xy_m[order])
    stays = np.ones(len(order), dtype=bool)
    for rank, site in enumerate(order):
        if not stays[rank]:
            continue
        near = np.array(tree.query_ball_point(xy_m[site], radius_m), dtype=np.int64)
        near = np.sort(near[(near > rank) & stays[near]])
        distance_m = np.hypot(*(xy_m[order[near]] - xy_m[site]).T)
        rivals = is_rival(int(site), order[near], distance_m)
        stays[near[rivals]] = False
        for other, metres in zip(order[near[rivals]], distance_m[rivals], strict=True):
            removals[int(other)] = f"{metres:.0f} m from {describe_site(pool, int(site))}"
    return removals


def _get_folded_names(pool: pd.DataFrame) -> np.ndarray:
    """Return the shown names in lower case, empty when there is none."""
    columns = pool[["name_en", "name", "name_ur"]].to_dict("records")
    return np.array([show_name(row, "").casefold() for row in columns], dtype=object)


def _count_filled(pool: pd.DataFrame) -> Ints:
    """Count the fields that say something about each site."""
    texts = (pool[["name", "name_en", "name_ur", "brand"]] != "").sum(axis=1)
    numbers = pool[["capacity", "power_kw", "fixed_cost_pkr", "max_chargers", "existing_chargers"]].notna()
    return np.asarray(texts + numbers.sum(axis=1), dtype=np.int64)
