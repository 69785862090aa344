"""The solver's process: limits, stops, crashes, and nothing left behind."""

import json
import logging
import math
import os
import signal
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
from chargeplan.solve import process
from chargeplan.solve.columns import read_levels, restrict_model, write_values
from chargeplan.solve.milp import solve_milp
from chargeplan.solve.outcome import MilpRequest, MilpStatus, StoppedBy
from chargeplan.solve.plan import find_allowed_levels, find_required_sites
from chargeplan.solve.settle import make_smallest_plan, settle_plan
from chargeplan.solve.version import check_solver_version
from chargeplan.words import PlanMode

TESTS = Path(__file__).resolve().parents[1]
SLACK_S = 1.5  # for a loaded machine; the promise is 3 s in all


def make_request(model, **changes) -> MilpRequest:
    fields = {
        "model": model,
        "start_values": None,
        "gap": 0.0,
        "target_kwh_day": math.inf,
        "time_limit_s": 60.0,
        "node_limit": None,
        "threads": 1,
        "seed": 1,
    } | changes
    return MilpRequest(**fields)


def run(request, *, tell=lambda _news: None, ask_stop=lambda: False):
    return process.run_milp(request, tell=tell, ask_stop=ask_stop)


@pytest.fixture(scope="module")
def hard():
    problem = small_problems.make_hard_problem()
    return problem, build_linear_model(problem)


@pytest.fixture(scope="module")
def smaller():
    """Some seconds of proof: for what ends at the root."""
    return build_linear_model(small_problems.make_hard_problem(100, 25))


def list_solver_processes() -> set[int]:
    return {
        child.pid
        for child in psutil.Process().children(recursive=True)
        if any("chargeplan.solve.child" in part for part in child.cmdline())
    }


def test_the_child_solves_the_toy_city():
    """With one budget; `test_search` has all of them, in its own process."""
    budget_pkr, best = max(toy_city.BEST_ALLOCATE.items())
    problem = toy_city.make_problem(toy_city.make_request(budget_pkr=budget_pkr))
    model = build_linear_model(problem)
    result = run(make_request(model))
    assert (result.status, result.stopped_by) == (MilpStatus.OPTIMAL, StoppedBy.PROOF)
    assert result.bound_kwh_day == pytest.approx(best)
    plan = settle_plan(problem, read_levels(problem, model, result.integer_values))
    assert plan.objective_kwh_day == pytest.approx(best)


def test_the_child_says_what_a_solve_in_this_process_says():
    problem = small_problems.make_small_problem(5, PlanMode.ALLOCATE)
    request = make_request(build_linear_model(problem))
    here, there = solve_milp(request), run(request)
    np.testing.assert_array_equal(here.integer_values, there.integer_values)
    assert (here.bound_kwh_day, here.n_nodes) == (there.bound_kwh_day, there.n_nodes)


def test_a_solver_that_is_stopped_by_its_parents_clock_is_not_said_to_be_stopped_by_a_user(hard):
    result = replace(run(make_request(hard[1], time_limit_s=0.5)), stopped_by=StoppedBy.USER)
    assert process.name_stop(result, StoppedBy.TIME_LIMIT).stopped_by is StoppedBy.TIME_LIMIT
    assert process.name_stop(result, StoppedBy.USER).stopped_by is StoppedBy.USER
    ended = replace(result, stopped_by=StoppedBy.PROOF)
    assert process.name_stop(ended, StoppedBy.TIME_LIMIT).stopped_by is StoppedBy.PROOF


@pytest.mark.parametrize("limit_s", [0.05, 1.0, 2.5])
def test_a_time_limit_never_claims_a_proof(hard, limit_s):
    problem, model = hard
    started = time.perf_counter()
    result = run(make_request(model, time_limit_s=limit_s))
    assert time.perf_counter() - started < limit_s * 1.1 + SLACK_S
    assert result.status in {MilpStatus.FEASIBLE, MilpStatus.NO_INCUMBENT}
    assert result.stopped_by is StoppedBy.TIME_LIMIT
    if result.status is MilpStatus.NO_INCUMBENT:
        assert result.integer_values is None
    else:
        plan = settle_plan(problem, read_levels(problem, model, result.integer_values))
        assert plan.objective_kwh_day <= result.bound_kwh_day


def test_a_node_limit_ends_with_a_plan_and_a_bound(smaller):
    """PuLP's own HiGHS class fails on the status that HiGHS has for it."""
    result = run(make_request(smaller, node_limit=1))
    assert (result.status, result.stopped_by) == (MilpStatus.FEASIBLE, StoppedBy.NODE_LIMIT)
    assert result.bound_kwh_day > result.objective_kwh_day > 0


