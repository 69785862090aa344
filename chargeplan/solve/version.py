"""Which HiGHS is installed, and which must not be used."""

from __future__ import annotations

from importlib import metadata

from chargeplan.errors import SolverError

# 1.14.0 returns feasible plans that are not the best as optimal, on models of two variables
# (ERGO-Code/HiGHS issues 2975, 2957, 3043); no check of feasibility can see it.
WRONG_VERSIONS = frozenset({"1.14.0"})


def read_solver_version() -> str:
    """Return the version of the installed HiGHS, such as "1.15.1".

    Raises
    ------
    SolverError
        When there is none, or it is one that returns wrong answers.
    """
    try:
        version = metadata.version("highspy")
    except metadata.PackageNotFoundError as error:
        raise SolverError("the solver HiGHS is not installed; run pip install 'highspy>=1.15.1'") from error
    check_solver_version(version)
    return version


def check_solver_version(version: str) -> None:
    """Refuse a version that returns wrong answers.

    Raises
    ------
    SolverError
        When the version is one of them.
    """
    if version in WRONG_VERSIONS:
        raise SolverError(
            f"HiGHS {version} returns wrong answers as optimal; run pip install --upgrade 'highspy>=1.15.1'"
        )
