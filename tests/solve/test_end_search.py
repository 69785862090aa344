"""Searches that end without a plan, or with one that is lost, say what it was and not that time ran out."""

import math
from dataclasses import replace

import family_cases
import numpy as np
import pytest

from chargeplan.config.settings import SolveSettings
from chargeplan.errors import InfeasibleError, NoPlanError, SolverError
from chargeplan.formulation.linear import build_linear_model
from chargeplan.plan_labels import PlanLabels
from chargeplan.runlog import ignore_event
from chargeplan.solve import staged_milp
from chargeplan.solve.milp import solve_milp
from chargeplan.solve.outcome import MilpResult, MilpStatus, StoppedBy
from chargeplan.solve.search import solve_problem
from chargeplan.solve.second_opinion import SecondOpinion, Verdict
from chargeplan.solve.staged_plans import PlanMaker
from chargeplan.words import Outcome

TWO_YEARS = (20.0, 20.0)  # money for one station each: not a plain problem


def search(problem, run, name_things=PlanLabels):
    return solve_problem(
        problem,
        build_linear_model(problem),
        SolveSettings(time_limit_s=30.0, gap=0.0),
        seed=1,
        listen=ignore_event,
        should_stop=lambda: False,
        run=run,
        name_things=name_things,
    )


def answer(status, values, *, stopped_by=StoppedBy.PROOF):
    return MilpResult(
        status, values, 60.0 if values is not None else math.nan, 60.0, stopped_by, 0, "a solver"
    )


def claim_too_much(request, **_):
    """A solver whose plan has everything at once."""
    return answer(MilpStatus.OPTIMAL, request.model.is_integer.astype(float))


def test_a_plan_of_the_solver_that_breaks_a_row_is_told_and_not_called_a_matter_of_time():
    problem = family_cases.make_tiny_problem(budgets=TWO_YEARS)
    with pytest.raises(SolverError, match=r"the solver has a plan \(optimal.*its stations break row"):
        search(problem, claim_too_much)


def test_a_plan_whose_shares_are_not_found_is_told(monkeypatch, caplog):
    monkeypatch.setattr(PlanMaker, "settle", lambda *_, **__: None)
    with pytest.raises(SolverError, match="shares of demand were not found"):
        search(family_cases.make_tiny_problem(budgets=TWO_YEARS), solve_milp)
    assert "the solver has a plan" in caplog.text


def test_a_claim_that_nobody_confirms_is_told(monkeypatch):
    nobody = SecondOpinion(Verdict.NO_OPINION, "CBC has no opinion (broken)")
    monkeypatch.setattr(staged_milp, "ask_second_opinion", lambda *_, **__: nobody)
    with pytest.raises(SolverError, match="nobody confirms it: CBC has no opinion"):
        search(
            family_cases.make_tiny_problem(budgets=TWO_YEARS),
            lambda *_, **__: answer(MilpStatus.INFEASIBLE, None),
        )


def test_a_second_opinion_that_runs_out_of_time_is_a_matter_of_time(monkeypatch):
    late = SecondOpinion(Verdict.NO_OPINION, "HiGHS has no opinion (time limit)", ran_out=True)
    monkeypatch.setattr(staged_milp, "ask_second_opinion", lambda *_, **__: late)
    with pytest.raises(NoPlanError, match=r"raise solve\.time_limit_s"):
        search(
            family_cases.make_tiny_problem(budgets=TWO_YEARS),
            lambda *_, **__: answer(MilpStatus.INFEASIBLE, None),
        )


@pytest.mark.parametrize("name_things", [None, PlanLabels])
def test_what_arithmetic_alone_proves_is_called_that(name_things):
    """A rule asks for a station among no sites at all: its row has no columns to ask a solver about."""
    problem = family_cases.make_tiny_problem(
        budgets=TWO_YEARS,
        cover_start=np.array([0, 0]),
        cover_site=np.zeros(0, dtype=np.int64),
        cover_least=np.array([1]),
        cover_year_pos=np.array([0]),
    )
    with pytest.raises(InfeasibleError, match=r"\(arithmetic proves that there is no plan") as caught:
        search(problem, solve_milp, name_things=name_things)
    assert "second opinion" not in str(caught.value)


def test_what_two_solvers_prove_is_called_that():
    """Two required sites cost 30, and there is money for 20."""
    problem = family_cases.make_tiny_problem(budgets=(10.0, 10.0))
    problem = replace(problem, is_forced_open=np.ones(2, bool))
    with pytest.raises(InfeasibleError, match="the solver and its second opinion both prove"):
        search(problem, solve_milp)


def test_time_that_runs_out_is_still_called_that():
    with pytest.raises(NoPlanError, match=r"raise solve\.time_limit_s"):
        search(
            family_cases.make_tiny_problem(budgets=TWO_YEARS),
            lambda *_, **__: answer(MilpStatus.NO_INCUMBENT, None, stopped_by=StoppedBy.TIME_LIMIT),
        )


def test_the_claim_is_that_of_the_plan_that_is_handed_on(monkeypatch):
    """The plan of single cells is made to lose a millionth: no longer optimal, and it says so."""
    from chargeplan.solve import staged_solution

    unfold = staged_solution.unfold_plan

    def lose(*given, **more):
        plan = unfold(*given, **more)
        return replace(plan, objective_kwh_day=plan.objective_kwh_day * (1 - 1e-6))

    problem = family_cases.make_tiny_problem(budgets=TWO_YEARS)
    assert search(problem, solve_milp).outcome is Outcome.PROVEN_OPTIMAL
    monkeypatch.setattr(staged_solution, "unfold_plan", lose)
    solution = search(problem, solve_milp)
    assert solution.outcome is Outcome.WITHIN_GAP
    assert solution.gap == pytest.approx(1e-6, rel=1e-3)
    assert np.isfinite(solution.bound_kwh_day)
