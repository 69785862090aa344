"""The folder of a sweep: written beside the old one, read back, then put in its place."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chargeplan import __version__
from chargeplan.demand.zones import read_zone_outlines
from chargeplan.errors import ChargeplanError, DataError
from chargeplan.files import replace_folder, write_text
from chargeplan.publish.attribution import describe_attribution, list_sources
from chargeplan.publish.bundle import RunBundle
from chargeplan.publish.geojson import build_geojson
from chargeplan.publish.geojson_check import find_geojson_faults
from chargeplan.publish.run_folder import refuse_foreign_folder
from chargeplan.store import CHECKSUMS_NAME, write_checksums
from chargeplan.sweep.page import build_page
from chargeplan.sweep.table import describe_curve, name_sites_file, write_csv
from chargeplan.text import clean_text, to_json
from chargeplan.versions import list_versions

if TYPE_CHECKING:
    from pathlib import Path

    from chargeplan.config.settings import Settings
    from chargeplan.sweep.records import Curve, CurvePoint
    from chargeplan.sweep.values import Vary

FORMAT_VERSION = 1
PAGE_NAME, CSV_NAME, JSON_NAME, TIMINGS_NAME, POINTS_NAME = (
    "index.html",
    "curve.csv",
    "curve.json",
    "timings.json",
    "points",
)
SWEEP_FOLDER_NAMES = (PAGE_NAME, CSV_NAME, JSON_NAME, TIMINGS_NAME, POINTS_NAME, CHECKSUMS_NAME)


def name_folder(settings: Settings, vary: Vary) -> Path:
    """Name the folder of a sweep, such as maps/islamabad-sweep-budget_pkr."""
    return settings.publish.folder / f"{settings.study.name}-sweep-{vary.name}"


def refuse_foreign_sweep(folder: Path) -> None:
    """Refuse to replace a folder that no sweep has made.

    Raises
    ------
    ChargeplanError
    """
    refuse_foreign_folder(folder, names=SWEEP_FOLDER_NAMES, needed=JSON_NAME, maker="a sweep")


def publish_curve(folder: Path, curve: Curve, *, command: str = "") -> Path:
    """Write the folder of a sweep; an older one in its place is kept until the new one is complete.

    Every file but timings.json is the same bytes for the same curve.

    Parameters
    ----------
    folder : Path
    curve : Curve
        Every plan verified.
    command : str
        How the sweep was started, for timings.json.

    Raises
    ------
    ChargeplanError
        When the folder cannot be written, holds something else, or a file does not read back.
    """
    refuse_foreign_sweep(folder)
    run_info = {
        "chargeplan": __version__,
        "seed": curve.points[0].settings.study.seed,
        "versions": list_versions(),
    }
    bundles = {
        pos: _bundle_point(curve, point, run_info)
        for pos, point in enumerate(curve.points)
        if point.evaluation is not None
    }
    sample = next(iter(bundles.values()))
    try:
        with replace_folder(folder.resolve()) as fresh:
            page = build_page(curve, attribution=describe_attribution(sample), run_info=run_info)
            write_text(fresh / PAGE_NAME, page)
            write_text(fresh / CSV_NAME, write_csv(curve))
            write_text(fresh / JSON_NAME, to_json(_describe(curve, sample, run_info)) + "\n")
            write_text(fresh / TIMINGS_NAME, to_json(_describe_timings(curve, command)) + "\n")
            for pos, bundle in bundles.items():
                path = fresh / name_sites_file(curve, pos)
                path.parent.mkdir(parents=True)
                write_text(path, to_json(build_geojson(bundle), indent=1) + "\n")
            sites_files = [fresh / name_sites_file(curve, pos) for pos in bundles]
            write_checksums(
                fresh, [*(fresh / name for name in (PAGE_NAME, CSV_NAME, JSON_NAME)), *sites_files]
            )
            _check_files(fresh, sites_files)
    except OSError as error:
        msg = (
            f"publish.folder: {folder} cannot be written ({error}); free disk space, or set publish.folder to a "
            f"folder that you may write to"
        )
        raise ChargeplanError(msg) from error
    return folder


def _bundle_point(curve: Curve, point: CurvePoint, run_info: dict[str, Any]) -> RunBundle:
    records, settings = curve.records, point.settings
    if point.solved is None or point.solution is None or point.evaluation is None or point.request is None:
        msg = "a point without a plan has nothing to publish"
        raise ValueError(msg)
    return RunBundle(
        area=records.area,
        network=records.network,
        cells=records.cells,
        sites=records.sites,
        travel=records.travel,
        request=point.request,
        problem=point.solved.problem,
        solution=point.solution,
        evaluation=point.evaluation,
        sources=records.sources,
        settings_as_run=_settings_of(curve, point),
        run_info=run_info,
        year=settings.study.year,
        credits=tuple(settings.study.credits),
        zone_outlines=read_zone_outlines(settings.study.zones, records.cells.zones["zone_id"].tolist()),
        earlier_cells=records.cells_by_year[:-1],
        grid=records.grid,
    )


def _settings_of(curve: Curve, point: CurvePoint) -> dict[str, Any]:
    """Write the settings of a point: those of the study with its own section `model`."""
    return dict(curve.settings_as_run) | {"model": point.settings.model.model_dump(mode="json")}


def _describe(curve: Curve, sample: RunBundle, run_info: dict[str, Any]) -> dict[str, Any]:
    area = curve.records.area
    return {
        "format_version": FORMAT_VERSION,
        "study": {
            "name": area.name,
            "title": clean_text(area.title),
            "year": sample.year,
            "is_schematic": area.is_schematic,
        },
        **describe_curve(curve),
        "settings": dict(curve.settings_as_run),
        "inputs": list_sources(sample),
        "run": run_info,
    }


def _describe_timings(curve: Curve, command: str) -> dict[str, Any]:
    return {
        "command": command,
        "phase_s": dict(curve.phase_s),
        "search_s": [point.wall_s for point in curve.points],
    }


def _check_files(folder: Path, sites_files: list[Path]) -> None:
    """Read everything back; raise when a file is not what was meant."""
    faults = []
    for path in sites_files:
        text = path.read_text(encoding="utf-8")
        faults += [f"{path.relative_to(folder)}: {fault}" for fault in find_geojson_faults(text)]
    if not (folder / PAGE_NAME).read_text(encoding="utf-8").rstrip().endswith("</html>"):
        faults.append(f"{PAGE_NAME}: the page is not complete")
    for name in (JSON_NAME, TIMINGS_NAME):
        try:
            json.loads((folder / name).read_text(encoding="utf-8"))
        except ValueError as error:
            faults.append(f"{name}: not JSON ({error})")
    if faults:
        raise DataError(faults)
