"""The search as a whole: outcomes, limits, stops, disagreement, and plans without waste."""

import logging
import math
import time
from dataclasses import replace

import highspy
import numpy as np
import pytest
import small_problems
import toy_city

from chargeplan.config.settings import SolveSettings
from chargeplan.errors import (
    InfeasibleError,
    InterruptedRunError,
    NoPlanError,
    SolverError,
    SolversDisagreeError,
)
from chargeplan.formulation.linear import build_linear_model
from chargeplan.runlog import SolveEvent, ignore_event
from chargeplan.solve import cbc, milp_steps, plain_search
from chargeplan.solve.deadline import Deadline
from chargeplan.solve.milp import solve_milp
from chargeplan.solve.milp_steps import MilpSteps
from chargeplan.solve.outcome import MilpResult, MilpStatus, StoppedBy
from chargeplan.solve.plan import make_plan
from chargeplan.solve.progress import SearchProgress
from chargeplan.solve.search import solve_problem
from chargeplan.solve.settle import drop_needless_stations, settle_plan
from chargeplan.words import Outcome, PlanMode


def search(
    problem, *, run=solve_milp, listen=ignore_event, should_stop=lambda: False, saved=None, **settings
):
    fields = {"time_limit_s": 60.0, "gap": 0.0} | settings
    return solve_problem(
        problem,
        build_linear_model(problem),
        SolveSettings(**fields),
        seed=1,
        listen=listen,
        should_stop=should_stop,
        run=run,
        disputed_model=saved,
    )


def claim(status: MilpStatus, stopped_by: StoppedBy = StoppedBy.PROOF):
    """A solver that ends with a status and nothing else."""

    def run(_request, *, tell, ask_stop):
        return MilpResult(status, None, math.nan, math.inf, stopped_by, 0, "claims")

    return run


@pytest.fixture(scope="module")
def open_problem():
    """Start plan and bound do not close it: the solver is needed."""
    return small_problems.make_hard_problem(70, 18)


@pytest.mark.parametrize(("budget_pkr", "best"), toy_city.BEST_ALLOCATE.items())
def test_the_toy_city_is_sized_as_on_paper(budget_pkr, best):
    solution = search(toy_city.make_problem(toy_city.make_request(budget_pkr=budget_pkr)))
    assert solution.outcome is Outcome.PROVEN_OPTIMAL
    assert solution.objective_kwh_day == pytest.approx(best)
    assert solution.stopped_by == "proof"
    assert solution.solver.startswith("HiGHS 1.")


@pytest.mark.parametrize(("max_sites", "best"), toy_city.BEST_COVER.items())
def test_the_toy_city_is_covered_as_on_paper(max_sites, best):
    solution = search(toy_city.make_problem(toy_city.make_request(PlanMode.COVER, max_sites=max_sites)))
    assert solution.objective_kwh_day == pytest.approx(best)
    assert solution.bound_kwh_day == pytest.approx(best)


def test_a_budget_left_over_is_not_spent():
    """With money for everything, s1 and s3 serve all 105 with 6 chargers: s2 stays closed."""
    for mode in PlanMode:
        solution = search(toy_city.make_problem(toy_city.make_request(mode, max_sites=3)))
        assert solution.objective_kwh_day == pytest.approx(105.0)
        assert solution.chargers[1] == 0


def test_a_level_is_no_larger_than_its_load():
    """One site, s1, sees 65 but A, B, C want 5 each here: one charger (20) is enough."""
    problem = toy_city.make_problem(
        toy_city.make_request(max_sites=1), demand_kwh_day=np.array([5.0, 5.0, 5.0, 0.0, 0.0])
    )
    assert search(problem).chargers.tolist() == [1, 0, 0]


def test_required_sites_stay_open_even_when_idle():
    problem = toy_city.make_problem(
        toy_city.make_request(max_sites=3), is_forced_open=np.array([False, True, False])
    )
    assert search(problem).chargers[1] >= 1


def test_required_sites_over_the_budget_are_proven_impossible():
    problem = toy_city.make_problem(
        toy_city.make_request(budget_pkr=200.0), is_forced_open=np.array([True, True, False])
    )
    with pytest.raises(
        InfeasibleError,
        match=r"no plan keeps the budget of PKR 200 and the 2 required sites.*budget_pkr to 300 \(100 more\)",
    ):
        search(problem)


