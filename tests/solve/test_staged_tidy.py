"""Plans buy nothing that no demand and no rule needs, and keep what a rule needs at its smallest size.

The street of `family_cases`: sites a and b, stations of 1 or 2 chargers of 10 kW, 20 kWh/day each.
"""

import itertools
from dataclasses import replace

import family_cases
import numpy as np
import pytest
import staged_problems

from chargeplan.formulation.columns import plan_columns
from chargeplan.formulation.linear import build_linear_model
from chargeplan.solve.staged_levels import read_levels
from chargeplan.solve.staged_plans import PlanMaker
from chargeplan.solve.values import make_value_plan


def tidy(problem, levels):
    """Tidy a plan that has some levels and serves nothing; return its levels, and money spent."""
    model, columns = build_linear_model(problem), plan_columns(problem)
    levels = np.array(levels)
    values = np.zeros(model.n_columns)
    values[columns.list_columns("level")] = (
        levels[columns.level_year, columns.level_slot] == columns.level_number
    )
    is_open = (levels >= 0).reshape(len(levels), problem.n_sites, -1).any(axis=2)
    values[columns.list_columns("open")] = is_open[columns.open_year, columns.open_site]
    for year, cell in itertools.product(range(len(levels)), range(problem.n_cells)):
        if len(columns.backup_of) and columns.backup_of[year, cell] >= 0:
            sites = problem.pair_site[problem.pair_cell == cell]
            values[columns.backup_of[year, cell]] = is_open[year, sites].sum() >= 2
    plan = make_value_plan(model, values)
    assert plan is not None
    tidied = PlanMaker(problem, model, columns).tidy(plan)
    assert make_value_plan(model, tidied.values) is not None
    assert tidied.objective_kwh_day == plan.objective_kwh_day
    return read_levels(columns, tidied.values).tolist()


def test_a_required_site_without_load_ends_at_its_smallest_size():
    problem = family_cases.make_tiny_problem()
    problem = replace(problem, is_forced_open=np.array([True, False]))
    assert tidy(problem, [[1, 1]]) == [[0, -1]]


def test_an_idle_station_that_a_rule_about_an_area_needs_ends_at_its_smallest_size():
    """Two of the sites must be open; without the rule both would close."""
    rule = {
        "cover_start": np.array([0, 2]),
        "cover_site": np.array([0, 1]),
        "cover_year_pos": np.array([0]),
    }
    both = family_cases.make_tiny_problem(cover_least=np.array([2]), **rule)
    assert tidy(both, [[1, 1]]) == [[0, 0]]
    one = family_cases.make_tiny_problem(cover_least=np.array([1]), **rule)
    assert sorted(tidy(one, [[1, 0]])[0]) == [-1, 0]
    assert tidy(family_cases.make_tiny_problem(), [[1, 1]]) == [[-1, -1]]


def test_an_idle_station_that_gives_backup_ends_at_its_smallest_size():
    """Cell 1, a third of the demand, reaches two stations only when both are open."""
    assert tidy(family_cases.make_tiny_problem(backup_share=1 / 3), [[1, 1]]) == [[0, 0]]


def test_a_total_that_a_rule_asks_for_is_kept_and_no_more():
    problem = family_cases.make_tiny_problem(total_amount=np.array([[1.0]]), total_least=np.array([[3.0]]))
    assert sum(level + 1 for level in tidy(problem, [[1, 1]])[0]) == 3
    problem = family_cases.make_tiny_problem(total_amount=np.array([[1.0]]), total_least=np.array([[2.0]]))
    assert tidy(problem, [[1, 1]]) in ([[1, -1]], [[-1, 1]])  # one station of two costs less than two of one


def test_a_station_is_no_smaller_than_a_rule_about_stations_allows():
    problem = family_cases.make_tiny_problem(
        station_amount=np.array([[10.0]]), station_least=np.array([[20.0, 0.0]])
    )
    problem = replace(problem, is_forced_open=np.array([True, True]))
    assert tidy(problem, [[1, 1]]) == [[1, 0]]


def test_a_station_that_a_rule_needs_late_opens_late():
    problem = family_cases.make_tiny_problem(
        budgets=(np.inf, np.inf),
        cover_start=np.array([0, 1]),
        cover_site=np.array([0]),
        cover_least=np.array([1]),
        cover_year_pos=np.array([1]),
    )
    assert tidy(problem, [[1, -1], [1, 1]]) == [[-1, -1], [0, -1]]


def find_smaller(problem, levels):
    """Find a choice of stations below one, by one size at one slot from some year on or in all years."""
    for year, slot in itertools.product(range(len(levels)), range(levels.shape[1])):
        for level in range(-1, int(levels[year, slot])):
            smaller = levels.copy()
            smaller[: year + 1, slot] = np.minimum(smaller[: year + 1, slot], level)
            yield smaller


