"""The command that writes the report of a finished run anew: `chargeplan report`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chargeplan.cli_output import JsonOption, Output, VerboseOption, report
from chargeplan.errors import ConfigError

if TYPE_CHECKING:
    from chargeplan.publish.report.page import Report


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
    as_json: JsonOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Write the report of a run anew, with the curve of a sweep, or as PDF."""
    with report(ctx, as_json, verbose) as output:
        page = _choose_page(run, out)
        if pdf:
            from chargeplan.publish.report.pdf import find_chromium

            find_chromium()  # told before anything is read
        from chargeplan.publish.finished_run import read_finished_run
        from chargeplan.publish.report.curve import read_curve
        from chargeplan.publish.report.page import build_report

        bundle = read_finished_run(run)
        curve = None if sweep is None else read_curve(sweep, bundle)
        sheets = page.with_name(f"{page.stem}-site-sheets.html")
        written = _write_pages(page, sheets, build_report(bundle, curve=curve, sheets_name=sheets.name))
        _show_result(output, written + (_print_pages(written) if pdf else []))


def _choose_page(run: Path, out: Path | None) -> Path:
    """Choose the file to write: never one inside the run, whose files are those that it published."""
    folder = run.resolve()
    page = out if out is not None else folder.with_name(f"{folder.name}-report.html")
    if page.suffix.lower() not in {".html", ".htm"}:
        raise ConfigError(f"--out: {page} must end in .html; with --pdf the PDF gets the same name")
    if page.resolve().is_relative_to(folder):
        raise ConfigError(
            f"--out: {page} is inside the run folder, whose files are checked against the run; choose another place"
        )
    if not page.resolve().parent.is_dir():
        raise ConfigError(f"--out: {page.parent} is no folder; make it first or choose another place")
    return page


def _write_pages(page: Path, sheets: Path, pages: Report) -> list[Path]:
    from chargeplan.files import write_text

    written = [page]
    write_text(page, pages.report)
    if pages.sheets:
        write_text(sheets, pages.sheets)
        written.append(sheets)
    return written


def _print_pages(pages: list[Path]) -> list[Path]:
    from chargeplan.publish.report.pdf import print_pdf

    return [print_pdf(page, page.with_suffix(".pdf")) for page in pages]


def _show_result(output: Output, written: list[Path]) -> None:
    names = ", ".join(str(path) for path in written)
    output.show_result(f"wrote {names}", {"files": [str(path) for path in written]})
