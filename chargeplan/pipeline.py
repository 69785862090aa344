"""The whole job in order: this file alone imports the stages and hands records on."""

from __future__ import annotations

import platform
import time
from dataclasses import dataclass
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chargeplan import __version__
from chargeplan.area import build_study_area
from chargeplan.describe import (
    describe_demand,
    describe_network,
    describe_sites,
    describe_travel,
)
from chargeplan.energy_table import tabulate_demand
from chargeplan.errors import (
    ConfigError,
    DataError,
    FaultCollector,
    InfeasibleError,
    UnsureAdviceError,
    VerificationError,
)
from chargeplan.estates import add_listed_estates
from chargeplan.inputs import describe_inputs, make_settings_as_run
from chargeplan.records import (
    CandidateSites,
    DataSource,
    DemandCells,
    Evaluation,
    PlanProblem,
    PlanRequest,
    RoadNetwork,
    Solution,
    StudyArea,
    TravelTable,
)
from chargeplan.request import make_request
from chargeplan.runlog import Listener, RunLog, ignore_event, measure_peak_memory_mb
from chargeplan.store import check_published, check_records, read_record
from chargeplan.text import count_files
from chargeplan.units import format_pkr
from chargeplan.words import PlanObjective

if TYPE_CHECKING:
    from collections.abc import Callable

    from chargeplan.config.load import LoadedSettings
    from chargeplan.config.settings import EconomicsSettings, Settings
    from chargeplan.grid_assets import GridAssets
    from chargeplan.linear_model import LinearModel
    from chargeplan.model.stages import Surroundings
    from chargeplan.plan_labels import PlanLabels
    from chargeplan.records import Floats, MapPlaces

RECORD_TYPES: dict[str, type] = {
    "area": StudyArea,
    "network": RoadNetwork,
    "demand": DemandCells,
    "sites": CandidateSites,
    "travel": TravelTable,
    "request": PlanRequest,
    "problem": PlanProblem,
    "solution": Solution,
    "evaluation": Evaluation,
}
_VERSIONED_PACKAGES = (
    "geopandas",
    "h3",
    "highspy",
    "numpy",
    "osmium",
    "pandas",
    "pulp",
    "pyogrio",
    "scipy",
    "shapely",
)


@dataclass(frozen=True, slots=True, eq=False)
class RunResult:
    """A published run.

    Parameters
    ----------
    folder : Path
        Run folder, with ``index.html``.
    area : StudyArea
    request : PlanRequest
    solution : Solution
    evaluation : Evaluation
    demand_table : str
        How people became energy, on one page.
    data_date : str
        Of the road data (ISO), or empty when unknown.
    """

    folder: Path
    area: StudyArea
    request: PlanRequest
    solution: Solution
    evaluation: Evaluation
    demand_table: str
    data_date: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class StudyRecords:
    """What a study rests on before the planning problem is posed.

    Parameters
    ----------
    area, network, cells, sites, travel : records
        What the stages handed on.
    sources : tuple of DataSource
        Every input file.
    data_limits : tuple of str
        What the road data cannot tell or lack.
    data_date : str
        Of the road data (ISO), or empty when unknown.
    """

    area: StudyArea
    network: RoadNetwork
    cells: DemandCells
    cells_by_year: tuple[DemandCells, ...]
    grid: GridAssets | None
    sites: CandidateSites
    travel: TravelTable
    sources: tuple[DataSource, ...]
    data_limits: tuple[str, ...]
    data_date: str