def test_a_false_infeasible_is_a_disagreement_and_not_your_budget(open_problem):
    with pytest.raises(SolversDisagreeError, match="there is one that keeps every rule"):
        search(open_problem, run=claim(MilpStatus.INFEASIBLE))


def make_impossible_problem():
    """Two required sites cost 300 at least, more than the budget."""
    return toy_city.make_problem(
        toy_city.make_request(budget_pkr=200.0), is_forced_open=np.array([True, True, False])
    )


def claim_once(status_without_presolve: MilpStatus):
    """A solver that calls everything impossible, and ends otherwise without presolve."""

    def run(request, *, tell, ask_stop):
        status = MilpStatus.INFEASIBLE if request.use_presolve else status_without_presolve
        return claim(status)(request, tell=tell, ask_stop=ask_stop)

    return run


def test_without_any_second_opinion_nobody_hears_impossible(monkeypatch, tmp_path):
    """A computer without CBC, and HiGHS without presolve that ends without an answer."""
    monkeypatch.setattr(cbc, "find_cbc", lambda: None)
    with pytest.raises(SolversDisagreeError) as caught:
        search(make_impossible_problem(), run=claim_once(MilpStatus.NO_INCUMBENT), saved=tmp_path / "a.mps")
    assert "CBC has no opinion (not found on this computer)" in str(caught.value)
    assert "HiGHS without presolve has no opinion" in str(caught.value)
    assert f"the model is saved as {tmp_path / 'a.mps'}" in str(caught.value)
    assert (tmp_path / "a.mps").is_file()


def test_a_second_opinion_that_runs_out_of_time_is_a_matter_of_time(monkeypatch):
    monkeypatch.setattr(cbc, "find_cbc", lambda: None)

    def run(request, **given):
        if request.use_presolve:
            return claim(MilpStatus.INFEASIBLE)(request, **given)
        return claim(MilpStatus.NO_INCUMBENT, StoppedBy.TIME_LIMIT)(request, **given)

    with pytest.raises(NoPlanError, match=r"raise solve\.time_limit_s"):
        search(make_impossible_problem(), run=run)


def test_without_cbc_highs_without_presolve_confirms(monkeypatch):
    monkeypatch.setattr(cbc, "find_cbc", lambda: None)
    with pytest.raises(
        InfeasibleError,
        match=r"no plan keeps the budget of PKR 200 and the 2 required sites.*budget_pkr to 300 \(100 more\)",
    ):
        search(make_impossible_problem())


def test_a_plan_of_cbc_is_a_disagreement_and_the_model_is_saved(monkeypatch, tmp_path):
    """HiGHS calls the toy city impossible and no plan is at hand; CBC has one, and so has the saved model."""
    monkeypatch.setattr(plain_search, "make_smallest_plan", lambda _problem: None)
    problem = toy_city.make_problem(toy_city.make_request(budget_pkr=250.0))
    saved = tmp_path / "runs" / "toy.disputed_model.mps"
    with pytest.raises(SolversDisagreeError, match="CBC has a plan that keeps every rule") as caught:
        search(problem, run=claim(MilpStatus.INFEASIBLE), saved=saved)
    assert str(saved) in str(caught.value)
    highs = highspy.Highs()
    highs.silent()
    highs.readModel(str(saved))
    highs.run()
    assert -highs.getInfo().objective_function_value == pytest.approx(toy_city.BEST_ALLOCATE[250.0])


def test_a_stop_during_the_second_opinion_is_a_stop_and_no_disagreement():
    stops = []

    def run(request, *, tell, ask_stop):
        stops.append(1)
        return claim(MilpStatus.INFEASIBLE)(request, tell=tell, ask_stop=ask_stop)

    with pytest.raises(InterruptedRunError, match="before there was a plan"):
        search(make_impossible_problem(), run=run, should_stop=lambda: bool(stops))


def test_without_any_second_opinion_a_plan_is_kept_and_not_called_proven(open_problem, monkeypatch, caplog):
    """The solver claims that nothing better is left, and nobody confirms it: the gap stays as it was."""
    monkeypatch.setattr(cbc, "find_cbc", lambda: None)
    monkeypatch.setattr(milp_steps, "fits_restriction", lambda *_args, **_options: False)
    with caplog.at_level(logging.WARNING):
        solution = search(open_problem, run=claim_once(MilpStatus.NO_INCUMBENT))
    assert solution.outcome is Outcome.WITHIN_GAP
    assert solution.gap > 0
    assert "not proven" in caplog.text


