"""Where a problem is sent to: the plain search, the staged one, or that for the least money."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chargeplan.formulation.linear import build_linear_model
from chargeplan.plan_labels import NameThings, PlanLabels
from chargeplan.solve.cheapest import solve_cheapest
from chargeplan.solve.cheapest_probe import CheapestMeans
from chargeplan.solve.end_search import run_search
from chargeplan.solve.plain_search import PlainSearch
from chargeplan.solve.process import AskStop, RunMilp, run_milp
from chargeplan.solve.staged_solution import solve_staged_problem
from chargeplan.solve.version import read_solver_version
from chargeplan.words import PlanObjective

if TYPE_CHECKING:
    from pathlib import Path

    from chargeplan.config.settings import SolveSettings
    from chargeplan.linear_model import LinearModel
    from chargeplan.records import PlanProblem, Solution
    from chargeplan.runlog import Listener
    from chargeplan.solve.plan import Plan


def solve_problem(
    problem: PlanProblem,
    linear_model: LinearModel | None,
    settings: SolveSettings,
    *,
    seed: int,
    listen: Listener,
    should_stop: AskStop,
    run: RunMilp = run_milp,
    start: Plan | None = None,
    disputed_model: Path | None = None,
    name_things: NameThings | None = PlanLabels,
) -> Solution:
    """Find a plan and prove how good it is.

    With the objective `COST` the plan is the cheapest that reaches the target; see `chargeplan.solve.cheapest`.

    Parameters
    ----------
    problem : PlanProblem
    linear_model : LinearModel or None
        Of the same problem. None: it is written when the solver is asked, which large cover problems seldom need.
    settings : SolveSettings
    seed : int
    listen : callable
        Gets a `SolveEvent` at every new plan and bound.
    should_stop : callable
        Asked often; True ends the search with the best plan so far. So does the first Ctrl-C;
        one more, or one after True, ends the run without it.
    run : callable
        Runs one MILP; `chargeplan.solve.process.run_milp` unless a test brings another.
    start : Plan, optional
        A plan that keeps the rules of the problem; the answer is at least as good.
    disputed_model : Path, optional
        File for a model about which solvers disagree; a temporary one without. The message says.
    name_things : callable
        Called without arguments for the names of sites, zones and rules, when there is no plan. None: why
        there is none is not looked for.

    Raises
    ------
    InfeasibleError
        When the solver and its second opinion prove that there is no plan; with the limits that contradict
        each other and the least changes that help.
    SolversDisagreeError
        When they contradict each other or a plan that keeps all rules; the model is saved.
    NoPlanError
        When a limit ended the search before there was a plan.
    InterruptedRunError
        When the user did, or pressed Ctrl-C twice.
    SolverError
        When the solver fails and there is no plan, or its version is known to be wrong.
    """
    version = read_solver_version()
    if problem.objective is PlanObjective.COST:
        means = CheapestMeans(
            settings, seed, listen, should_stop, run, solve_problem, disputed_model, name_things
        )
        return solve_cheapest(problem, linear_model or build_linear_model(problem), means)
    if not problem.is_plain:
        return solve_staged_problem(
            problem,
            linear_model or build_linear_model(problem),
            settings,
            seed=seed,
            listen=listen,
            should_stop=should_stop,
            run=run,
            solver=f"HiGHS {version}",
            disputed_model=disputed_model,
            name_things=name_things,
        )
    search = PlainSearch(problem, linear_model, settings, seed, listen, should_stop, run, start)
    search.name_things = name_things
    run_search(search, disputed_model)
    return search.finish(f"HiGHS {version}")
