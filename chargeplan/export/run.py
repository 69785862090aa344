"""A finished run, exported."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from chargeplan.errors import ConfigError, DataError
from chargeplan.export.delimited import list_csv_files
from chargeplan.export.folder import Written, name_folder, write_exports, write_single
from chargeplan.export.geojson import list_geojson_files
from chargeplan.export.geopackage import list_geopackage_files
from chargeplan.export.kml import list_kml_files
from chargeplan.export.ocm import list_ocm_files
from chargeplan.export.ocpi import list_ocpi_files
from chargeplan.export.options import ExportFormat, ExportLayer, ExportOptions
from chargeplan.export.own_folders import refuse_own_folder
from chargeplan.export.parquet import list_parquet_files
from chargeplan.export.plan import ExportPlan, build_export_plan
from chargeplan.export.plugs import choose_plugs
from chargeplan.export.workbook import list_workbook_files
from chargeplan.files import compute_sha256
from chargeplan.publish.finished_run import find_run_folder, read_finished_run

if TYPE_CHECKING:
    from collections.abc import Callable

    from chargeplan.export.output_file import OutputFile

_LISTS: dict[ExportFormat, Callable[[ExportPlan], list[OutputFile]]] = {
    ExportFormat.GEOJSON: list_geojson_files,
    ExportFormat.GPKG: list_geopackage_files,
    ExportFormat.PARQUET: list_parquet_files,
    ExportFormat.CSV: list_csv_files,
    ExportFormat.XLSX: list_workbook_files,
    ExportFormat.OCPI: list_ocpi_files,
    ExportFormat.OCM: list_ocm_files,
    ExportFormat.KML: list_kml_files,
}
# Endings of the name of a single file, by format.
ENDINGS = {
    ExportFormat.GEOJSON: (".geojson", ".json"),
    ExportFormat.OCPI: (".json",),
    ExportFormat.OCM: (".json",),
    **{each: (f".{each}",) for each in ("gpkg", "parquet", "csv", "xlsx", "kml")},
}
_NO_RUNS = {
    "why.json": "the answers of chargeplan why",
    "compare.json": "a comparison",
    "export.json": "an export",
}
_MANIFEST = Path("records") / "manifest.json"


def export_run(
    run: Path,
    options: ExportOptions,
    *,
    out: Path | None = None,
    overwrite: bool = False,
    tell: Callable[[str], None] = lambda _text: None,
) -> tuple[ExportPlan, Written]:
    """Export a finished run; nothing in its folder is touched.

    Parameters
    ----------
    run : Path
        A run's folder, such as maps/islamabad.
    options : ExportOptions
    out : Path, optional
        Folder, or a file when one file is asked for; beside the run unless given.
    overwrite : bool
        Replace files that no export has made.
    tell : callable
        Gets a line for each file before it is written.

    Raises
    ------
    DataError
        When the run cannot be used, or a file does not read back as it should.
    ConfigError
        When the options do not fit the run.
    ChargeplanError
        When the files cannot be written, or would replace what is not ours.
    """
    _refuse_other_folders(run)
    is_file = out is not None and is_file_name(out, options)
    if is_file and ExportLayer.STATIONS in options.layers:
        options = replace(options, layers=(ExportLayer.STATIONS,))
    target = name_folder(run) if out is None else out
    refuse_own_folder((target.parent if is_file else target).resolve())  # before the work
    plan = build_export_plan(read_finished_run(run), options)
    if {ExportFormat.OCPI, ExportFormat.OCM} & set(options.formats):
        choose_plugs(plan.bundle.request, options.plugs)  # a slip is told before the first file
    files = [_say(file, tell) for each in dict.fromkeys(options.formats) for file in _LISTS[each](plan)]
    if is_file:
        return plan, write_single(target, files[0], overwrite=overwrite)
    sum_of_run = compute_sha256(find_run_folder(run) / _MANIFEST)
    return plan, write_exports(target, plan, files, run_sha256=sum_of_run, overwrite=overwrite)


def is_file_name(out: Path, options: ExportOptions) -> bool:
    """Tell whether a path names a file of the format asked for.

    Raises
    ------
    ConfigError
        When it names a file, but more than one would be written or its ending is of another format.
    """
    if out.is_dir():
        return False
    ending = out.suffix.lower()
    if ending not in {each for endings in ENDINGS.values() for each in endings}:
        return False
    if len(set(options.formats)) != 1:
        raise ConfigError(
            f"--out {out}: names one file for {len(set(options.formats))} formats; name a folder"
        )
    (only,) = set(options.formats)
    if ending not in ENDINGS[only]:
        raise ConfigError(f"--out {out}: the file of {only} ends in {' or '.join(ENDINGS[only])}")
    if ExportLayer.STATIONS not in options.layers and len(options.layers) > 1 and only in _LAYERED:
        raise ConfigError(f"--out {out}: names one file for {len(options.layers)} layers; name one --layer")
    return True


_LAYERED = {ExportFormat.GEOJSON, ExportFormat.PARQUET, ExportFormat.CSV}


def _say(file: OutputFile, tell: Callable[[str], None]) -> OutputFile:
    def write(path: Path) -> None:
        tell(f"{file.name}: {file.holds}")
        file.write(path)

    return replace(file, write=write)


def _refuse_other_folders(run: Path) -> None:
    """Say of a folder of another command whose it is; the rest is refused as it is read."""
    for name, what in _NO_RUNS.items():
        if (run / name).is_file():
            raise DataError(
                f"{run}: is the folder of {what}; name the folder of the run itself, such as maps/demo"
            )