def build_records(loaded: LoadedSettings, *, log: RunLog) -> StudyRecords:
    """Build what does not depend on the section `model`: network, demand, sites, driving times.

    Raises
    ------
    DataError
        When an input cannot be used.
    """
    from chargeplan.config.inputs import check_files, locate_faults
    from chargeplan.demand.layer import read_layer_figures
    from chargeplan.grid.build import build_grid, describe_grid
    from chargeplan.network.read import read_network
    from chargeplan.sites.build import build_sites
    from chargeplan.study_check import check_contents
    from chargeplan.travel.table import build_travel_table

    settings = loaded.settings
    with log.phase("config") as phase:
        files = check_files(loaded)
        check_contents(loaded)
        # The network's file is described by its own stage, which knows more of it.
        sources = describe_inputs((file.key, file.path) for file in files if file.key != "network.path")
        with locate_faults(loaded):
            area = build_study_area(settings.study)
        phase.message = f"{area.title}, {area.area_km2:,.0f} km2, {count_files(len(files))}"
    with log.phase("network") as phase:
        reading = read_network(area, settings.network)
        estate_area_ha = read_layer_figures(settings.demand.figures)["estate_area_ha"].value
        network, places = reading.network, add_listed_estates(reading.places, area, estate_area_ha)
        phase.message = describe_network(network)
    with log.phase("demand") as phase:
        years = tuple(each.year for each in settings.model.years) or (settings.study.year,)
        cells_by_year = _build_demand_by_year(settings, area, network, places, years)
        cells = cells_by_year[-1]
        phase.message = describe_demand(cells)
    with log.phase("sites") as phase:
        sites = build_sites(area, network, places, settings.sites)
        phase.message = describe_sites(sites)
    grid = None
    if settings.grid is not None:
        with log.phase("grid") as phase:
            grid = build_grid(area, sites, settings.grid)
            phase.message = describe_grid(grid)
    with log.phase("travel") as phase:
        travel = build_travel_table(network, cells, sites, settings.travel)
        phase.message = describe_travel(travel)
    return StudyRecords(
        area=area,
        network=network,
        cells=cells,
        cells_by_year=cells_by_year,
        grid=grid,
        sites=sites,
        travel=travel,
        sources=(reading.source, *sources),
        data_limits=reading.limits,
        data_date=reading.source.data_date,
    )


def _build_demand_by_year(
    settings: Settings, area: StudyArea, network: RoadNetwork, places: MapPlaces, years: tuple[int, ...]
) -> tuple[DemandCells, ...]:
    """Build the demand of each year; what is warned of in several of them is told once."""
    from chargeplan.demand.build import build_demand
    from chargeplan.yearly_warnings import YearlyWarnings

    warnings = YearlyWarnings("chargeplan.demand")
    cells = []
    try:
        for year in years:
            with warnings.hold(year):
                cells.append(
                    build_demand(
                        area,
                        network,
                        places,
                        settings.demand,
                        settings.study.zones,
                        year=year,
                        city=settings.study.city,
                        exclusion=settings.sites.exclusion,
                        seed=settings.study.seed,
                    )
                )
    finally:
        warnings.tell()
    return tuple(cells)


def build_model(
    settings: Settings,
    records: StudyRecords,
    around: Surroundings | None = None,
    *,
    log: RunLog,
    complete: Callable[..., InfeasibleError] | None = None,
) -> tuple[PlanRequest, PlanProblem, LinearModel]:
    """Pose the planning problem of a study.

    `complete` is `chargeplan.solve.complete_advice.complete_advice` where the user shall learn what is enough.

    Raises
    ------
    InfeasibleError
        When arithmetic alone proves that no plan can satisfy what was asked.
    """
    from chargeplan.formulation.linear import build_linear_model
    from chargeplan.model.labels import label_plan
    from chargeplan.model.precheck import check_problem, check_rules
    from chargeplan.model.problem import build_problem
    from chargeplan.model.stages import is_plain_request, stage_problem

    cells, sites, travel = records.cells, records.sites, records.travel
    with log.phase("model") as phase:
        request = make_request(settings, cells)
        around = around or build_surroundings(settings, records)
        check_rules(around.rules, sites, request)
        problem = build_problem(cells, sites, travel, request)
        if not is_plain_request(request, around):
            problem = stage_problem(problem, request, records.cells_by_year, sites, travel, around)
        labels = label_plan(problem, request, cells, sites, around, crs=records.area.crs)
        try:
            check_problem(problem, cells, sites, labels)
        except UnsureAdviceError as error:
            if complete is None:
                raise
            linear = build_linear_model(problem)
            options = {"settings": settings.solve, "seed": settings.study.seed}
            raise complete(error, problem, linear, labels=labels, **options) from error
        linear = build_linear_model(problem)
        n_rows, n_columns = linear.matrix.shape
        phase.message = f"{problem.n_pairs:,} pairs, {n_columns:,} variables, {n_rows:,} rows"
    return request, problem, linear