def test_a_start_plan_is_taken_up(hard):
    """With no time to search, the plan that comes back is the one that went in, or better."""
    problem, model = hard
    levels = np.full(problem.n_sites, -1)
    levels[:14] = 2
    start = settle_plan(problem, levels)
    assert start is not None
    news = []
    result = run(
        make_request(model, start_values=write_values(problem, model, start), node_limit=0), tell=news.append
    )
    assert result.objective_kwh_day >= start.objective_kwh_day - 1e-6
    assert news[0].incumbent_kwh_day == pytest.approx(start.objective_kwh_day, rel=1e-6)


def test_two_runs_with_other_threads_both_solve():
    """In one process the second would return nothing (jump-dev/HiGHS.jl issue 130)."""
    smaller = build_linear_model(small_problems.make_hard_problem(40, 10))
    for threads in (2, 1):
        assert run(make_request(smaller, threads=threads, node_limit=1)).integer_values is not None


def test_a_stop_keeps_the_incumbent(hard):
    problem, model = hard
    news = []
    stop = []

    def tell(item):
        news.append(item)
        stop.append(time.perf_counter()) if item.ones else None

    result = run(make_request(model), tell=tell, ask_stop=lambda: bool(stop))
    assert time.perf_counter() - stop[0] < 3.0
    assert (result.status, result.stopped_by) == (MilpStatus.FEASIBLE, StoppedBy.USER)
    first = next(item for item in news if item.ones)
    assert result.objective_kwh_day >= first.incumbent_kwh_day - 1e-6
    assert settle_plan(problem, read_levels(problem, model, result.integer_values)) is not None
    assert list_solver_processes() == set()


def test_an_infeasible_model_is_called_so_and_brings_no_values():
    problem = toy_city.make_problem(
        toy_city.make_request(PlanMode.COVER, max_sites=1), is_forced_open=np.ones(3, bool)
    )
    for use_presolve in (True, False):
        result = run(make_request(build_linear_model(problem), use_presolve=use_presolve))
        assert result.status is MilpStatus.INFEASIBLE
        assert result.integer_values is None


def test_a_crash_says_the_last_words(monkeypatch):
    crash = "import sys; sys.stderr.write('no space left on device'); sys.exit(7)"
    monkeypatch.setattr(process, "CHILD_COMMAND", (sys.executable, "-c", crash))
    model = build_linear_model(toy_city.make_problem(toy_city.make_request(max_sites=1)))
    with pytest.raises(SolverError, match=r"(?s)code 7.*no space left on device"):
        run(make_request(model))


def test_a_crash_after_an_incumbent_keeps_it(monkeypatch, caplog):
    line = json.dumps({"kind": "news", "incumbent_kwh_day": 60.0, "bound_kwh_day": 70.0, "ones": [2, 11]})
    crash = f"import os; os.write(1, {line!r}.encode() + b'\\n'); os._exit(9)"
    monkeypatch.setattr(process, "CHILD_COMMAND", (sys.executable, "-c", crash))
    model = build_linear_model(toy_city.make_problem(toy_city.make_request(max_sites=1)))
    with caplog.at_level(logging.WARNING):
        result = run(make_request(model))
    assert (result.status, result.stopped_by) == (MilpStatus.FEASIBLE, StoppedBy.FAILURE)
    assert np.flatnonzero(result.integer_values).tolist() == [2, 11]
    assert "ended with code 9" in caplog.text


def test_what_a_library_prints_does_not_reach_the_protocol(monkeypatch):
    noise = "print('hello'); import sys; sys.stdin.read()"
    monkeypatch.setattr(process, "CHILD_COMMAND", (sys.executable, "-u", "-c", noise))
    model = build_linear_model(toy_city.make_problem(toy_city.make_request(max_sites=1)))
    with pytest.raises(SolverError, match="cannot be read: b'hello"):
        run(make_request(model))


def test_the_child_runs_this_package_and_no_library_shadows_python(tmp_path, monkeypatch):
    """Like a folder of libraries that holds a backport of a module of Python, and another chargeplan."""
    (tmp_path / "colorsys.py").write_text("raise RuntimeError('shadowed')")
    (tmp_path / "only_here.py").write_text("")
    (tmp_path / "chargeplan").mkdir()
    (tmp_path / "chargeplan" / "__init__.py").write_text("raise RuntimeError('another chargeplan')")
    monkeypatch.setattr(sys, "path", [str(tmp_path), "", *sys.path])
    ends = "main(int(pid))"
    look = "import colorsys, only_here; print(colorsys.__file__, chargeplan_file, '' in sys.path)"
    program = process.CHILD_COMMAND[-1]
    assert ends in program
    program = program.replace(ends, f"chargeplan_file = module.__file__; {look}")
    monkeypatch.setattr(process, "CHILD_COMMAND", (*process.CHILD_COMMAND[:-1], program))
    model = build_linear_model(toy_city.make_problem(toy_city.make_request(max_sites=1)))
    with pytest.raises(SolverError, match="cannot be read") as caught:
        run(make_request(model))
    assert str(Path(process.__file__).parents[1] / "__init__.py") in str(caught.value)
    assert str(tmp_path) not in str(caught.value)
    assert "False" in str(caught.value)


