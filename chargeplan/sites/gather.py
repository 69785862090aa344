"""Bring all sites of a study together: places of the map, layers, the planner's files."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from chargeplan.errors import DataError, FaultCollector, name_rows
from chargeplan.places import read_place_file
from chargeplan.rows import count_things
from chargeplan.sites.planner_file import POOL_COLUMNS, read_planner_file
from chargeplan.sites.pricing import read_site_figures
from chargeplan.words import PlaceKind, SiteStatus

if TYPE_CHECKING:
    from chargeplan.config.settings import SitesSettings
    from chargeplan.records import MapPlaces

LOG = logging.getLogger(__name__)

_FILLED_FROM_MAP = ("kind", "name", "name_en", "name_ur", "brand", "capacity", "power_kw")


def gather_sites(places: MapPlaces, settings: SitesSettings) -> pd.DataFrame:
    """Collect every site that the settings name, unfiltered.

    Charging stations of the map are existing sites when ``existing_from_osm`` is on, also
    when ``from_network_file`` (which is about candidates) is off. A row of a planner's file
    whose ``site_id`` is the id of a map place says more about that place and replaces it;
    names, brand, capacity and power that the row leaves empty stay those of the map. A tagged
    power above ``max_station_kw`` of data/costs/site_figures.csv counts as unknown, and the
    log says how many there are.

    Returns
    -------
    pandas.DataFrame
        Columns of `POOL_COLUMNS`, sorted by site_id, ids unique.

    Raises
    ------
    DataError
        When a file has faults or two files use the same id.
    """
    pools = [_take_places(places.table, settings, with_candidates=settings.from_network_file)]
    for number, path in enumerate(settings.paths):
        layer = read_place_file(path, f"sites.paths[{number}]")
        pools.append(_take_places(layer.table, settings, with_candidates=True))
    on_map = pd.concat(pools, ignore_index=True)
    _refuse_repeated_ids(on_map, "sites.paths")
    on_map = _drop_implausible_power(on_map)
    planned = read_planner_files(settings)
    merged = _join(on_map, planned)
    return merged.sort_values("site_id", kind="stable", ignore_index=True)


def _take_places(table: pd.DataFrame, settings: SitesSettings, *, with_candidates: bool) -> pd.DataFrame:
    """Make candidates and existing stations of the places of the configured kinds."""
    stands = (table["kind"] == PlaceKind.CHARGING_STATION.value) & settings.existing_from_osm
    kinds = [kind.value for kind in settings.kinds]
    wanted = table["kind"].isin(kinds) & with_candidates & ~stands
    taken = table[stands | wanted].rename(columns={"place_id": "site_id"})
    existing = stands[stands | wanted]
    return taken.assign(
        status=pd.Series(SiteStatus.CANDIDATE.value, index=taken.index, dtype="str").mask(
            existing, SiteStatus.EXISTING.value
        ),
        fixed_cost_pkr=np.nan,
        max_chargers=np.nan,
        existing_chargers=np.nan,
        feeder_exempt=np.nan,
        has_storage=np.nan,
        separate_meter_needed=np.nan,
        solar_kw=np.nan,
        is_planner=False,
        has_own_id=True,
        geometry=shapely.points(taken["lon"].to_numpy(), taken["lat"].to_numpy()),
    )[list(POOL_COLUMNS)]


def _drop_implausible_power(on_map: pd.DataFrame) -> pd.DataFrame:
    """Take tagged powers that no station has for unknown, and tell which."""
    max_kw = read_site_figures().max_station_kw
    wrong = on_map["power_kw"] > max_kw
    if wrong.any():
        named = [f"{row.site_id} {row.power_kw:g} kW" for row in on_map[wrong].itertuples()]
        LOG.warning(
            "%d places have a tagged power above %g kW, taken as unknown (%s); the limit is in "
            "data/costs/site_figures.csv, a row in sites.files can say the power",
            len(named),
            max_kw,
            name_rows(sorted(named)),
        )
    return on_map.assign(power_kw=on_map["power_kw"].mask(wrong))


def read_planner_files(settings: SitesSettings) -> pd.DataFrame | None:
    """Read all of `sites.files`; None when there is none.

    Raises
    ------
    DataError
        With the faults of all of them, or when two of them use the same id.
    """
    faults = FaultCollector(DataError)
    pools = []
    for number, file in enumerate(settings.files):
        try:
            pools.append(read_planner_file(file, f"sites.files[{number}]"))
        except DataError as error:
            for fault in error.faults:
                faults.add(fault)
    faults.raise_if_any()
    if not pools:
        return None
    planned = pd.concat(pools, ignore_index=True)
    _refuse_repeated_ids(planned, "sites.files")
    return planned


def _refuse_repeated_ids(pool: pd.DataFrame, key: str) -> None:
    repeated = pool[pool["site_id"].duplicated(keep=False)]
    if len(repeated):
        ids, names = sorted(set(repeated["site_id"])), sorted(set(repeated["source"]))
        raise DataError(
            f"{key}: {count_things(len(ids), 'site id')} in two files ({name_rows(ids)}; {name_rows(names)}); "
            f"give every site its own id, or rename one file when both have the same name"
        )


def _join(on_map: pd.DataFrame, planned: pd.DataFrame | None) -> pd.DataFrame:
    """Put the planner's rows in the place of the map places that they name by id."""
    if planned is None:
        return on_map
    named = planned["site_id"].isin(on_map["site_id"])
    accidental = planned[named & ~planned["has_own_id"]]
    if len(accidental):
        names = sorted(set(accidental["source"]))
        raise DataError(
            f"sites.files: {name_rows(names)} and a layer of sites.paths have the same file name, so "
            f"their rows get the same ids; rename one file or add a column site_id"
        )
    planned = planned.copy()
    same = on_map.set_index("site_id").reindex(planned["site_id"]).reset_index(drop=True)
    for name in _FILLED_FROM_MAP:
        unsaid = named & (planned[name].isna() | (planned[name] == ""))
        planned[name] = planned[name].where(~unsaid, same[name])
    serving = planned["status"].isin([SiteStatus.EXISTING.value, SiteStatus.COMPETITOR.value])
    planned.loc[(planned["kind"] == "") & serving, "kind"] = PlaceKind.CHARGING_STATION.value
    planned.loc[planned["kind"] == "", "kind"] = PlaceKind.OTHER.value
    if named.any():
        LOG.info("%d places of the map are described by the planner's files", int(named.sum()))
    return pd.concat([on_map[~on_map["site_id"].isin(planned["site_id"])], planned], ignore_index=True)
