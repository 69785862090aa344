"""Totals of people by zone: polygons, and the people each of them has."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from chargeplan.demand.explain import Figure, compute_figure
from chargeplan.demand.people_grid import check_people
from chargeplan.demand.vector_layer import describe_missing_column, read_layer
from chargeplan.demand.zone_people import KEY, find_zone_people, fold_name
from chargeplan.errors import DataError, FaultCollector, name_rows
from chargeplan.geo import WGS84, check_coordinates
from chargeplan.rows import Rows, count_things
from chargeplan.text import clean_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chargeplan.config.settings import ZoneTotals
    from chargeplan.records import Floats, Ints

# Neighbours drawn apart share slivers; more than this part of the smaller zone is an overlap.
_LARGEST_OVERLAP_SHARE = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class PeopleZones:
    """Zones with their people, sorted by id.

    Parameters
    ----------
    zone_id : tuple of str
    people : ndarray of float64, shape (n_zones,)
    outline : ndarray of shapely.Geometry, shape (n_zones,)
        Valid (multi)polygons, EPSG:4326.
    origin : str
        Where the totals come from, for the explanation.
    confidence : str
    """

    zone_id: tuple[str, ...]
    people: Floats
    outline: NDArray[np.object_]
    origin: str
    confidence: str

    def find_zones(self, lon_deg: Floats, lat_deg: Floats) -> Ints:
        """Find the row of the zone each point lies in, the first by id; -1 for points in none."""
        found = np.full(len(lon_deg), -1, dtype=np.int64)
        for row in reversed(range(len(self.zone_id))):
            west, south, east, north = self.outline[row].bounds
            near = np.flatnonzero(
                (lon_deg >= west) & (lon_deg <= east) & (lat_deg >= south) & (lat_deg <= north)
            )
            shapely.prepare(self.outline[row])
            inside = shapely.intersects_xy(self.outline[row], lon_deg[near], lat_deg[near])
            found[near[inside]] = row
        return found

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Box around all zones: west, south, east, north."""
        west, south, east, north = shapely.total_bounds(self.outline).tolist()
        return west, south, east, north

    def explain(self) -> tuple[Figure, ...]:
        """Tell the total of each zone."""
        figures = (
            Figure(f"people of zone {name}", float(people), "people", self.origin, self.confidence)
            for name, people in zip(self.zone_id, self.people, strict=True)
        )
        return (*figures, compute_figure("people of all zones", float(self.people.sum()), "people"))


def read_zone_totals(settings: ZoneTotals) -> PeopleZones:
    """Read the polygons and match each with its people.

    Raises
    ------
    DataError
        When the layer has no CRS, lacks a column, holds other geometry than polygons, zones that
        overlap, empty or repeated ids, lies outside Pakistan, or has a zone without people
        or people without a zone; negative, infinite or missing people. All faults are named.
    """
    layer = read_layer(settings.path, f"{KEY}.path")
    name = settings.path.name
    _check_columns(layer, settings, name)
    ids = [_write_id(value) for value in layer[settings.id_column]]
    faults = FaultCollector(DataError)
    districts = _read_districts(layer, settings)
    numbers = None if settings.people_column is None else layer[settings.people_column]
    found = find_zone_people(ids, districts, numbers, settings, faults)
    _check_ids(ids, districts, settings, faults)
    where = f"{KEY}: {name}"
    rows = Rows("feature", [f'{number} ("{zone}")' for number, zone in enumerate(ids, start=1)])
    # What matches no figure was told by find_zone_people already.
    counts = np.where(found.is_lost, 0.0, found.people)
    check_people(counts, rows, faults, where=where)
    faults.raise_if_any()
    outline = shapely.make_valid(
        layer.geometry.to_crs(WGS84).to_numpy(), method="structure", keep_collapsed=False
    )
    centres = shapely.get_coordinates(shapely.point_on_surface(outline))
    check_coordinates(centres[:, 0], centres[:, 1], where, rows=rows)
    _refuse_overlaps(outline, ids, where)
    if districts is not None:
        ids = [f"{zone} ({district})" for zone, district in zip(ids, districts, strict=True)]
    order = np.argsort(np.array(ids), kind="stable")
    if not counts.sum() > 0:
        raise DataError(f"{where}: all zones together have 0 people; check the column or the figures")
    return PeopleZones(
        tuple(ids[row] for row in order), counts[order], outline[order], found.origin, found.confidence
    )


def _check_columns(layer: Any, settings: ZoneTotals, name: str) -> None:
    faults = FaultCollector(DataError)
    columns = layer.columns.drop(layer.geometry.name)
    for option in ("id_column", "people_column", "district_column"):
        column = getattr(settings, option)
        if column is not None and column not in columns:
            faults.add(describe_missing_column(f"{KEY}.{option}", name, column, columns))
    is_polygon = layer.geometry.geom_type.isin(["Polygon", "MultiPolygon"]).to_numpy()
    if not is_polygon.all():
        rows = Rows("feature").name(np.flatnonzero(~is_polygon))
        faults.add(f"{KEY}.path: {name}: no polygon in {rows}; use a layer of polygons")
    faults.raise_if_any()


def _read_districts(layer: Any, settings: ZoneTotals) -> list[str] | None:
    if settings.district_column is None:
        return None
    return [clean_text(value) for value in layer[settings.district_column]]


def _check_ids(
    ids: list[str], districts: list[str] | None, settings: ZoneTotals, faults: FaultCollector
) -> None:
    name = settings.path.name
    empty = [row for row, zone in enumerate(ids) if not zone]
    if empty:
        faults.add(f"{KEY}.id_column: {name}: no {settings.id_column} in {Rows('feature').name(empty)}")
    pairs = zip(ids, districts or [""] * len(ids), strict=True)
    counts = Counter((fold_name(zone), fold_name(district)) for zone, district in pairs if zone)
    repeated = sorted(zone for (zone, _), count in counts.items() if count > 1)
    if repeated:
        faults.add(
            f'{KEY}.id_column: {name}, column "{settings.id_column}" holds {name_rows(repeated)} more than once; '
            f"unite the parts of a zone into one feature"
        )


def _refuse_overlaps(outline: NDArray[np.object_], ids: list[str], where: str) -> None:
    first, second = shapely.STRtree(outline).query(outline, predicate="intersects")
    apart = first < second
    first, second = first[apart], second[apart]
    shared = shapely.area(shapely.intersection(outline[first], outline[second]))
    smaller = np.minimum(shapely.area(outline[first]), shapely.area(outline[second]))
    wrong = np.flatnonzero(shared > _LARGEST_OVERLAP_SHARE * smaller)
    if wrong.size:
        pairs = [
            f'"{ids[first[pair]]}" and "{ids[second[pair]]}" ({shared[pair] / smaller[pair]:.1%} of the smaller)'
            for pair in wrong
        ]
        raise DataError(
            f"{where}: zones overlap in {count_things(len(pairs), 'pair')}: {name_rows(pairs)}; their people would "
            f"be counted twice; draw each piece of land in one zone"
        )


def _write_id(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return clean_text(value)
