"""Cut a city from a larger OpenStreetMap file, without a network: two passes, bounded memory."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING

import shapely

from chargeplan.download.area_shapes import widen_area
from chargeplan.download.areas import check_area, describe_request, get_margin, is_same_request
from chargeplan.download.boundary import build_boundary, describe_relation, find_boundary_doubts
from chargeplan.download.cut_file import check_copy, copy_selection
from chargeplan.download.cut_manifest import Cut, describe_cut, find_covered, name_source
from chargeplan.download.extract_file import (
    Extract,
    check_extract,
    explain_unreadable,
    name_format,
    open_extract,
    show_box,
)
from chargeplan.download.pbf_arrays import UnknownCompressionError
from chargeplan.download.protobuf_arrays import BrokenMessageError
from chargeplan.download.relation_in_extract import read_relation
from chargeplan.download.selection import Selection, UnsortedError, select_elements
from chargeplan.errors import ConfigError, DataError
from chargeplan.files import compute_sha256, require_file
from chargeplan.osm.dataset import (
    DatasetState,
    compute_area_sha256,
    describe_other_request,
    find_dataset,
    publish_dataset,
)
from chargeplan.osm.dataset_paths import find_data_path
from chargeplan.osm.manifest import Manifest
from chargeplan.osm.merge import MergeResult
from chargeplan.runlog import Listener, RunLog, ignore_event
from chargeplan.units import BYTES_PER_MB, DEFAULT_BUFFER_KM

if TYPE_CHECKING:
    from chargeplan.download.areas import FetchArea

_SMALLEST_ROOM_BYTES = 10_000_000
# A cut takes about its share of the elements of the extract's bytes; the rest is for the rest.
_ROOM_FOR_SHARE = 3.0
_Tell = Callable[[str], None]


def cut_dataset(
    extract: Path,
    area: FetchArea,
    *,
    folder: Path,
    buffer_km: float = DEFAULT_BUFFER_KM,
    is_replacing: bool = False,
    listen: Listener = ignore_event,
    tell: _Tell,
) -> DatasetState:
    """Cut an area from an OpenStreetMap file and publish it as a dataset.

    The elements are those of ``osmium extract --strategy=complete_ways`` for the area with its
    margin. A ``.osm.pbf`` is read twice, and a few pieces once more when the boundary is looked
    up in it; other kinds of files are first turned into a temporary ``.osm.pbf``.

    Parameters
    ----------
    extract : Path
        ``.osm.pbf``, ``.osm``, ``.osm.gz`` or ``.osm.bz2``, sorted by type and id.
    area : FetchArea
        When its boundary is not known, the relation is looked up in the extract.
    folder : Path
        Folder of the datasets.
    buffer_km : float
        Margin around the area, from 0.
    is_replacing : bool
        Replace a dataset of another request too.
    listen : callable
        Gets the phases "boundary", "select" and "publish".
    tell : callable
        Gets what is doubtful, in words.

    Returns
    -------
    DatasetState
        The published dataset.

    Raises
    ------
    ConfigError
        When the name or the margin cannot be used.
    DataError
        When the extract cannot be read, is not sorted, holds history, lacks nodes of ways or does
        not hold the area, when the disk has too little room, or when a dataset of another request
        or somebody's own file is there. What was there before stays then.
    """
    if not buffer_km >= 0.0:
        raise ConfigError(f"the margin is {buffer_km:g} km; expected 0 or more")
    data_path = find_data_path(folder, area.name)
    _refuse_own_output(extract, data_path)
    find_dataset(folder, area.name, thorough=False)  # somebody's own file is told before the work
    log = RunLog(listen)
    with open_extract(extract) as source, source.pbf_path.open("rb") as file:
        if area.boundary is None:
            with log.phase("boundary") as phase:
                area, phase.message = _find_boundary(source, file, area, tell)
        boundary = _require_boundary(area)
        for doubt in check_area(boundary, area.words, expected_km2=area.expected_km2, note=area.note):
            tell(doubt)
        widened = widen_area(boundary, buffer_km)
        if not is_replacing:
            _refuse_other_request(folder, extract, area, describe_request(area, buffer_km), tell)
        with log.phase("select") as phase:
            selection = _select(source, file, widened, area.words)
            sha256 = selection.sha256 if source.pbf_path == source.path else compute_sha256(source.path)
            check_extract(source, sha256)
            covered, limits = find_covered(source, selection, widened)
            phase.message = _describe(selection)
        with log.phase("publish") as phase:
            _require_room(folder, source, selection)
            manifest = _publish(
                folder,
                Cut(area, describe_request(area, buffer_km), source, selection, sha256, covered, limits),
                file,
                tell,
            )
            phase.message = f"{data_path} ({manifest.size_bytes / BYTES_PER_MB:,.1f} MB)"
    return DatasetState(area.name, data_path, manifest, "")


def _refuse_own_output(extract: Path, data_path: Path) -> None:
    require_file(extract, "extract")
    name_format(extract)
    if data_path.parent.resolve() in extract.resolve().parents:
        raise DataError(
            f"extract: {extract} lies in {data_path.parent}, which the cut would replace; name the dataset "
            "otherwise or move the extract"
        )


def _refuse_other_request(folder: Path, extract: Path, area: FetchArea, words: str, tell: _Tell) -> None:
    """Refuse to replace a dataset of another area or extract; one that is broken may be replaced."""
    state = find_dataset(folder, area.name, thorough=False)
    if state is None:
        return
    if state.manifest is None:
        tell(f"{state.fault}: it is cut again")
        return
    held = state.manifest
    if area.relation_id:  # whose boundary may have changed in a newer extract
        is_same = is_same_request(held.area, words)
    else:
        is_same = get_margin(held.area) == get_margin(words) and held.area_sha256 == compute_area_sha256(
            _require_boundary(area), area.name
        )
    if not is_same or held.source != name_source(extract):
        asked = f"{words}, {name_source(extract)}"
        advice = "choose another name, or replace it with --replace"
        raise DataError(describe_other_request(state, asked, advice))


def _find_boundary(source: Extract, file: IO[bytes], area: FetchArea, tell: _Tell) -> tuple[FetchArea, str]:
    try:
        answer = read_relation(file, area.relation_id)
    except BrokenMessageError as error:
        raise explain_unreadable(source.path, error) from error
    if not answer.elements:
        relation = f"relation {area.relation_id}"
        name = area.words if area.words.startswith(relation) else f"{relation} ({area.words})"
        raise DataError(
            f"extract: {source.path} does not hold the {name}, or is not "
            "sorted; check the id, use an extract of the whole country, or give the area with --polygon FILE, "
            "--box W,S,E,N or --circle LON,LAT,KM"
        )
    try:
        boundary = build_boundary(answer, area.relation_id)
    except DataError as error:
        raise DataError([f"extract: {source.path}: {fault}" for fault in error.faults]) from error
    for doubt in find_boundary_doubts(answer, area.relation_id, expected_level=area.expected_level):
        tell(doubt)
    words = describe_relation(answer, area.relation_id)
    return replace(area, boundary=boundary, words=words), f"{words}, from {source.path.name}"


def _require_boundary(area: FetchArea) -> shapely.Geometry:
    if area.boundary is None:
        raise DataError(f"{area.words}: the area has no boundary")
    return area.boundary


def _select(source: Extract, file: IO[bytes], widened: shapely.Geometry, words: str) -> Selection:
    try:
        selection = select_elements(file, widened)
    except UnsortedError as error:
        raise DataError(
            f"extract: {source.path} is not sorted by type and id: {error}; sort it first "
            "(`osmium sort EXTRACT -o SORTED.osm.pbf`, for a drawing `osmium renumber`)"
        ) from error
    except (BrokenMessageError, UnknownCompressionError, OSError) as error:
        raise explain_unreadable(source.path, error) from error
    if selection.n_nodes_inside == 0:
        where = (
            f"its nodes lie in {show_box(selection.bounds)}" if selection.bounds else "it has no nodes at all"
        )
        raise DataError(
            f"extract: {source.path} holds nothing in {words} ({show_box(widened.bounds)}); {where}; use an "
            "extract that holds the area"
        )
    return selection


def _describe(selection: Selection) -> str:
    taken, held = (ids.size for ids in selection.ids), selection.n_in_file
    words = ("nodes", "ways", "relations")
    return ", ".join(f"{n:,} of {of:,} {word}" for n, of, word in zip(taken, held, words, strict=True))


def _require_room(folder: Path, source: Extract, selection: Selection) -> None:
    share = sum(ids.size for ids in selection.ids) / max(sum(selection.n_in_file), 1)
    needed = _SMALLEST_ROOM_BYTES + _ROOM_FOR_SHARE * share * source.pbf_path.stat().st_size
    existing = next(place for place in (folder.absolute(), *folder.absolute().parents) if place.exists())
    free = shutil.disk_usage(existing).free
    if free < needed:
        raise DataError(
            f"{folder}: the cut needs about {needed / BYTES_PER_MB:,.0f} MB, but the disk has "
            f"{free / BYTES_PER_MB:,.0f} MB; make room or choose another --folder"
        )


def _publish(folder: Path, cut: Cut, file: IO[bytes], tell: _Tell) -> Manifest:
    made: list[Manifest] = []

    def write_data(path: Path) -> MergeResult:
        copy_selection(
            file, cut.selection, path, osm_timestamp=cut.source.osm_timestamp, box=cut.covered.bounds
        )
        check_copy(path, cut.selection, f"extract: {cut.source.path}")
        nodes, ways, relations = (ids.size for ids in cut.selection.ids)
        counts = {"nodes": nodes, "ways": ways, "relations": relations}
        return MergeResult(counts, n_missing_way_nodes=0, n_repeated=0)

    def make_manifest(path: Path, result: MergeResult) -> Manifest:
        made.append(describe_cut(path, result, cut))
        return made[-1]

    name, boundary = cut.area.name, _require_boundary(cut.area)
    try:
        publish_dataset(folder, name, area=boundary, write_data=write_data, make_manifest=make_manifest)
    except (OSError, RuntimeError) as error:  # osmium tells of the disk by a RuntimeError
        raise DataError(
            f"{folder}: the cut could not be written ({error}); make room or choose another --folder; what was "
            "there before stays as it was"
        ) from error
    for limit in made[-1].limits:
        tell(limit)
    return made[-1]
