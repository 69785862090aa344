"""The one-page table of a run: each figure is one of the explanation, and the totals add up."""

import re

import pytest

from chargeplan.energy_table import read_demand_table, tabulate_demand

CAR = {"vehicles_per_1000": 20, "electric_share": 0.5, "km_day": 30, "kwh_km": 0.2, "swap_share": 0}
CAR |= {"overnight_share": 0.3, "destination_share": 0.15, "fast_share": 0.05, "depot_share": 0.1}


@pytest.fixture
def cells(paved_study, people_figure):
    return paved_study.build(people_figure, fleet={"classes": {"car": CAR}})


def read_rows(table, name):
    """The lines of a class, first from people to kWh, then where it is charged; stars and per cent left out."""
    lines = [line for line in table.splitlines() if line.startswith(f"{name} ") and "+ " not in line]
    return [
        [float(word.strip("*%").replace(",", "")) for word in line.split()[1:] if "/" not in word]
        for line in lines
    ]


def test_lines_of_a_class_by_hand(cells):
    """1,000 people: 20 cars, half electric, 6 kWh/day each: 60; 18 + 9 + 3 public, 6 depots, 24 at home."""
    chain, places, *_ = read_rows(tabulate_demand(cells), "car")
    assert chain == [20, 20, 50, 10, 30, 0.2, 60]
    assert places == [18, 9, 3, 30, 6, 0, 24]


def test_it_begins_with_year_city_and_scenario(paved_study, people_figure):
    plain = tabulate_demand(paved_study.build(people_figure, scenario="bau", year=2033))
    assert plain.startswith("demand of 2033: no city named, scenario bau\n1,000 people in the study area\n")
    lahore = tabulate_demand(paved_study.build(people_figure, city="lahore"))
    assert lahore.startswith("demand of 2030: city lahore, scenario nev-2030\n")


@pytest.mark.parametrize("scenario", ["nev-2030", "outage-stress"])
def test_every_kwh_stands_in_one_column(paved_study, people_figure, scenario):
    """Public, depots, swapped and home sum to all charging, for each class and in all."""
    rows = read_demand_table(paved_study.build(people_figure, scenario=scenario)).rows
    assert rows[-1].name == "all"
    for row in rows:
        parts = {name: row.figures[name] for name in ("public", "depots", "swapped", "home")}
        assert sum(parts.values()) == pytest.approx(row.figures["kWh/day"], rel=1e-9)
        uses = sum(row.figures[name] for name in ("overnight", "destination", "fast"))
        assert uses == pytest.approx(parts["public"], rel=1e-9)
    for heading in ("per 1000", "vehicles", "EVs", "kWh/day", "home"):
        assert rows[-1].figures[heading] == pytest.approx(sum(row.figures[heading] for row in rows[:-1]))


def test_totals_and_periods_are_those_of_the_cells(cells):
    table = tabulate_demand(cells)
    total = read_rows(table, "all")[1]
    assert total[3] == pytest.approx(cells.kwh_day.sum(), abs=0.5)
    assert total[4] == pytest.approx(cells.depot_kwh_day.sum(), abs=0.5)
    assert sum(read_rows(table, "public")[0]) == pytest.approx(cells.kwh_day.sum(), abs=3.0)
    assert sum(read_rows(table, "depots")[0]) == pytest.approx(cells.depot_kwh_day.sum(), abs=3.0)


def test_it_is_one_page_of_80_columns_with_the_policy(paved_study, people_figure):
    people = {**people_figure, "figures": [{**people_figure["figures"][0], "people": 2e7}]}
    table = tabulate_demand(paved_study.build(people, city="karachi"), (60.0,))
    assert re.search(r"^two_wheeler +2030 +1,096,386 +2,000,000 +-903,614$", table, re.MULTILINE)
    assert len(table.splitlines()) <= 50
    assert max(len(line) for line in table.splitlines()) <= 80


def test_what_rests_on_assumptions_bears_a_star(paved_study, people_figure):
    """Kilometres of cars are an assumption, their kWh per km has a source; what the planner says has none."""
    plain = {row.name: row for row in read_demand_table(paved_study.build(people_figure)).rows}
    assert plain["car"].format()["km/day"].endswith("*")
    assert not plain["car"].format()["kWh/km"].endswith("*")
    assert plain["truck"].assumed >= {"per 1000", "km/day", "kWh/km"}
    table = tabulate_demand(paved_study.build(people_figure))
    assert f"{plain['truck'].n_assumed}/{plain['truck'].n_behind}" in table
    assert "* is an assumption or rests on one" in table
    own = read_demand_table(paved_study.build(people_figure, fleet={"classes": {"car": CAR}})).rows
    car = next(row for row in own if row.name == "car")
    # Vehicles, electric share, km, kWh/km, four shares and the swapped share: all of the config.
    assert (car.assumed, car.n_assumed, car.n_behind) == (frozenset(), 0, 9)


def test_stars_count_the_assumptions_of_the_explanation(paved_study, people_figure):
    """By hand for buses of no city: of the tables in data/fleet each figure behind the line, once."""
    cells = paved_study.build(people_figure)
    row = next(row for row in read_demand_table(cells).rows if row.name == "bus")
    told = cells.explanation[cells.explanation["step"].str.startswith("bus: ")].set_index("step")[
        "confidence"
    ]
    behind = told[
        ~told.index.str.contains("national|in the nation|policy|charger|battery|batteries")
        & (told != "computed")
    ]
    sales = told[told.index.str.contains("national sales")]
    assert row.n_behind == len(behind) + len(sales)
    assert row.n_assumed == (behind == "assumption").sum() + (sales == "assumption").sum()


def test_what_no_station_serves_has_its_column(paved_study, people_figure):
    """1,000 people: 10 electric bikes of 1 kWh/day, 0.4 of it public, half of that swapped; cars as much."""
    none = dict.fromkeys(("overnight_share", "destination_share", "depot_share"), 0)
    one = {
        "vehicles_per_1000": 10,
        "electric_share": 1,
        "km_day": 10,
        "kwh_km": 0.1,
        "fast_share": 0.4,
    } | none
    off = {"vehicles_per_1000": 0}
    classes = dict.fromkeys(("three_wheeler", "taxi", "bus", "truck"), off)
    classes |= {"two_wheeler": one | {"swap_share": 0.5}, "car": one | {"swap_share": 0}}
    table = tabulate_demand(paved_study.build(people_figure, fleet={"classes": classes}), (22.0,))
    assert read_rows(table, "two_wheeler")[1] == [0, 0, 2, 2, 0, 2, 6]
    joined = " ".join(table.split())
    assert "33% of the public energy is of vehicles that cannot use 22 kW: buses, rickshaws, trucks" in joined


def test_people_of_the_study_stand_beside_the_census(paved_study, people_figure):
    """Islamabad: 2,363,863 people by the census of 2023."""
    table = tabulate_demand(paved_study.build(people_figure, city="islamabad"))
    assert table.splitlines()[2].startswith("2,363,863 people in the districts of islamabad by the census, ")
