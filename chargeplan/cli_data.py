"""The commands that bring data onto the disk: fetch, find-area, cut."""

from __future__ import annotations

import os
import shlex
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chargeplan.cli_areas import (
    AreaChoice,
    BoxOption,
    BufferOption,
    CircleOption,
    CityArgument,
    PolygonOption,
    RelationOption,
    StudyOption,
    choose_fetch_area,
)
from chargeplan.cli_datasets import DATASETS, FolderOption, data_app, describe_manifest, describe_state
from chargeplan.cli_output import JsonOption, Output, VerboseOption, report
from chargeplan.errors import ChargeplanError, ConfigError, DataError, ExitCode
from chargeplan.progress import make_progress
from chargeplan.units import SECONDS_PER_MINUTE

if TYPE_CHECKING:
    from collections.abc import Callable

    from chargeplan.download.find_area import FoundArea
    from chargeplan.osm.dataset import DatasetState
    from chargeplan.osm.manifest import Manifest

ContactOption = Annotated[
    str, typer.Option("--contact", metavar="TEXT", help="Who asks (e-mail or web page), told to the server.")
]


def add_data_commands(app: typer.Typer) -> None:
    """Register the commands of this file."""
    app.command()(fetch)
    app.command("find-area")(find_area)
    app.command()(cut)
    app.add_typer(data_app)


