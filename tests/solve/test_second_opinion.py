"""The second opinion: CBC first, then HiGHS without presolve; errors and time-outs are no opinion."""

import math
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest
import small_problems
import toy_city

from chargeplan.errors import SolverError
from chargeplan.formulation.linear import build_linear_model
from chargeplan.solve.cbc import CbcAnswer, find_cbc, read_answer, solve_by_cbc
from chargeplan.solve.milp import solve_milp
from chargeplan.solve.mps import save_disputed_model
from chargeplan.solve.outcome import MilpRequest, MilpStatus
from chargeplan.solve.second_opinion import Verdict, ask_second_opinion, keeps_rows
from chargeplan.words import PlanMode

needs_cbc = pytest.mark.skipif(find_cbc() is None, reason="CBC, the second solver, is not on this computer")


def make_request(model) -> MilpRequest:
    return MilpRequest(model, None, 0.0, math.inf, 10.0, None, 1, 1)


def make_toy_model(**changes):
    request = toy_city.make_request(budget_pkr=changes.pop("budget_pkr", 250.0))
    return build_linear_model(toy_city.make_problem(request, **changes))


def make_impossible_model():
    return make_toy_model(budget_pkr=200.0, is_forced_open=np.array([True, True, False]))


def answer_as(status, values=None):
    return lambda _model, *, time_limit_s, ask_stop: CbcAnswer(status, values, "Stopped on time")


def refuse(*_args, **_options):
    raise AssertionError("HiGHS was asked though CBC has an opinion")


def ask(model, *, run=solve_milp, **options):
    return ask_second_opinion(make_request(model), run=run, left_s=10.0, **options)


@needs_cbc
def test_cbc_confirms_what_is_impossible_and_highs_is_not_asked():
    assert ask(make_impossible_model(), run=refuse).verdict is Verdict.CONFIRMED


@needs_cbc
def test_cbc_disagrees_with_a_plan_that_keeps_every_row():
    opinion = ask(make_toy_model(), run=refuse)
    assert opinion.verdict is Verdict.DISAGREES
    assert opinion.words == "CBC has a plan that keeps every rule of the model"


@pytest.mark.parametrize(
    ("model", "verdict"),
    [(make_impossible_model(), Verdict.CONFIRMED), (make_toy_model(), Verdict.DISAGREES)],
)
def test_a_time_out_of_cbc_is_no_opinion_and_highs_decides(model, verdict):
    opinion = ask(model, ask_cbc=answer_as(MilpStatus.NO_INCUMBENT))
    assert opinion.verdict is verdict
    assert opinion.words.startswith("CBC has no opinion (Stopped on time), HiGHS without presolve")


def test_a_plan_that_breaks_a_row_is_no_opinion():
    """All sites at all levels: over the budget, and more than one level a site."""
    model = make_impossible_model()
    opinion = ask(model, ask_cbc=answer_as(MilpStatus.OPTIMAL, np.ones(model.n_columns)))
    assert opinion.verdict is Verdict.CONFIRMED
    assert "its plan breaks rules of the model" in opinion.words


def test_when_both_fail_there_is_no_opinion():
    def fail(_request, *, tell, ask_stop):
        raise SolverError("the solver's process ended with code 9")

    opinion = ask(make_impossible_model(), run=fail, ask_cbc=answer_as(MilpStatus.NO_INCUMBENT))
    assert opinion.verdict is Verdict.NO_OPINION
    assert "code 9" in opinion.words


def test_a_stop_ends_the_questions():
    opinion = ask(make_impossible_model(), run=refuse, ask_stop=lambda: True)
    assert opinion.verdict in {Verdict.CONFIRMED, Verdict.NO_OPINION}  # CBC may be faster than the stop


@needs_cbc
def test_cbc_stops_at_its_time_limit_and_when_asked_and_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    model = build_linear_model(small_problems.make_hard_problem(120, 30))
    before = time.monotonic()
    answer = solve_by_cbc(model, time_limit_s=0.3)
    assert answer.status in {MilpStatus.NO_INCUMBENT, MilpStatus.FEASIBLE}
    assert solve_by_cbc(model, time_limit_s=60.0, ask_stop=lambda: True).words == "it was stopped"
    assert time.monotonic() - before < 20
    assert list(tmp_path.iterdir()) == []
    assert not [each for each in psutil.Process().children(recursive=True) if "cbc" in each.name()]


