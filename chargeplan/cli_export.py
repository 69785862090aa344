"""The command that hands a finished run over: `chargeplan export`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chargeplan.cli_output import JsonOption, Output, VerboseOption, report
from chargeplan.errors import ConfigError, DataError
from chargeplan.progress import make_progress

if TYPE_CHECKING:
    from collections.abc import Iterable
    from enum import StrEnum

    from chargeplan.export.folder import Written
    from chargeplan.export.options import ExportOptions
    from chargeplan.export.plan import ExportPlan

_EVERY = "all"


def add_export_command(app: typer.Typer) -> None:
    """Register the command of this file."""
    app.command()(export)


def export(
    ctx: typer.Context,
    run: Annotated[
        Path, typer.Argument(metavar="RUN", help="A finished run, such as maps/demo.", show_default=False)
    ],
    formats: Annotated[
        list[str] | None,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help="geojson, gpkg, parquet, csv, xlsx, ocpi, ocm, kml or all. May be repeated.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="PATH", help="Folder or file, instead of RUN-export beside the run."),
    ] = None,
    layers: Annotated[
        list[str] | None,
        typer.Option(
            "--layer",
            metavar="LAYER",
            help="stations, zones, cells, sites or all, of geojson, parquet and csv. May be repeated.",
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace files that no export has made.")
    ] = False,
    plugs: Annotated[
        list[str] | None,
        typer.Option("--plug", metavar="TYPE=STANDARD", help="Plug of a charger type, such as all=GBT_DC."),
    ] = None,
    country_code: Annotated[str, typer.Option("--country-code", help="Of the operator, for OCPI.")] = "PK",
    party_id: Annotated[
        str, typer.Option("--party-id", help="Of the operator, for OCPI; XXX is nobody.")
    ] = "XXX",
    city: Annotated[
        str, typer.Option("--city", help="For OCPI and OCM; the study's city unless given.")
    ] = "",
    last_updated: Annotated[
        str, typer.Option("--last-updated", metavar="TIME", help="For OCPI; else the newest input's date.")
    ] = "",
    as_json: JsonOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Hand a plan over: GeoJSON, GeoPackage, Excel, OCPI and other formats."""
    with report(ctx, as_json, verbose) as output:
        from chargeplan.export.options import USUAL_LAYERS, ExportFormat, ExportLayer, ExportOptions

        options = ExportOptions(
            formats=tuple(
                ExportFormat(each) for each in _choose(formats or [_EVERY], "--format", ExportFormat)
            ),
            layers=tuple(ExportLayer(each) for each in _choose(layers or [], "--layer", ExportLayer))
            or USUAL_LAYERS,
            country_code=country_code,
            party_id=party_id,
            city=city,
            last_updated=last_updated,
            plugs=dict(_split_plug(each) for each in plugs or []),
        )
        if not run.is_dir():
            raise DataError(f"{run}: no such folder; name the folder of a finished run, such as maps/demo")
        _export(run, options, out, output, overwrite=overwrite)


def _choose(words: Iterable[str], option: str, known: type[StrEnum]) -> list[str]:
    """Read words, each alone or several with commas between; "all" stands for every one."""
    from chargeplan.suggest import suggest_word

    names = [each.value for each in known]
    chosen: list[str] = []
    for word in (part.strip().lower() for text in words for part in text.split(",")):
        if word != _EVERY and word not in names:
            raise ConfigError(f"{option} {word}: {suggest_word(word, [*names, _EVERY])}")
        chosen += names if word == _EVERY else [word]
    return list(dict.fromkeys(chosen))


def _split_plug(text: str) -> tuple[str, str]:
    name, sign, standard = text.rpartition("=")
    if not sign or not name.strip() or not standard.strip():
        raise ConfigError(
            f"--plug {text}: expected TYPE=STANDARD, such as fast=IEC_62196_T2_COMBO or all=GBT_DC"
        )
    return name.strip(), standard.strip()


def _export(run: Path, options: ExportOptions, out: Path | None, output: Output, *, overwrite: bool) -> None:
    from chargeplan.export.run import export_run

    with make_progress(sys.stderr, as_json=output.as_json) as progress:
        plan, written = export_run(run, options, out=out, overwrite=overwrite, tell=progress.say)
    _show(plan, written, output)


def _show(plan: ExportPlan, written: Written, output: Output) -> None:
    from chargeplan.export.options import ExportFormat
    from chargeplan.export.plugs import choose_plugs, describe_plugs
    from chargeplan.export.readme import describe_ocpi

    notes = []
    formats = set(plan.options.formats)
    if formats & {ExportFormat.OCPI, ExportFormat.OCM}:
        plugs = describe_plugs(choose_plugs(plan.bundle.request, plan.options.plugs))
        notes += [f"plug of {line}" for line in plugs]
    if ExportFormat.OCPI in formats:
        notes += [f"ocpi: {line}" for line in describe_ocpi(plan)]
    notes += [f"{name} is of another state of the run; export it again" for name in written.kept]
    for note in notes:
        output.tell(note)
    sizes = {str(path): path.stat().st_size for path in written.files}
    for path, size in sizes.items():
        output.show(f"{path} ({size:,} bytes)", {"event": "file", "path": path, "size_bytes": size})
    what = "1 file" if len(sizes) == 1 else f"{len(sizes)} files"
    output.show_result(
        f"{what}, each read back and checked: {written.folder}",
        {"folder": str(written.folder), "files": list(sizes), "notes": notes},
    )
