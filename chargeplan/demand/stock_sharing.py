"""How the national stock of vehicles is shared among places.

The rule: a place gets vehicles by its people. A city whose registrations are recorded gets

    weight = ((registrations of the city / its people) / (registrations of the nation / its people)) ** e

times as many per person; e (data/fleet/sharing.csv) is below 1, because vehicles registered in a
city are also used elsewhere. Where only registrations of all classes together are recorded,
they stand for two-wheelers and cars, which are nearly all of them; a taxi goes with the cars. Every
other class, and a city without any record, has the weight 1. A planner who knows better gives
own numbers: ``demand.fleet.classes.<class>.vehicles``. Where more electric vehicles were counted in a
city than its share of the nation's gives, those are taken (data/fleet/city_electric.csv).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.cities import find_city, read_register
from chargeplan.demand.explain import Figure, compute_figure
from chargeplan.demand.figures_file import name_figures, parse_not_negative, read_figures
from chargeplan.demand.national import project_fleet, read_histories, read_policy_targets
from chargeplan.demand.scenario import read_scenario, suggest
from chargeplan.errors import ConfigError, DataError, FaultCollector

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from chargeplan.config.settings import FigureFiles

NATION = "pakistan"
ALL_CLASSES = "all"
# Classes that are registered as another one, and those that registrations of all classes stand for.
_REGISTERED_AS = {"taxi": "car"}
_MOST_OF_ALL = ("two_wheeler", "car")
_EXPONENT, _NATION_PEOPLE = "registration_exponent", "national_people"


@dataclass(frozen=True, slots=True)
class Registrations:
    """Registered vehicles of a city and, counted alike, of the nation."""

    city: Figure
    nation_value: float


@dataclass(frozen=True, slots=True)
class Sharing:
    """Everything that shares the national stock among places.

    Parameters
    ----------
    people : dict of str to Figure
        People of the nation and of each city of data/cities.yaml.
    registrations : dict of (city, class) to Registrations
        With the class "all" for vehicles of every class.
    exponent : Figure
    electric : dict of (city, class) to Figure
        Electric vehicles recorded in the city.
    """

    people: dict[str, Figure]
    registrations: dict[tuple[str, str], Registrations]
    exponent: Figure
    electric: dict[tuple[str, str], Figure]

    @property
    def cities(self) -> tuple[str, ...]:
        """Names of the cities, sorted."""
        return tuple(sorted(name for name in self.people if name != NATION))

    def find_city(self, city: str) -> str:
        """Find the name of a city, given that or another name of it.

        Raises
        ------
        ConfigError
            With the nearest name.
        """
        if city in self.cities:
            return city
        try:
            return find_city(city).name
        except ConfigError:
            raise ConfigError(
                f'study.city: no city "{city}"{suggest(city, self.cities)}; the cities are '
                f"{', '.join(self.cities)}. Leave it out to share the national stock by people alone"
            ) from None

    def raise_to_record(
        self, city: str | None, vehicle_class: str, *, vehicles: float, share: float
    ) -> float:
        """Raise the electric share of a city's vehicles until they are at least those recorded there."""
        recorded = None if city is None else self.electric.get((city, vehicle_class))
        if recorded is None or not vehicles > 0:
            return share
        return max(share, min(recorded.value / vehicles, 1.0))

    def weigh_city(self, city: str | None, vehicle_class: str) -> Figure:
        """Vehicles per person of a city by those of the nation, 1 where nothing is recorded."""
        step = f"{vehicle_class}: vehicles per person, city by nation"
        registered_as = _REGISTERED_AS.get(vehicle_class, vehicle_class)
        found = None
        if city is not None:
            found = self.registrations.get((city, registered_as))
            if found is None and registered_as in _MOST_OF_ALL:
                found = self.registrations.get((city, ALL_CLASSES))
        if city is None or found is None:
            reason = "no city named" if city is None else f"no registrations of this class in {city} recorded"
            return Figure(step, 1.0, "ratio", f"{reason}: shared by people", "computed")
        per_person = found.city.value / self.people[city].value
        national = found.nation_value / self.people[NATION].value
        return Figure(
            step,
            (per_person / national) ** self.exponent.value,
            "ratio",
            f"computed: ({found.city.value:.10g} / {self.people[city].value:.10g} / ({found.nation_value:.10g} / "
            f"{self.people[NATION].value:.10g})) ** {self.exponent.value:g}; {found.city.source}",
            found.city.confidence,
        )


