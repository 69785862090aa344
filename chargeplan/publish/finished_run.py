"""A finished run read back as it was handed to publication, or refused with what to do."""

from __future__ import annotations

import json
import logging
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import shapely

from chargeplan.errors import DataError
from chargeplan.publish.bundle import RunBundle
from chargeplan.publish.run_record import RUN_FORMAT_VERSION
from chargeplan.publish.site_results import RESULT_COLUMNS
from chargeplan.records import DataSource, Settlements
from chargeplan.run_records import PUBLISHED_ALWAYS, RECORD_TYPES, read_optional_records
from chargeplan.store import check_published, check_records, read_record

if TYPE_CHECKING:
    from pathlib import Path

_logger = logging.getLogger(__name__)
_RUN_NAME, _TIMINGS_NAME, _GEOPACKAGE_NAME, _RECORDS_NAME = "run.json", "timings.json", "plan.gpkg", "records"
_SETTLEMENTS_NAME = "settlements"
# Names of `RunBundle` that differ from those of the records.
_BUNDLE_NAMES = {"demand": "cells"}


def read_finished_run(folder: Path) -> RunBundle:
    """Read a run folder back, so that every output can be made again from it.

    What is made from it is what the run published, byte for byte; the clocks of the search stay behind.

    Parameters
    ----------
    folder : Path
        A run's folder, such as maps/islamabad.

    Returns
    -------
    RunBundle

    Raises
    ------
    DataError
        When the folder is no run, is incomplete, was written in another format, or a file of it
        was changed since the run; with every fault and what to do.
    """
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder; name the folder of a finished run, such as maps/demo")
    folder = find_run_folder(folder)
    records_folder = folder / _RECORDS_NAME
    check_records(records_folder if records_folder.is_dir() else folder)
    if not records_folder.is_dir():
        raise DataError(f"{folder}: holds records alone, no {_RUN_NAME}; name the folder of the whole run")
    check_published(records_folder, needed=PUBLISHED_ALWAYS)
    described = _read_description(folder / _RUN_NAME)
    records: dict[str, Any] = {
        _BUNDLE_NAMES.get(name, name): read_record(records_folder, name, kind)
        for name, kind in RECORD_TYPES.items()
    }
    missing = [name for name in RESULT_COLUMNS if name not in records["evaluation"].sites]
    if missing:
        raise DataError(
            f"{records_folder}: the stations have no {', '.join(missing)}: written before this version reckoned "
            f"it; run the study again"
        )
    settings = described["settings"]
    return RunBundle(
        **records,
        **read_optional_records(records_folder, records["request"]),
        sources=tuple(_read_source(row) for row in described["inputs"]),
        settings_as_run=settings,
        run_info=described["run"],
        year=int(described["study"]["year"]),
        credits=tuple(settings["study"]["credits"]),
        timings=_read_timings(folder / _TIMINGS_NAME),
        zone_outlines=()
        if records["cells"].zones_are_cells
        else _read_zone_outlines(folder / _GEOPACKAGE_NAME),
        online_tiles=bool(settings["publish"]["online_tiles"]),
        settlements=_read_settlements(records_folder),
    )


def find_run_folder(folder: Path) -> Path:
    """Find the folder of a run that is named by itself or by its records; a study may be called records too."""
    whole = folder.resolve()
    is_inside = whole.name == _RECORDS_NAME and (whole.parent / _RUN_NAME).is_file()
    return whole.parent if is_inside else folder


def _read_description(path: Path) -> dict[str, Any]:
    if not path.is_file():  # older manifests did not name it
        raise DataError(f"{path}: missing; run the study again")
    described: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    version = described.get("format_version")
    if version != RUN_FORMAT_VERSION:
        raise DataError(
            f"{path}: written in format {version}, this version reads {RUN_FORMAT_VERSION}; run the study again"
        )
    return described


def _read_source(row: dict[str, Any]) -> DataSource:
    values = {field.name: row[field.name] for field in fields(DataSource)}
    return DataSource(**values | {"limits": tuple(row["limits"])})


def _read_settlements(folder: Path) -> Settlements | None:
    """Read the names of places; None, which is said, for a run that was written before they were kept."""
    if (folder / f"{_SETTLEMENTS_NAME}.json").is_file():
        return read_record(folder, _SETTLEMENTS_NAME, Settlements)
    _logger.info(
        "%s has no names of sectors and suburbs: written before they were kept; run the study again to have them "
        "on its map",
        folder,
    )
    return None


def _read_timings(path: Path) -> dict[str, Any]:
    """Read the clocks of the run; empty where they are gone or damaged, for no output rests on them."""
    if not path.is_file():
        return {}
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError, RecursionError) as error:
        _logger.warning(
            "%s cannot be read (%s); nothing rests on it, so the run is read without it", path, error
        )
        return {}


def _read_zone_outlines(path: Path) -> tuple[shapely.MultiPolygon | None, ...]:
    """Read the planner's zones, in the order of the records, from the GeoPackage of the run."""
    import pyogrio

    outlines = pyogrio.read_dataframe(path, layer="zones").geometry.to_numpy()
    return tuple(
        None if outline is None else shapely.multipolygons(shapely.get_parts(outline)) for outline in outlines
    )