def test_the_watchdog_ends_a_child_that_hangs(monkeypatch):
    hang = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
    monkeypatch.setattr(process, "CHILD_COMMAND", (sys.executable, "-c", hang))
    model = build_linear_model(toy_city.make_problem(toy_city.make_request(max_sites=1)))
    started = time.perf_counter()
    result = run(make_request(model, time_limit_s=1.0))
    assert 1.0 <= time.perf_counter() - started < 1.1 + SLACK_S
    assert (result.status, result.stopped_by) == (MilpStatus.NO_INCUMBENT, StoppedBy.TIME_LIMIT)
    assert not [child for child in psutil.Process().children() if child.status() != psutil.STATUS_ZOMBIE]


def test_the_wrong_version_of_highs_is_refused():
    with pytest.raises(SolverError, match=r"HiGHS 1\.14\.0 returns wrong answers"):
        check_solver_version("1.14.0")
    check_solver_version("1.15.1")


def test_a_restricted_model_solves_as_the_problem_without_those_stations():
    """Toy city, budget 450 without s3: s1 with 3 chargers serves 60 of A, B, C; s2 with 2 more costs
    450 in all, and D and the rest of B and C add 20 (15 within reach: C 5 left, D 10)."""
    problem = toy_city.make_problem(toy_city.make_request(budget_pkr=450.0))
    model = build_linear_model(problem)
    allowed = find_allowed_levels(problem).copy()
    allowed[2] = False
    part = restrict_model(problem, model, level_allowed=allowed, must_open=find_required_sites(problem))
    assert solve_milp(make_request(part)).objective_kwh_day == pytest.approx(75.0)
    assert make_smallest_plan(problem).objective_kwh_day == 0.0


SEARCH = """
import small_problems
from chargeplan.config.settings import SolveSettings
from chargeplan.formulation.linear import build_linear_model
from chargeplan.solve.search import solve_problem
problem = small_problems.make_hard_problem(200, 40)
solution = solve_problem(problem, build_linear_model(problem), SolveSettings(time_limit_s=300.0), seed=1,
    listen=lambda event: print(event.step, flush=True), should_stop=lambda: False)
print("END", solution.stopped_by, solution.objective_kwh_day, flush=True)
"""
MILP = """
import math
import small_problems
from chargeplan.formulation.linear import build_linear_model
from chargeplan.solve.outcome import MilpRequest
from chargeplan.solve.process import run_milp
model = build_linear_model(small_problems.make_hard_problem())
run_milp(MilpRequest(model, None, 0.0, math.inf, 300.0, None, 1, 1),
    tell=lambda news: print("milp", flush=True), ask_stop=lambda: False)
"""


class Run:
    """A program in a process of its own, to which signals can be sent once its solver has news."""

    def __init__(self, program: str, folder: Path) -> None:
        paths = [str(TESTS), str(TESTS.parent)]
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-c", program],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(paths), "TMPDIR": str(folder)},
        )
        next(line for line in self.process.stdout if line.startswith("milp"))
        (self.child,) = psutil.Process(self.process.pid).children()

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


@pytest.fixture
def start_run(tmp_path):
    runs = []

    def start(program: str) -> Run:
        runs.append(Run(program, tmp_path))
        return runs[-1]

    yield start
    for started in runs:
        started.close()


pytestmark_posix = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")


@pytestmark_posix
def test_ctrl_c_keeps_the_incumbent_within_three_seconds(start_run):
    started = start_run(SEARCH)
    sent = time.perf_counter()
    started.process.send_signal(signal.SIGINT)
    end = started.process.stdout.read().splitlines()[-1]
    assert time.perf_counter() - sent < 3.0 + SLACK_S
    word, stopped_by, objective = end.split()
    assert (word, stopped_by) == ("END", "user")
    assert float(objective) > 0
    assert started.process.wait(5) == 0
    assert not started.child.is_running()
    assert list(started.folder.iterdir()) == []


@pytestmark_posix
@pytest.mark.parametrize("name", ["SIGTERM", "SIGKILL"])
def test_a_killed_run_leaves_no_solver_and_no_file(start_run, name):
    started = start_run(MILP)
    started.process.send_signal(getattr(signal, name))
    started.process.wait(5)
    psutil.wait_procs([started.child], timeout=5)
    assert not started.child.is_running()
    assert list(started.folder.iterdir()) == []
