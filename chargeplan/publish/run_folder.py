"""A run folder: written beside the old one, read back and checked, then put in its place."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from chargeplan.csv_tables import write_csv_table
from chargeplan.errors import ChargeplanError, DataError, name_rows
from chargeplan.files import recover_folder, replace_folder, write_text
from chargeplan.publish.demand_periods import FLOAT_FORMAT, tabulate_by_cell, tabulate_by_class
from chargeplan.publish.geojson import build_geojson
from chargeplan.publish.geojson_check import find_geojson_faults
from chargeplan.publish.geopackage import check_geopackage, write_geopackage
from chargeplan.publish.map_page import build_map_page
from chargeplan.publish.report.page import REPORT_NAME, SHEETS_NAME, build_report, has_sheets_apart
from chargeplan.publish.run_record import describe_run, describe_timings
from chargeplan.publish.stage_results import build_rule_squares
from chargeplan.store import check_records, write_records
from chargeplan.text import to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from chargeplan.publish.bundle import RunBundle

MAP_NAME = "index.html"
GEOJSON_NAME = "sites.geojson"
GEOPACKAGE_NAME = "plan.gpkg"
DEMAND_NAME = "demand.csv"
PERIODS_NAME = "demand_periods.csv"
CELL_PERIODS_NAME = "demand_periods_by_cell.csv"
YEARS_NAME = "economics_by_year.csv"
# Tables of plans that are not plain, each written when it has rows: file and field of `Evaluation`.
STAGE_TABLES = {
    "years.csv": "years",
    "stations_by_year.csv": "station_years",
    "zones_by_year.csv": "zone_years",
    "grid.csv": "grid_years",
    "rules.csv": "rule_places",
}
RULES_NAME = "rules.geojson"
RUN_NAME = "run.json"
TIMINGS_NAME = "timings.json"
RECORDS_NAME = "records"
# What a GIS or a desktop leaves beside our files; it goes with the old run.
_LEFT_BY_PROGRAMS = {
    *(GEOPACKAGE_NAME + ending for ending in ("-wal", "-shm", "-journal", ".aux.xml")),
    ".DS_Store",
    "Thumbs.db",
    "desktop.ini",
}
_REPORT_WITH_SHEETS = "report to read and to print, with a sheet for each new station"
_REPORT_ALONE = "report to read and to print"
# What the map links to, in words; a file of a stage is there when its table has rows.
_FILE_WORDS = {
    REPORT_NAME: _REPORT_WITH_SHEETS,
    SHEETS_NAME: "sheets of the new stations, one page each",
    GEOJSON_NAME: "stations for any map program",
    GEOPACKAGE_NAME: "stations, cells and zones for QGIS",
    DEMAND_NAME: "figures behind the demand, with sources",
    YEARS_NAME: "money by year",
    "years.csv": "figures by year",
    "stations_by_year.csv": "stations by year",
    "zones_by_year.csv": "zones by year",
    "grid.csv": "load of the grid by year",
    "rules.csv": "rules, place by place",
    RUN_NAME: "settings, inputs, versions and results",
}
RUN_FOLDER_NAMES = (
    MAP_NAME,
    REPORT_NAME,
    SHEETS_NAME,
    GEOJSON_NAME,
    GEOPACKAGE_NAME,
    DEMAND_NAME,
    PERIODS_NAME,
    CELL_PERIODS_NAME,
    YEARS_NAME,
    *STAGE_TABLES,
    RULES_NAME,
    RUN_NAME,
    TIMINGS_NAME,
    RECORDS_NAME,
)


def publish_run(folder: Path, bundle: RunBundle, *, tell: Callable[[str], None] = lambda _: None) -> Path:
    """Write a whole run folder; an older run in its place is kept until the new one is complete.

    Every file but timings.json is the same bytes for the same bundle.

    Parameters
    ----------
    folder : Path
        The run's folder, such as maps/islamabad.
    bundle : RunBundle
        A plan that `evaluate` has verified.
    tell : callable
        Called with what is being written, in words.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    ChargeplanError
        When the folder cannot be written, holds something other than a run, or a file that
        was written does not read back as it should; the older run stays as it was.
    """
    refuse_foreign_folder(folder)
    try:
        with replace_folder(folder.resolve()) as fresh:  # a link stays, its target is replaced
            _write_files(fresh, bundle, tell)
            tell("reading every file back")
            _check_files(fresh, bundle)
    except OSError as error:
        msg = (
            f"publish.folder: {folder} cannot be written ({error}); free disk space, or set "
            f"publish.folder to a folder that you may write to"
        )
        raise ChargeplanError(msg) from error
    return folder


def refuse_foreign_folder(
    folder: Path,
    *,
    names: Collection[str] = RUN_FOLDER_NAMES,
    needed: str = RUN_NAME,
    maker: str = "a run",
    key: str = "publish.folder",
) -> None:
    """Refuse to replace a folder that no run has made; one that a killed run put aside comes back.

    Parameters
    ----------
    folder : Path
    names : collection of str
        What the folder may hold.
    needed : str
        What it holds unless it is empty.
    maker : str
        What makes such folders, in words.
    key : str
        What named the folder: a config key or an option.

    Raises
    ------
    ChargeplanError
        When the folder is a file or holds something other than a run.
    """
    recover_folder(folder.resolve())
    if not folder.exists():
        return
    if not folder.is_dir():
        msg = f"{key}: {folder} is a file; remove it or choose another folder"
        raise ChargeplanError(msg)
    found = {path.name for path in folder.iterdir()}
    foreign = sorted(found - set(names) - _LEFT_BY_PROGRAMS)
    if not foreign and found - _LEFT_BY_PROGRAMS and needed not in found:
        foreign = sorted(found)  # somebody's own index.html, for example
    if foreign:
        msg = (
            f"{key}: {folder} holds files that are not of {maker} ({name_rows(foreign)}) and "
            f"would be replaced; move them away or choose another folder"
            f"{' or study.name' if key == 'publish.folder' else ''}"
        )
        raise ChargeplanError(msg)


def list_linked_files(bundle: RunBundle) -> list[tuple[str, str]]:
    """List the files of the run that the map links to: name, and what it holds in words."""
    absent = {name for name, field in STAGE_TABLES.items() if not len(getattr(bundle.evaluation, field))}
    shown = dict(_FILE_WORDS)
    if has_sheets_apart(bundle):
        shown[REPORT_NAME] = _REPORT_ALONE
    else:
        absent.add(SHEETS_NAME)
    return [(name, words) for name, words in shown.items() if name not in absent]


def _write_files(folder: Path, bundle: RunBundle, tell: Callable[[str], None]) -> None:
    n_cells, n_sites = len(bundle.cells.cell_id), len(bundle.sites.table)
    tell(f"writing {MAP_NAME}: {n_cells:,} cells, {len(bundle.network.roads):,} pieces of road")
    write_text(folder / MAP_NAME, build_map_page(bundle, files=list_linked_files(bundle)))
    tell(f"writing {REPORT_NAME}")
    report = build_report(bundle)
    for name, page in ((REPORT_NAME, report.report), (SHEETS_NAME, report.sheets)):
        if page:
            write_text(folder / name, page)
    tell(f"writing {GEOJSON_NAME} and {GEOPACKAGE_NAME}: {n_sites:,} sites, {n_cells:,} cells")
    write_text(folder / GEOJSON_NAME, to_json(build_geojson(bundle), indent=1) + "\n")
    write_geopackage(folder / GEOPACKAGE_NAME, bundle)
    tell("writing the tables of demand, money and years")
    write_text(folder / DEMAND_NAME, write_csv_table(bundle.cells.explanation))
    for name, table in (
        (PERIODS_NAME, tabulate_by_class(bundle.cells)),
        (CELL_PERIODS_NAME, tabulate_by_cell(bundle.cells)),
    ):
        write_text(folder / name, write_csv_table(table, float_format=FLOAT_FORMAT))
    write_text(folder / YEARS_NAME, write_csv_table(bundle.evaluation.economics_by_year))
    for name, field in STAGE_TABLES.items():
        table = getattr(bundle.evaluation, field)
        if len(table):
            write_text(folder / name, write_csv_table(table, float_format=FLOAT_FORMAT))
    squares = build_rule_squares(bundle)
    if squares["features"]:
        write_text(folder / RULES_NAME, to_json(squares, indent=1) + "\n")
    write_text(folder / RUN_NAME, to_json(describe_run(bundle)) + "\n")
    write_text(folder / TIMINGS_NAME, to_json(describe_timings(bundle)) + "\n")
    records = folder / RECORDS_NAME
    records.mkdir()
    tell(f"writing the records: {bundle.problem.n_pairs:,} pairs of cells and sites")
    published = [folder / name for name in RUN_FOLDER_NAMES if name not in (TIMINGS_NAME, RECORDS_NAME)]
    write_records(records, _gather_records(bundle), published=[path for path in published if path.is_file()])


def _gather_records(bundle: RunBundle) -> dict[str, object]:
    """Gather the records by name: those of every run, and those that only some have."""
    records: dict[str, object] = {
        "area": bundle.area,
        "network": bundle.network,
        "demand": bundle.cells,
        "sites": bundle.sites,
        "travel": bundle.travel,
        "request": bundle.request,
        "problem": bundle.problem,
        # Clocks differ between runs; they are in timings.json.
        "solution": replace(bundle.solution, wall_s=0.0, steps=bundle.solution.steps.iloc[:0]),
        "evaluation": bundle.evaluation,
    }
    for year, cells in zip(
        bundle.request.years[:-1], bundle.earlier_cells, strict=True
    ):  # the last is `demand`
        records[f"demand_{year}"] = cells
    return records | {
        name: record
        for name, record in (
            ("grid", bundle.grid),
            ("rules", bundle.rules),
            ("settlements", bundle.settlements),
        )
        if record is not None
    }


def _check_files(folder: Path, bundle: RunBundle) -> None:
    """Read everything back; raise when a file is not what was meant."""
    check_records(folder / RECORDS_NAME)
    geojson = (folder / GEOJSON_NAME).read_text(encoding="utf-8")
    faults = [f"{GEOJSON_NAME}: {fault}" for fault in find_geojson_faults(geojson)]
    if (folder / RULES_NAME).is_file():
        squares = (folder / RULES_NAME).read_text(encoding="utf-8")
        faults += [f"{RULES_NAME}: {fault}" for fault in find_geojson_faults(squares)]
    faults += check_geopackage(folder / GEOPACKAGE_NAME, bundle)
    for name in (MAP_NAME, REPORT_NAME, SHEETS_NAME):
        if (folder / name).is_file():
            page = (folder / name).read_text(encoding="utf-8")
            if not page.rstrip().endswith("</html>"):
                faults.append(f"{name}: the page is not complete")
    for name in (RUN_NAME, TIMINGS_NAME):
        try:
            json.loads((folder / name).read_text(encoding="utf-8"))
        except ValueError as error:
            faults.append(f"{name}: not JSON ({error})")
    if faults:
        raise DataError(faults)
