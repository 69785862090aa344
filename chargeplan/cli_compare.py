"""The command that holds finished runs against each other: `chargeplan compare`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chargeplan.cli_output import JsonOption, Output, VerboseOption, report
from chargeplan.progress import make_progress

if TYPE_CHECKING:
    from chargeplan.compare.records import Comparison


def add_compare_command(app: typer.Typer) -> None:
    """Register the command of this file."""
    app.command()(compare)


def compare(
    ctx: typer.Context,
    runs: Annotated[
        list[Path],
        typer.Argument(
            metavar="RUN RUN...",
            help="Finished runs, the first is held against the others.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FOLDER", help="Where the page goes, instead of beside the first run."),
    ] = None,
    as_json: JsonOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Hold plans against each other: maps under a divider, stations, figures, proofs."""
    with report(ctx, as_json, verbose, undone="nothing was compared") as output:
        from chargeplan.compare.read_runs import check_folders

        folders = check_folders(runs)  # before the heavy imports, so that a slip is told at once
        from chargeplan.compare.build import compare_runs
        from chargeplan.compare.folder import check_out, name_folder, publish_comparison
        from chargeplan.compare.read_runs import read_runs

        folder = out if out is not None else name_folder(folders)
        check_out(folder, folders)
        with make_progress(sys.stderr, as_json=output.as_json) as progress:
            comparison = compare_runs(read_runs(folders, tell=progress.say))
            publish_comparison(folder, comparison)
        _show(comparison, folder, output)


def _show(comparison: Comparison, folder: Path, output: Output) -> None:
    from chargeplan.compare.folder import PAGE_NAME, describe_comparison
    from chargeplan.compare.words import list_verdicts, write_lead

    if not output.as_json:
        for run in comparison.runs:
            output.show(f"{run.letter}  {run.label}: {run.bundle.solution.outcome_text}", {})
        for change in comparison.changes:
            output.show(f"{change.key}: {' → '.join(change.shown)}", {})
        for text in (write_lead(comparison), *list_verdicts(comparison)):
            output.show(text, {})
    page = folder / PAGE_NAME
    output.show_result(
        f"page: {page}",
        {"folder": str(folder), "page": str(page), "comparison": describe_comparison(comparison)},
    )
