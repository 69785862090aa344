"""Fetch an area: its boundary, an estimate, the tiles, and one dataset that is whole or is not there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from chargeplan.download.area_shapes import widen_area
from chargeplan.download.areas import FetchArea, check_area, describe_request, is_same_request
from chargeplan.download.client import OverpassClient
from chargeplan.download.fetch_job import FetchJob
from chargeplan.download.fetch_options import FetchOptions, check_options
from chargeplan.download.pace import Clock, SystemClock
from chargeplan.download.queries import compute_layer_sha256, list_layers
from chargeplan.download.tile_store import REFRESH_NAME, TileStore
from chargeplan.download.tiles import find_box
from chargeplan.errors import DataError, DownloadError, InterruptedRunError
from chargeplan.osm.dataset import DatasetState, describe_other_request, find_dataset
from chargeplan.osm.manifest import Manifest, get_covered, read_manifest
from chargeplan.runlog import Listener, RunLog, ignore_event

__all__ = ["FetchOptions", "fetch_dataset"]

_SAME_AREA_SHARE = 1e-6
_REFRESH_GOES_ON = timedelta(days=1)


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
    check_options(options)
    existing = _find_existing(area, options, tell)
    if existing is not None:
        return existing
    if area.boundary is not None:  # before a folder is made
        check_area(area.boundary, area.words, expected_km2=area.expected_km2, note=area.note)
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
            job = FetchJob(area, options, store, client, RunLog(listen), tell, utc_now)
            data_path = job.run()
        finally:
            if client is not None:
                client.close()
        state = DatasetState(area.name, data_path, read_manifest(data_path, area.name), "")
        store.remove()  # while it is held: the next download may be waiting for it
    return state


def _find_existing(
    area: FetchArea, options: FetchOptions, tell: Callable[[str], None]
) -> DatasetState | None:
    """Find a whole dataset of the same request; None when it is to be fetched."""
    # Somebody's own file is never replaced, with --refresh neither.
    state = find_dataset(options.folder, area.name, thorough=not options.refresh)
    if options.refresh or state is None:
        return None
    manifest = state.manifest
    if manifest is None or state.fault:
        again = "looking for its answers on the disk" if options.offline else "it is fetched again"
        tell(f"{state.fault}: {again}")
        return None
    if difference := _find_difference(manifest, area, options):
        asked = f"{describe_request(area, options.buffer_km)}, from {options.endpoint} ({difference})"
        advice = (
            f"offline use it as it is (chargeplan run CONFIG --set network.path={state.data_path}), or name another "
            "dataset"
            if options.offline
            else "choose another name, or replace it with --refresh"
        )
        raise DataError(describe_other_request(state, asked, advice))
    tell(
        f"{area.name} is complete on disk: OpenStreetMap data of {manifest.osm_timestamp or 'an unknown time'}, "
        f"fetched {manifest.retrieved}; nothing was asked (--refresh fetches them again)"
    )
    return state


def _find_difference(manifest: Manifest, area: FetchArea, options: FetchOptions) -> str:
    """Find what makes a dataset another request: its area, server or layers, not how the area was written."""
    held = get_covered(manifest)
    if area.boundary is None:
        is_same_area = is_same_request(manifest.area, describe_request(area, options.buffer_km))
    else:
        asked = widen_area(area.boundary, options.buffer_km)
        is_same_area = asked.symmetric_difference(held).area <= _SAME_AREA_SHARE * asked.area
    if not is_same_area:
        return "another area"
    if manifest.endpoint != options.endpoint and not options.offline:
        return "another server"
    checksums = {note.layer: note.sha256 for note in manifest.queries}
    box = find_box(held)
    changed = [
        layer.name for layer in list_layers() if checksums.get(layer.name) != compute_layer_sha256(layer, box)
    ]
    return f"other questions about {', '.join(changed)} than by {manifest.made_by}" if changed else ""


def _begin_refresh(store: TileStore, now: datetime, tell: Callable[[str], None]) -> None:
    """Start over, unless an unfinished refresh of the last day can go on."""
    note = store.folder / REFRESH_NAME
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
