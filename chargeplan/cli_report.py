"""The command that writes the report of a finished run anew: `chargeplan report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chargeplan.cli_output import JsonOption, Output, VerboseOption, report
from chargeplan.errors import ChargeplanError, ConfigError


def add_report_command(app: typer.Typer) -> None:
    """Register the command of this file."""
    app.command(name="report")(write_report)


def write_report(
    ctx: typer.Context,
    run: Annotated[
        Path, typer.Argument(metavar="RUN", help="A finished run, such as maps/demo.", show_default=False)
    ],
    sweep: Annotated[
        Path | None,
        typer.Option("--sweep", metavar="FOLDER", help="A sweep of the same study; adds its curve."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="The page; RUN-report.html beside the run unless given."),
    ] = None,
    pdf: Annotated[
        bool, typer.Option("--pdf", help="Print it to PDF too, with a Chromium of this computer.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace files that are no reports.")
    ] = False,
    as_json: JsonOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Write the report of a run anew, with the curve of a sweep, or as PDF."""
    with report(ctx, as_json, verbose) as output:
        page = _choose_page(run, out)
        if pdf:
            _require_chromium()  # told before anything is read
        from chargeplan.publish.finished_run import read_finished_run
        from chargeplan.publish.report.curve import read_curve
        from chargeplan.publish.report.page import build_report

        bundle = read_finished_run(run)
        curve = None if sweep is None else read_curve(sweep, bundle)
        sheets = page.with_name(f"{page.stem}-site-sheets.html")
        built = build_report(bundle, curve=curve, sheets_name=sheets.name)
        pages = {page: built.report} | ({sheets: built.sheets} if built.sheets else {})
        prints = {path: path.with_suffix(".pdf") for path in pages} if pdf else {}
        _check_places([*pages, *prints.values()], overwrite=overwrite)
        _write_pages(pages, prints)
        _show_result(output, [*pages, *prints.values()])


def _require_chromium() -> None:
    from chargeplan.publish.report.pdf import find_chromium

    try:
        find_chromium()
    except ChargeplanError as error:
        hint = "or open the report in any browser and print it to PDF there"
        raise ChargeplanError(f"--pdf: {error}; {hint}") from error


def _choose_page(run: Path, out: Path | None) -> Path:
    """Choose the file to write: never one inside a folder that the program keeps."""
    from chargeplan.export.own_folders import refuse_own_folder

    folder = run.resolve()
    if folder.name == "records" and (folder.parent / "run.json").is_file():
        folder = folder.parent  # as `read_finished_run` reads it
    page = out if out is not None else folder.with_name(f"{folder.name}-report.html")
    if page.suffix.lower() not in {".html", ".htm"}:
        raise ConfigError(f"--out: {page} must end in .html; with --pdf the PDF gets the same name")
    if page.resolve().is_relative_to(folder):
        raise ConfigError(
            f"--out: {page} is inside the run folder, whose files are checked against the run; choose another place"
        )
    if not page.resolve().parent.is_dir():
        raise ConfigError(f"--out: {page.parent} is no folder; make it first or choose another place")
    refuse_own_folder(page.resolve().parent)
    return page


def _check_places(paths: list[Path], *, overwrite: bool) -> None:
    """Refuse, before the first file is written, what would replace anybody's file."""
    from chargeplan.publish.report.place import refuse_foreign

    folders = [path for path in paths if path.is_dir()]
    if folders:
        raise ChargeplanError(f"--out: {folders[0]} is a folder where a file would go; name another file")
    if not overwrite:
        refuse_foreign(paths)


def _write_pages(pages: dict[Path, str], prints: dict[Path, Path]) -> None:
    from chargeplan.files import write_text
    from chargeplan.publish.report.pdf import print_pdf

    for page, text in pages.items():
        write_text(page, text)
    for page, pdf in prints.items():
        print_pdf(page, pdf)


def _show_result(output: Output, written: list[Path]) -> None:
    names = ", ".join(str(path) for path in written)
    output.show_result(f"wrote {names}", {"files": [str(path) for path in written]})
