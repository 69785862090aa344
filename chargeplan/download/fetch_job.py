"""The phases of a download: boundary, estimate, tiles, merge, publish."""

from __future__ import annotations

import hashlib
import json
import os
from datetime import datetime
from typing import TYPE_CHECKING

import shapely

from chargeplan import __version__
from chargeplan.download.area_shapes import widen_area
from chargeplan.download.areas import FetchArea, check_area, describe_request
from chargeplan.download.boundary import build_boundary, find_boundary_doubts
from chargeplan.download.fetch_layers import LayerFetcher
from chargeplan.download.fetch_options import FetchOptions
from chargeplan.download.queries import (
    BOUNDARY,
    Box,
    Layer,
    compute_layer_sha256,
    list_layers,
    write_boundary_query,
    write_count_query,
)
from chargeplan.download.questions import Questions
from chargeplan.download.tiles import check_data, find_box
from chargeplan.errors import DataError
from chargeplan.files import compute_sha256
from chargeplan.osm.dataset import publish_dataset
from chargeplan.osm.manifest import OSM_ATTRIBUTION, OSM_LICENCE, Manifest, QueryNote
from chargeplan.osm.merge import MergeResult, write_elements
from chargeplan.osm.times import describe_lateness

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from chargeplan.download.client import OverpassClient
    from chargeplan.download.tile_store import TileStore
    from chargeplan.runlog import RunLog

_MERGED_NAME = "merged.osm.pbf"


class _NoRoadError(DataError):
    """The server counts no road in the area."""


class FetchJob:
    """All phases of one download, in order.

    Parameters
    ----------
    area : FetchArea
    options : FetchOptions
    store : TileStore
    client : OverpassClient or None
        None when nothing may be asked.
    log : RunLog
    tell : callable
        Gets a line for each tile, each wait and each doubt.
    utc_now : callable
        Gives the time of day.
    """

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
        self._layers = LayerFetcher(self._questions, options.max_elements, tell)
        self._boundary_queries: list[str] = []

    def run(self) -> Path:
        """Do all phases; return where the data file stands."""
        boundary, covered, expected = self._find_extent()
        box = find_box(covered)
        with self._log.phase("tiles") as phase:
            counts = {
                layer.name: self._layers.fetch(layer, box, covered, expected[layer.name])
                for layer in list_layers()
            }
            phase.message = (
                f"{self._questions.n_asked:,} answers asked for, {self._questions.n_recalled:,} on disk"
            )
        if self._store.set_aside:
            self._tell(
                f"{len(self._store.set_aside)} damaged files set aside in {self._store.folder} and asked for again"
            )
        merged = self._store.folder / _MERGED_NAME
        try:
            with self._log.phase("merge") as phase:
                result = self._merge(merged, covered)
                phase.message = ", ".join(f"{count:,} {kind}" for kind, count in result.counts.items())
            with self._log.phase("publish") as phase:
                data_path = self._publish(merged, result, boundary, covered, counts)
                phase.message = str(data_path)
        finally:
            merged.unlink(missing_ok=True)
        return data_path

    def _merge(self, merged: Path, covered: shapely.Geometry) -> MergeResult:
        stamps = self._questions.list_stamps()
        elements = self._questions.read_elements([*self._boundary_queries, *self._layers.data_queries])
        return write_elements(merged, elements, osm_timestamp=stamps[0] if stamps else "", box=covered.bounds)

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
        covered = widen_area(boundary, self._options.buffer_km)
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
        self._boundary_queries = [query]
        return boundary

    def _estimate(self, layer: Layer, box: Box) -> int:
        """Ask how many elements a layer has; no road at all is an error."""
        count = self._layers.estimate(layer, box)
        if count == 0 and layer == list_layers()[0]:
            self._questions.forget(write_count_query(layer, box))
            west, south, east, north = box
            raise _NoRoadError(
                f"{self._area.words}: the server has no road there (west {west:.4f}, south {south:.4f}, east "
                f"{east:.4f}, north {north:.4f}); are longitude and latitude swapped, is it sea or desert, does "
                f"--endpoint hold this part of the world?"
            )
        return count

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
        limits += self._layers.limits
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
            queries=self._list_notes(find_box(covered)),
            counts={**written.counts, **counts},
            area=describe_request(self._area, self._options.buffer_km),
            covered=json.loads(shapely.to_geojson(covered)),
            licence=OSM_LICENCE,
            attribution=OSM_ATTRIBUTION,
            limits=tuple(limits),
        )

    def _list_notes(self, box: Box) -> tuple[QueryNote, ...]:
        checksums = {layer.name: compute_layer_sha256(layer, box) for layer in list_layers()}
        checksums[BOUNDARY] = hashlib.sha256("".join(self._boundary_queries).encode()).hexdigest()
        return tuple(
            QueryNote(name, n_requests, checksums[name])
            for name, n_requests in self._questions.count_requests().items()
        )


def list_limits(stamps: list[str], retrieved: datetime, *, n_missing_nodes: int) -> list[str]:
    """List in words what the data lack, as far as the answers show it."""
    limits = []
    if not stamps:
        limits.append("the server does not say of when its OpenStreetMap data are")
    elif late := describe_lateness(stamps[0], f"{retrieved:%Y-%m-%dT%H:%M:%SZ}"):
        limits.append(f"{late}; another server may be up to date (--endpoint)")
    if len(stamps) > 1:
        limits.append(f"the server's data moved on from {stamps[0]} to {stamps[-1]} while they were fetched")
    if n_missing_nodes:
        limits.append(
            f"{n_missing_nodes:,} nodes that ways run over are missing on the server; these ways have gaps"
        )
    return limits