def can_be(problem, levels):
    """Whether stations keep every limit on stations, as `staged_problems` understands them."""
    shape = (len(levels), problem.n_sites, -1)
    required = problem.is_forced_open & problem.is_counted
    by_site = levels.reshape(shape)
    for site in range(problem.n_sites):
        for year in range(len(levels)):
            state = tuple(by_site[year, site].tolist())
            if not staged_problems.fits_site(problem, site, state):
                return False
            if any(
                level >= 0 and not problem.level_allowed[site * len(state) + kind, level]
                for kind, level in enumerate(state)
            ):
                return False
            if required[site] and max(state) < 0:
                return False
    return staged_problems.keeps_station_limits(problem, by_site)


@pytest.mark.parametrize("chunk", range(2))
def test_no_station_of_a_tidy_plan_can_be_one_size_smaller(chunk):
    """Random problems with every family: plans of the dearest stations that keep the limits, settled, then tidied.

    A smaller plan is one that keeps every limit on stations and delivers what each slot serves.
    """
    n_tidied = 0
    for seed in range(60 * chunk, 60 * chunk + 60):
        problem = staged_problems.make_staged_problem(seed)
        choices = list(itertools.islice(staged_problems.list_choices(problem), 400))
        if not choices:
            continue
        model, columns = build_linear_model(problem), plan_columns(problem)
        maker = PlanMaker(problem, model, columns)
        choice = max(choices, key=lambda each: each.sum()).reshape(problem.staging.n_years, -1)
        plan = settle(problem, model, columns, maker, choice)
        if plan is None:
            continue
        tidied = maker.tidy(plan)
        levels = read_levels(columns, tidied.values)
        load = sum_loads_plainly(problem, columns, tidied.values)
        assert np.all(levels <= read_levels(columns, plan.values))
        for smaller in find_smaller(problem, levels):
            delivers = np.where(
                smaller >= 0,
                np.take_along_axis(problem.level_capacity_kwh_day.T, np.maximum(smaller, 0), axis=0),
                problem.existing_capacity_kwh_day[None, :],
            )
            if np.all(load <= delivers + 1e-9):
                assert not can_be(problem, smaller), (seed, levels.tolist(), smaller.tolist())
        n_tidied += int(not np.array_equal(levels, read_levels(columns, plan.values)))
    assert n_tidied > 3


def settle(problem, model, columns, maker, choice):
    values = np.zeros(model.n_columns)
    values[columns.list_columns("level")] = (
        choice[columns.level_year, columns.level_slot] == columns.level_number
    )
    is_open = (choice >= 0).reshape(len(choice), problem.n_sites, -1).any(axis=2)
    values[columns.list_columns("open")] = is_open[columns.open_year, columns.open_site]
    values[columns.step_of[columns.step_of >= 0]] = 1.0
    existing = problem.is_forced_open & ~problem.is_counted
    stands = existing & (problem.existing_chargers.reshape(problem.n_sites, -1).sum(axis=1) > 0)
    for year, cell in zip(*np.nonzero(columns.backup_of >= 0), strict=True):
        sites = problem.pair_site[problem.pair_cell == cell]
        values[columns.backup_of[year, cell]] = (is_open[year] | stands)[sites].sum() >= 2
    return maker.settle(values)


def sum_loads_plainly(problem, columns, values):
    load = np.zeros(columns.level_of.shape[:2])
    n_types = problem.staging.n_types
    for at, column in enumerate(columns.list_columns("serve")):
        year, pair = columns.serve_year[at], columns.serve_pair[at]
        slot = problem.pair_site[pair] * n_types + columns.serve_type[at]
        unit = problem.staging.unit_kwh_day[year, problem.pair_cell[pair], columns.serve_group[at]]
        load[year, slot] += unit * values[column]
    return load


@pytest.mark.parametrize(("load_kwh_day", "is_left"), [(9e-7, False), (1.1e-6, True)])
def test_a_station_whose_load_is_rounding_is_closed_with_it(load_kwh_day, is_left):
    """Site a serves cell 0 alone; cell 2 gets next to nothing from site b, which the check calls idle."""
    problem = family_cases.make_tiny_problem(budgets=(100.0,), zone_floor_share=np.array([0.5, 0.0]))
    problem = replace(problem, limits=replace(problem.limits, cell_zone=family_cases.ZONES))
    model, columns = build_linear_model(problem), plan_columns(problem)
    maker = PlanMaker(problem, model, columns)
    values = np.zeros(model.n_columns)
    values[columns.list_columns("open")] = 1.0
    values[columns.list_columns("level")] = columns.level_number == np.array([1, 0])[columns.level_slot]
    values[columns.list_columns("serve")] = np.array([1.0, 0.0, 0.0, load_kwh_day / 10.0])[columns.serve_pair]
    plan = make_value_plan(model, maker.refit_zones(values))
    assert plan is not None
    tidied = maker.tidy(plan)
    assert read_levels(columns, tidied.values).tolist() == [[1, 0 if is_left else -1]]
    assert tidied.objective_kwh_day == pytest.approx(30.0 + is_left * load_kwh_day, rel=1e-13)
    again = make_value_plan(model, tidied.values)
    assert again is not None
    assert again.objective_kwh_day == tidied.objective_kwh_day
