"""The command line: arguments to one call and one exit code.

Whatever is heavy is imported inside the commands, so that ``chargeplan --help`` stays quick.
"""

from __future__ import annotations

import io
import json
import math
import shlex
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from chargeplan import __version__
from chargeplan.cli_check import ConfigArgument, SetOption, check, tell_warnings
from chargeplan.cli_compare import add_compare_command
from chargeplan.cli_data import add_data_commands
from chargeplan.cli_export import add_export_command
from chargeplan.cli_output import JsonOption, Output, VerboseOption, report
from chargeplan.cli_report import add_report_command
from chargeplan.cli_studies import add_study_commands
from chargeplan.cli_sweep import add_sweep_command
from chargeplan.cli_why import add_why_command
from chargeplan.errors import DataError, ExitCode, InterruptedRunError
from chargeplan.progress import make_progress, write_line

if TYPE_CHECKING:
    from chargeplan.config.settings import Settings
    from chargeplan.run_result import RunResult

app = typer.Typer(
    name="chargeplan",
    help="Plan electric-vehicle charging stations for Pakistani cities.",
    epilog="Exit codes: 0 plan found or done, 1 unexpected fault or failed check, 2 config or usage, 3 data, "
    "4 impossible, 5 stopped without a plan, 130 interrupted.",
    invoke_without_command=True,
    add_completion=False,
    rich_markup_mode=None,  # rich help costs more time than the whole program may
    pretty_exceptions_enable=False,
)

FolderArgument = Annotated[
    Path, typer.Argument(metavar="RUN_FOLDER", help="A finished run, such as maps/demo.", show_default=False)
]


@app.callback()
def _start(
    ctx: typer.Context,
    as_json: JsonOption = False,
    verbose: VerboseOption = False,
    version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,
) -> None:
    if version:
        write_line(sys.stdout, f"chargeplan {__version__}")
        raise typer.Exit
    if ctx.invoked_subcommand is None:
        write_line(sys.stdout, ctx.get_help())
        raise typer.Exit
    ctx.obj = Output(as_json=as_json, verbose=verbose)


@app.command()
def demo(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Option("--folder", help="Where the run goes.")] = Path("maps"),
    changes: SetOption = None,
    as_json: JsonOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Run the built-in city, a schematic Islamabad."""
    from chargeplan.files import find_project_folder

    with report(ctx, as_json, verbose) as output:
        config = find_project_folder("configs") / "demo.yaml"
        _run(config, [f"publish.folder={json.dumps(str(folder))}", *(changes or [])], output)


@app.command()
def run(
    ctx: typer.Context,
    config: ConfigArgument,
    changes: SetOption = None,
    as_json: JsonOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Run a study: from its config to its map."""
    with report(ctx, as_json, verbose) as output:
        _run(config, changes or [], output)


app.command()(check)


@app.command()
def verify(
    ctx: typer.Context, folder: FolderArgument, as_json: JsonOption = False, verbose: VerboseOption = False
) -> None:
    """Check a finished run again, without the solver."""
    with report(ctx, as_json, verbose) as output:
        if not folder.is_dir():
            raise DataError(f"{folder}: no such folder; name the folder of a finished run, such as maps/demo")
        from chargeplan.pipeline import verify_run

        with make_progress(sys.stderr, as_json=output.as_json) as progress:
            evaluation = verify_run(folder, listen=progress)
        checks = evaluation.checks[["name", "detail"]].to_dict("records")
        for row in checks:
            output.tell(f"{row['name']}: {row['detail'] or 'passed'}")
        output.show_result(
            f"{folder}: verified, {len(checks)} checks passed",
            {"folder": str(folder), "checks": checks},
        )


@app.command()
def schema(
    ctx: typer.Context,
    out: Annotated[Path | None, typer.Option("--out", help="File to write, instead of the screen.")] = None,
    reference: Annotated[
        Path | None, typer.Option("--reference", help="Write the reference page (Markdown) to this file.")
    ] = None,
    verbose: VerboseOption = False,
) -> None:
    """Write the JSON Schema or the reference of configs."""
    with report(ctx, False, verbose) as output:
        from chargeplan.config.reference import write_reference
        from chargeplan.config.schema import write_schema_text
        from chargeplan.files import write_text

        for path, write in ((out, write_schema_text), (reference, write_reference)):
            if path is not None:
                write_text(path, write())
                output.tell(f"wrote {path}")
        if out is None and reference is None:
            write_line(sys.stdout, write_schema_text().rstrip("\n"))


