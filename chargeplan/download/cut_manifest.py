"""What a cut is: its manifest, and what it cannot tell."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import shapely

from chargeplan import __version__
from chargeplan.download.extract_file import Extract, show_box
from chargeplan.errors import DataError
from chargeplan.files import compute_sha256
from chargeplan.osm.manifest import OSM_ATTRIBUTION, OSM_LICENCE, Manifest
from chargeplan.osm.road_classes import ROAD_CLASSES
from chargeplan.osm.times import describe_lateness

if TYPE_CHECKING:
    from pathlib import Path

    from chargeplan.download.areas import FetchArea
    from chargeplan.download.selection import Selection
    from chargeplan.osm.merge import MergeResult

_YEAR_OF_NO_TIMESTAMP = 1970


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """What is cut: the area, the extract, what was chosen of it, the area with its margin."""

    area: FetchArea
    source: Extract
    selection: Selection
    widened: shapely.Geometry


def describe_cut(path: Path, result: MergeResult, cut: Cut) -> Manifest:
    """Make the manifest of a cut from the file that was written.

    Raises
    ------
    DataError
        When the file holds no road.
    """
    area, source = cut.area, cut.source
    n_roads, newest = _read_roads(path)
    if n_roads == 0:
        raise DataError(
            f"extract: {source.path} holds no road for cars in {area.words}; check the area, or use an extract "
            "that holds roads"
        )
    retrieved = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    timestamp = source.osm_timestamp or newest
    covered, limits = _find_covered(source, cut.widened)
    if not source.osm_timestamp:
        limits.append(
            f"{source.path.name} does not say of when it is; the newest road in the area is of {newest[:10]}"
            if newest
            else f"{source.path.name} does not say of when it is"
        )
    limits += [late] if (late := describe_lateness(timestamp, retrieved)) else []
    return Manifest(
        name=area.name,
        file_name=path.name,
        sha256=compute_sha256(path),
        size_bytes=path.stat().st_size,
        made_by=f"chargeplan {__version__} cut",
        source=f"cut from {source.path.name}",
        source_sha256=cut.selection.sha256 if source.pbf_path == source.path else compute_sha256(source.path),
        endpoint="",
        osm_timestamp=timestamp,
        newest_osm_timestamp=timestamp,
        retrieved=retrieved,
        queries=(),
        counts={**result.counts, "roads": n_roads},
        area=area.words,
        covered=json.loads(shapely.to_geojson(covered)),
        licence=OSM_LICENCE,
        attribution=OSM_ATTRIBUTION,
        limits=tuple(limits),
    )


def _find_covered(source: Extract, widened: shapely.Geometry) -> tuple[shapely.Geometry, list[str]]:
    """Find where the cut is complete: not beyond the box that the extract itself tells."""
    if source.box is None:
        return widened, []
    box = shapely.box(*source.box)
    if box.covers(widened):
        return widened, []
    parts = shapely.get_parts(shapely.intersection(widened, box))
    covered = shapely.union_all(parts[shapely.area(parts) > 0.0])
    if covered.is_empty:
        raise DataError(
            f"extract: {source.path} covers only {show_box(source.box)} by its own words, and the area is "
            f"{show_box(widened.bounds)}; use an extract that holds the area"
        )
    share = 1.0 - covered.area / widened.area
    return covered, [
        f"{share:.1%} of the area with its margin lie outside the box that {source.path.name} covers "
        f"({show_box(source.box)}): roads and places may be missing there"
    ]


def _read_roads(path: Path) -> tuple[int, str]:
    """Count the roads for cars of a cut, and find the time of the newest."""
    import osmium

    n_roads, newest = 0, ""
    roads = osmium.filter.TagFilter(*(("highway", road_class) for road_class in ROAD_CLASSES))
    ways: Any = osmium.FileProcessor(str(path), osmium.osm.WAY).with_filter(roads)
    for way in ways:
        n_roads += 1
        if way.timestamp.year > _YEAR_OF_NO_TIMESTAMP:
            newest = max(newest, way.timestamp.strftime("%Y-%m-%dT%H:%M:%SZ"))
    return n_roads, newest
