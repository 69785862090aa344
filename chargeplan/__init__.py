"""Plan electric-vehicle charging stations for Pakistani cities.

The public names are loaded on first use, so that the command line starts quickly.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chargeplan.classical import (
        ClassicalResult,
        solve_backup_cover,
        solve_capacitated_mclp,
        solve_cflp,
        solve_lscp,
        solve_mclp,
        solve_p_center,
        solve_p_dispersion,
        solve_p_median,
        solve_set_cover,
    )
    from chargeplan.config.load import load_settings
    from chargeplan.errors import ChargeplanError
    from chargeplan.network.osmnx_bridge import from_osmnx, to_osmnx
    from chargeplan.pipeline import run_study, verify_run
    from chargeplan.run_result import RunResult
    from chargeplan.words import Outcome, PlanMode, SiteStatus

__version__ = "0.1.0"

_HOMES = {
    "ChargeplanError": "chargeplan.errors",
    "ClassicalResult": "chargeplan.classical",
    "Outcome": "chargeplan.words",
    "PlanMode": "chargeplan.words",
    "RunResult": "chargeplan.run_result",
    "SiteStatus": "chargeplan.words",
    "from_osmnx": "chargeplan.network.osmnx_bridge",
    "load_settings": "chargeplan.config.load",
    "run_study": "chargeplan.pipeline",
    "solve_backup_cover": "chargeplan.classical",
    "solve_capacitated_mclp": "chargeplan.classical",
    "solve_cflp": "chargeplan.classical",
    "solve_lscp": "chargeplan.classical",
    "solve_mclp": "chargeplan.classical",
    "solve_p_center": "chargeplan.classical",
    "solve_p_dispersion": "chargeplan.classical",
    "solve_p_median": "chargeplan.classical",
    "solve_set_cover": "chargeplan.classical",
    "to_osmnx": "chargeplan.network.osmnx_bridge",
    "verify_run": "chargeplan.pipeline",
}

__all__ = [
    "ChargeplanError",
    "ClassicalResult",
    "Outcome",
    "PlanMode",
    "RunResult",
    "SiteStatus",
    "__version__",
    "from_osmnx",
    "load_settings",
    "run_study",
    "solve_backup_cover",
    "solve_capacitated_mclp",
    "solve_cflp",
    "solve_lscp",
    "solve_mclp",
    "solve_p_center",
    "solve_p_dispersion",
    "solve_p_median",
    "solve_set_cover",
    "to_osmnx",
    "verify_run",
]


def __getattr__(name: str) -> Any:
    """Load a public name from its home.

    Raises
    ------
    AttributeError
        When the name is not public.
    """
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    msg = f"module 'chargeplan' has no attribute {name!r}"
    raise AttributeError(msg)
