"""The zone of each cell: a polygon layer, or larger hexagons in its place."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from chargeplan.demand.cells import find_centres, name_cells
from chargeplan.demand.vector_layer import describe_missing_column, read_layer
from chargeplan.errors import ConfigError, DataError, FaultCollector, name_rows
from chargeplan.geo import WGS84, check_coordinates
from chargeplan.rows import Rows
from chargeplan.tables import ZONES, make_table
from chargeplan.text import clean_text, shorten_name
from chargeplan.zone_words import NO_ZONE, describe_unknown_zones

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from chargeplan.config.settings import ZoneSettings
    from chargeplan.demand.cells import CellKeys
    from chargeplan.records import DemandCells, Floats, Ints

LOG = logging.getLogger(__name__)

HEXAGON_RESOLUTION = 6
_KEY = "study.zones"


@dataclass(frozen=True, slots=True, eq=False)
class Zoning:
    """Zones with at least one cell, and the zone of each cell.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns of `tables.ZONES`, sorted by zone_id.
    zone_pos : ndarray of int64, shape (n_cells,)
        Row of `table`.
    are_cells : bool
        True when hexagons stand in for a layer.
    """

    table: pd.DataFrame
    zone_pos: Ints
    are_cells: bool


def assign_zones(settings: ZoneSettings | None, cell_key: CellKeys, lonlat: Floats) -> Zoning:
    """Find the zone in which the centre of each cell lies.

    Parameters
    ----------
    settings : ZoneSettings or None
        None for hexagons of resolution 6.
    cell_key : ndarray of uint64, shape (n_cells,)
    lonlat : ndarray of float64, shape (n_cells, 2)
        Centres, EPSG:4326.

    Raises
    ------
    DataError
        When the layer cannot be used; see `_read_zone_layer`.
    """
    if settings is None:
        return _assign_hexagons(cell_key)
    zone_id, zone_name, polygons = _read_zone_layer(settings)
    points = shapely.points(lonlat)
    point_pos, polygon_pos = shapely.STRtree(polygons).query(points, predicate="intersects")
    # Polygons are sorted by id, so the smallest position is the first by id.
    found = np.full(len(points), len(polygons), dtype=np.int64)
    np.minimum.at(found, point_pos, polygon_pos)
    is_lost = found == len(polygons)
    if is_lost.all():
        raise DataError(
            f"{_KEY}.path: no zone of {settings.path.name} holds the centre of a cell with demand; "
            f"use a layer of the study area"
        )
    n_double = int(np.count_nonzero(np.bincount(point_pos, minlength=len(points)) > 1))
    if n_double:
        LOG.warning("%d cells lie in more than one zone; the first by id was taken", n_double)
    return _make_zoning(np.append(zone_id, NO_ZONE), np.append(zone_name, NO_ZONE), found, are_cells=False)


def read_zone_outlines(
    settings: ZoneSettings | None, zone_ids: Sequence[str]
) -> tuple[shapely.MultiPolygon | None, ...]:
    """Read the polygons of zones that `assign_zones` has found, EPSG:4326.

    Returns
    -------
    tuple of shapely.MultiPolygon or None
        One for each id, None for `NO_ZONE`; empty without a zone layer.

    Raises
    ------
    DataError
        When the layer cannot be used; see `_read_zone_layer`.
    """
    if settings is None:
        return ()
    known, _, polygons = _read_zone_layer(settings)
    outline = dict(zip(known.tolist(), polygons, strict=True))
    return tuple(None if zone_id == NO_ZONE else _keep_polygons(outline[zone_id]) for zone_id in zone_ids)


def check_zone_names(settings: ZoneSettings, names: Iterable[str]) -> None:
    """Check a zone layer, and that it has each of the zones that are named for a floor.

    Raises
    ------
    ConfigError
        With every name that is not known, and the nearest one that is.
    DataError
        When the layer cannot be used; see `_read_zone_layer`.
    """
    known, _, _ = _read_zone_layer(settings)
    faults = describe_unknown_zones(names, [*known.tolist(), NO_ZONE], settings.path.name)
    if faults:
        raise ConfigError(faults)


def _keep_polygons(shape: Any) -> shapely.MultiPolygon:
    """Drop the lines and points that a repair of self-touching rings leaves beside the polygons."""
    parts = shapely.get_parts(shapely.get_parts(shape))
    return shapely.multipolygons(parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON])


def warn_of_no_zone(cells: DemandCells, settings: ZoneSettings | None) -> None:
    """Warn of the people and the demand outside every zone of a layer."""
    in_none = (cells.zones["zone_id"] == NO_ZONE).to_numpy()[cells.zone_pos]
    if settings is None or not in_none.any():
        return
    demand = cells.total_kwh_day
    LOG.warning(
        "%d of %d cells, with %.1f %% of the people and %.1f %% of the demand, lie in no zone of %s; they are "
        'planned for as all others and reported as "%s"',
        in_none.sum(),
        len(in_none),
        100 * cells.people[in_none].sum() / max(cells.people.sum(), 1e-12),
        100 * demand[in_none].sum() / max(demand.sum(), 1e-12),
        settings.path.name,
        NO_ZONE,
    )


def _assign_hexagons(cell_key: CellKeys) -> Zoning:
    import h3.api.numpy_int as h3_int

    parent = np.array([h3_int.cell_to_parent(key, HEXAGON_RESOLUTION) for key in cell_key], dtype=np.uint64)
    hexagon, zone_pos = np.unique(parent, return_inverse=True)
    lonlat = find_centres(hexagon)
    order = np.lexsort((hexagon, lonlat[:, 0] - lonlat[:, 1]))  # from north-west to south-east
    number = np.empty(len(hexagon), dtype=np.int64)
    number[order] = np.arange(1, len(hexagon) + 1)
    zone_id = name_cells(hexagon)
    names = [f"Hexagon {n}" for n in number]
    return _make_zoning(zone_id, np.array(names), zone_pos.astype(np.int64), are_cells=True)


def _make_zoning(zone_id: Any, zone_name: Any, zone_pos: Ints, *, are_cells: bool) -> Zoning:
    """Drop zones without a cell and sort the rest by id."""
    used = np.unique(zone_pos)
    used = used[np.argsort(zone_id[used], kind="stable")]
    row = np.full(len(zone_id), -1, dtype=np.int64)
    row[used] = np.arange(len(used))
    columns: dict[str, object] = {
        "zone_id": [str(value) for value in zone_id[used]],
        "zone_name": [str(value) for value in zone_name[used]],
    }
    return Zoning(make_table(ZONES, columns), row[zone_pos], are_cells)


def _read_zone_layer(settings: ZoneSettings) -> tuple[Any, Any, Any]:
    """Read ids, names and polygons (EPSG:4326), sorted by id.

    Raises
    ------
    DataError
        When the layer has no CRS, lacks a column, holds other geometry than polygons, has
        empty or repeated ids or the id `NO_ZONE`, or lies outside Pakistan.
    """
    layer = read_layer(settings.path, f"{_KEY}.path")
    name = settings.path.name
    columns = layer.columns.drop(layer.geometry.name)
    faults, rows = FaultCollector(DataError), Rows("feature")
    for option in ("id_column", "name_column"):
        column = getattr(settings, option)
        if column not in columns:
            faults.add(describe_missing_column(f"{_KEY}.{option}", name, column, columns))
    is_polygon = layer.geometry.geom_type.isin(["Polygon", "MultiPolygon"]).to_numpy()
    if not is_polygon.all():
        faults.add(
            f"{_KEY}.path: {name}: no polygon in {rows.name(np.flatnonzero(~is_polygon))}; use a layer of polygons"
        )
    faults.raise_if_any()
    zone_id = np.array([_write_id(value) for value in layer[settings.id_column]])
    empty = np.flatnonzero(zone_id == "")
    if empty.size:
        faults.add(f"{_KEY}.id_column: {name}: no {settings.id_column} in {rows.name(empty)}")
    taken = np.flatnonzero(np.char.lower(zone_id) == NO_ZONE)
    if taken.size:
        faults.add(
            f'{_KEY}.id_column: {name}: the {settings.id_column} "{NO_ZONE}" in {rows.name(taken)} stands for the '
            f"cells outside every zone; choose another"
        )
    values, count = np.unique(zone_id[zone_id != ""], return_counts=True)
    if (count > 1).any():
        faults.add(
            f'{_KEY}.id_column: {name}, column "{settings.id_column}" holds {name_rows(values[count > 1])} '
            f"more than once; name a column that is unique"
        )
    faults.raise_if_any()
    polygons = shapely.make_valid(layer.geometry.to_crs(WGS84).to_numpy())
    centres = shapely.get_coordinates(shapely.point_on_surface(polygons))
    check_coordinates(centres[:, 0], centres[:, 1], f"{_KEY}.path: {name}", rows=rows)
    names = [shorten_name(value) for value in layer[settings.name_column]]
    zone_name = np.array([text or f"Zone {identity}" for text, identity in zip(names, zone_id, strict=True)])
    order = np.argsort(zone_id, kind="stable")
    return zone_id[order], zone_name[order], polygons[order]


def _write_id(value: object) -> str:
    """Write an id as text; whole numbers lose the ``.0`` that missing values bring."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return clean_text(value)
