"""Build the tree of headroom of a study and hang its sites on it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np
import shapely

from chargeplan.errors import DataError, FaultCollector, name_rows
from chargeplan.grid.attach import attach_sites, locate_sites, project_all
from chargeplan.grid.figures import find_unknown_headroom_figure
from chargeplan.grid.links import GridLinks, read_links
from chargeplan.grid.read import GridFile, read_grid_file
from chargeplan.grid_assets import GridAssets, find_leaves
from chargeplan.rows import count_things

if TYPE_CHECKING:
    from chargeplan.config.settings import GridSettings
    from chargeplan.records import CandidateSites, Floats, Ints, StudyArea

LOG = logging.getLogger(__name__)


def read_grid(settings: GridSettings) -> tuple[GridFile, GridLinks | None]:
    """Read the assets, and the sites that name theirs.

    Raises
    ------
    DataError
        With every fault of both files.
    """
    faults = FaultCollector(DataError)
    links = None
    if settings.links is not None:
        try:
            links = read_links(settings.links, "grid.links")
        except DataError as error:
            faults.add_error(error)
    try:
        linked = frozenset() if links is None else frozenset(links.feeder_of_site.values())
        file = read_grid_file(settings.path, "grid.path", linked=linked)
        if links is not None:
            links.check(file.table["asset_id"].tolist())
    except DataError as error:
        faults.add_error(error)
    faults.raise_if_any()
    return file, links


def build_grid(area: StudyArea, sites: CandidateSites, settings: GridSettings) -> GridAssets:
    """Read the grid and find the asset of each site.

    A site hangs on the asset that `grid.links` names, else on the nearest asset that feeds no other,
    up to `grid.max_distance_m` away, else on none: what its feeder can take is then unknown.

    Parameters
    ----------
    area : StudyArea
    sites : CandidateSites
    settings : GridSettings

    Returns
    -------
    GridAssets
        Equal input gives equal tables, in whatever order the assets come.

    Raises
    ------
    DataError
        When a file has faults, or no site hangs on any asset.
    """
    file, links = read_grid(settings)
    lonlat = sites.table[["lon", "lat"]].to_numpy(dtype=np.float64)
    is_leaf = find_leaves(file.table["parent_pos"].to_numpy())
    nearest = attach_sites(
        file.geometry, is_leaf, lonlat, crs=area.crs, max_distance_m=settings.max_distance_m
    )
    asset_pos, distance_m = nearest.asset_pos.copy(), nearest.distance_m.copy()
    distance_m[~np.isfinite(distance_m)] = np.nan
    named = np.full(len(lonlat), -1) if links is None else _find_links(file, sites, links)
    is_linked = named >= 0
    asset_pos[is_linked] = named[is_linked]
    distance_m[is_linked] = _measure(file, named[is_linked], lonlat[is_linked], area.crs)
    if not (asset_pos >= 0).any():
        metres = nearest.distance_m.min(initial=np.inf)
        raise DataError(
            f"grid.path: {settings.path.name}: no site lies within {settings.max_distance_m:g} m (grid.max_distance_m) "
            f"of an asset (the nearest is {metres:,.0f} m away); the file does not fit the study area: take "
            f"another, or raise the distance"
        )
    assets = GridAssets(
        title=file.title,
        table=file.table,
        site_asset_pos=asset_pos,
        site_asset_m=distance_m,
        is_linked=is_linked,
        max_distance_m=settings.max_distance_m,
        unknown_headroom_pkr_kw=find_unknown_headroom_figure(settings.unknown_headroom_pkr_kw).value,
    )
    LOG.info(describe_grid(assets))
    return assets


def describe_grid(assets: GridAssets) -> str:
    """Say in one line what the grid tells and for how many sites it does."""
    unknown, none = int(np.isnan(assets.headroom_kw).sum()), int((assets.site_asset_pos < 0).sum())
    return (
        f"{assets.title}: {count_things(assets.n_assets, 'asset')}, {int(assets.is_leaf.sum()):,} of them feed no "
        f"other, {unknown:,} with unknown headroom; {count_things(assets.n_sites, 'site')}: "
        f"{int(assets.is_linked.sum()):,} named their asset, {none:,} have none within "
        f"{assets.max_distance_m:g} m, {int(assets.is_headroom_unknown.sum()):,} have an unknown headroom above them"
    )


def _find_links(file: GridFile, sites: CandidateSites, links: GridLinks) -> Ints:
    """Find the asset that each site names, -1 where it names none; tell of sites that are not there."""
    pos_of_asset = {asset_id: pos for pos, asset_id in enumerate(file.table["asset_id"])}
    site_ids = sites.table["site_id"].tolist()
    strangers = sorted(links.feeder_of_site.keys() - set(site_ids))
    if strangers:
        LOG.warning(
            "%s: %s not among the sites of the study and left out (%s); they were removed, or their ids are others",
            links.where,
            count_things(len(strangers), "site is", "sites are"),
            name_rows(strangers),
        )
    return np.array(
        [pos_of_asset.get(links.feeder_of_site.get(site_id, ""), -1) for site_id in site_ids], dtype=np.int64
    )


def _measure(file: GridFile, asset_pos: Ints, lonlat: Floats, crs: str) -> Floats:
    """Measure from sites to their assets; NaN to those without a position."""
    metres = shapely.distance(locate_sites(lonlat, crs), project_all(file.geometry[asset_pos], crs))
    return np.asarray(metres, dtype=np.float64)
