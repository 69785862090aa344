"""What the planner asked for, as plain numbers."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pandas as pd

from chargeplan.records import PlanRequest
from chargeplan.tables import CHARGER_TYPES, ZONE_FLOORS, make_table
from chargeplan.units import SECONDS_PER_MINUTE
from chargeplan.words import ServiceRule

if TYPE_CHECKING:
    from chargeplan.config.settings import ModelSettings, Settings
    from chargeplan.records import DemandCells

LOG = logging.getLogger(__name__)


def make_request(settings: Settings, cells: DemandCells | None = None) -> PlanRequest:
    """Put what the planner asked for into plain numbers, and the figures of the economics beside them.

    Parameters
    ----------
    settings : Settings
    cells : DemandCells, optional
        Of the last year; tells the busiest hour and the zones. Without it neither is looked at.

    Raises
    ------
    ConfigError
        When the tariff category or the supplier of the city is not known, or a zone with a floor.
    DataError
        When the table of chargers has no price for the power.
    """
    from chargeplan.demand.scenario import read_scenario
    from chargeplan.evaluate.economics_figures import gather_figures
    from chargeplan.sites.costs import find_charger_figure
    from chargeplan.sites.outage import find_outage

    model, charger = settings.model, settings.model.charger
    first = model.chargers[0] if model.chargers else charger
    price = find_charger_figure(first.power_kw, first.cost_pkr)
    scenario = read_scenario(
        settings.demand.scenario, path=settings.demand.fleet.scenarios, own=settings.demand.figures
    )
    factor = scenario.further["outage_hours_factor"].value
    outage = find_outage(settings.study.city, charger.outage_hours_day, factor=factor, scenario=scenario.name)
    budgets = _list_budgets(model)
    infinite = float("inf")
    service = charger.service if cells is not None else type(charger.service)()
    return PlanRequest(
        mode=model.mode,
        budget_pkr=sum(budgets),
        max_sites=_find_last_count(model),
        nearest_sites=model.nearest_sites or 0,
        limit_s=settings.travel.limit_min * SECONDS_PER_MINUTE,
        band_up_to_min=tuple(band.up_to_min for band in model.bands),
        band_quality=tuple(band.quality for band in model.bands),
        station_chargers=model.station_chargers,
        charger_power_kw=first.power_kw,
        charger_cost_pkr=price.value,
        hours_day=charger.hours_day,
        max_utilisation=charger.max_utilisation,
        levels=tuple(first.levels),
        gap_asked=settings.solve.gap,
        year=settings.study.year,
        outage_hours_day=outage.value,
        figures=gather_figures(settings.economics, (price, outage)),
        service_rule=service.rule,
        service_target_share=service.target_share,
        service_wait_share=service.wait_share,
        peak_share=0.0 if cells is None or service.rule is ServiceRule.UTILISATION else cells.peak_hour_share,
        charger_types=_list_charger_types(model),
        years=tuple(each.year for each in model.years),
        year_budget_pkr=budgets if model.years else (),
        year_weight=tuple(each.weight for each in model.years),
        year_max_sites=tuple(-1 if each.max_sites is None else each.max_sites for each in model.years),
        objective=model.objective,
        target_share=model.target_share or 0.0,
        zone_floors=_list_zone_floors(model, cells),
        gini_cap=infinite if model.equity.gini_cap is None else model.equity.gini_cap,
        spacing_m=model.spacing_m or 0.0,
        least_station_kw=model.least_station_kw or 0.0,
        largest_station_kw=infinite if model.largest_station_kw is None else model.largest_station_kw,
        backup_share=model.backup_share,
    )


def _list_budgets(model: ModelSettings) -> tuple[float, ...]:
    given = [each.budget_pkr for each in model.years] or [model.budget_pkr]
    return tuple(float("inf") if each is None else each for each in given)


def _find_last_count(model: ModelSettings) -> int:
    last = model.years[-1].max_sites if model.years else model.max_sites
    return -1 if last is None else last


def _list_charger_types(model: ModelSettings) -> pd.DataFrame:
    from chargeplan.sites.costs import find_charger_figure

    return make_table(
        CHARGER_TYPES,
        {
            "name": [each.name for each in model.chargers],
            "power_kw": [each.power_kw for each in model.chargers],
            "cost_pkr": [find_charger_figure(each.power_kw, each.cost_pkr).value for each in model.chargers],
            "levels": [" ".join(str(level) for level in each.levels) for each in model.chargers],
        },
    )


def _list_zone_floors(model: ModelSettings, cells: DemandCells | None) -> pd.DataFrame:
    """List the zones with a floor: those named, and all others that want enough with the common one.

    Raises
    ------
    ConfigError
        When a zone is not known.
    """
    from chargeplan.errors import ConfigError
    from chargeplan.zone_words import describe_unknown_zones

    named, common = model.equity.zone_floor_share, model.equity.floor_share
    known = [] if cells is None else cells.zones["zone_id"].tolist()
    faults = [] if cells is None else describe_unknown_zones(named, known, "the demand of the study")
    if faults:
        raise ConfigError(faults)
    wanted = [] if cells is None else cells.sum_zones_kwh_day().tolist()
    small = {
        zone
        for zone, kwh_day in zip(known, wanted, strict=True)
        if kwh_day < model.equity.floor_least_kwh_day
    }
    floors = {zone: named.get(zone, 0.0 if zone in small else common) for zone in known}
    kept = {zone: floor for zone, floor in floors.items() if floor}
    if common and small:
        LOG.info(
            "model.equity.floor_share leaves out %d of %d zones, which want %.4g of %.4g kWh/day "
            "(floor_least_kwh_day is %g)",
            len(small),
            len(known),
            sum(kwh_day for zone, kwh_day in zip(known, wanted, strict=True) if zone in small),
            sum(wanted),
            model.equity.floor_least_kwh_day,
        )
    return make_table(ZONE_FLOORS, {"zone_id": list(kept), "floor_share": list(kept.values())})
