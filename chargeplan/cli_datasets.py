"""The commands about the data that are on the disk: data list, data verify."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chargeplan.cli_output import JsonOption, Output, VerboseOption, report
from chargeplan.errors import ConfigError, ExitCode
from chargeplan.units import BYTES_PER_MB

if TYPE_CHECKING:
    from chargeplan.osm.dataset import DatasetState
    from chargeplan.osm.manifest import Manifest

    LimitWriter = Callable[[str, Manifest], list[str]]

FolderOption = Annotated[Path, typer.Option("--folder", help="Folder of the datasets.")]
DATASETS = Path("data/cache")

data_app = typer.Typer(
    name="data", help="List or verify the datasets on this disk.", no_args_is_help=True, rich_markup_mode=None
)


@data_app.command("list")
def list_data(
    ctx: typer.Context,
    folder: FolderOption = DATASETS,
    as_json: JsonOption = False,
    verbose: VerboseOption = False,
) -> None:
    """List the datasets on this disk, without reading the data."""
    with report(ctx, as_json, verbose) as output:
        from chargeplan.osm.dataset import list_datasets

        states = list_datasets(folder)
        advice = "" if states else "; chargeplan fetch CITY brings one"
        which = "" if folder == DATASETS else f" --folder {shlex.quote(str(folder))}"

        def point_to_limits(name: str, manifest: Manifest) -> list[str]:
            count = len(manifest.limits)
            words = "1 limit" if count == 1 else f"{count} limits"
            return [f"{words}; chargeplan data verify {name}{which} tells what they lack"] if count else []

        # Without reading the data, nobody can say that they are whole.
        _show_states(states, output, good="there", show_limits=point_to_limits)
        _show_verdict(states, output, f"{_count(states)} in {folder}{advice}")


@data_app.command("verify")
def verify_data(
    ctx: typer.Context,
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME]...", help="Datasets; all of them without.", show_default=False),
    ] = None,
    folder: FolderOption = DATASETS,
    as_json: JsonOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Verify datasets: checksums, and the elements counted again."""
    with report(ctx, as_json, verbose) as output:
        from chargeplan.osm.dataset import verify_datasets

        states = verify_datasets(folder, names or [])
        if not states:
            raise ConfigError(f"{folder}: no dataset is there; chargeplan fetch CITY brings one")

        def list_limits(_name: str, manifest: Manifest) -> list[str]:
            return [f"limit: {limit}" for limit in manifest.limits]

        _show_states(states, output, good="whole", show_limits=list_limits)
        found = [state for state in states if not state.is_missing]
        _show_verdict(states, output, f"{_count(found)} verified in {folder}")


def _show_states(states: list[DatasetState], output: Output, *, good: str, show_limits: LimitWriter) -> None:
    """Show each dataset as `good`, broken or missing, with its limits and a warning for old data."""
    from chargeplan.osm.times import warn_of_age

    for state in states:
        word = "missing" if state.is_missing else "broken" if state.fault else good
        described = f"{state.name}: {describe_manifest(state.manifest)}" if state.manifest else state.name
        # A fault begins with the name itself.
        lines = [f"{word:<8}{state.fault or described}"]
        lines += (
            [f"{'':8}{line}" for line in show_limits(state.name, state.manifest)] if state.manifest else []
        )
        output.show("\n".join(lines), {"event": "dataset", **describe_state(state)})
        timestamp = state.manifest.osm_timestamp if state.manifest else ""
        if warning := warn_of_age(timestamp, datetime.now(UTC).date()):
            output.tell(f"warning: {state.name}: {warning}", level="warning")


def _show_verdict(states: list[DatasetState], output: Output, verdict: str) -> None:
    """Show how many are there, broken and missing, and end with 3 unless all are good."""
    n_missing = sum(state.is_missing for state in states)
    n_broken = sum(bool(state.fault) for state in states) - n_missing
    verdict += f"; {n_broken} broken" if n_broken else ""
    verdict += f"; {n_missing} missing" if n_missing else ""
    code = ExitCode.DATA if n_broken or n_missing else ExitCode.PLAN_FOUND
    found: dict[str, object] = {"datasets": len(states), "broken": n_broken, "missing": n_missing}
    output.show_result(verdict, found, code=code)
    if code:
        raise typer.Exit(int(code))


def describe_state(state: DatasetState) -> dict[str, object]:
    """Describe a dataset for a line of --json."""
    manifest = state.manifest
    described: dict[str, object] = {"name": state.name, "path": str(state.data_path), "fault": state.fault}
    if manifest is not None:
        described |= {
            "osm_timestamp": manifest.osm_timestamp,
            "retrieved": manifest.retrieved,
            "size_bytes": manifest.size_bytes,
            "counts": manifest.counts,
            "area": manifest.area,
            "source": manifest.source,
            "licence": manifest.licence,
            "limits": list(manifest.limits),
        }
    return described


def describe_manifest(manifest: Manifest) -> str:
    """Describe data in one line: of when, how much, of which area, whose."""
    from chargeplan.osm.times import describe_age

    age = describe_age(manifest.osm_timestamp, datetime.now(UTC).date())
    counts = ", ".join(f"{manifest.counts.get(kind, 0):,} {kind}" for kind in ("nodes", "ways", "relations"))
    size = f"{manifest.size_bytes / BYTES_PER_MB:,.1f} MB"
    return f"{age}, {counts}, {size}; {manifest.area}; {manifest.attribution}, {manifest.licence}"


def _count(states: list[DatasetState]) -> str:
    return "1 dataset" if len(states) == 1 else f"{len(states)} datasets"
