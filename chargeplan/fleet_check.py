"""Whether fleet, scenario and economics of a study fit each other, before anything is built."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chargeplan.errors import ConfigError, DataError, FaultCollector
from chargeplan.request import make_request

if TYPE_CHECKING:
    from chargeplan.config.load import LoadedSettings
    from chargeplan.config.settings import EconomicsSettings


def check_fleet(loaded: LoadedSettings) -> None:
    """Check scenario, year, city, vehicle classes and every figure of the economics, in a blink, all at once.

    Raises
    ------
    ConfigError
        With the line of the config where the key stands there.
    DataError
        When a fleet file cannot be used, or the table of chargers has no price for the power.
    """
    from chargeplan.config.inputs import locate_faults
    from chargeplan.demand.build import check_figure_files
    from chargeplan.demand.fleet import read_fleet

    settings, faults = loaded.settings, FaultCollector(DataError)
    try:
        check_figure_files(settings.demand)
    except DataError as error:
        faults.add_error(error)
    try:
        fleet = read_fleet(settings.demand, year=settings.study.year, city=settings.study.city)
        for fault in _find_unknown_classes(settings.economics, fleet.names):
            faults.add_error(ConfigError(fault))
    except (ConfigError, DataError) as error:
        faults.add_error(error)
    try:
        make_request(settings)
    except (ConfigError, DataError) as error:
        faults.add_error(error)
    with locate_faults(loaded):
        faults.raise_if_any()


def _find_unknown_classes(settings: EconomicsSettings, known: tuple[str, ...]) -> list[str]:
    """Find figures of the economics that are given for vehicles the study does not have."""
    from chargeplan.demand.scenario import suggest
    from chargeplan.evaluate.economics_figures import BY_CLASS

    return [
        f"economics.{quantity}.{name}: the fleet has no class {name}{suggest(name, known)}, only {', '.join(known)}"
        for quantity in BY_CLASS
        for name in getattr(settings, quantity)
        if name not in known
    ]