def read_sharing(own: FigureFiles | None = None) -> Sharing:
    """Read people, registrations and the exponent of the rule.

    Raises
    ------
    DataError
        When a table cannot be used; every line at fault is named.
    """
    faults = FaultCollector(DataError)
    rule: dict[str, Figure] = {}
    for where, row in read_figures("sharing", own, ("quantity", "value", "unit", "source", "confidence")):
        value = parse_not_negative(row["value"], f"{where}: {row['quantity']}", faults)
        step = {_EXPONENT: "exponent of registrations in the sharing of the national stock"}.get(
            row["quantity"], f"people of {NATION}"
        )
        rule[row["quantity"]] = Figure(step, value, row["unit"], row["source"], row["confidence"])
    if rule.keys() != {_EXPONENT, _NATION_PEOPLE}:
        name = name_figures("sharing", own)
        faults.add(f"{name}: expected one line each for {_EXPONENT} and {_NATION_PEOPLE}")
    elif rule[_NATION_PEOPLE].value == 0:
        faults.add(f"{name_figures('sharing', own)}: {_NATION_PEOPLE} is 0; expected more")
    faults.raise_if_any()
    register = read_register()
    census = register.fields["people"]
    people = {NATION: rule[_NATION_PEOPLE]} | {
        name: Figure(
            f"people of {name}",
            float(city.people),
            census.unit,
            f"districts: {census.source}",
            census.confidence,
        )
        for name, city in register.cities.items()
    }
    registrations: dict[tuple[str, str], Registrations] = {}
    columns = ("city", "class", "value", "nation_value", "unit", "source", "confidence")
    for where, row in read_figures("city_registrations", own, columns):
        value = parse_not_negative(row["value"], f"{where}: value", faults)
        nation = parse_not_negative(row["nation_value"], f"{where}: nation_value", faults)
        if row["city"] not in people or not (value > 0 and nation > 0):
            faults.add(f"{where}: expected a city of data/cities.yaml and registrations above 0")
        step = f"{row['class']}: registered in {row['city']}"
        figure = Figure(step, value, row["unit"], row["source"], row["confidence"])
        registrations[row["city"], row["class"]] = Registrations(figure, nation)
    electric: dict[tuple[str, str], Figure] = {}
    columns = ("city", "class", "value", "unit", "year", "source", "confidence")
    for where, row in read_figures("city_electric", own, columns):
        value = parse_not_negative(row["value"], f"{where}: value", faults)
        if row["city"] not in people:
            faults.add(f"{where}: expected a city of data/cities.yaml")
        step = f"{row['class']}: electric vehicles recorded in {row['city']}, {row['year']}"
        electric[row["city"], row["class"]] = Figure(
            step, value, row["unit"], row["source"], row["confidence"]
        )
    faults.raise_if_any()
    return Sharing(people, registrations, rule[_EXPONENT], electric)


def share_vehicles(sharing: Sharing, *, city: str, vehicle_class: str, national: float) -> float:
    """Vehicles of a class in a city: national stock x share of the people x weight of the city."""
    share = sharing.people[city].value / sharing.people[NATION].value
    return national * share * sharing.weigh_city(city, vehicle_class).value


def tabulate_city_stocks(
    scenario_name: str = "nev-2030",
    *,
    year: int = 2030,
    own_vehicles: dict[tuple[str, str], float] | None = None,
    cities: Iterable[str] | None = None,
) -> pd.DataFrame:
    """Sum the cities' electric stocks by class and set them against the nation's and the policy's.

    Parameters
    ----------
    scenario_name : str
    year : int
    own_vehicles : dict of (city, class) to float, optional
        Vehicles on the road, electric or not, that replace the sharing rule.
    cities : iterable of str, optional
        Without it every city of data/cities.yaml.

    Returns
    -------
    pandas.DataFrame
        A row for each class, sorted, and a last row "all": class; a column for each city, then
        cities, nation and policy (NaN where the policy names no target for that class and year),
        all electric vehicles; cities_share, the share of the nation's that is in the cities;
        cities_by_policy, the cities' stock by the policy's target.
    """
    import pandas as pd

    sharing, scenario = read_sharing(), read_scenario(scenario_name)
    scenario.require_year(year)
    names = sharing.cities if cities is None else tuple(sharing.find_city(name) for name in cities)
    fleet = project_fleet(read_histories(), scenario)
    row = fleet.get_row(year)
    targets = {target.name: target.figure.value for target in read_policy_targets() if target.year == year}
    lines: list[dict[str, object]] = []
    counts = np.zeros((len(fleet.classes), len(names)))
    for at, vehicle_class in enumerate(fleet.classes):
        stock, electric = float(fleet.stock[row, at]), float(fleet.electric_stock[row, at])
        for column, city in enumerate(names):
            own = (own_vehicles or {}).get((city, vehicle_class))
            vehicles = (
                own
                if own is not None
                else share_vehicles(sharing, city=city, vehicle_class=vehicle_class, national=stock)
            )
            share = sharing.raise_to_record(city, vehicle_class, vehicles=vehicles, share=electric / stock)
            counts[at, column] = vehicles * share
    nation = np.append(fleet.electric_stock[row], fleet.electric_stock[row].sum())
    for at, vehicle_class in enumerate((*fleet.classes, ALL_CLASSES)):
        of_class = counts[at] if at < len(counts) else counts.sum(axis=0)
        in_cities, policy = float(of_class.sum()), targets.get(vehicle_class, float("nan"))
        lines.append(
            {"class": vehicle_class}
            | dict(zip(names, of_class.tolist(), strict=True))
            | {
                "cities": in_cities,
                "nation": float(nation[at]),
                "policy": policy,
                "cities_share": in_cities / float(nation[at]),
                "cities_by_policy": in_cities / policy,
            }
        )
    return pd.DataFrame(lines)


def explain_rule(sharing: Sharing, *, city: str | None) -> tuple[Figure, ...]:
    """Show the figures that the rule starts from."""
    nation = sharing.people[NATION]
    if city is None:
        return (nation,)
    people = sharing.people[city]
    share = people.value / nation.value
    source = f"computed: people of {city} / people of {NATION}"
    boxed = find_city(city).people_in_box
    in_box = "computed: sum of people x share in the study box; data/cities.yaml"
    return (
        nation,
        people,
        compute_figure(f"people of the study box of {city}", boxed, "people", in_box),
        compute_figure(f"share of the nation's people in {city}", share, "share", source),
        sharing.exponent,
    )
