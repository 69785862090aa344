"""Fetch an area: its boundary, an estimate, the tiles, and one dataset that is whole or is not there."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import shapely

from chargeplan import __version__
from chargeplan.download.areas import FetchArea, check_area, find_metric_crs
from chargeplan.download.boundary import build_boundary, find_boundary_doubts
from chargeplan.download.client import OverpassClient, TooLargeError
from chargeplan.download.exchange import check_endpoint
from chargeplan.download.failures import OFFLINE_ADVICE
from chargeplan.download.pace import Clock, SystemClock
from chargeplan.download.queries import (
    BOUNDARY,
    Box,
    Layer,
    list_layers,
    write_boundary_query,
    write_count_query,
    write_data_query,
)
from chargeplan.download.questions import Questions
from chargeplan.download.tile_store import TileStore
from chargeplan.download.tiles import (
    LARGEST_LEVEL,
    LayerCount,
    Tile,
    TileCheck,
    check_data,
    check_tile,
    find_box,
    is_close,
    read_count,
)
from chargeplan.errors import ConfigError, DataError, DownloadError, InterruptedRunError
from chargeplan.files import compute_sha256
from chargeplan.geo import WGS84, project_geometry
from chargeplan.osm.dataset import DatasetState, find_data_path, publish_dataset, verify_datasets
from chargeplan.osm.manifest import OSM_ATTRIBUTION, OSM_LICENCE, Manifest, get_covered, read_manifest
from chargeplan.osm.merge import MergeResult, write_elements
from chargeplan.runlog import Listener, RunLog, ignore_event
from chargeplan.units import METRES_PER_KM, SECONDS_PER_MINUTE

if TYPE_CHECKING:
    from pathlib import Path

    from chargeplan.osm.overpass_answer import OverpassAnswer

OLD_DATA_DAYS = 30

_GRID_DEG = 1e-7
_SAME_AREA_SHARE = 1e-6
_REFRESH_NAME = "refresh"
_REFRESH_GOES_ON = timedelta(days=1)
_MERGED_NAME = "merged.osm.pbf"


@dataclass(frozen=True, slots=True)
class FetchOptions:
    """How an area is fetched.

    Parameters
    ----------
    folder : Path
        Folder of the datasets.
    endpoint : str
        Address of the Overpass interpreter.
    buffer_km : float
        How far around the area the data reach.
    refresh : bool
        Fetch again what is there already.
    offline : bool
        Use what is on disk alone.
    deadline_s : float
        Seconds for the whole download.
    max_elements : int
        A tile with more is split.
    contact : str
        Who asks, for the user agent.
    """

    folder: Path
    endpoint: str
    buffer_km: float = 2.0
    refresh: bool = False
    offline: bool = False
    deadline_s: float = 900.0
    max_elements: int = 50_000
    contact: str = ""


def fetch_dataset(
    area: FetchArea,
    options: FetchOptions,
    *,
    clock: Clock | None = None,
    listen: Listener = ignore_event,
    tell: Callable[[str], None],
    utc_now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> DatasetState:
    """Fetch an area into a dataset, or tell that it is there.

    Parameters
    ----------
    area : FetchArea
    options : FetchOptions
    clock : Clock or None
        Replaced in tests.
    listen : callable
        Gets an event when a phase begins and ends.
    tell : callable
        Gets a line for each tile, each wait and each doubt.
    utc_now : callable
        Gives the time of day.

    Returns
    -------
    DatasetState
        The whole dataset.

    Raises
    ------
    ConfigError
        When an option cannot be used.
    DataError
        When the area has no boundary, no road, or a size that is not fetched; when another
        dataset of this name is there; when something is missing offline; when the disk is full.
    DownloadError
        When the server gives no complete answer. What was complete stays for the next call.
    InterruptedRunError
        On Ctrl-C. What was complete stays as well.
    """
    _check_options(options)
    existing = _find_existing(area, options, tell)
    if existing is not None:
        return existing
    store = TileStore(options.folder / f".{area.name}.tiles", options.endpoint)
    with _keep_what_is_complete(store), store.hold():
        if options.refresh:
            _begin_refresh(store, utc_now(), tell)
        client = None
        if not options.offline:
            client = OverpassClient(
                options.endpoint,
                clock=clock or SystemClock(),
                deadline_s=options.deadline_s,
                tell=tell,
                contact=options.contact,
                utc_now=utc_now,
            )
        try:
            job = _Job(area, options, store, client, RunLog(listen), tell, utc_now)
            data_path = job.run()
        finally:
            if client is not None:
                client.close()
        store.clear()
    store.remove()
    return DatasetState(area.name, data_path, read_manifest(data_path, area.name), "")


class _NoRoadError(DataError):
    """The server counts no road in the area."""


class _Job:
    def __init__(
        self,
        area: FetchArea,
        options: FetchOptions,
        store: TileStore,
        client: OverpassClient | None,
        log: RunLog,
        tell: Callable[[str], None],
        utc_now: Callable[[], datetime],
    ) -> None:
        self._area = area
        self._options = options
        self._store = store
        self._questions = Questions(store, client)
        self._log = log
        self._tell = tell
        self._utc_now = utc_now
        self._data_queries: list[str] = []

    def run(self) -> Path:
        """Do all phases in order."""
        if self._store.set_aside:
            self._tell(f"{len(self._store.set_aside)} damaged files set aside in {self._store.folder}")
        boundary, covered, expected = self._find_extent()
        box = find_box(covered)
        with self._log.phase("tiles") as phase:
            counts = {
                layer.name: self._fetch_layer(layer, box, covered, expected[layer.name])
                for layer in list_layers()
            }
            phase.message = (
                f"{self._questions.n_asked:,} answers asked for, {self._questions.n_recalled:,} on disk"
            )
        merged = self._store.folder / _MERGED_NAME
        try:
            with self._log.phase("merge") as phase:
                result = self._merge(merged)
                phase.message = ", ".join(f"{count:,} {kind}" for kind, count in result.counts.items())
            with self._log.phase("publish") as phase:
                data_path = self._publish(merged, result, boundary, covered, counts)
                phase.message = str(data_path)
        finally:
            merged.unlink(missing_ok=True)
        return data_path

    def _merge(self, merged: Path) -> MergeResult:
        stamps = self._questions.list_stamps()
        elements = self._questions.read_elements(self._data_queries)
        return write_elements(merged, elements, osm_timestamp=stamps[0] if stamps else "")

    def _find_extent(self) -> tuple[shapely.Geometry, shapely.Geometry, dict[str, int]]:
        """Find the boundary, what is fetched around it, and how much that is."""
        if self._area.boundary is not None:
            self._check_area(self._area.boundary)
            return self._area.boundary, *self._estimate_all(self._area.boundary)
        boundary = self._time_boundary(is_fresh=False)
        try:
            return boundary, *self._estimate_all(boundary)
        except _NoRoadError:
            # Before it is believed the boundary is asked for again: it may have come wrong.
            query = write_boundary_query(self._area.relation_id)
            self._questions.forget(query)
            again = self._time_boundary(is_fresh=True)
            if again.equals(boundary):
                self._questions.forget(query)
                raise
            return again, *self._estimate_all(again)

    def _time_boundary(self, *, is_fresh: bool) -> shapely.Geometry:
        with self._log.phase("boundary") as phase:
            boundary = self._fetch_boundary(is_fresh=is_fresh)
            phase.message = self._area.words
        return boundary

    def _estimate_all(self, boundary: shapely.Geometry) -> tuple[shapely.Geometry, dict[str, int]]:
        covered = build_covered(boundary, self._options.buffer_km)
        box = find_box(covered)
        with self._log.phase("estimate") as phase:
            expected = {layer.name: self._estimate(layer, box) for layer in list_layers()}
            phase.message = ", ".join(f"{count:,} {name}" for name, count in expected.items())
        return covered, expected

    def _check_area(self, boundary: shapely.Geometry) -> None:
        for doubt in check_area(
            boundary, self._area.words, expected_km2=self._area.expected_km2, note=self._area.note
        ):
            self._tell(doubt)

    def _fetch_boundary(self, *, is_fresh: bool = False) -> shapely.Geometry:
        """Fetch the boundary; one that cannot be put together is asked for once more."""
        relation_id = self._area.relation_id
        query, what = write_boundary_query(relation_id), f"relation {relation_id}"
        ask = self._questions.ask_again if is_fresh else self._questions.ask
        answer = ask(query, layer=BOUNDARY, what=what, check=check_data).answer
        try:
            boundary = build_boundary(answer, relation_id)
        except DataError:  # a wrong id, a relation under repair, or an answer that went wrong
            self._questions.forget(query)
            if is_fresh:
                raise
            return self._fetch_boundary(is_fresh=True)
        try:
            self._check_area(boundary)
        except DataError:
            self._questions.forget(query)
            raise
        for doubt in find_boundary_doubts(answer, relation_id, expected_level=self._area.expected_level):
            self._tell(doubt)
        self._data_queries = [query]
        return boundary

    def _estimate(self, layer: Layer, box: Box) -> int:
        """Ask how many elements a layer has; no road at all is asked twice and then an error."""
        count = self._count(Tile(layer, box))
        if layer != list_layers()[0] or count > 0:
            return count
        count = self._count(Tile(layer, box), is_fresh=True)
        if count == 0:
            self._questions.forget(write_count_query(layer, box))
            west, south, east, north = box
            raise _NoRoadError(
                f"{self._area.words}: the server has no road there (west {west:.4f}, south {south:.4f}, east "
                f"{east:.4f}, north {north:.4f}); are longitude and latitude swapped, is it sea or desert, does "
                f"--endpoint hold this part of the world?"
            )
        return count

    def _count(self, tile: Tile, *, is_fresh: bool = False) -> int:
        query = write_count_query(tile.layer, tile.box)
        ask = self._questions.ask_again if is_fresh else self._questions.ask
        found = ask(query, layer=tile.layer.name, what=f"count of {tile.words}", check=_check_count)
        return read_count(found.answer)

    def _fetch_layer(self, layer: Layer, box: Box, covered: shapely.Geometry, expected: int) -> int:
        """Fetch a layer in tiles; return how many distinct elements it has."""
        tally = LayerCount(expected)
        waiting = [(Tile(layer, box), expected)]
        n_tiles = 0
        while waiting:
            tile, n_expected = waiting.pop()
            if not shapely.box(*tile.box).intersects(covered):
                tally.n_left_out += n_expected
                continue
            check = None if self._is_to_split(tile, n_expected) else self._try_tile(tile, n_expected)
            if check is None:
                waiting += reversed([(part, self._count(part)) for part in tile.split()])
                continue
            tally.add(check)
            n_tiles += 1
            self._data_queries.append(write_data_query(layer, tile.box))
            left = f", {len(waiting)} more" if waiting else ""
            self._tell(
                f"{layer.name}: tile {n_tiles}{left}, {tally.count():,} of about {tally.expected:,} elements"
            )
        if tally.find_fault():
            tally.expected = self._count(Tile(layer, box), is_fresh=True)
        fault = tally.find_fault()
        if fault:
            raise DownloadError(
                f"{layer.name}: {fault}; the data changed while they were fetched, or the server is at fault: call "
                "again with --refresh, or name another server with --endpoint"
            )
        return tally.count()

    def _is_to_split(self, tile: Tile, n_expected: int) -> bool:
        if tile.level >= LARGEST_LEVEL or self._questions.has(write_data_query(tile.layer, tile.box)):
            return False
        if n_expected > self._options.max_elements:
            return True
        # An earlier call met a server for which this tile was too large, and went on with its parts.
        first = tile.split()[0]
        return self._questions.has(write_count_query(tile.layer, first.box))

    def _try_tile(self, tile: Tile, n_expected: int) -> TileCheck | None:
        """Fetch a tile; None when it is too large for the server and can be split."""
        try:
            return self._fetch_tile(tile, n_expected)
        except TooLargeError as error:
            if tile.level >= LARGEST_LEVEL:
                raise DownloadError(
                    f"{error}; this is the smallest part of the area that is asked for, so the server is at its limit: "
                    f"try again later, name another with --endpoint, {OFFLINE_ADVICE}"
                ) from error
            self._tell(f"{error}; asking for its four parts")
            return None

    def _fetch_tile(self, tile: Tile, n_expected: int) -> TileCheck:
        query = write_data_query(tile.layer, tile.box)
        layer, what = tile.layer.name, tile.words
        checks: list[TileCheck] = []

        def check(answer: OverpassAnswer) -> None:
            check_data(answer)
            checks.append(check_tile(answer, tile))

        found = self._questions.ask(query, layer=layer, what=what, check=check, can_be_split=True)
        if not _fits(found.answer, n_expected):
            # One of the two is wrong or old: both are asked for once more.
            n_expected = self._count(tile, is_fresh=True)
            if not _fits(found.answer, n_expected):
                found = self._questions.ask_again(query, layer=layer, what=what, check=check)
        if not _fits(found.answer, n_expected):
            self._questions.forget(query)
            raise DownloadError(
                f"{tile.words}: the server counts {n_expected:,} elements and then says that there are "
                f"{_get_total(found.answer):,}; it contradicts itself, try again later or name another with --endpoint"
            )
        if checks[-1].n_missing_nodes and not found.is_recalled:
            self._tell(
                f"{tile.words}: {checks[-1].n_missing_nodes:,} nodes of ways are missing; asking once more"
            )
            found = self._questions.ask_again(query, layer=layer, what=what, check=check)
            if not _fits(found.answer, n_expected):
                self._questions.forget(query)
                raise DownloadError(
                    f"{tile.words}: the server gives another answer each time; try again later"
                )
            self._refuse_lost_nodes(tile, found.answer, checks[-1])
        return checks[-1]

    def _refuse_lost_nodes(self, tile: Tile, answer: OverpassAnswer, check: TileCheck) -> None:
        """Tell nodes that the server never had from nodes it counts and does not send.

        Where nodes are missing the tolerance of the counts is none, or it would cover them.
        """
        if not check.n_missing_nodes:
            return
        n_expected = self._count(tile, is_fresh=True)
        if _get_total(answer) < n_expected:
            self._questions.forget(write_data_query(tile.layer, tile.box))
            raise DownloadError(
                f"{tile.words}: {check.n_missing_nodes:,} nodes of ways are missing and the server counts "
                f"{n_expected:,} elements, not the {_get_total(answer):,} it sends; try again later or name another "
                "with --endpoint"
            )

    def _publish(
        self,
        merged: Path,
        result: MergeResult,
        boundary: shapely.Geometry,
        covered: shapely.Geometry,
        counts: dict[str, int],
    ) -> Path:
        def write_data(path: Path) -> MergeResult:
            os.replace(merged, path)
            return result

        def make_manifest(path: Path, written: MergeResult) -> Manifest:
            return self._make_manifest(path, written, covered, counts)

        return publish_dataset(
            self._options.folder,
            self._area.name,
            area=boundary,
            write_data=write_data,
            make_manifest=make_manifest,
        )

    def _make_manifest(
        self, path: Path, written: MergeResult, covered: shapely.Geometry, counts: dict[str, int]
    ) -> Manifest:
        retrieved = self._utc_now()
        stamps = self._questions.list_stamps()
        limits = list_limits(stamps, retrieved, n_missing_nodes=written.n_missing_way_nodes)
        for limit in limits:
            self._tell(limit)
        return Manifest(
            name=self._area.name,
            file_name=path.name,
            sha256=compute_sha256(path),
            size_bytes=path.stat().st_size,
            made_by=f"chargeplan {__version__} fetch",
            source="Overpass API",
            source_sha256="",
            endpoint=self._options.endpoint,
            osm_timestamp=stamps[0] if stamps else "",
            newest_osm_timestamp=stamps[-1] if stamps else "",
            retrieved=f"{retrieved:%Y-%m-%dT%H:%M:%SZ}",
            queries=self._questions.list_notes(),
            counts={**written.counts, **counts},
            area=describe_area(self._area, self._options),
            covered=json.loads(shapely.to_geojson(covered)),
            licence=OSM_LICENCE,
            attribution=OSM_ATTRIBUTION,
            limits=(*limits, "of boundaries that reach beyond the area only the part within it is there"),
        )


def describe_area(area: FetchArea, options: FetchOptions) -> str:
    """Describe an area with what is fetched around it; equal words are the same request."""
    return f"{area.words}, with {options.buffer_km:g} km around it"


def build_covered(boundary: shapely.Geometry, buffer_km: float) -> shapely.Geometry:
    """Build the area with everything within `buffer_km` of it (EPSG:4326), anywhere on earth."""
    buffered = boundary
    if buffer_km > 0:
        west, south, east, north = boundary.bounds
        crs = find_metric_crs((west + east) / 2, (south + north) / 2)
        metric = project_geometry(boundary, WGS84, crs).buffer(buffer_km * METRES_PER_KM)
        buffered = project_geometry(metric, crs, WGS84)
    return shapely.set_precision(buffered, _GRID_DEG)


def list_limits(stamps: list[str], retrieved: datetime, *, n_missing_nodes: int) -> list[str]:
    """List in words what the data lack, as far as the answers show it."""
    limits = []
    if not stamps:
        limits.append("the server does not say of when its OpenStreetMap data are")
    elif (age := retrieved - datetime.fromisoformat(stamps[0])) > timedelta(days=OLD_DATA_DAYS):
        limits.append(
            f"the server's OpenStreetMap data are {age.days} days old (of {stamps[0]}); a server that is up to date "
            "can be named with --endpoint"
        )
    if len(stamps) > 1:
        limits.append(f"the server's data moved on from {stamps[0]} to {stamps[-1]} while they were fetched")
    if n_missing_nodes:
        limits.append(
            f"{n_missing_nodes:,} nodes that ways run over are missing on the server; these ways have gaps"
        )
    return limits


def _find_existing(
    area: FetchArea, options: FetchOptions, tell: Callable[[str], None]
) -> DatasetState | None:
    """Find a whole dataset of the same request; None when it is to be fetched."""
    data_path = find_data_path(options.folder, area.name)
    if options.refresh or not data_path.parent.exists():
        return None
    state = verify_datasets(options.folder, [area.name])[0]
    manifest = state.manifest
    if manifest is None or state.fault:
        tell(f"{state.fault}: it is fetched again")
        return None
    if not _is_same_request(manifest, area, options):
        raise DataError(
            f"{data_path.parent} holds another request: {manifest.area}, from {manifest.endpoint or manifest.source}; "
            f"asked is {describe_area(area, options)} from {options.endpoint}: choose another name, or replace it with "
            "--refresh"
        )
    tell(
        f"{area.name} is complete on disk: OpenStreetMap data of {manifest.osm_timestamp or 'an unknown time'}, "
        f"fetched {manifest.retrieved}; nothing was asked (--refresh fetches them again)"
    )
    return state


def _is_same_request(manifest: Manifest, area: FetchArea, options: FetchOptions) -> bool:
    if manifest.area != describe_area(area, options):
        return False
    if manifest.endpoint != options.endpoint and not options.offline:
        return False
    if not {layer.name for layer in list_layers()} <= manifest.counts.keys():
        return False
    if area.boundary is None:
        return True
    asked, held = build_covered(area.boundary, options.buffer_km), get_covered(manifest)
    return bool(asked.symmetric_difference(held).area <= _SAME_AREA_SHARE * asked.area)


def _check_count(answer: OverpassAnswer) -> None:
    read_count(answer)


def _get_total(answer: OverpassAnswer) -> int:
    return 0 if answer.stated_counts is None else answer.stated_counts["total"]


def _fits(answer: OverpassAnswer, n_expected: int) -> bool:
    return is_close(_get_total(answer), n_expected)


def _check_options(options: FetchOptions) -> None:
    check_endpoint(options.endpoint)
    faults = []
    if not 0.0 <= options.buffer_km <= 50.0:
        faults.append(f"--buffer-km: got {options.buffer_km:g}; expected 0 to 50 km")
    if not 0.0 < options.deadline_s <= 1e6:
        faults.append(
            f"--deadline-min: got {options.deadline_s / SECONDS_PER_MINUTE:g}; expected more than 0 minutes, such as 15"
        )
    if options.max_elements < 1:
        faults.append(f"--max-elements: got {options.max_elements}; expected 1 or more, such as 50000")
    if options.refresh and options.offline:
        faults.append(
            "got --refresh and --offline; what is fetched again must be asked for, so leave one out"
        )
    if faults:
        raise ConfigError(faults)


def _begin_refresh(store: TileStore, now: datetime, tell: Callable[[str], None]) -> None:
    """Start over, unless an unfinished refresh of the last day can go on."""
    note = store.folder / _REFRESH_NAME
    try:
        begun = datetime.fromisoformat(note.read_text(encoding="utf-8"))
        goes_on = timedelta(0) <= now - begun < _REFRESH_GOES_ON
    except (OSError, ValueError, TypeError):
        goes_on = False
    if goes_on:
        tell(
            f"going on with the refresh begun at {begun:%Y-%m-%d %H:%M:%S} UTC: {len(store)} answers are on disk"
        )
        return
    store.clear()
    note.write_text(now.isoformat(), encoding="utf-8")


@contextmanager
def _keep_what_is_complete(store: TileStore) -> Iterator[None]:
    """Say, whatever ends a download, that what is complete stays and how to go on."""

    def write_hint() -> str:
        return f"{len(store):,} answers are complete and stay in {store.folder}; the same command goes on from there"

    try:
        yield
    except KeyboardInterrupt as error:
        raise InterruptedRunError(f"interrupted; {write_hint()}") from error
    except DownloadError as error:
        raise type(error)(f"{error}\n{write_hint()}") from error
    except OSError as error:
        what = f"{error.filename or store.folder}: {error.strerror or error}"
        raise DataError(
            f"{what}; nothing incomplete was published; check the space and the permissions of the disk, or choose "
            f"another --folder; {write_hint()}"
        ) from error