def test_a_failing_solver_leaves_the_plan_of_the_earlier_steps(open_problem, caplog):
    def fail(_request, *, tell, ask_stop):
        raise SolverError("the solver's process ended with code 9")

    with caplog.at_level(logging.WARNING):
        solution = search(open_problem, run=fail)
    assert solution.outcome is Outcome.WITHIN_GAP
    assert solution.stopped_by == "solver failure"
    assert solution.objective_kwh_day > 0
    assert 0 < solution.gap < math.inf
    assert "code 9" in caplog.text


def test_a_solver_without_a_plan_leaves_the_plan_of_the_earlier_steps(open_problem):
    solution = search(open_problem, run=claim(MilpStatus.NO_INCUMBENT, StoppedBy.TIME_LIMIT))
    assert solution.outcome is Outcome.WITHIN_GAP
    assert solution.stopped_by == "time limit"
    assert solution.objective_kwh_day > 0


def test_a_stop_before_the_start_still_gives_a_plan_that_keeps_the_rules(open_problem):
    solution = search(open_problem, should_stop=lambda: True)
    assert (solution.outcome, solution.stopped_by) == (Outcome.WITHIN_GAP, "user")
    assert solution.bound_kwh_day >= solution.objective_kwh_day


def test_ctrl_c_while_the_solver_starts_keeps_the_plan(open_problem):
    def interrupt(_request, *, tell, ask_stop):
        raise KeyboardInterrupt

    solution = search(open_problem, run=interrupt)
    assert solution.stopped_by == "user"
    assert solution.objective_kwh_day > 0


def test_a_ctrl_c_after_a_stop_was_asked_for_ends_the_run(open_problem):
    """As with the switch of the command line: the first is an answer of `should_stop`."""
    presses = []

    def should_stop():
        return bool(presses)

    def interrupt(_request, *, tell, ask_stop):
        presses.append(1)
        raise KeyboardInterrupt

    with pytest.raises(InterruptedRunError, match="nothing was kept"):
        search(open_problem, run=interrupt, should_stop=should_stop)


def test_a_second_ctrl_c_ends_the_run(open_problem):
    def interrupt(_request, *, tell, ask_stop):
        raise InterruptedRunError("stopped by a second Ctrl-C; nothing was kept")

    with pytest.raises(InterruptedRunError):
        search(open_problem, run=interrupt)


def test_every_event_is_as_good_as_the_one_before(open_problem):
    events: list[SolveEvent] = []
    solution = search(open_problem, listen=events.append, node_limit=20)
    incumbents = [event.incumbent_kwh_day for event in events if math.isfinite(event.incumbent_kwh_day)]
    bounds = [event.bound_kwh_day for event in events]
    assert incumbents == sorted(incumbents)
    assert bounds == sorted(bounds, reverse=True)
    assert events[-1].incumbent_kwh_day == pytest.approx(solution.objective_kwh_day)
    assert events[-1].bound_kwh_day == solution.bound_kwh_day
    columns = ["phase", "elapsed_s", "incumbent_kwh_day", "bound_kwh_day", "gap"]
    assert list(solution.steps.columns) == columns
    last = solution.steps.iloc[-1]
    assert last["gap"] == (last["bound_kwh_day"] - last["incumbent_kwh_day"]) / last["incumbent_kwh_day"]
    assert len(solution.steps) == len(events)


def test_a_node_limit_ends_the_same_way_twice(open_problem):
    first, second = (search(open_problem, node_limit=5) for _ in range(2))
    np.testing.assert_array_equal(first.chargers, second.chargers)
    np.testing.assert_array_equal(first.pair_share, second.pair_share)
    assert first.bound_kwh_day == second.bound_kwh_day
    assert first.stopped_by == second.stopped_by


def test_kernels_give_plans_and_never_bounds(open_problem, monkeypatch):
    """The bound of a model of some sites would be below the true optimum: it must not be taken."""
    best = search(open_problem, gap=0.002)
    monkeypatch.setattr(milp_steps, "WHOLE_PAIRS", 0)
    monkeypatch.setattr(milp_steps, "FIRST_KERNEL_SITES", 3)
    monkeypatch.setattr(plain_search, "_STALLED_ROUNDS", 1)
    runs = []

    def run(request, *, tell, ask_stop):
        result = solve_milp(request, tell=tell, ask_stop=ask_stop)
        runs.append((request.model.n_columns, result.bound_kwh_day))
        return result

    solution = search(open_problem, run=run, node_limit=50)
    assert runs[0][0] < build_linear_model(open_problem).n_columns
    assert runs[0][1] < solution.bound_kwh_day  # the kernel's own bound was not taken
    assert solution.bound_kwh_day >= best.objective_kwh_day
    assert solution.objective_kwh_day <= best.bound_kwh_day


