"""Plans of merged cells become plans of single cells: the same worth to the last digit, whatever ends it."""

from dataclasses import replace

import numpy as np
import pytest
import staged_problems

from chargeplan.errors import InterruptedRunError
from chargeplan.formulation.columns import plan_columns
from chargeplan.formulation.linear import build_linear_model
from chargeplan.solve import unfold_cells
from chargeplan.solve.deadline import Deadline
from chargeplan.solve.staged_levels import sum_loads
from chargeplan.solve.staged_merge import merge_units
from chargeplan.solve.staged_plans import PlanMaker
from chargeplan.solve.unfold_cells import unfold_plan
from chargeplan.solve.values import make_value_plan, solve_small

PARTS = 6


def split_cells(problem, seed):
    """Each cell in uneven parts that lie at different driving times and are otherwise alike."""
    rng = np.random.default_rng(seed)
    part = rng.random((problem.n_cells, PARTS))
    part /= part.sum(axis=1, keepdims=True)
    staging = problem.staging
    unit = (staging.unit_kwh_day[:, :, None, :] * part[None, :, :, None]).reshape(
        staging.n_years, problem.n_cells * PARTS, -1
    )
    cell = (problem.pair_cell[:, None] * PARTS + np.arange(PARTS)).ravel()
    site = np.repeat(problem.pair_site, PARTS)
    order = np.lexsort((site, cell))
    return replace(
        problem,
        demand_kwh_day=unit[-1].sum(axis=1),
        competitor_kwh_day=np.zeros(len(part) * PARTS),
        pair_cell=cell[order],
        pair_site=site[order],
        pair_quality=np.repeat(problem.pair_quality, PARTS)[order],
        pair_seconds=rng.integers(60, 600, len(cell)).astype(float),
        stages=replace(staging, unit_kwh_day=unit),
        limits=replace(problem.limits, cell_zone=np.repeat(problem.limits.cell_zone, PARTS)),
    )


def make_case(seed):
    """A problem of split cells, the merged one, and a plan of that from SciPy's solver; None without a plan."""
    return merge_and_solve(split_cells(staged_problems.make_staged_problem(seed), seed))


def make_even_case(seed):
    """Two years, every station worth the same to a cell, money for more than one: the nearest is chosen last."""
    problem = staged_problems.make_staged_problem(seed, ("years",))
    stages = replace(problem.stages, year_budget_pkr=np.full(2, 40.0), year_max_sites=np.full(2, -1))
    return merge_and_solve(
        replace(
            problem,
            pair_quality=np.ones(problem.n_pairs),
            budget_pkr=80.0,
            max_sites=-1,
            stages=stages,
        )
    )


def merge_and_solve(problem):
    merged, group = merge_units(problem)
    model = build_linear_model(merged)
    values = solve_small(model)
    if values is None:
        return None
    plan = PlanMaker(merged, model, plan_columns(merged)).settle(values)
    return None if plan is None else (problem, merged, group, plan)


def unfold(case, *, left_s=np.inf, is_stopped=lambda: False):
    problem, merged, group, plan = case
    return unfold_plan(
        plan,
        merged,
        problem,
        group,
        write_model=lambda: build_linear_model(problem),
        deadline=Deadline(left_s),
        is_stopped=is_stopped,
    )


def list_cases(first, number):
    cases = [make_case(seed) for seed in range(first, first + number)]
    return [case for case in cases if case is not None]


def drive(problem, values):
    """kWh times seconds of all that is served."""
    columns = plan_columns(problem)
    cell = problem.pair_cell[columns.serve_pair]
    kwh = problem.staging.unit_kwh_day[columns.serve_year, cell, columns.serve_group]
    return float((kwh * values[columns.list_columns("serve")]) @ problem.pair_seconds[columns.serve_pair])


