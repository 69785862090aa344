"""The whole job in order: settings, records, problem, plan, check, map; and the check of a finished run.

The parts with a file of their own: `study_records` and `study_surroundings` (what a problem is posed from),
`yearly_demand`, `run_records` (what a run folder holds) and `run_result` (what a run gives).
"""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any

from chargeplan import __version__
from chargeplan.area import build_study_area
from chargeplan.describe import describe_demand, describe_network, describe_sites, describe_travel
from chargeplan.energy_table import tabulate_demand
from chargeplan.errors import InfeasibleError, UnsureAdviceError
from chargeplan.estates import add_listed_estates
from chargeplan.inputs import describe_inputs, make_settings_as_run
from chargeplan.records import Settlements
from chargeplan.request import make_request
from chargeplan.run_records import RECORD_TYPES, compare_evaluations, read_optional_records
from chargeplan.run_result import RunResult
from chargeplan.runlog import Listener, RunLog, ignore_event, measure_peak_memory_mb
from chargeplan.store import check_records, read_record
from chargeplan.study_records import StudyRecords
from chargeplan.study_surroundings import build_surroundings, label_study
from chargeplan.text import count_files
from chargeplan.versions import list_versions
from chargeplan.yearly_demand import build_demand_by_year

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from chargeplan.config.load import LoadedSettings
    from chargeplan.config.settings import Settings
    from chargeplan.linear_model import LinearModel
    from chargeplan.model.stages import Surroundings
    from chargeplan.records import Evaluation, PlanProblem, PlanRequest


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
        cells_by_year = build_demand_by_year(settings, area, network, places, years)
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
        settlements=Settlements(places.settlements).select_near(area.boundary.bounds),
        data_limits=reading.limits,
        data_date=reading.source.data_date,
    )


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
        floor_share = settings.model.equity.floor_share
        labels = label_plan(
            problem, request, cells, sites, around, crs=records.area.crs, floor_share=floor_share
        )
        try:
            check_problem(problem, cells, sites, labels)
        except UnsureAdviceError as error:
            if complete is None or problem.target_share > 0:
                raise
            linear = build_linear_model(problem)
            options = {"settings": settings.solve, "seed": settings.study.seed}
            raise complete(error, problem, linear, labels=labels, **options) from error
        linear = build_linear_model(problem)
        n_rows, n_columns = linear.matrix.shape
        phase.message = f"{problem.n_pairs:,} pairs, {n_columns:,} variables, {n_rows:,} rows"
    return request, problem, linear


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
            settlements=records.settlements,
        )
        folder = publish_run(settings.publish.folder / settings.study.name, bundle, tell=phase.tell)
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
        When the records are incomplete, changed or of another format, or a published file was edited.
    VerificationError
        When a check fails or a stored figure is not the recomputed one.
    """
    from chargeplan.evaluate.metrics import evaluate_plan
    from chargeplan.evaluate.verify import PlanCase
    from chargeplan.publish.recheck import check_published_plan

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
            count = check_published_plan(folder, records["sites"], records["solution"], evaluation)
            phase.message = f"{count} published files match their checksums, sites.geojson is the plan"
    return evaluation
