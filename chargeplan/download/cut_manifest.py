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
from chargeplan.osm.manifest import OSM_ATTRIBUTION, OSM_LICENCE, Manifest, get_covered
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
    """What is cut.

    Parameters
    ----------
    area : FetchArea
    words : str
        The area with its margin.
    source : Extract
    selection : Selection
        What was chosen of the extract.
    sha256 : str
        Of the extract's bytes.
    covered : shapely.Geometry
        Where the cut is complete, EPSG:4326.
    limits : tuple of str
        Why that is less than the area with its margin.
    """

    area: FetchArea
    words: str
    source: Extract
    selection: Selection
    sha256: str
    covered: shapely.Geometry
    limits: tuple[str, ...]


def name_source(extract: Path) -> str:
    """Say where a cut comes from, as its manifest does."""
    return f"cut from {extract.name}"


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
    known = source.manifest
    limits = [*(known.limits if known is not None else ()), *cut.limits]
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
        source=name_source(source.path),
        source_sha256=cut.sha256,
        endpoint="",
        osm_timestamp=timestamp,
        newest_osm_timestamp=(known.newest_osm_timestamp if known is not None else "") or timestamp,
        retrieved=retrieved,
        queries=(),
        counts={**result.counts, "roads": n_roads},
        area=cut.words,
        covered=json.loads(shapely.to_geojson(cut.covered)),
        licence=OSM_LICENCE,
        attribution=OSM_ATTRIBUTION,
        limits=tuple(dict.fromkeys(limits)),
    )


def find_covered(
    source: Extract, selection: Selection, widened: shapely.Geometry
) -> tuple[shapely.Geometry, tuple[str, ...]]:
    """Find where a cut is complete: not beyond what the extract itself covers.

    Parameters
    ----------
    source : Extract
    selection : Selection
        Knows the box of all nodes, by which an extract is judged that says nothing.
    widened : shapely.Geometry
        The area with its margin, EPSG:4326.

    Returns
    -------
    tuple of a geometry and of limits in words

    Raises
    ------
    DataError
        When the extract covers nothing of it.
    """
    is_told = source.manifest is not None or source.box is not None
    reach = _find_reach(source, selection)
    if reach.covers(widened):
        return widened, _list_limits(source, selection, 0.0, is_told=is_told)
    parts = shapely.get_parts(shapely.intersection(widened, reach))
    covered = shapely.union_all(parts[shapely.area(parts) > 0.0])
    if covered.is_empty:
        words = "covers only" if is_told else "has nodes only in"
        raise DataError(
            f"extract: {source.path} {words} {show_box(reach.bounds)}{' by its own words' if is_told else ''}, and "
            f"the area is {show_box(widened.bounds)}; use an extract that holds the area"
        )
    return covered, _list_limits(source, selection, 1.0 - covered.area / widened.area, is_told=is_told)


def _find_reach(source: Extract, selection: Selection) -> shapely.Geometry:
    """Find what an extract covers; its manifest knows better than its box, its box than its nodes."""
    if source.manifest is not None:
        return get_covered(source.manifest)
    box = source.box or selection.bounds
    return shapely.Polygon() if box is None else shapely.box(*box)


def _list_limits(source: Extract, selection: Selection, share: float, *, is_told: bool) -> tuple[str, ...]:
    """Say what share of the area with its margin lies outside of what the extract covers."""
    name = source.path.name
    if not is_told:
        where = f"its nodes lie in {show_box(selection.bounds)}" if selection.bounds else "it has no nodes"
        outside = f", and {share:.1%} of the area with its margin lie outside of them" if share > 0.0 else ""
        return (f"{name} does not tell what it covers: {where}{outside}; roads and places may be missing",)
    if share == 0.0:
        return ()
    reach = f" ({show_box(source.box)})" if source.box is not None else ""
    what = f"what {name} covers by its manifest" if source.manifest else f"the box that {name} covers{reach}"
    return (
        f"{share:.1%} of the area with its margin lie outside {what}: roads and places may be missing there",
    )


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