def test_unfolding_loses_nothing_and_serves_the_nearest_first():
    cases = list_cases(0, 40)
    n_nearer = 0
    for case in cases:
        problem, merged, _, plan = case
        exact, even = unfold(case), unfold(case, left_s=-np.inf)
        for unfolded in (exact, even):
            assert make_value_plan(build_linear_model(problem), unfolded.values) is not None
            assert unfolded.objective_kwh_day == pytest.approx(plan.objective_kwh_day, rel=1e-13, abs=1e-12)
        loads = [
            sum_loads(each, plan_columns(each), values)
            for each, values in ((merged, plan.values), (problem, even.values))
        ]
        np.testing.assert_allclose(loads[0], loads[1], atol=1e-10)
        n_nearer += drive(problem, exact.values) < drive(problem, even.values) - 1e-6
    assert len(cases) > 20
    assert n_nearer > 5


def test_ctrl_c_while_cells_are_filled_keeps_the_plan(monkeypatch):
    case = next(each for each in list_cases(0, 20) if drive(each[0], unfold(each).values) > 0)

    def press(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(unfold_cells, "_serve_nearest", press_once(unfold_cells._serve_nearest))
    kept = unfold(case)
    assert kept.objective_kwh_day == pytest.approx(case[3].objective_kwh_day, rel=1e-13)
    monkeypatch.setattr(unfold_cells, "_serve_nearest", press)
    with pytest.raises(InterruptedRunError, match="second Ctrl-C"):
        unfold(case, is_stopped=lambda: True)


def press_once(then):
    pressed = []

    def call(*given):
        if not pressed:
            pressed.append(True)
            raise KeyboardInterrupt
        return then(*given)

    return call


def test_a_linear_program_that_loses_worth_or_has_no_time_is_not_used(monkeypatch):
    """It is made to lose a millionth: the proof allows less."""
    case = next(each for each in list_cases(0, 20) if drive(each[0], unfold(each).values) > 0)
    settle = PlanMaker.settle

    def lose(self, stations, **given):
        plan = settle(self, stations, **given)
        return replace(plan, objective_kwh_day=plan.objective_kwh_day * (1 - 1e-6))

    monkeypatch.setattr(PlanMaker, "settle", lose)
    assert unfold(case).objective_kwh_day == pytest.approx(case[3].objective_kwh_day, rel=1e-13)
    monkeypatch.setattr(PlanMaker, "settle", lambda self, stations, **given: None)
    assert unfold(case).objective_kwh_day == pytest.approx(case[3].objective_kwh_day, rel=1e-13)


def test_a_stop_while_cells_come_nearer_leaves_no_station_larger_than_needed(monkeypatch):
    """Loads move with the cells: the plan before is tidy, the nearer one not yet."""
    settle, n_untidy = PlanMaker.settle, 0
    cases = [make_even_case(seed) for seed in range(26, 50)]
    for problem, merged, group, plan in filter(None, cases):
        tidy = PlanMaker(merged, build_linear_model(merged), plan_columns(merged)).tidy(plan)
        stops, nearer = [], []

        def settle_and_stop(self, stations, *, deadline, stops=stops, nearer=nearer):
            nearer.append(settle(self, stations))
            stops.append(True)
            return nearer[0]

        monkeypatch.setattr(PlanMaker, "settle", settle_and_stop)
        kept = unfold_plan(
            tidy,
            merged,
            problem,
            group,
            write_model=lambda problem=problem: build_linear_model(problem),
            deadline=Deadline(np.inf, lambda stops=stops: bool(stops)),
            is_stopped=lambda: False,
        )
        monkeypatch.undo()
        maker = PlanMaker(problem, build_linear_model(problem), plan_columns(problem))
        assert stops
        np.testing.assert_array_equal(find_stations(maker, maker.tidy(kept)), find_stations(maker, kept))
        n_untidy += nearer[0] is not None and not np.array_equal(
            find_stations(maker, maker.tidy(nearer[0])), find_stations(maker, nearer[0])
        )
    assert n_untidy > 0


def find_stations(maker, plan):
    return plan.values[maker.columns.list_columns("level")].round()