def fetch(
    ctx: typer.Context,
    city: CityArgument = None,
    relation: RelationOption = None,
    polygon: PolygonOption = None,
    box: BoxOption = None,
    circle: CircleOption = None,
    study: StudyOption = None,
    folder: FolderOption = DATASETS,
    buffer_km: BufferOption = None,
    endpoint: Annotated[
        str | None, typer.Option("--endpoint", metavar="URL", help="Overpass server to ask instead.")
    ] = None,
    refresh: Annotated[bool, typer.Option("--refresh", help="Fetch all anew.")] = False,
    offline: Annotated[bool, typer.Option("--offline", help="Use only what is on the disk.")] = False,
    deadline_min: Annotated[
        float, typer.Option("--deadline-min", min=0.1, max=1440, metavar="MIN", help="Give up after this.")
    ] = 15.0,
    contact: ContactOption = "",
    as_json: JsonOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Fetch a city's OpenStreetMap data, complete or not at all."""
    choice = AreaChoice(city, relation, polygon, box, circle, study, buffer_km)
    with report(ctx, as_json, verbose) as output:
        named = _find_named_dataset(choice, folder, is_refreshing=refresh)
        if named is not None:
            output.tell(f"{named.name} is complete on disk; nothing was asked")
            _show_dataset(named, output, None, _Told(output.tell))
            return
        area, buffer, config = choose_fetch_area(choice, "chargeplan fetch")
        from chargeplan.download.fetch import FetchOptions, fetch_dataset
        from chargeplan.download.servers import OVERPASS, choose_endpoint
        from chargeplan.interrupt import StopSwitch

        options = FetchOptions(
            folder=folder,
            endpoint=choose_endpoint(OVERPASS, endpoint),
            buffer_km=buffer,
            refresh=refresh,
            offline=offline,
            deadline_s=deadline_min * SECONDS_PER_MINUTE,
            contact=contact,
        )
        with (
            make_progress(sys.stderr, as_json=output.as_json) as progress,
            StopSwitch(progress, progress.say) as switch,
        ):
            told = _Told(progress.say)
            state = fetch_dataset(area, options, listen=switch.listen, tell=told)
        _show_dataset(state, output, config, told)


def find_area(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A place in Pakistan.", show_default=False)],
    endpoint: Annotated[
        str | None, typer.Option("--endpoint", metavar="URL", help="Nominatim server to ask instead.")
    ] = None,
    contact: ContactOption = "",
    as_json: JsonOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Ask once what a name stands for, and show what can be fetched."""
    with report(ctx, as_json, verbose) as output:
        from chargeplan.city_areas import find_city_area
        from chargeplan.download.find_area import find_areas
        from chargeplan.download.servers import NOMINATIM, choose_endpoint

        found = find_areas(
            name, endpoint=choose_endpoint(NOMINATIM, endpoint), contact=contact, tell=output.tell
        )
        for number, result in enumerate(found, start=1):
            output.show(_describe_result(number, result), {"event": "found", **asdict(result)})
        usable = sum(not result.refusal for result in found)
        try:
            city = find_city_area(name)
            output.tell(f"{city.title} is in data/cities.csv too: chargeplan fetch {city.name}")
        except ConfigError:
            pass
        what = "1 result" if len(found) == 1 else f"{len(found)} results"
        code = ExitCode.PLAN_FOUND if usable else ExitCode.DATA
        verdict = f'{what} for "{name}" in Pakistan, {usable} of them can be fetched'
        if not found:
            verdict = f'nothing is called "{name}" in Pakistan'
        if not usable:
            verdict += "; try another spelling or the district, or fetch with --polygon, --box or --circle"
        output.show_result(verdict, {"found": len(found), "usable": usable}, code=code)
        if code:
            raise typer.Exit(int(code))


def cut(
    ctx: typer.Context,
    extract: Annotated[
        Path,
        typer.Argument(
            metavar="EXTRACT", help="An OpenStreetMap file, such as pakistan.osm.pbf.", show_default=False
        ),
    ],
    city: CityArgument = None,
    relation: RelationOption = None,
    polygon: PolygonOption = None,
    box: BoxOption = None,
    circle: CircleOption = None,
    study: StudyOption = None,
    folder: FolderOption = DATASETS,
    buffer_km: BufferOption = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace a dataset of another area or extract.")
    ] = False,
    as_json: JsonOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Cut a city from a larger OpenStreetMap file; no network is needed."""
    choice = AreaChoice(city, relation, polygon, box, circle, study, buffer_km)
    with report(ctx, as_json, verbose) as output:
        area, buffer, config = choose_fetch_area(choice, f"chargeplan cut {extract}")
        from chargeplan.download.cut import cut_dataset
        from chargeplan.interrupt import StopSwitch

        with (
            make_progress(sys.stderr, as_json=output.as_json) as progress,
            StopSwitch(progress, progress.say) as switch,
        ):
            told = _Told(progress.say)
            state = cut_dataset(
                extract,
                area,
                folder=folder,
                buffer_km=buffer,
                is_replacing=replace,
                listen=switch.listen,
                tell=told,
            )
        _show_dataset(state, output, config, told)


def _find_named_dataset(choice: AreaChoice, folder: Path, *, is_refreshing: bool) -> DatasetState | None:
    """Find the whole dataset that was named without an area, when the name is no city's.

    Raises
    ------
    ConfigError
        When it is to be fetched again: the area is not known from its name.
    DataError
        When it is broken, or somebody's own file.
    """
    options = (choice.relation, choice.polygon, choice.box, choice.circle, choice.study, choice.buffer_km)
    if choice.city is None or any(option is not None for option in options):
        return None
    from chargeplan.city_areas import find_city_area
    from chargeplan.osm.dataset import find_dataset

    try:
        find_city_area(choice.city)
    except ConfigError as error:
        try:
            state = find_dataset(folder, choice.city, thorough=True)
        except ConfigError:  # no name of a dataset, so that it can only be a city's
            raise error from None
        if state is None:
            raise
    else:
        return None
    how = "give the area again: --relation ID, --polygon FILE, --box W,S,E,N or --circle LON,LAT,KM"
    held = f" (it holds {state.manifest.area})" if state.manifest is not None else ""
    if is_refreshing:
        raise ConfigError(
            f'"{state.name}" is a dataset of its own name{held} and no city of data/cities.csv; with --refresh {how}'
        )
    if state.fault:
        raise DataError(f"{state.fault}; {how}")
    return state


class _Told:
    """Passes lines on and remembers them, so that a limit is told once."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self.lines: set[str] = set()

    def __call__(self, line: str) -> None:
        self.lines.add(line)
        self._say(line)


def _show_dataset(state: DatasetState, output: Output, config: Path | None, told: _Told) -> None:
    """Say where the data are, of when, how much, what they lack, and what to type next."""
    if state.fault or state.manifest is None:
        raise ChargeplanError(state.fault or f"{state.data_path}: has no manifest")
    manifest = state.manifest
    for limit in manifest.limits:
        if limit not in told.lines:
            output.tell(f"limit: {limit}", level="warning")
    following = _find_next_line(state, manifest, config, output)
    text = f"{state.data_path}: {describe_manifest(manifest)}"
    output.show_result(
        text if output.as_json else f"{text}\nnext: {following}",
        {**describe_state(state), "next": following},
    )


def _find_next_line(state: DatasetState, manifest: Manifest, config: Path | None, output: Output) -> str:
    """Find a config that reads the data as they lie and is covered by them, else say how to name them."""
    from chargeplan.area import measure_area
    from chargeplan.config.load import load_settings
    from chargeplan.osm.manifest import LARGEST_OUTSIDE_SHARE, advise_renewal, get_covered

    by_name = f"chargeplan run {config or 'CONFIG'} --set network.path={shlex.quote(str(state.data_path))}"
    path = config or Path("configs") / f"{state.name}.yaml"
    if not path.is_file():
        return by_name
    try:
        settings = load_settings(path).settings
        boundary, _, _ = measure_area(settings.study.area)
    except (ConfigError, DataError):  # what is wrong with a config is told when it is run
        return by_name
    if settings.network.path != Path(os.path.normpath(state.data_path.absolute())):
        return by_name
    if boundary.difference(get_covered(manifest)).area > LARGEST_OUTSIDE_SHARE * boundary.area:
        whole = advise_renewal(manifest, str(path))
        output.tell(f"{path} studies more than these data cover; for all of it: {whole}", level="warning")
        return by_name if config is None else whole
    return f"chargeplan run {path}"


def _describe_result(number: int, found: FoundArea) -> str:
    level = f", level {found.level} ({found.level_words})" if found.level_words else ""
    size = f"{found.area_km2:,.0f} km2" if found.area_km2 >= 10 else f"{found.area_km2:,.1f} km2"
    size = size if found.area_km2 else "no area"
    lines = [
        f"{number}. {found.osm_type} {found.osm_id}: {found.name}",
        f"   {found.kind}{level}, {found.country or 'country not told'}, {size}",
    ]
    if found.refusal:
        lines.append(f"   cannot be used: {found.refusal}")
    if found.command:
        lines.append(f"   {'instead: ' if found.refusal else ''}{found.command}")
    return "\n".join(lines)