@app.command()
def doctor(ctx: typer.Context, as_json: JsonOption = False, verbose: VerboseOption = False) -> None:
    """Tell what this computer has and lacks."""
    with report(ctx, as_json, verbose) as output:
        from chargeplan.doctor import Health, examine

        findings = []
        for finding in examine():
            findings.append(finding)
            advice = f"; {finding.advice}" if finding.advice else ""
            line = f"{finding.health.value:<7} {finding.name}: {finding.detail}{advice}"
            output.show(line, {"event": "finding", **asdict(finding)})
        broken = sum(finding.health is Health.BROKEN for finding in findings)
        verdict = f"{broken} broken; do what is said above" if broken else "everything needed works"
        code = ExitCode.UNEXPECTED if broken else ExitCode.PLAN_FOUND
        output.show_result(verdict, {"broken": broken}, code=code)
        if broken:
            raise typer.Exit(int(code))


def _run(config: Path, changes: list[str], output: Output) -> None:
    from chargeplan.config.inputs import check_files
    from chargeplan.config.load import load_settings

    loaded = load_settings(config, changes)  # before the heavy imports, so that a slip is told at once
    check_files(loaded)
    from chargeplan.interrupt import StopSwitch
    from chargeplan.pipeline import run_study
    from chargeplan.run_result import format_summary

    with (
        make_progress(sys.stderr, as_json=output.as_json) as progress,
        StopSwitch(progress, progress.say) as switch,
    ):
        try:
            result = run_study(
                loaded, listen=switch.listen, command=_format_command(), should_stop=switch.should_stop
            )
        except InterruptedRunError as error:
            raise _explain_stop(error, loaded.settings, switch.describe_reached()) from error
    if not output.as_json:  # there it is part of the one object
        output.show(f"{result.demand_table}\n", {})
    tell_warnings(result.evaluation.warnings, "warning {number}: {warning}", result.data_date, output)
    output.show_result(format_summary(result), _describe_result(result))


def _explain_stop(error: InterruptedRunError, settings: Settings, reached: str) -> InterruptedRunError:
    """Say how far a stopped search had come, and what is there now."""
    folder = settings.publish.folder / settings.study.name
    kept = f"the older run in {folder} is as it was" if folder.exists() else f"{folder} was not made"
    lines = [str(error)]
    if reached:
        lines.append(f"reached: {reached}")
    lines.append(f"kept: nothing of this run; {kept}; exit code {int(error.exit_code)}")
    return InterruptedRunError("\n".join(lines))


def _describe_result(result: RunResult) -> dict[str, object]:
    from chargeplan.run_result import read_usable_share

    solution, evaluation = result.solution, result.evaluation
    return {
        "outcome": solution.outcome_text,
        "gap": solution.gap if math.isfinite(solution.gap) else None,
        "stopped_by": solution.stopped_by,
        "served_share": evaluation.get_metric("served_share"),
        "served_usable_share": read_usable_share(evaluation),
        "cost_pkr": evaluation.get_metric("cost"),
        "cost_bound_pkr": solution.cost_bound_pkr if math.isfinite(solution.cost_bound_pkr) else None,
        "folder": str(result.folder),
        "map": str(result.folder / "index.html"),
        "demand_table": result.demand_table.splitlines(),
        "warnings": list(evaluation.warnings),
    }


def _format_command() -> str:
    """Write the command as it was given, with the program's name instead of its path."""
    return shlex.join(["chargeplan", *sys.argv[1:]])


add_sweep_command(app)
add_why_command(app)
add_report_command(app)
add_export_command(app)
add_compare_command(app)
add_study_commands(app)
add_data_commands(app)


def main() -> NoReturn:
    """Run the command line as a program."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a name that the terminal lacks letters for is no fault
            stream.reconfigure(errors="backslashreplace")
    try:
        app(prog_name="chargeplan")
    except KeyboardInterrupt:
        write_line(sys.stderr, "interrupted; nothing half-finished was written")
    raise SystemExit(int(ExitCode.INTERRUPTED))