@needs_cbc
@pytest.mark.parametrize("mode", list(PlanMode))
def test_cbc_gets_the_very_same_model(mode):
    """Numbers with all their digits: the optimum agrees with HiGHS to CBC's eight digits."""
    problem = small_problems.make_small_problem(3, mode)
    model = build_linear_model(problem)
    rng = np.random.default_rng(8)
    model = replace(model, objective=model.objective * rng.random(model.n_columns))
    answer = solve_by_cbc(model, time_limit_s=10.0)
    assert answer.status is MilpStatus.OPTIMAL
    assert keeps_rows(model, answer.values)
    best = solve_milp(make_request(model)).objective_kwh_day
    assert model.objective @ answer.values == pytest.approx(best, rel=1e-6)


def test_rows_are_kept_only_within_the_tolerance():
    model = make_toy_model()
    values = np.zeros(model.n_columns)
    assert keeps_rows(model, values)
    levels = model.find_columns("level")
    values[levels[0]] = 0.5
    assert not keeps_rows(model, values)  # not whole
    values[levels[0]] = 1.0
    assert not keeps_rows(model, values)  # a level without its site
    values[levels[0]] = 1e-8
    assert keeps_rows(model, values)


@pytest.mark.parametrize(
    ("lines", "status", "has_values"),
    [
        (["Optimal - objective value 4.0", " 1 open_000001 1 0"], MilpStatus.OPTIMAL, True),
        (["Infeasible - objective value 4.0", "** 0 open_000000 1 0"], MilpStatus.INFEASIBLE, False),
        (["Integer infeasible - objective value 4.0"], MilpStatus.INFEASIBLE, False),
        (["Stopped on time - objective value 4.0", " 0 open_000000 1 0"], MilpStatus.FEASIBLE, True),
        (
            ["Stopped on time (no integer solution - continuous used) - objective value 4"],
            MilpStatus.NO_INCUMBENT,
            False,
        ),
        (["Unbounded - objective value 4.0"], MilpStatus.NO_INCUMBENT, False),
        (["Optimal - objective value 4.0", " 7 open_000007 1 0"], MilpStatus.NO_INCUMBENT, False),
        ([], MilpStatus.NO_INCUMBENT, False),
    ],
)
def test_what_cbc_writes_is_read_with_care(lines, status, has_values):
    answer = read_answer(lines, 2)
    assert answer.status is status
    assert (answer.values is not None) == has_values


def test_a_model_that_cannot_be_saved_is_said_and_hides_nothing(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert "could not be saved" in save_disputed_model(make_toy_model(), blocked / "model.mps")


ASK_FOR_LONG = """
import small_problems
from chargeplan.formulation.linear import build_linear_model
from chargeplan.solve.cbc import solve_by_cbc

print("ready", flush=True)
solve_by_cbc(build_linear_model(small_problems.make_hard_problem()), time_limit_s=120.0)
"""


@needs_cbc
@pytest.mark.skipif(sys.platform != "linux", reason="the kernel ends children with their parent on Linux")
def test_a_killed_run_leaves_no_cbc_and_no_file(tmp_path):
    tests = Path(__file__).resolve().parents[1]
    paths = os.pathsep.join([str(tests), str(tests.parent)])
    run = subprocess.Popen(
        [sys.executable, "-c", ASK_FOR_LONG],
        env=os.environ | {"PYTHONPATH": paths, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
    )
    with run:
        assert run.stdout.readline() == b"ready\n"
        child = wait_for(lambda: next(iter(psutil.Process(run.pid).children()), None))
        wait_for(lambda: child.name() == "cbc")
        run.kill()
    assert wait_for(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)
    assert list(tmp_path.iterdir()) == []


def wait_for(find, limit_s=20.0):
    """What a function finds, asked again until it finds something."""
    end = time.monotonic() + limit_s
    while not (found := find()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)
    return found
