"""Whether fleet, scenario and economics of a study fit each other, before anything is built."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chargeplan.errors import ConfigError, DataError, FaultCollector
from chargeplan.request import make_request

if TYPE_CHECKING:
    from chargeplan.config.load import LoadedSettings
    from chargeplan.config.settings import EconomicsSettings, Settings


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
    told: set[str] = set()
    try:
        _check_names(settings)
    except ConfigError as error:
        told |= {fault.partition(":")[0] for fault in error.faults}
        faults.add_error(error)
    try:
        fleet = read_fleet(settings.demand, year=settings.study.year, city=settings.study.city)
        for fault in _find_unknown_classes(settings.economics, fleet.names):
            faults.add_error(ConfigError(fault))
    except (ConfigError, DataError) as error:
        new = [fault for fault in error.faults if fault.partition(":")[0] not in told]
        told |= {fault.partition(":")[0] for fault in new}
        if new:
            faults.add_error(type(error)(new))
    try:
        make_request(settings)
    except (ConfigError, DataError) as error:
        # City and scenario are read by both; each is told once, as the fleet has it.
        new = [fault for fault in error.faults if fault.partition(":")[0] not in told]
        if new:
            faults.add_error(type(error)(new))
    with locate_faults(loaded):
        faults.raise_if_any()


def _check_names(settings: Settings) -> None:
    """Check city and scenario, so that one does not hide the other."""
    from chargeplan.demand.scenario import read_scenario
    from chargeplan.demand.stock_sharing import read_sharing

    faults, demand, city = FaultCollector(ConfigError), settings.demand, settings.study.city
    try:
        if city is not None:
            read_sharing(demand.figures).find_city(city)
    except ConfigError as error:
        faults.add_error(error)
    except DataError:
        pass  # told with the other faults of the fleet's files
    try:
        read_scenario(demand.scenario, path=demand.fleet.scenarios, own=demand.figures)
    except ConfigError as error:
        faults.add_error(error)
    except DataError:
        pass  # the same
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