def label_study(
    settings: Settings, records: StudyRecords, request: PlanRequest, problem: PlanProblem
) -> PlanLabels:
    """Name the sites, zones, grid assets and rules of a study's problem."""
    from chargeplan.model.labels import label_plan

    around = build_surroundings(settings, records)
    return label_plan(problem, request, records.cells, records.sites, around, crs=records.area.crs)


def build_surroundings(settings: Settings, records: StudyRecords) -> Surroundings:
    """Build what a plan must respect beside its own settings: grid, policy rules, spacing.

    Raises
    ------
    ConfigError, DataError
        When a pack of rules cannot be used.
    InfeasibleError
        When a required site breaks the spacing.
    """
    from chargeplan.config.rule_packs import read_study_rules
    from chargeplan.model.spacing import build_site_spacing, describe_clashes
    from chargeplan.model.stages import Surroundings
    from chargeplan.rules.build import build_rule_rows

    cells, sites, model = records.cells, records.sites, settings.model
    spacing = rules = None
    if model.spacing_m is not None:
        spacing = build_site_spacing(sites, model.spacing_m, crs=records.area.crs)
        clashes = describe_clashes(spacing, sites, key="model.spacing_m")
        if clashes:
            raise InfeasibleError("\n".join(clashes))
    packs = read_study_rules(model)
    if packs:
        rules = build_rule_rows(
            packs,
            cells,
            sites,
            crs=records.area.crs,
            years=tuple(each.year for each in model.years) or (settings.study.year,),
            vehicles=np.array([count_electric_vehicles(each) for each in records.cells_by_year]),
            may_open=None if spacing is None else ~spacing.is_blocked,
        )
    return Surroundings(records.grid, rules, spacing)


def count_electric_vehicles(cells: DemandCells) -> Floats:
    """Read the electric vehicles of each class from the account of the demand, shape (n_classes,)."""
    rows = cells.explanation.set_index("step")["value"]
    return np.array([float(rows.get(f"{name}: electric vehicles", np.nan)) for name in cells.classes])


def run_study(
    loaded: LoadedSettings,
    *,
    listen: Listener = ignore_event,
    command: str = "",
    should_stop: Callable[[], bool] = lambda: False,
) -> RunResult:
    """Run a study from its settings to its map.

    Parameters
    ----------
    loaded : LoadedSettings
    listen : callable
        Gets the events of `chargeplan.runlog`.
    command : str
        How the run was started, for timings.json.
    should_stop : callable
        Asked now and then during the search; True ends it with the best plan so far.

    Raises
    ------
    DataError
        When an input cannot be used.
    InfeasibleError
        When no plan can satisfy what was asked.
    NoPlanError
        When the search ended without a plan.
    VerificationError
        When the plan fails its independent check; nothing is written then.
    """
    from chargeplan.demand.zones import read_zone_outlines
    from chargeplan.evaluate.metrics import evaluate_plan
    from chargeplan.evaluate.verify import PlanCase
    from chargeplan.publish.bundle import RunBundle
    from chargeplan.publish.run_folder import publish_run, refuse_foreign_folder
    from chargeplan.solve.complete_advice import complete_advice
    from chargeplan.solve.search import solve_problem

    settings = loaded.settings
    started = time.time()
    log = RunLog(listen)
    refuse_foreign_folder(settings.publish.folder / settings.study.name)
    settings_as_run = make_settings_as_run(settings, loaded.path.parent)
    records = build_records(loaded, log=log)
    area, network, cells = records.area, records.network, records.cells
    sites, travel = records.sites, records.travel
    around = build_surroundings(settings, records)
    request, problem, linear = build_model(
        settings, records, around, log=log, complete=partial(complete_advice, should_stop=should_stop)
    )
    with log.phase("solve") as phase:
        solution = solve_problem(
            problem,
            linear,
            settings.solve,
            seed=settings.study.seed,
            listen=listen,
            should_stop=should_stop,
            disputed_model=settings.publish.folder / f"{settings.study.name}.disputed_model.mps",
            name_things=lambda: label_study(settings, records, request, problem),
        )
        phase.message = f"{solution.outcome_text}, stopped by {solution.stopped_by}"
    with log.phase("evaluate") as phase:
        evaluation = evaluate_plan(
            PlanCase(
                request,
                network,
                cells,
                sites,
                travel,
                problem,
                solution,
                records.data_limits,
                earlier_cells=records.cells_by_year[:-1],
                grid=records.grid,
                rules=around.rules,
            )
        )
        served_share = evaluation.get_metric("served_share")
        phase.message = f"{len(evaluation.checks)} checks passed, {served_share:.1%} of all demand served"
    with log.phase("publish") as phase:
        bundle = RunBundle(
            area=area,
            network=network,
            cells=cells,
            sites=sites,
            travel=travel,
            request=request,
            problem=problem,
            solution=solution,
            evaluation=evaluation,
            sources=records.sources,
            settings_as_run=settings_as_run,
            run_info={"chargeplan": __version__, "seed": settings.study.seed, "versions": list_versions()},
            timings={
                "command": command,
                "started_unix_s": started,
                "phase_s": dict(log.seconds),
                "peak_memory_mb": measure_peak_memory_mb(),
            },
            year=settings.study.year,
            credits=tuple(settings.study.credits),
            zone_outlines=read_zone_outlines(settings.study.zones, cells.zones["zone_id"].tolist()),
            online_tiles=settings.publish.online_tiles,
            earlier_cells=records.cells_by_year[:-1],
            grid=records.grid,
            rules=around.rules,
        )
        folder = publish_run(settings.publish.folder / settings.study.name, bundle)
        phase.message = str(folder)
    table = tabulate_demand(cells, request.type_power_kw)
    return RunResult(folder, area, request, solution, evaluation, table, records.data_date)


