"""Places with OpenStreetMap tags: what kind a place is, and places from layer files."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np
import shapely

from chargeplan.errors import DataError
from chargeplan.files import require_file
from chargeplan.geo import WGS84, check_coordinates, find_utm_crs, project_geometry
from chargeplan.land import describe_land, find_land_kind, make_land
from chargeplan.records import LandAreas, MapPlaces
from chargeplan.rows import Rows
from chargeplan.script_names import Names, find_names
from chargeplan.station_power import find_station_power_kw
from chargeplan.tables import PLACES, SETTLEMENTS, make_table
from chargeplan.tag_kinds import find_tagged_kind
from chargeplan.text import clean_text, shorten_name, show_name
from chargeplan.words import PlaceKind

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

# Words of OpenStreetMap's key place (wiki.openstreetmap.org, Key:place), the most important first. The map writes all;
# only parts of a town and villages say where something is, for a city is too large.
CITY = "city"
PART_WORDS = ("town", "suburb", "village", "quarter", "neighbourhood", "hamlet", "locality")
SETTLEMENT_WORDS = (CITY, *PART_WORDS)
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


def find_kind(tags: Mapping[str, str]) -> PlaceKind | None:
    """Find the kind of a place by its tags; the first row of the table that fits decides.

    Examples
    --------
    >>> find_kind({"amenity": "fuel", "shop": "convenience"})
    <PlaceKind.FUEL: 'fuel'>
    """
    return find_tagged_kind(tags, PlaceKind)


def parse_number(text: object) -> float:
    """Read the first number in a tag such as ``50`` or ``50 cars``, else NaN."""
    match = _NUMBER.search(str(text)) if text is not None else None
    return float(match.group()) if match else float("nan")


def describe_place(
    place_id: str,
    kind: PlaceKind,
    tags: Mapping[str, str],
    lon: float,
    lat: float,
    source: str,
    *,
    area_m2: float = float("nan"),
) -> dict[str, object]:
    """Make one row of `tables.PLACES` from tags and coordinates (EPSG:4326).

    The English and the Urdu name are those that the tags tell, see `script_names.find_names`; the English one is
    empty where nothing but ``name`` holds it.

    ``power_kw`` is the tagged total of a charging station, else the sum over its sockets; see
    `station_power.find_station_power_kw` for the rule.
    """
    local, names = clean_text(tags.get("name")), find_names(tags.get)
    says_english = bool(tags.get("name:en") or tags.get("name_en"))
    return {
        "place_id": place_id,
        "kind": kind.value,
        "name": local,
        "name_en": names.english if says_english or names.english != local else "",
        "name_ur": names.urdu,
        "brand": clean_text(tags.get("brand") or tags.get("operator")),
        "lon": lon,
        "lat": lat,
        "capacity": parse_number(tags.get("capacity")),
        "area_m2": area_m2,
        "power_kw": find_station_power_kw(tags),
        "source": source,
    }


def is_settlement(tags: Mapping[str, str]) -> bool:
    """Tell whether tags are those of a city, a part of it or a village, with a name.

    Examples
    --------
    >>> is_settlement({"place": "suburb", "name": "G-9"}), is_settlement({"place": "island", "name": "Manora"})
    (True, False)
    """
    return tags.get("place") in SETTLEMENT_WORDS and any(map(tags.get, ("name", "name:en", "name:ur")))


def make_settlements(rows: Iterable[tuple[str, Mapping[str, str], float, float]]) -> pd.DataFrame:
    """Make the table of settlements from ids, tags and coordinates, sorted by place_id, each once.

    A later row of the same id takes the place of an earlier one. The name is the English one where there is one.
    """
    named = {
        place_id: (tags["place"], *_shorten_names(find_names(tags.get), tags), lon, lat)
        for place_id, tags, lon, lat in rows
    }
    kept = sorted((place_id, *row) for place_id, row in named.items() if row[1])
    return make_table(
        SETTLEMENTS, {column.name: [row[at] for row in kept] for at, column in enumerate(SETTLEMENTS)}
    )


def _shorten_names(names: Names, tags: Mapping[str, str]) -> tuple[str, str]:
    """Shorten the name that is shown and the Urdu one."""
    shown = names.english or show_name({"name": tags.get("name"), "name_ur": names.urdu}, "")
    return shorten_name(shown), shorten_name(names.urdu)


def make_places(rows: list[dict[str, object]], land: LandAreas | None = None) -> MapPlaces:
    """Make the record from rows of `describe_place`, sorted by place_id, and the land read with them."""
    ordered = sorted(rows, key=lambda row: str(row["place_id"]))
    table = make_table(PLACES, {column.name: [row[column.name] for row in ordered] for column in PLACES})
    return MapPlaces(table) if land is None else MapPlaces(table, land)


def read_place_file(path: Path, key: str) -> MapPlaces:
    """Read places from a vector layer whose columns are OpenStreetMap tags.

    Areas are represented by a point inside them; areas of land that data/places/land_kinds.csv
    knows are kept as areas too. Rows whose tags name no kind that one of the two knows are left out.

    Parameters
    ----------
    path : Path
        GeoJSON or GeoPackage with a CRS.
    key : str
        Config key that named it, for messages.

    Raises
    ------
    DataError
        When the layer cannot be read, has no CRS, or lies outside Pakistan.
    """
    import geopandas as gpd

    require_file(path, key)
    try:
        layer = gpd.read_file(path)
    except Exception as error:  # pyogrio raises many kinds for a damaged file
        raise DataError(f"{key}: {path} cannot be read as a vector layer: {error}") from error
    if not isinstance(layer, gpd.GeoDataFrame) or layer.crs is None:
        raise DataError(
            f"{key}: {path} has no geometry with a CRS; write one into the file "
            f"(for longitudes and latitudes EPSG:4326)"
        )
    layer = layer[~(layer.geometry.isna() | layer.geometry.is_empty)]
    points = layer.geometry.representative_point().to_crs(WGS84)
    lon, lat = points.x.to_numpy(), points.y.to_numpy()
    features = Rows("feature", layer.index.to_numpy() + 1)
    check_coordinates(np.asarray(lon), np.asarray(lat), f"{key}: {path.name}", rows=features)
    columns = [column for column in layer.columns if column != layer.geometry.name]
    # Cleaned here, because the published files hold cleaned text and must name the same places.
    stem = clean_text(path.stem)
    outlines = layer.geometry.to_crs(WGS84).to_numpy()
    is_area = layer.geometry.geom_type.isin(["Polygon", "MultiPolygon"]).to_numpy()
    rows, land_rows, land_outlines = [], [], []
    for row_number, record in enumerate(layer[columns].to_dict("records")):
        tags = {str(name): str(value) for name, value in record.items() if isinstance(value, str) and value}
        kind, land_kind = find_kind(tags), find_land_kind(tags)
        row_id, at = f"{stem}:{row_number:06d}", (float(lon[row_number]), float(lat[row_number]))
        if kind is not None:
            area_m2 = _measure_area_m2(outlines[row_number]) if is_area[row_number] else math.nan
            rows.append(describe_place(row_id, kind, tags, *at, path.name, area_m2=area_m2))
        if land_kind is not None and is_area[row_number]:
            land_rows.append(describe_land(row_id, land_kind, tags, path.name))
            land_outlines.append(outlines[row_number])
    return make_places(rows, make_land(land_rows, np.array(land_outlines, dtype=object)))


def _measure_area_m2(outline: shapely.Geometry) -> float:
    """Measure an area drawn in degrees, in the metric CRS of where it lies."""
    crs = find_utm_crs(float(shapely.centroid(outline).x))
    return float(project_geometry(outline, WGS84, crs).area)
