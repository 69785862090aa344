"""The command that checks a config and its files, and the warnings that it shares with a run."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chargeplan.cli_output import JsonOption, Output, VerboseOption, report
from chargeplan.errors import DataError
from chargeplan.text import count_files
from chargeplan.units import BYTES_PER_MB

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chargeplan.config.settings import Settings

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
        from chargeplan.study_check import LARGEST_TABLE_MB, check_all, list_assumptions, load_checked

        loaded = load_checked(config, changes or [])
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
        assumptions = list_assumptions(loaded.settings)
        for text in assumptions:
            output.tell(f"assumed: {text}", level="warning")
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
                "assumptions": list(assumptions),
            },
        )


def tell_warnings(warnings: Sequence[str], form: str, data_time: str, output: Output) -> None:
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
    tell_warnings([f"limit of {path.name}: {limit}" for limit in limits], "{warning}", data_time, output)


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
