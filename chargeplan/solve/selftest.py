"""A model of three variables, to find out whether the solvers of this computer work.

Run as a program (``python -m chargeplan.solve.selftest``) it writes one JSON object per solver
to its standard output, so that a solver that crashes takes no other process with it.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass

# Worth 10, 6, 5 for weights 5, 4, 3 under a weight of 7: by hand, the first alone gives 10 and
# with another weighs at least 8; the last two weigh 7 and give 11. Taking the best worth per
# weight first gives 10, and the relaxation 13 1/3, so a solver has to search.
_WORTHS = (10, 6, 5)
_WEIGHTS = (5, 4, 3)
_WEIGHT_LIMIT = 7
BEST_WORTH = 11.0
BEST_CHOICE = (0, 1, 1)

_REFUSED_HIGHS = ("1.14.0",)


@dataclass(frozen=True, slots=True)
class SolverCheck:
    """What is known about one solver.

    Parameters
    ----------
    solver : str
        Name and version.
    works : bool
        True when it was found and solved the model rightly.
    is_needed : bool
        False for the second opinion.
    detail : str
        What was found, or what is wrong.
    """

    solver: str
    works: bool
    is_needed: bool
    detail: str


def check_highs() -> SolverCheck:
    """Solve the model with HiGHS through PuLP; refuse versions that are known to be wrong."""
    try:
        import highspy
        import pulp

        version = str(highspy.Highs().version())  # type: ignore[no-untyped-call]
    except (ImportError, OSError, AttributeError) as error:
        return SolverCheck("HiGHS", False, True, f"cannot be loaded: {error}")
    if version in _REFUSED_HIGHS:
        # ERGO-Code/HiGHS issues 2975, 2957, 3043: "optimal" plans that are not.
        return SolverCheck(f"HiGHS {version}", False, True, "this version gives wrong optima")
    return _solve(f"HiGHS {version}", pulp.HiGHS(msg=False, threads=1), is_needed=True)


def check_cbc() -> SolverCheck:
    """Solve the model with the CBC that PuLP brings, the second opinion."""
    import pulp

    solver = pulp.PULP_CBC_CMD(msg=False, options=["preprocess off"])
    if not solver.available():
        return SolverCheck("CBC", False, False, "not found on this computer")
    return _solve("CBC", solver, is_needed=False)


def _solve(name: str, solver: object, *, is_needed: bool) -> SolverCheck:
    import pulp

    problem = pulp.LpProblem("self_test", pulp.LpMaximize)
    take = [pulp.LpVariable(f"take_{row:06d}", cat=pulp.LpBinary) for row in range(len(_WORTHS))]
    problem += pulp.lpDot(_WORTHS, take)
    problem += pulp.lpDot(_WEIGHTS, take) <= _WEIGHT_LIMIT, "weight_limit"
    try:
        problem.solve(solver)
    except pulp.PulpSolverError as error:
        return SolverCheck(name, False, is_needed, f"failed: {error}")
    if problem.sol_status != pulp.LpSolutionOptimal:
        found = pulp.LpSolution[problem.sol_status]
        return SolverCheck(name, False, is_needed, f"ended with {found} on a model that has a solution")
    choice = tuple(round(variable.value()) for variable in take)
    if choice != BEST_CHOICE:
        return SolverCheck(name, False, is_needed, f"chose {choice}; {BEST_CHOICE} is the best")
    return SolverCheck(name, True, is_needed, "solved a model of 3 variables rightly")


def main() -> None:
    """Write what is known about each solver, one JSON object per line."""
    for check in (check_highs, check_cbc):
        sys.stdout.write(json.dumps(asdict(check())) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