def test_kernels_grow_to_the_whole_and_none_is_solved_twice(open_problem, monkeypatch):
    """The kernel keeps all levels of the plan's stations, of which the bound has ruled some out: it is
    never the same as the whole, and has to be taken for it once it holds it."""
    monkeypatch.setattr(MilpSteps, "is_whole_small", lambda _steps: False)
    monkeypatch.setattr(milp_steps, "FIRST_KERNEL_SITES", 1)
    monkeypatch.setattr(milp_steps, "KERNEL_GROWTH", 1.01)
    monkeypatch.setattr(plain_search, "_STALLED_ROUNDS", 0)
    columns = []

    def run(request, *, tell, ask_stop):
        columns.append((*request.model.column_lower, *request.model.column_upper))
        return claim(MilpStatus.NO_INCUMBENT, StoppedBy.NODE_LIMIT)(request, tell=tell, ask_stop=ask_stop)

    solution = search(open_problem, run=run, time_limit_s=20.0)
    assert solution.stopped_by == "node limit"  # of the whole: that of a kernel does not end a search
    assert 1 < len(columns) <= open_problem.n_sites
    assert len(set(columns)) == len(columns)


def test_the_time_limit_holds_when_stations_are_closed_at_the_end(open_problem, monkeypatch):
    """A tenth of the limit is left for it, from the start of the search on."""
    deadlines = []

    def note(_problem, plan, *, max_tries, deadline):
        deadlines.append(deadline)
        return plan

    monkeypatch.setattr(plain_search, "drop_needless_stations", note)
    before = time.monotonic()
    search(open_problem, time_limit_s=3.0, gap=0.2)
    assert before <= deadlines[0].at_s - 3.3 <= time.monotonic()


def test_a_deadline_that_is_over_leaves_needless_stations():
    """As in the test of the budget left over: s2 is needless, but there is no time to find that out."""
    problem = toy_city.make_problem(toy_city.make_request(max_sites=3))
    plan = make_plan(problem, np.array([2, 0, 2]), np.zeros(problem.n_pairs))
    closed = drop_needless_stations(problem, plan, max_tries=20)
    assert closed is not plan
    assert drop_needless_stations(problem, plan, max_tries=20, deadline=Deadline(0.0)) is plan


def test_splitting_a_cell_in_two_changes_nothing():
    problem = toy_city.make_problem(toy_city.make_request(budget_pkr=450.0))
    at_a = problem.pair_cell == 0
    split = replace(
        problem,
        demand_kwh_day=np.array([15.0, 10.0, 20.0, 10.0, 30.0, 20.0]),
        competitor_kwh_day=np.zeros(6),
        pair_cell=np.append(problem.pair_cell, 5),
        pair_site=np.append(problem.pair_site, problem.pair_site[at_a]),
        pair_quality=np.append(problem.pair_quality, 1.0),
        pair_seconds=np.append(problem.pair_seconds, problem.pair_seconds[at_a]),
    )
    assert search(split).objective_kwh_day == pytest.approx(100.0)


def test_a_bound_that_is_met_is_settled_and_a_worse_plan_is_not_kept():
    progress = SearchProgress(ignore_event, limit_s=1.0, gap_asked=0.0)
    plan = make_toy_plan()
    assert progress.offer_plan("first", plan)
    assert not progress.offer_plan("again", plan)
    assert not progress.is_proven
    assert progress.offer_bound("bound", plan.objective_kwh_day * (1 - 1e-12))
    assert progress.is_proven
    assert progress.bound_kwh_day == plan.objective_kwh_day


def test_a_plan_that_beats_a_proven_bound_is_a_disagreement():
    progress = SearchProgress(ignore_event, limit_s=1.0, gap_asked=0.0)
    progress.offer_plan("plan", make_toy_plan())
    with pytest.raises(SolversDisagreeError, match=r"serves 60\.000 kWh/day, more than .* 59\.000"):
        progress.offer_bound("bound", 59.0)


def make_toy_plan():
    """s1 with three chargers serves 60 of A, B, C."""
    problem = toy_city.make_problem(toy_city.make_request(max_sites=1))
    return settle_plan(problem, np.array([2, -1, -1]))