def verify_run(folder: Path, *, listen: Listener = ignore_event) -> Evaluation:
    """Check a run folder again from its records alone.

    Parameters
    ----------
    folder : Path
        Run folder or its ``records`` folder.
    listen : callable

    Raises
    ------
    DataError
        When the records are incomplete, changed or of another format.
    VerificationError
        When a check fails or a stored figure is not the recomputed one.
    """
    from chargeplan.evaluate.metrics import evaluate_plan
    from chargeplan.evaluate.verify import PlanCase
    from chargeplan.publish.recheck import check_published_sites

    log = RunLog(listen)
    records_folder = folder / "records" if (folder / "records").is_dir() else folder
    with log.phase("records") as phase:
        check_records(records_folder)
        records: dict[str, Any] = {
            name: read_record(records_folder, name, kind) for name, kind in RECORD_TYPES.items()
        }
        optional = read_optional_records(records_folder, records["request"])
        count = (
            len(records)
            + len(optional["earlier_cells"])
            + sum(optional[name] is not None for name in ("grid", "rules"))
        )
        phase.message = f"{count} records match their checksums"
    with log.phase("evaluate") as phase:
        names = ("request", "network", "demand", "sites", "travel", "problem", "solution")
        evaluation = evaluate_plan(PlanCase(*(records[name] for name in names), **optional))
        compare_evaluations(records["evaluation"], evaluation)
        phase.message = f"{len(evaluation.checks)} checks passed, every figure recomputed"
    if records_folder != folder:
        with log.phase("publish") as phase:
            if (folder / "sites.geojson").is_file():
                check_published_sites(
                    folder / "sites.geojson", records["sites"], records["solution"], evaluation
                )
            count = check_published(records_folder)
            phase.message = f"{count} published files match their checksums, sites.geojson is the plan"
    return evaluation


def read_optional_records(folder: Path, request: PlanRequest) -> dict[str, Any]:
    """Read the records that only some runs have: earlier years, grid, rules; fields of `PlanCase`.

    Raises
    ------
    DataError
        When the demand of a year that was planned for is missing.
    """
    from chargeplan.grid_assets import GridAssets
    from chargeplan.rules.rows import RuleRows

    earlier = [f"demand_{year}" for year in request.years[:-1]]
    missing = [name for name in earlier if not (folder / f"{name}.json").is_file()]
    if missing:
        raise DataError(f"{folder}: {', '.join(missing)} missing; run the study again")
    return {
        "earlier_cells": tuple(read_record(folder, name, DemandCells) for name in earlier),
        "grid": read_record(folder, "grid", GridAssets) if (folder / "grid.json").is_file() else None,
        "rules": read_record(folder, "rules", RuleRows) if (folder / "rules.json").is_file() else None,
    }


