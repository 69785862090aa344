"""The command line: arguments to one call and one exit code.

Whatever is heavy is imported inside the commands, so that ``chargeplan --help`` stays quick.
"""

from __future__ import annotations

import io
import json
import logging
import math
import shlex
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from chargeplan import __version__
from chargeplan.errors import ChargeplanError, ConfigError, DataError, ExitCode
from chargeplan.progress import make_progress, write_line
from chargeplan.text import escape_invisible
from chargeplan.units import BYTES_PER_MB

if TYPE_CHECKING:
    from chargeplan.pipeline import RunResult

app = typer.Typer(
    name="chargeplan",
    help="Plan electric-vehicle charging stations for Pakistani cities.",
    epilog="Exit codes: 0 plan found, 1 unexpected fault or failed check, 2 config or usage, 3 data, "
    "4 impossible, 5 stopped without a plan, 130 interrupted.",
    invoke_without_command=True,
    add_completion=False,
    rich_markup_mode=None,  # rich help costs more time than the whole program may
    pretty_exceptions_enable=False,
)

JsonOption = Annotated[bool, typer.Option("--json", help="Write one JSON object per event and result.")]
VerboseOption = Annotated[bool, typer.Option("--verbose", "-v", help="Log details, and tracebacks.")]
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
    ctx.obj = _Output(as_json=as_json, verbose=verbose)


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

    with _report(ctx, as_json, verbose) as output:
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
    with _report(ctx, as_json, verbose) as output:
        _run(config, changes or [], output)


