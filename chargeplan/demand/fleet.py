"""Vehicles by class: how many there are, how many are electric, and what each one needs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from chargeplan.demand.charger_types import read_charger_types
from chargeplan.demand.class_figures import QUANTITIES, SHARE_QUANTITIES, read_class_figures
from chargeplan.demand.explain import Figure, compute_figure
from chargeplan.demand.figures_file import name_figures
from chargeplan.demand.national import compare_with_policy, project_fleet, read_histories
from chargeplan.demand.recorded import compare_with_records
from chargeplan.demand.scenario import read_scenario
from chargeplan.demand.stock_sharing import NATION, explain_rule, read_sharing, share_vehicles
from chargeplan.demand.vehicle_classes import IS_SERVED, Fleet, VehicleClass
from chargeplan.errors import ConfigError, FaultCollector

if TYPE_CHECKING:
    from chargeplan.config.settings import DemandSettings
    from chargeplan.demand.national import ClassHistory, NationalFleet
    from chargeplan.demand.scenario import Scenario
    from chargeplan.demand.stock_sharing import Sharing

_ROUNDING = 1e-9
_OF_STOCK = ("growth_before", "growth_after", "median_life", "survival_shape")


def read_fleet(settings: DemandSettings, *, year: int, city: str | None = None) -> Fleet:
    """Read the vehicle classes with the planner's changes of single figures.

    Parameters
    ----------
    settings : DemandSettings
    year : int
    city : str or None
        City whose share of the national stock counts; without it people share it evenly.

    Raises
    ------
    DataError
        When a fleet file has unknown quantities, wrong units, values out of range, repeated or
        missing figures; every line at fault is named.
    ConfigError
        When scenario, year, city or class is unknown, the shares of a class add up to more than
        1, or the fleet charges nothing in public.
    """
    scenario = read_scenario(settings.scenario, path=settings.fleet.scenarios, own=settings.figures)
    scenario.require_year(year)
    sharing = read_sharing(settings.figures)
    city = None if city is None else sharing.find_city(city)
    table = read_class_figures(settings.fleet)
    histories = {history.name: history for history in read_histories(settings.figures)}
    national = project_fleet(tuple(histories.values()), scenario)
    types = read_charger_types(settings.figures)
    tables = ", ".join(name_figures(name, settings.figures) for name in ("sales", "stock"))
    faults = FaultCollector(ConfigError)
    classes = []
    for name in sorted(table):
        figures = table[name]
        source = _Source(name, year, city, scenario, national, sharing, histories.get(name), tables)
        counts = _count(source, figures, faults)
        shares = sum(figures[quantity].value for quantity in SHARE_QUANTITIES)
        if shares > 1 + _ROUNDING:
            faults.add(
                f"demand.fleet: {' + '.join(SHARE_QUANTITIES)} of {name} are {shares:g}; expected at most 1, "
                f"the rest is charged at a plug of one's own"
            )
        if counts is None:
            continue
        vehicles, electric_share, lead = counts
        quantities = {
            quantity: replace(figures[quantity], step=f"{name}: {quantity.replace('_', ' ')}")
            for quantity in QUANTITIES
        }
        own_types = getattr(settings.fleet.classes.get(name), "charger_types", None)
        moved = scenario.further["home_to_fast_share"].value
        told, charger_kw = types.find(name, own_types, faults)
        classes.append(
            VehicleClass(name, vehicles, electric_share, quantities, moved, lead, told, charger_kw)
        )
    faults.raise_if_any()
    recorded = (figure for pair in compare_with_records(national, settings.figures) for figure in pair)
    comparison = (*compare_with_policy(national, year=year, own=settings.figures), *recorded)
    fleet = Fleet(tuple(classes), explain_rule(sharing, city=city), comparison)
    if not (fleet.compute_kwh_day_per_person(1.0)[:, IS_SERVED] > 0).any():
        raise ConfigError(
            "demand.fleet: no class of vehicles charges anything in public (vehicles per 1,000 people x "
            "electric share x km/day x kWh/km x the shares of overnight, destination and fast charging is 0 for "
            "each), so there is nothing to plan"
        )
    return fleet


@dataclass(frozen=True, slots=True)
class _Source:
    """Where the vehicles of one class come from."""

    name: str
    year: int
    city: str | None
    scenario: Scenario
    national: NationalFleet
    sharing: Sharing
    history: ClassHistory | None
    tables: str


def _count(
    source: _Source, figures: dict[str, Figure], faults: FaultCollector
) -> tuple[Figure, Figure, tuple[Figure, ...]] | None:
    """Count the vehicles of a class and their electric share: the planner's figures, else the nation's."""
    name, lead = source.name, list[Figure]()
    if source.history is not None:
        lead += [figure for _, figure in source.history.sales]
        lead += [source.history.figures[quantity] for quantity in _OF_STOCK]
    vehicles = _take_own_vehicles(source, figures)
    if vehicles is None and source.history is not None:
        stock, vehicles = _share_stock(source)
        lead += stock
    electric = figures.get("electric_share")
    if electric is None and source.history is not None:
        shares, electric = _electrify(source, source.history, vehicles)
        lead += shares
    if vehicles is None or electric is None:
        lacking = [
            word for word, figure in (("vehicles", vehicles), ("electric_share", electric)) if figure is None
        ]
        faults.add(
            f"demand.fleet: nothing is known of the national stock of {name}; give {' and '.join(lacking)} in "
            f"demand.fleet.classes.{name}"
        )
        return None
    return vehicles, replace(electric, step=f"{name}: electric share"), tuple(lead)


def _take_own_vehicles(source: _Source, figures: dict[str, Figure]) -> Figure | None:
    per_1000 = f"{source.name}: vehicles per 1,000 people"
    if "vehicles_per_1000" in figures and "vehicles" not in figures:
        return replace(figures["vehicles_per_1000"], step=per_1000, unit="vehicles per 1,000 people")
    if "vehicles" not in figures:
        return None
    own = figures["vehicles"]
    if source.city is None:
        return replace(own, step=f"{source.name}: vehicles of all people read")
    people = source.sharing.people[source.city].value
    words = f"{own.source}: {own.value:.10g} / {people:.10g} people of {source.city} x 1,000"
    return Figure(per_1000, own.value / people * 1000, "vehicles per 1,000 people", words, own.confidence)


def _share_stock(source: _Source) -> tuple[list[Figure], Figure]:
    row = source.national.get_row(source.year)
    stock = float(source.national.stock[row, source.national.classes.index(source.name)])
    weight = source.sharing.weigh_city(source.city, source.name)
    lead = [
        compute_figure(
            f"{source.name}: national stock, {source.year}",
            stock,
            "vehicles",
            "computed: sum of sales x survival; " + source.tables,
        ),
        weight,
    ]
    nation = source.sharing.people[NATION].value
    per_1000 = stock / nation * weight.value * 1000
    if source.city is not None:
        in_city = share_vehicles(source.sharing, city=source.city, vehicle_class=source.name, national=stock)
        step = f"{source.name}: vehicles in {source.city}"
        lead.append(
            compute_figure(step, in_city, "vehicles", "computed: stock x share of people x city by nation")
        )
    return lead, compute_figure(
        f"{source.name}: vehicles per 1,000 people",
        per_1000,
        "vehicles per 1,000 people",
        f"computed: {stock:.10g} / {nation:.10g} x {weight.value:.6g} x 1,000",
    )


def _electrify(
    source: _Source, history: ClassHistory, vehicles: Figure | None
) -> tuple[list[Figure], Figure]:
    national = source.national
    row, column = national.get_row(source.year), national.classes.index(source.name)
    points = [
        replace(
            point.figure,
            step=f"{source.name}: electric part of sales that {source.scenario.name} reaches in {point.year}",
        )
        for point in source.scenario.points.get(source.name, ())
    ]
    recorded = replace(
        history.figures["recorded_electric"],
        step=f"{source.name}: recorded electric stock, June {history.recorded_year}",
    )
    sales_share = compute_figure(
        f"{source.name}: electric share of sales, {source.year}",
        float(national.electric_sales_share[row, column]),
        "share of sales",
        f"computed: logistic curve of {source.scenario.name} from the recorded stock",
    )
    share = compute_figure(
        f"{source.name}: electric share",
        float(national.electric_stock[row, column] / national.stock[row, column]),
        "share",
        "computed: sum of sales x electric share of sales x survival / sum of sales x survival",
    )
    lead = [recorded, history.figures["electric_growth"], *points, sales_share]
    counted = source.sharing.electric.get((source.city or "", source.name))
    if counted is None or vehicles is None or source.city is None:
        return lead, share
    in_city = vehicles.value / 1000 * source.sharing.people[source.city].value
    computed = compute_figure(
        f"{source.name}: electric vehicles computed for {source.city}, {source.year}",
        in_city * share.value,
        "vehicles",
        "computed: vehicles in the city x electric share of the nation",
    )
    raised = source.sharing.raise_to_record(source.city, source.name, vehicles=in_city, share=share.value)
    if raised > share.value:
        words = f"computed: {counted.value:.10g} recorded / {in_city:.10g} vehicles in {source.city}"
        share = Figure(share.step, raised, "share", words, counted.confidence)
    return [*lead, counted, computed], share
