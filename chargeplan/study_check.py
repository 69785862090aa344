"""Reading every table of a study before a run, so that all faults are told at once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.errors import ConfigError, DataError, FaultCollector
from chargeplan.units import BYTES_PER_MB
from chargeplan.words import PlanObjective, PopulationSource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from chargeplan.config.inputs import StudyCheck
    from chargeplan.config.load import LoadedSettings
    from chargeplan.config.settings import Settings

# A larger table takes more than a few seconds.
LARGEST_TABLE_MB = 20.0


@dataclass(frozen=True, slots=True)
class ContentsCheck:
    """Which tables were read from the first row to the last.

    Parameters
    ----------
    read, unread : tuple of str
        Config keys; `unread` are those of tables above `LARGEST_TABLE_MB`.
    """

    read: tuple[str, ...]
    unread: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Table:
    """A part of a config with the files it reads."""

    key: str
    paths: tuple[Path, ...]
    read: Callable[[], object]
    reads_a_part: bool = False


def check_all(loaded: LoadedSettings, *, needs_data: bool = True) -> tuple[StudyCheck, ContentsCheck]:
    """Check the files of a config, its study area and the contents of its tables.

    Parameters
    ----------
    loaded : LoadedSettings
    needs_data : bool
        False where files that are not there yet are no fault.

    Raises
    ------
    ConfigError, DataError
        With the faults of `config.inputs.check_study` and of `check_contents` together.
    """
    from chargeplan.config.inputs import check_study

    try:
        study = check_study(loaded, needs_data=needs_data)
    except (ConfigError, DataError) as first:
        faults = FaultCollector(DataError)
        faults.add_error(first)
        try:
            check_contents(loaded)
        except (ConfigError, DataError) as second:
            faults.add_error(second)
        faults.raise_if_any()
        raise
    return study, check_contents(loaded)


def load_checked(path: Path, overrides: Sequence[str] = ()) -> LoadedSettings:
    """Load a config; where it has faults, tell beside them which names, files and tables of it are at fault too.

    Raises
    ------
    ConfigError
    """
    from chargeplan.config.load import BrokenConfigError, load_settings

    try:
        return load_settings(path, overrides)
    except BrokenConfigError as error:
        faults = FaultCollector(ConfigError)
        faults.add_error(error)
        for fault in _check_beside(error.beside, error.replaced):
            faults.add(fault)
        faults.raise_if_any()
        raise


# Tables that are read with the study area or by other settings, for which there may be stand-ins.
_READ_WITH_OTHERS = ("demand.population.path", "demand.population.zones")


def _check_beside(loaded: LoadedSettings, replaced: frozenset[str]) -> list[str]:
    """List the faults of files, names and tables that a config with stand-ins names, but for the stand-ins."""
    from chargeplan.config.beside import touches
    from chargeplan.config.inputs import check_files

    found: list[str] = []
    for check in (lambda: check_files(loaded), lambda: check_contents(loaded, leave_out=_READ_WITH_OTHERS)):
        try:
            check()
        except (ConfigError, DataError) as error:
            found += error.faults
    # "city.yaml:14:3: model.rules[0]: ..." is of model.rules; what names no key of the config is left to the next round
    kept = []
    for fault in found:
        key = _INDEX.sub("", _find_key(fault, loaded))
        if key and not touches([key], replaced):
            kept.append(fault)
    return kept


_INDEX = re.compile(r"\[\d+\]")


def _find_key(fault: str, loaded: LoadedSettings) -> str:
    for part in fault.split(": ")[:2]:
        if part in loaded.locations:
            return part
    return ""


def check_contents(loaded: LoadedSettings, *, leave_out: Sequence[str] = ()) -> ContentsCheck:
    """Read the tables of population, zones, places, sites, grid, fleet, scenarios, prices and policy rules.

    Tables above `LARGEST_TABLE_MB` are left to the run, and so are the roads. Files that are not
    there are left to `config.inputs.check_files`.

    Raises
    ------
    ConfigError, DataError
        With every fault of every table, each with its place in the config.
    """
    from chargeplan.config.inputs import locate_faults
    from chargeplan.fleet_check import check_fleet

    faults = FaultCollector(DataError)
    read, unread = [], []
    for table in (*_list_tables(loaded.settings), _Table("demand.fleet", (), lambda: check_fleet(loaded))):
        if table.key in leave_out or not all(path.is_file() and path.stat().st_size for path in table.paths):
            continue
        size_mb = sum(path.stat().st_size for path in table.paths) / BYTES_PER_MB
        if size_mb > LARGEST_TABLE_MB and not table.reads_a_part:
            unread.append(table.key)
            continue
        try:
            with locate_faults(loaded):
                table.read()
            read.append(table.key)
        except (ConfigError, DataError) as error:
            faults.add_error(error)
    faults.raise_if_any()
    return ContentsCheck(tuple(read), tuple(unread))


def list_assumptions(settings: Settings) -> tuple[str, ...]:
    """List what a study takes for granted where its config says nothing."""
    from chargeplan.zone_words import describe_stand_ins

    model, zones = settings.model, settings.study.zones
    speaks = {
        "model.equity.floor_share": model.equity.floor_share is not None,
        "model.equity.gini_cap": model.equity.gini_cap is not None,
        "model.objective worst_zone": model.objective is PlanObjective.WORST_ZONE,
    }
    keys = [key for key, is_given in speaks.items() if is_given and zones is None]
    return tuple(filter(None, [describe_stand_ins(keys)]))


def _list_tables(settings: Settings) -> Iterator[_Table]:
    """List the tables that a config names."""
    from chargeplan.config.rule_packs import read_rule_pack, read_study_rules
    from chargeplan.demand.zones import check_zone_names
    from chargeplan.grid.build import read_grid
    from chargeplan.land import gather_excluded_land, make_land
    from chargeplan.network.speeds import read_speed_table
    from chargeplan.places import read_place_file
    from chargeplan.sites.gather import read_planner_files
    from chargeplan.sites.pricing import read_kind_costs

    yield from _list_people(settings)
    sites = settings.sites
    zones, speeds, costs = settings.study.zones, settings.network.speeds, sites.costs
    if zones is not None:
        named = settings.model.equity.zone_floor_share
        yield _Table("study.zones", (zones.path,), lambda: check_zone_names(zones, named))
    for key, paths in (("demand.places.paths", settings.demand.places.paths), ("sites.paths", sites.paths)):
        for number, path in enumerate(paths):
            name = f"{key}[{number}]"
            yield _Table(name, (path,), partial(read_place_file, path, name))
    if sites.files:
        yield _Table(
            "sites.files", tuple(file.path for file in sites.files), lambda: read_planner_files(sites)
        )
    if sites.exclusion.paths:
        yield _Table(
            "sites.exclusion.paths",
            tuple(sites.exclusion.paths),
            lambda: gather_excluded_land(make_land([], np.zeros(0, dtype=object)), sites.exclusion),
        )
    grid = settings.grid
    if grid is not None:
        yield _Table(
            "grid",
            (grid.path,) if grid.links is None else (grid.path, grid.links),
            lambda: read_grid(grid),
        )
    if speeds is not None:
        yield _Table("network.speeds", (speeds,), lambda: read_speed_table(speeds))
    if costs is not None:
        yield _Table("sites.costs", (costs,), lambda: read_kind_costs(costs, "sites.costs"))
    packs = [*settings.model.rules, *settings.model.reported_rules]
    if not packs:
        return
    own = tuple(name for name in packs if not isinstance(name, str))
    yield _Table("model.rules", own, lambda: read_study_rules(settings.model))
    if not all(path.is_file() for path in own):  # the others are read one by one
        for key, each in (
            ("model.rules", settings.model.rules),
            ("model.reported_rules", settings.model.reported_rules),
        ):
            for number, pack in enumerate(each):
                place = f"{key}[{number}]"
                of_pack = () if isinstance(pack, str) else (pack,)
                yield _Table(place, of_pack, partial(read_rule_pack, pack, key=place))


def _list_people(settings: Settings) -> Iterator[_Table]:
    from chargeplan.area import build_study_area
    from chargeplan.demand.people import read_people
    from chargeplan.demand.zone_totals import read_zone_totals

    population = settings.demand.population
    if population.source is PopulationSource.FIGURES:
        return
    zones = population.zones
    if zones is not None:
        yield _Table("demand.population.zones", (zones.path,), lambda: read_zone_totals(zones))
    if population.source is PopulationSource.ZONES:
        return

    def read_grid() -> None:
        try:
            area = build_study_area(settings.study)
        except (ConfigError, DataError):
            return  # told by check_study
        read_people(population, area)

    polygon = settings.study.area.polygon
    yield _Table(
        "demand.population.path",
        (population.path,) if polygon is None else (population.path, polygon),
        read_grid,
        reads_a_part=population.source is PopulationSource.RASTER,
    )