@app.command()
def check(
    ctx: typer.Context,
    config: ConfigArgument,
    changes: SetOption = None,
    as_json: JsonOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Check a config and its files, without a run."""
    with _report(ctx, as_json, verbose) as output:
        from chargeplan.config.inputs import check_study
        from chargeplan.config.load import load_settings

        loaded = load_settings(config, changes or [])
        study = check_study(loaded)
        files = [
            {"key": file.key, "path": str(file.path), "size_bytes": file.size_bytes} for file in study.files
        ]
        for file in study.files:
            output.tell(f"{file.key}: {file.path} ({file.size_bytes / BYTES_PER_MB:,.2f} MB)")
        output.show_result(
            f"{config}: nothing wrong; {loaded.settings.study.title}, {study.area_km2:,.0f} km2 "
            f"in {study.crs}, {len(files)} input files",
            {"config": str(config), "area_km2": study.area_km2, "crs": study.crs, "files": files},
        )


@app.command()
def verify(
    ctx: typer.Context, folder: FolderArgument, as_json: JsonOption = False, verbose: VerboseOption = False
) -> None:
    """Check a finished run again, without the solver."""
    with _report(ctx, as_json, verbose) as output:
        if not folder.is_dir():
            raise DataError(f"{folder}: no such folder; name the folder of a finished run, such as maps/demo")
        from chargeplan.pipeline import verify_run

        with make_progress(sys.stderr, as_json=output.as_json) as progress:
            evaluation = verify_run(folder, listen=progress)
        checks = evaluation.checks[["name", "detail"]].to_dict("records")
        for row in checks:
            output.tell(f"{row['name']}: {row['detail']}")
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
    with _report(ctx, False, verbose) as output:
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
    with _report(ctx, as_json, verbose) as output:
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


def _run(config: Path, changes: list[str], output: _Output) -> None:
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
    for number, warning in enumerate(result.evaluation.warnings, start=1):
        output.tell(f"warning {number}: {warning}", level="warning")
    output.show_result(format_summary(result), _describe_result(result))


def _describe_result(result: RunResult) -> dict[str, object]:
    solution, evaluation = result.solution, result.evaluation
    return {
        "outcome": solution.outcome_text,
        "gap": solution.gap if math.isfinite(solution.gap) else None,
        "stopped_by": solution.stopped_by,
        "served_share": evaluation.get_metric("served_share"),
        "cost_pkr": evaluation.get_metric("cost"),
        "folder": str(result.folder),
        "map": str(result.folder / "index.html"),
        "warnings": list(evaluation.warnings),
    }


def _format_command() -> str:
    """Write the command as it was given, with the program's name instead of its path."""
    return shlex.join(["chargeplan", *sys.argv[1:]])


@dataclass(frozen=True, slots=True)
class _Output:
    """Results to standard output, everything else to standard error.

    Parameters
    ----------
    as_json : bool
        One JSON object per line instead of text.
    verbose : bool
        Show logs and tracebacks.
    """

    as_json: bool = False
    verbose: bool = False

    def show(self, text: str, data: dict[str, object]) -> None:
        """Write a part of the result."""
        write_line(sys.stdout, json.dumps(data, ensure_ascii=False) if self.as_json else text)

    def show_result(
        self, text: str, data: dict[str, object], *, code: ExitCode = ExitCode.PLAN_FOUND
    ) -> None:
        """Write the line that the command ends with."""
        self.show(text, {"event": "result", "exit_code": int(code), "message": text, **data})

    def tell(self, text: str, *, level: str = "info") -> None:
        """Write a line beside the result."""
        line = {"event": "message", "level": level, "message": text}
        write_line(sys.stderr, json.dumps(line, ensure_ascii=False) if self.as_json else text)

    def tell_error(self, error: BaseException, lines: Sequence[str], code: int) -> int:
        """Write what went wrong; return the exit code."""
        if self.verbose:
            for line in traceback.format_exception(error):
                write_line(sys.stderr, line.rstrip("\n"))
        if self.as_json:
            kind = type(error).__name__
            data = {"event": "error", "kind": kind, "exit_code": int(code), "faults": list(lines)}
            write_line(sys.stderr, json.dumps(data, ensure_ascii=False))
        else:
            for line in lines:
                write_line(sys.stderr, line)
            if len(lines) > 1 and isinstance(error, (ConfigError, DataError)):
                write_line(sys.stderr, f"{len(lines)} faults; nothing was run")
        return code


@contextmanager
def _report(ctx: typer.Context, as_json: bool, verbose: bool) -> Iterator[_Output]:
    """Run the body of a command; turn what it raises into lines and an exit code."""
    given = ctx.obj or _Output()
    output = _Output(as_json=as_json or given.as_json, verbose=verbose or given.verbose)
    with _show_logs(output):
        try:
            yield output
        except ChargeplanError as error:
            faults = getattr(error, "faults", None) or str(error).splitlines() or [type(error).__name__]
            code = output.tell_error(error, [escape_invisible(fault) for fault in faults], error.exit_code)
        except KeyboardInterrupt as error:
            code = output.tell_error(
                error, ["interrupted; nothing half-finished was written"], ExitCode.INTERRUPTED
            )
        except MemoryError as error:
            advice = (
                "out of memory; use a smaller study area, fewer sites or a coarser demand.cell_resolution"
            )
            code = output.tell_error(error, [advice], ExitCode.UNEXPECTED)
        except OSError as error:
            what = f"{error.filename}: {error.strerror}" if error.filename else str(error)
            advice = f"{what}; check the disk and the permissions, or name another folder"
            code = output.tell_error(error, [advice], ExitCode.UNEXPECTED)
        except (typer.Exit, SystemExit):
            raise
        except Exception as error:  # the last border: a user never meets a traceback unasked
            first = f"unexpected fault: {type(error).__name__}: {error}".splitlines()[0]
            advice = "this is a fault of chargeplan; run again with -v for the traceback, and report it"
            code = output.tell_error(error, [escape_invisible(first), advice], ExitCode.UNEXPECTED)
        else:
            return
    raise typer.Exit(int(code))


@contextmanager
def _show_logs(output: _Output) -> Iterator[None]:
    """Send the logs of chargeplan to standard error: warnings, with -v everything.

    Warnings of libraries come the same way, so that with --json they are objects too.
    """
    ours, warnings = logging.getLogger("chargeplan"), logging.getLogger("py.warnings")
    handler, level, spreads = _LogHandler(output), ours.level, warnings.propagate
    for logger in (ours, warnings):
        logger.addHandler(handler)
    ours.setLevel(logging.DEBUG if output.verbose else logging.WARNING)
    warnings.propagate = False
    logging.captureWarnings(True)
    try:
        yield
    finally:
        logging.captureWarnings(False)
        warnings.propagate = spreads
        ours.setLevel(level)
        for logger in (ours, warnings):
            logger.removeHandler(handler)


class _LogHandler(logging.Handler):
    """Writes to what is standard error at that moment, which a live display replaces."""

    def __init__(self, output: _Output) -> None:
        super().__init__()
        self._output = output

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        message = record.getMessage().strip()
        text = escape_invisible(f"{record.levelname.lower()} {record.name}: {message}")
        self._output.tell(text, level=record.levelname.lower())


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
