"""Land whose use matters: where no station can be built, and where people work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from chargeplan.errors import DataError, FaultCollector
from chargeplan.files import require_file
from chargeplan.geo import WGS84, check_coordinates
from chargeplan.records import LandAreas
from chargeplan.rows import Rows
from chargeplan.script_names import find_names
from chargeplan.tables import LAND_AREAS, make_table
from chargeplan.tag_kinds import find_tagged_kind
from chargeplan.text import clean_text, show_name
from chargeplan.words import LandKind

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from chargeplan.config.settings import ExclusionSettings


def find_land_kind(tags: Mapping[str, str]) -> LandKind | None:
    """Find the kind of an area of land by its tags; the first row of the table that fits decides.

    Examples
    --------
    >>> find_land_kind({"landuse": "cemetery", "name": "H-8"})
    <LandKind.CEMETERY: 'cemetery'>
    """
    return find_tagged_kind(tags, LandKind)


def describe_land(land_id: str, kind: LandKind, tags: Mapping[str, str], source: str) -> dict[str, object]:
    """Make one row of `tables.LAND_AREAS` from tags."""
    names = find_names(tags.get)
    return {
        "land_id": land_id,
        "kind": kind.value,
        "name": names.english or show_name({"name": tags.get("name"), "name_ur": names.urdu}, ""),
        "source": clean_text(source),
    }


def make_land(rows: list[dict[str, object]], outline: NDArray[Any]) -> LandAreas:
    """Make the record from rows of `describe_land` and their outlines (EPSG:4326), sorted by id.

    Outlines that cross themselves are mended; what is left without an area is dropped.
    """
    mended = shapely.make_valid(np.asarray(outline, dtype=object), method="structure", keep_collapsed=False)
    order = [
        row
        for row in sorted(range(len(rows)), key=lambda row: str(rows[row]["land_id"]))
        if shapely.area(mended[row]) > 0
    ]
    columns: dict[str, object] = {
        column.name: [rows[row][column.name] for row in order] for column in LAND_AREAS
    }
    kept = np.empty(len(order), dtype=object)
    kept[:] = [mended[row] for row in order]
    return LandAreas(make_table(LAND_AREAS, columns), kept)


def join_land(parts: list[LandAreas]) -> LandAreas:
    """Put several sets of areas into one, sorted by id."""
    rows: list[dict[str, object]] = [
        {str(name): value for name, value in row.items()}
        for part in parts
        for row in part.table.to_dict("records")
    ]
    outlines = np.concatenate([part.outline for part in parts]) if parts else np.zeros(0, dtype=object)
    return make_land(rows, outlines)


def unite_land(land: LandAreas) -> shapely.Geometry:
    """Unite the outlines, so that land drawn twice counts once; empty when there are none."""
    return shapely.union_all(land.outline)


def gather_excluded_land(land: LandAreas, settings: ExclusionSettings) -> LandAreas:
    """Gather the land where no station can be built: kinds of the map, and the planner's polygons.

    Parameters
    ----------
    land : LandAreas
        Of the map.
    settings : ExclusionSettings

    Raises
    ------
    DataError
        When a file of the planner cannot be read, has no CRS, holds other geometry than
        polygons or an unknown kind, or lies outside Pakistan.
    """
    kinds = [kind.value for kind in settings.kinds] if settings.from_network_file else []
    parts = [land.select(land.table["kind"].isin(kinds).to_numpy(dtype=np.bool_))]
    faults = FaultCollector(DataError)
    for number, path in enumerate(settings.paths):
        try:
            parts.append(_read_excluded(path, f"sites.exclusion.paths[{number}]"))
        except DataError as error:
            for fault in error.faults:
                faults.add(fault)
    faults.raise_if_any()
    return join_land(parts)


def _read_excluded(path: Path, key: str) -> LandAreas:
    import geopandas as gpd

    require_file(path, key)
    try:
        layer = gpd.read_file(path)
    except Exception as error:  # pyogrio raises many kinds for a damaged file
        raise DataError(f"{key}: {path} cannot be read as a vector layer: {error}") from error
    if not isinstance(layer, gpd.GeoDataFrame) or layer.crs is None:
        raise DataError(
            f"{key}: {path.name} has no geometry with a CRS; write one into the file "
            f"(for longitudes and latitudes EPSG:4326)"
        )
    faults, features = FaultCollector(DataError), Rows("feature")
    wrong = np.flatnonzero(~layer.geometry.geom_type.isin(["Polygon", "MultiPolygon"]))
    if wrong.size:
        faults.add(f"{key}: {path.name}: no polygon in {features.name(wrong)}; use polygons alone")
    words = [clean_text(word) for word in layer["kind"]] if "kind" in layer.columns else [""] * len(layer)
    known = {kind.value for kind in LandKind} - {LandKind.INDUSTRIAL.value}
    unknown = [row for row, word in enumerate(words) if word and word not in known]
    if unknown:
        faults.add(
            f"{key}: {path.name}: no known kind in {features.name(unknown)} (the first is "
            f"{words[unknown[0]]!r}); use one of {', '.join(sorted(known))}, or leave it empty"
        )
    faults.raise_if_any()
    outline = layer.geometry.to_crs(WGS84).to_numpy()
    centres = shapely.get_coordinates(shapely.point_on_surface(outline))
    check_coordinates(centres[:, 0], centres[:, 1], f"{key}: {path.name}", rows=features)
    columns = [name for name in ("name", "name:en", "name:ur", "name_en", "name_ur") if name in layer.columns]
    stem = clean_text(path.stem)
    rows = [
        describe_land(f"{stem}:{row:06d}", LandKind(word or LandKind.PLANNER), _get_texts(tags), path.name)
        for row, (word, tags) in enumerate(zip(words, layer[columns].to_dict("records"), strict=True))
    ]
    return make_land(rows, outline)


def _get_texts(record: Mapping[Hashable, object]) -> dict[str, str]:
    return {str(name): value for name, value in record.items() if isinstance(value, str)}
