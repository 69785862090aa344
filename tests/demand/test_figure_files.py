"""The planner's own files of figures: each takes the place of the project's, is read and checked alike."""

import re

import pytest

from chargeplan.config.settings import DemandSettings, FigureFiles
from chargeplan.data_register import read_data_register
from chargeplan.demand.build import check_figure_files
from chargeplan.demand.figures_file import FOLDERS
from chargeplan.errors import DataError
from chargeplan.files import find_data_file
from chargeplan.words import ChargingUse

NAMES = sorted(FOLDERS)


@pytest.fixture
def change(tmp_path):
    """Copy a file of the project with some words changed."""

    def copy(name, *changes):
        path = tmp_path / f"my_{name}.csv"
        text = find_data_file(FOLDERS[name], f"{name}.csv").read_text(encoding="utf-8")
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path.write_text(text, encoding="utf-8")
        return path

    return copy


def test_every_file_has_its_key_in_the_settings_and_in_the_register():
    assert set(FigureFiles.model_fields) == set(FOLDERS)
    keys = {row.key: row.path for row in read_data_register() if row.key.startswith("demand.figures.")}
    assert keys == {f"demand.figures.{name}": f"{folder}/{name}.csv" for name, folder in FOLDERS.items()}


def test_copies_of_all_files_give_the_same_demand(paved_study, people_figure, change):
    paved_study.put("n1", "mall", 45)
    paved_study.put("n2", "taxi_stand", 46)
    plain = paved_study.build(people_figure, city="lahore")
    copied = paved_study.build(people_figure, city="lahore", figures={name: change(name) for name in NAMES})
    assert copied.kwh_day_by_use.tolist() == plain.kwh_day_by_use.tolist()
    assert copied.period_share.tolist() == plain.period_share.tolist()
    assert copied.explanation["value"].tolist() == plain.explanation["value"].tolist()
    told = "\n".join(copied.explanation["source"])
    assert "demand.figures.sales: my_sales.csv" in told


@pytest.mark.parametrize("name", NAMES)
def test_a_file_without_its_columns_is_refused_by_its_key(paved_study, people_figure, write_text, name):
    path = write_text("mine.csv", "what,of,it\n1,2,3\n")
    with pytest.raises(DataError, match=rf"demand\.figures\.{name}: mine\.csv has no column"):
        paved_study.build(people_figure, city="lahore", figures={name: path})


def test_own_arrivals_and_depots_count(paved_study, people_figure, change):
    arrivals = change("arrivals", ("bus,depot,0.45,0.03,0.07,0.05,0.1,0.3", "bus,depot,0,0,1,0,0,0"))
    weights = change("depot_weights", ("bus,bus_station,1,1,", "bus,hospital,1,1,"))
    paved_study.put("n1", "hospital", 45)
    paved_study.put("n2", "bus_station", 60)
    cells = paved_study.build(people_figure, figures={"arrivals": arrivals, "depot_weights": weights})
    bus, depot = cells.classes.index("bus"), list(ChargingUse).index(ChargingUse.DEPOT)
    assert cells.period_share[bus, depot].tolist() == [0, 0, 1, 0, 0, 0]
    at = cells.depot_kwh_day[:, bus]
    assert at[paved_study.get_pos(cells, 45)] == pytest.approx(at.sum())


def test_own_life_of_cars_changes_their_stock(paved_study, people_figure, change, get_figure):
    longer = change("stock", ("car,median_life,22,", "car,median_life,44,"))
    plain, own = (
        get_figure(paved_study.build(people_figure, figures=figures), "car: national stock, 2030")
        for figures in ({}, {"stock": longer})
    )
    assert own > 1.2 * plain


@pytest.mark.parametrize(
    ("name", "change_of", "message"),
    [
        ("sales", ("vehicles/year,2019", "vehicles/year,'19"), 'line 4: year is "\'19"; expected a year'),
        ("sales", ("car,sales,1", "two_wheeler,sales,1"), "sales of two_wheeler in 2018 are there already"),
        ("stock", ("car,median_life,22", "car,median_life,0"), "median_life of car is 0; expected more"),
        ("stock", ("car,median_life,22,years", "bus,median_life,22,years"), "median_life of bus is there"),
        (
            "stock",
            ("car,recorded_electric,5200", "car,recorded_electric,9e9"),
            "car: a recorded electric stock of 9",
        ),
        (
            "stock",
            ("car,recorded_electric,5200,vehicles,2025", "car,recorded_electric,5200,vehicles,2099"),
            "is 2099",
        ),
        (
            "policy_targets",
            ("vehicles,2030", "vehicles,2077"),
            "is for 2077; expected a year from 1960 to 2040",
        ),
        (
            "recorded",
            ("2007 to 2025", "2025 to 2007"),
            'line 2: years is "2025 to 2007"; expected a year, or',
        ),
        ("sharing", ("241499431", "0"), "national_people is 0; expected more"),
        ("layers", ("fast_at_fuel_share,0.5", "fast_at_fuel_share,1.5"), "and at most 1"),
        ("layers", ("fast_at_fuel_share,", "fast_share,"), "has no line for fast_at_fuel_share"),
        ("charger_types", ("car,dc_30kw", "car,dc_33kw"), 'line 10: there is no charger "dc_33kw"; expected'),
        ("depot_weights", ("truck,truck_terminal", "truck,lorry_park"), '"lorry_park" is no kind of depot'),
        ("depot_weights", ("truck,truck_terminal,1,", "truck,truck_terminal,0,"), 'rank is "0"; expected 1'),
        (
            "depot_weights",
            ("truck,truck_terminal", "truck,fleet_yard"),
            "fleet_yard of truck is there already",
        ),
        ("depot_weights", ("any,", "every,"), 'has no line of the class "any"'),
        ("place_weights", ("mall,10", "mall,-10"), 'weight is "-10"; expected a number of at least 0'),
        ("place_dwell", ("mall,2", "shop,2"), '"shop" is no kind of place'),
        ("traffic_flow", ("primary,6", "trunk,6"), 'the class "trunk" is there twice'),
        ("people_spread", ("share,0.2", "share,2"), "and at most 1"),
        ("city_electric", ("lahore,", "lahor,"), "expected a city of data/cities.yaml"),
    ],
)
def test_fault_of_an_own_file_is_named(paved_study, people_figure, change, name, change_of, message):
    with pytest.raises(DataError, match=rf"demand\.figures\.{name}: .*{re.escape(message)}"):
        paved_study.build(people_figure, city="lahore", figures={name: change(name, change_of)})


def test_check_names_the_faults_of_all_own_files_at_once(write_text, people_figure):
    bad = write_text("mine.csv", "what,of,it\n1,2,3\n")
    names = (
        "arrivals",
        "place_weights",
        "place_dwell",
        "traffic_flow",
        "layers",
        "depot_weights",
        "people_spread",
    )
    settings = DemandSettings.model_validate(
        {"population": people_figure, "figures": dict.fromkeys(names, bad)}, strict=False
    )
    with pytest.raises(DataError) as caught:
        check_figure_files(settings)
    assert {fault.split(":")[0] for fault in caught.value.faults} == {
        f"demand.figures.{name}" for name in names
    }
