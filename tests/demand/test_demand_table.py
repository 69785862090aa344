"""The one-page table of a run: each figure is one of the explanation, and the totals add up."""

import pytest

from chargeplan.describe import tabulate_demand


@pytest.fixture
def cells(paved_study, people_figure):
    car = {"vehicles_per_1000": 20, "electric_share": 0.5, "km_day": 30, "kwh_km": 0.2}
    car |= {"overnight_share": 0.3, "destination_share": 0.15, "fast_share": 0.05, "depot_share": 0.1}
    return paved_study.build(people_figure, fleet={"classes": {"car": car}})


def read_row(table, name):
    return [
        float(word.replace(",", ""))
        for word in next(line for line in table.splitlines() if line.startswith(f"{name} ")).split()[1:]
    ]


def test_line_of_a_class_by_hand(cells):
    """1,000 people: 20 cars, half electric, 6 kWh/day each: 60, of it 18, 9, 3 and 6, public 30."""
    assert tabulate_demand(cells).startswith("1,000 people in the study area\n")
    assert read_row(tabulate_demand(cells), "car") == [20, 0.5, 10, 30, 0.2, 60, 18, 9, 3, 6, 30]


def test_totals_and_periods_are_those_of_the_cells(cells):
    table = tabulate_demand(cells)
    total = read_row(table, "all")
    assert total[-1] == pytest.approx(cells.kwh_day.sum(), abs=0.5)
    assert total[-2] == pytest.approx(cells.depot_kwh_day.sum(), abs=0.5)
    hours = next(line for line in table.splitlines() if line.startswith("public, kWh by hours: "))
    values = [float(part.split()[-1].replace(",", "")) for part in hours.partition(": ")[2].split(", ")]
    assert sum(values) == pytest.approx(cells.kwh_day.sum(), abs=3.0)


def test_policy_stands_beside_the_scenario_on_one_page(cells):
    table = tabulate_demand(cells)
    assert "two_wheeler: 1,096,386 electric in the nation in 2030" in table
    assert "policy's target 2,000,000 on the road (-903,614)" in table
    assert len(table.splitlines()) <= 30
    assert max(len(line) for line in table.splitlines()) <= 150


def test_what_no_station_serves_stands_below(paved_study, people_figure):
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
    table = tabulate_demand(paved_study.build(people_figure, fleet={"classes": classes}), 22.0)
    assert "swapped batteries, beside the above: 2 kWh/day (two_wheeler 2)" in table
    assert "33% of the public energy is of classes that cannot use 22 kW: bus, three_wheeler, truck" in table


def test_people_of_the_study_stand_beside_the_census(paved_study, people_figure):
    """Islamabad: 2,363,863 people by the census of 2023."""
    table = tabulate_demand(paved_study.build(people_figure, city="islamabad"))
    assert table.splitlines()[1].startswith("2,363,863 people in the districts of islamabad by the census, ")