def compare_evaluations(stored: Evaluation, computed: Evaluation) -> None:
    """Refuse a run whose stored figures are not those that its records give.

    Raises
    ------
    VerificationError
        With each table of figures that differs and where it does first.
    """
    faults = []
    names = (
        "metrics",
        "zones",
        "sites",
        "travel_histogram",
        "economics",
        "site_economics",
        "economics_by_year",
        "years",
        "station_years",
        "zone_years",
        "grid_years",
        "rule_places",
    )
    for name in names:
        try:
            pd.testing.assert_frame_equal(
                getattr(stored, name), getattr(computed, name), check_dtype=False, rtol=1e-9, atol=1e-9
            )
        except AssertionError as error:
            faults.append(f"  {name}: {' '.join(str(error).split())}")
    if not np.allclose(stored.cell_served_kwh_day, computed.cell_served_kwh_day, rtol=1e-9, atol=1e-9):
        faults.append("  energy served in cells")
    if faults:
        raise VerificationError("\n".join(["stored figures differ from the recomputed ones:", *faults]))


def check_fleet(loaded: LoadedSettings) -> None:
    """Check scenario, year, city, vehicle classes and every figure of the economics, in a blink, all at once.

    Raises
    ------
    ConfigError
        With the line of the config where the key stands there.
    DataError
        When a fleet file cannot be used, or the table of chargers has no price for the power.
    """
    from chargeplan.config.inputs import locate_faults
    from chargeplan.demand.build import check_figure_files
    from chargeplan.demand.fleet import read_fleet

    settings, faults = loaded.settings, FaultCollector(DataError)
    try:
        check_figure_files(settings.demand)
    except DataError as error:
        faults.add_error(error)
    try:
        fleet = read_fleet(settings.demand, year=settings.study.year, city=settings.study.city)
        for fault in _find_unknown_classes(settings.economics, fleet.names):
            faults.add_error(ConfigError(fault))
    except (ConfigError, DataError) as error:
        faults.add_error(error)
    try:
        make_request(settings)
    except (ConfigError, DataError) as error:
        faults.add_error(error)
    with locate_faults(loaded):
        faults.raise_if_any()


def _find_unknown_classes(settings: EconomicsSettings, known: tuple[str, ...]) -> list[str]:
    """Find figures of the economics that are given for vehicles the study does not have."""
    from chargeplan.demand.scenario import suggest
    from chargeplan.evaluate.economics_figures import BY_CLASS

    return [
        f"economics.{quantity}.{name}: the fleet has no class {name}{suggest(name, known)}, only {', '.join(known)}"
        for quantity in BY_CLASS
        for name in getattr(settings, quantity)
        if name not in known
    ]


def list_versions() -> dict[str, str]:
    """List the versions that may change a result."""
    return {"python": platform.python_version()} | {
        name: metadata.version(name) for name in _VERSIONED_PACKAGES
    }


def format_summary(result: RunResult) -> str:
    """Write a run in one line: outcome, coverage, cost, gap, where the map is."""
    evaluation = result.evaluation
    gap = "" if result.solution.stopped_by == "proof" else f" (stopped by {result.solution.stopped_by})"
    least = ""
    if result.request.objective is PlanObjective.COST:
        least = (
            f"; least money for {result.request.target_share:.1%} of the demand left to us: proven to be "
            f"{format_pkr(result.solution.cost_bound_pkr)} or more"
        )
    return (
        f"{result.solution.outcome_text}{gap}: {_describe_served(evaluation)} served by "
        f"{evaluation.get_metric('new_sites'):.0f} new and {evaluation.get_metric('existing_sites'):.0f} "
        f"existing stations for {format_pkr(evaluation.get_metric('cost'))}{least}; "
        f"map: {result.folder / 'index.html'}"
    )


def read_usable_share(evaluation: Evaluation) -> float | None:
    """Read the served share of the demand left by competitors of classes that can charge; None in a plain plan."""
    has_share = bool((evaluation.metrics["name"] == "served_usable_share").any())
    return evaluation.get_metric("served_usable_share") if has_share else None


def _describe_served(evaluation: Evaluation) -> str:
    """Write what is served as a share of all demand, and of the usable demand where that is another figure."""
    text, usable_share = (
        f"{evaluation.get_metric('served_share'):.1%} of all demand",
        read_usable_share(evaluation),
    )
    return text if usable_share is None else f"{text} ({usable_share:.1%} of usable demand)"
