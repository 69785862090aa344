"""The command that varies one setting of the model: `chargeplan sweep`."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chargeplan.cli_output import JsonOption, Output, VerboseOption, report
from chargeplan.errors import ConfigError
from chargeplan.progress import make_progress

if TYPE_CHECKING:
    from chargeplan.config.load import LoadedSettings
    from chargeplan.sweep.records import Curve
    from chargeplan.sweep.values import Vary

_COLUMNS = ("value", "spent", "served", "share", "objective", "gap", "outcome", "sites", "chargers")
_LAST_COLUMNS = ("marginal", "nesting")


def add_sweep_command(app: typer.Typer) -> None:
    """Register the command of this file."""
    app.command()(sweep)


def sweep(
    ctx: typer.Context,
    config: Annotated[
        Path, typer.Argument(metavar="CONFIG", help="A study's YAML file.", show_default=False)
    ],
    vary: Annotated[
        str,
        typer.Option(
            "--vary",
            metavar="KEY=VALUES",
            help="A number of the section model, and its values: 100e6,200e6 or 100M..1.6B x5 or 5..25 step 5.",
            show_default=False,
        ),
    ],
    nested: Annotated[
        bool,
        typer.Option("--nested", help="Each larger plan keeps the stations and chargers of the smaller."),
    ] = False,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change a value of the config. May be repeated."),
    ] = None,
    as_json: JsonOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Plan for several budgets: coverage against money."""
    with report(ctx, as_json, verbose) as output:
        from chargeplan.sweep.values import parse_vary

        varied = parse_vary(vary)
        loaded = _load_points(config, varied, changes or [])
        _sweep(varied, loaded, nested, output)


def _load_points(config: Path, vary: Vary, changes: list[str]) -> list[LoadedSettings]:
    """Load the study once for each value; faults of a value are told as those of ``--vary``."""
    from chargeplan.config.inputs import check_files
    from chargeplan.config.load import load_settings

    if any(change.partition("=")[0].strip() == vary.key for change in changes):
        raise ConfigError(f"{vary.key} is given by --set and by --vary; keep one")
    loaded = []
    for value in vary.values:
        override = vary.make_override(value)
        try:
            loaded.append(load_settings(config, [*changes, override]))
        except ConfigError as error:
            told = (fault.replace(f"--set {override}", f"--vary {override}") for fault in error.faults)
            raise ConfigError(told) from error
    check_files(loaded[0])
    return loaded


def _sweep(vary: Vary, loaded: list[LoadedSettings], is_nested: bool, output: Output) -> None:
    from chargeplan.interrupt import StopSwitch
    from chargeplan.sweep.curve import check_vary, compute_curve, compute_longest_s
    from chargeplan.sweep.folder import name_folder, publish_curve, refuse_foreign_sweep

    check_vary(vary, is_nested=is_nested)
    folder = name_folder(loaded[0].settings, vary)
    refuse_foreign_sweep(folder)
    longest_s = compute_longest_s(loaded, is_nested=is_nested)
    with (
        make_progress(sys.stderr, as_json=output.as_json) as progress,
        StopSwitch(progress, progress.say) as switch,
    ):
        progress.say(
            f"{len(loaded)} values of {vary.key}, {vary.show(vary.values[0])} to {vary.show(vary.values[-1])}"
            f"{', each twice: without and with nesting' if is_nested else ''}: at most {_write_s(longest_s)} of "
            f"search in all (solve.time_limit_s is for each); Ctrl-C keeps the finished points"
        )
        curve = compute_curve(
            vary,
            loaded,
            is_nested=is_nested,
            listen=switch.listen,
            tell=progress.say,
            should_stop=switch.should_stop,
        )
        publish_curve(folder, curve, command=shlex.join(["chargeplan", *sys.argv[1:]]))
    _show_curve(curve, folder, output)


def _show_curve(curve: Curve, folder: Path, output: Output) -> None:
    from chargeplan.sweep.table import describe_knee, describe_nesting, list_rows

    if output.as_json:
        for row in list_rows(curve):
            output.show("", {"event": "point", **row})
    else:
        for line in _tabulate(curve):
            output.show(line, {})
        output.show("", {})
    warnings = [] if curve.main_point.evaluation is None else curve.main_point.evaluation.warnings
    if warnings:
        output.tell(
            f"{len(warnings)} warnings about the plan at {curve.vary.name_value(curve.main_point.value)}: on the page",
            level="warning",
        )
    nesting = describe_nesting(curve)
    if nesting:
        output.tell(nesting)
    knee = describe_knee(curve)
    stopped = "stopped by the user; " if curve.was_stopped else ""
    output.show_result(
        f"{stopped}{knee}; page: {folder / 'index.html'}",
        {
            "folder": str(folder),
            "page": str(folder / "index.html"),
            "knee": None if curve.knee.pos is None else curve.points[curve.knee.pos].value,
            "knee_text": knee,
            "nesting": nesting,
            "was_stopped": curve.was_stopped,
        },
    )


def _tabulate(curve: Curve) -> list[str]:
    """Write the points as a table of fixed width; the reason where there is no plan."""
    from chargeplan.sweep.table import format_rows, list_headings

    headings, rows = list_headings(curve), format_rows(curve)
    shown = [name for name in (*_COLUMNS, *_LAST_COLUMNS) if name in headings]
    widths = {
        name: max(len(headings[name]), *(len(row.get(name, "")) for row in rows if name in row), 0)
        for name in shown
    }
    lines = ["  ".join(f"{headings[name]:>{widths[name]}}" for name in shown)]
    for row, point in zip(rows, curve.points, strict=True):
        if point.solution is None:
            lines.append(f"{row['value']:>{widths['value']}}  {row['outcome']}: {point.reason}")
        else:
            lines.append("  ".join(f"{row[name]:>{widths[name]}}" for name in shown))
    return lines


def _write_s(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
