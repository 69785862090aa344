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
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from chargeplan import __version__
from chargeplan.cli_data import add_data_commands
from chargeplan.cli_output import JsonOption, Output, VerboseOption, report
from chargeplan.cli_studies import add_study_commands
from chargeplan.cli_sweep import add_sweep_command
from chargeplan.cli_why import add_why_command
from chargeplan.errors import DataError, ExitCode
from chargeplan.progress import make_progress, write_line
from chargeplan.text import count_files
from chargeplan.units import BYTES_PER_MB

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chargeplan.config.settings import Settings
    from chargeplan.pipeline import RunResult

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

SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Change a value of the config, such as model.budget_pkr=50e6. May be repeated.",
    ),
]
ConfigArgument = Annotated[
    Path, typer.Argument(metavar="CONFIG", help="A study's YAML file.", show_default=False)
]


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


@app.command()
def check(
    ctx: typer.Context,
    config: ConfigArgument,
    changes: SetOption = None,
    without_data: Annotated[
        bool, typer.Option("--without-data", help="Files that are not there yet are named and no fault.")
    ] = False,
    as_json: JsonOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Check a config and its files, without a run."""
    with report(ctx, as_json, verbose) as output:
        from chargeplan.config.load import load_settings

        # Before the heavy imports, so that a slip is told at once.
        loaded = load_settings(config, changes or [])
        from chargeplan.study_check import LARGEST_TABLE_MB, check_all

        study, contents = check_all(loaded, needs_data=not without_data)
        files = [
            {"key": file.key, "path": str(file.path), "size_bytes": file.size_bytes} for file in study.files
        ]
        for file in study.files:
            output.tell(f"{file.key}: {file.path} ({file.size_bytes / BYTES_PER_MB:,.2f} MB)")
        output.tell(f"read to the last row: {', '.join(contents.read)}")
        for key in contents.unread:
            output.tell(
                f"{key}: not read, because it is above {LARGEST_TABLE_MB:g} MB; a run tells its faults"
            )
        for text in study.missing:
            output.tell(f"not there yet: {text}")
        if loaded.settings.network.path.exists():
            _check_road_data(loaded.settings, output)
        missing = f", {count_files(len(study.missing))} not there yet" if study.missing else ""
        output.show_result(
            f"{config}: nothing wrong; {loaded.settings.study.title}, {study.area_km2:,.0f} km2 "
            f"in {study.crs}, {count_files(len(files))}{missing}",
            {
                "config": str(config),
                "area_km2": study.area_km2,
                "crs": study.crs,
                "files": files,
                "missing": list(study.missing),
            },
        )


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
    from chargeplan.pipeline import format_summary, run_study

    with (
        make_progress(sys.stderr, as_json=output.as_json) as progress,
        StopSwitch(progress, progress.say) as switch,
    ):
        result = run_study(
            loaded, listen=switch.listen, command=_format_command(), should_stop=switch.should_stop
        )
    if not output.as_json:  # there it is part of the one object
        output.show(f"{result.demand_table}\n", {})
    _tell_warnings(result.evaluation.warnings, "warning {number}: {warning}", result.data_date, output)
    output.show_result(format_summary(result), _describe_result(result))


def _check_road_data(settings: Settings, output: Output) -> None:
    """Check the file of roads against the manifest beside it and the study; say what it lacks and how old it is."""
    from chargeplan.area import build_study_area
    from chargeplan.network.source import check_cover, check_file
    from chargeplan.osm.file_formats import list_kind_limits

    path = settings.network.path
    checked = check_file(path)
    if checked.manifest is None:
        _check_to_the_end(path, output)
    else:
        check_cover(checked, build_study_area(settings.study))
    data_time = "" if checked.manifest is None else checked.manifest.osm_timestamp
    limits = (*checked.limits, *list_kind_limits(path.name))
    _tell_warnings([f"limit of {path.name}: {limit}" for limit in limits], "{warning}", data_time, output)


def _check_to_the_end(path: Path, output: Output) -> None:
    """Follow a .osm.pbf without a manifest from piece to piece to its end; say what was not read."""
    from chargeplan.download.pbf_arrays import list_blobs
    from chargeplan.download.protobuf_arrays import BrokenMessageError

    if not path.name.lower().endswith(".pbf"):
        output.tell(f"{path.name}: not read, so damage is not noticed before a run; it has no manifest")
        return
    try:
        with path.open("rb") as file:
            n_pieces = sum(1 for _ in list_blobs(file))
    except BrokenMessageError as error:
        raise DataError(f"network.path: {path}: {error}; it is cut short or damaged: get it again") from error
    output.tell(f"{path.name}: whole to its end, {n_pieces:,} pieces, whose contents were not read")


def _tell_warnings(warnings: Sequence[str], form: str, data_time: str, output: Output) -> None:
    """Tell warnings, and how old the road data are: once, as the worst that is to be said of it.

    The age of today stands only here, so that results do not depend on the day.
    """
    from chargeplan.osm.times import describe_age, is_lateness, warn_of_age

    today = datetime.now(UTC).date()
    old = warn_of_age(data_time, today)
    shown = [warning for warning in warnings if not (old and is_lateness(warning))]
    for number, warning in enumerate(shown, start=1):
        output.tell(form.format(number=number, warning=warning), level="warning")
    if old:
        output.tell(f"warning: {old}", level="warning")
    elif data_time and not any(is_lateness(warning) for warning in shown):
        output.tell(describe_age(data_time, today))


def _describe_result(result: RunResult) -> dict[str, object]:
    solution, evaluation = result.solution, result.evaluation
    return {
        "outcome": solution.outcome_text,
        "gap": solution.gap if math.isfinite(solution.gap) else None,
        "stopped_by": solution.stopped_by,
        "served_share": evaluation.get_metric("served_share"),
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
