"""The exception family: one class per action the user can take, one exit code per kind."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum


class ExitCode(IntEnum):
    """What the command line returns to the shell."""

    PLAN_FOUND = 0
    UNEXPECTED = 1
    CONFIG = 2
    DATA = 3
    INFEASIBLE = 4
    NO_PLAN = 5
    INTERRUPTED = 130


class ChargeplanError(Exception):
    """Base of every error that chargeplan raises on purpose."""

    exit_code = ExitCode.UNEXPECTED
    headline = ""  # words that its lines begin with in a terminal; those of `words.Outcome`


class ConfigError(ChargeplanError, ValueError):
    """The configuration or the command line cannot be used; change it.

    Parameters
    ----------
    faults : iterable of str
        Every fault that was found, one line each, in the order of the file.
    """

    exit_code = ExitCode.CONFIG

    def __init__(self, faults: Iterable[str] | str) -> None:
        self.faults = (faults,) if isinstance(faults, str) else tuple(faults)
        super().__init__("\n".join(self.faults))


class DataError(ChargeplanError, ValueError):
    """An input file is missing, damaged or not what the config says; change the file.

    Parameters
    ----------
    faults : iterable of str
        Every fault that was found, one line each.
    """

    exit_code = ExitCode.DATA

    def __init__(self, faults: Iterable[str] | str) -> None:
        self.faults = (faults,) if isinstance(faults, str) else tuple(faults)
        super().__init__("\n".join(self.faults))


class DownloadError(ChargeplanError, RuntimeError):
    """Data could not be fetched; what was complete stays, and asking again later may help."""

    exit_code = ExitCode.DATA


class RecordError(ChargeplanError, ValueError):
    """A record breaks its own promise: a fault in chargeplan or in an edited run folder."""


class InfeasibleError(ChargeplanError, ValueError):
    """No plan can satisfy what was asked; the message says why and what to change."""

    exit_code = ExitCode.INFEASIBLE
    headline = "IMPOSSIBLE"


class UnsureAdviceError(InfeasibleError):
    """The same, where what is advised is the least that is needed and other limits may need more.

    Parameters
    ----------
    message : str
    cause : str
        The message without the advice.
    """

    kind = InfeasibleError.__name__  # what it is to users

    def __init__(self, message: str, cause: str) -> None:
        super().__init__(message)
        self.cause = cause


class NoPlanError(ChargeplanError, RuntimeError):
    """The search stopped before it found any plan, without a proof that there is none."""

    exit_code = ExitCode.NO_PLAN
    headline = "NO PLAN FOUND"


class SolversDisagreeError(ChargeplanError, RuntimeError):
    """Two solvers contradict each other about the same model; trust neither."""

    headline = "SOLVERS DISAGREE"


class SolverError(ChargeplanError, RuntimeError):
    """The solver's process failed or returned something that cannot be read."""


class VerificationError(ChargeplanError, RuntimeError):
    """A plan failed its independent check; nothing was published."""


class InterruptedRunError(ChargeplanError, RuntimeError):
    """The user stopped the run before there was a plan to keep."""

    exit_code = ExitCode.INTERRUPTED


class FaultCollector:
    """Collect every fault of one input and raise them together.

    Parameters
    ----------
    error : type
        Class to raise: `ConfigError` or `DataError`.
    """

    def __init__(self, error: type[ConfigError] | type[DataError]) -> None:
        self._error = error
        self._faults: list[str] = []

    def add(self, fault: str) -> None:
        """Remember one fault, a complete sentence that says what, where and what to do."""
        self._faults.append(fault)

    def add_error(self, error: ConfigError | DataError) -> None:
        """Remember the faults of an error; with one of the config, all are raised as such."""
        self._faults.extend(error.faults)
        if isinstance(error, ConfigError):
            self._error = ConfigError

    def raise_if_any(self) -> None:
        """Raise all remembered faults in one error.

        Raises
        ------
        ConfigError or DataError
            When at least one fault was added.
        """
        if self._faults:
            raise self._error(dict.fromkeys(self._faults))  # two readers may find the same one


def name_rows(rows: Iterable[object], limit: int = 5) -> str:
    """Name the first few rows or ids of a fault and count the rest.

    Examples
    --------
    >>> name_rows([3, 8, 9])
    '3, 8, 9'
    >>> name_rows(range(7))
    '0, 1, 2, 3, 4 and 2 more'
    """
    names = [str(row) for row in rows]
    shown = ", ".join(names[:limit])
    return shown if len(names) <= limit else f"{shown} and {len(names) - limit} more"
