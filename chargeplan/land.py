"""Land whose use matters: where no station can be built, and where people work."""

from __future__ import annotations

import csv
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from chargeplan.files import find_data_file
from chargeplan.records import LandAreas
from chargeplan.tables import LAND_AREAS, make_table
from chargeplan.text import clean_text, show_name
from chargeplan.words import LandKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray


@lru_cache(maxsize=1)
def read_land_table() -> dict[tuple[str, str], LandKind]:
    """Read which OpenStreetMap tag is which kind of land."""
    with find_data_file("places", "land_kinds.csv").open(encoding="utf-8", newline="") as file:
        return {(row["key"], row["value"]): LandKind(row["kind"]) for row in csv.DictReader(file)}


def find_land_kind(tags: Mapping[str, str]) -> LandKind | None:
    """Find the kind of an area of land by its tags; the first row of the table that fits decides.

    Examples
    --------
    >>> find_land_kind({"landuse": "cemetery", "name": "H-8"})
    <LandKind.CEMETERY: 'cemetery'>
    """
    for (key, value), kind in read_land_table().items():
        if tags.get(key) == value:
            return kind
    return None


def describe_land(land_id: str, kind: LandKind, tags: Mapping[str, str], source: str) -> dict[str, object]:
    """Make one row of `tables.LAND_AREAS` from tags."""
    names = {"name_en": tags.get("name:en"), "name": tags.get("name"), "name_ur": tags.get("name:ur")}
    return {
        "land_id": land_id,
        "kind": kind.value,
        "name": show_name(names, ""),
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
