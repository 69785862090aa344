"""Vehicles: energy worked out by hand, the planner's changes, and a fleet file's faults."""

import itertools

import pytest
from pydantic import ValidationError

from chargeplan.config.settings import DemandSettings, FleetSettings
from chargeplan.demand.fleet import read_fleet
from chargeplan.demand.national import project_fleet, read_histories
from chargeplan.demand.scenario import read_scenario
from chargeplan.errors import ConfigError, DataError
from chargeplan.words import ChargingUse

PEOPLE = {"source": "figures", "figures": [{"name": "x", "people": 1000.0, "source": "made up"}]}
HEADER = "class,quantity,value,unit,year,source,confidence"
CAR = [
    "car,vehicles_per_1000,20,vehicles,2026,made up,low",
    "car,electric_share,0.1,share,2026,made up,low",
    "car,km_day,30,km/day,2026,made up,low",
    "car,kwh_km,0.2,kWh/km,2026,made up,low",
    "car,battery_kwh,40,kWh,2026,made up,low",
    "car,overnight_share,0.3,share,2026,made up,low",
    "car,destination_share,0.15,share,2026,made up,low",
    "car,fast_share,0.05,share,2026,made up,low",
    "car,depot_share,0.1,share,2026,made up,low",
    "car,swap_share,0,share,2026,made up,low",
]
# What a new class must give.
VAN = {
    "electric_share": 1,
    "km_day": 1,
    "kwh_km": 1,
    "battery_kwh": 50,
    "overnight_share": 0.5,
    "destination_share": 0,
    "fast_share": 0.5,
    "depot_share": 0,
    "swap_share": 0,
}


def read_with(path=None, *, year=2030, city=None, scenario="nev-2030", **classes):
    fleet = {"classes": classes} | ({} if path is None else {"path": path})
    options = DemandSettings.model_validate(
        {"population": PEOPLE, "scenario": scenario, "fleet": fleet}, strict=False
    )
    return read_fleet(options, year=year, city=city)


@pytest.fixture
def read(write_text):
    def run(lines, header=HEADER, **classes):
        return read_with(write_text("fleet.csv", "\n".join([header, *lines, ""])), **classes)

    return run


def get_kwh_per_1000(fleet, people=1000.0):
    """Energy that stations can serve."""
    by_use = fleet.compute_kwh_day_per_person(people) * 1000
    return dict(zip(fleet.names, by_use[:, :3].sum(axis=1).tolist(), strict=True))


def test_order_of_the_uses():
    """The columns of this file's tables."""
    assert list(ChargingUse) == ["overnight", "destination", "fast", "depot"]


def test_energy_of_the_projects_fleet_is_that_worked_out_by_hand():
    """Electric vehicles of the nation in 2030 by its people, then data/fleet/vehicles.csv.

    kWh/day per vehicle: bus 250 x 350/300, car 35 x 0.15, taxi 150 x 0.15, three-wheeler 100 x 0.048,
    truck 200 x 1.2, motorcycle 30 x 0.021; public shares: 0.05, 0.3, 0.7, 0.6, 0.15, 0.2. Two- and
    three-wheelers swap a tenth of it.
    """
    national = project_fleet(read_histories(), read_scenario("nev-2030"))
    electric = dict(
        zip(national.classes, national.electric_stock[national.get_row(2030)] / 241499.431, strict=True)
    )
    expected = {
        "bus": electric["bus"] * 250 * 350 / 300 * 0.05,
        "car": electric["car"] * 35 * 0.15 * 0.3,
        "taxi": electric["taxi"] * 150 * 0.15 * 0.7,
        "three_wheeler": electric["three_wheeler"] * 100 * 0.048 * 0.6 * 0.9,
        "truck": electric["truck"] * 200 * 1.2 * 0.15,
        "two_wheeler": electric["two_wheeler"] * 30 * 0.021 * 0.2 * 0.9,
    }
    assert get_kwh_per_1000(read_with()) == pytest.approx(expected, rel=1e-9)
    # 1,096,386 electric motorcycles (test_scenario counts them by a plain loop) among 241,499,431 people.
    assert expected["two_wheeler"] == pytest.approx(1096386.187 / 241499.431 * 0.1134, rel=1e-6)


def test_energy_of_a_build_is_people_times_energy_per_person(paved_study, people_figure, get_figure):
    """1,000 people: 20 cars, 2 electric, 6 kWh/day each, half of it at stations and a tenth at depots."""
    car = {"vehicles_per_1000": 20, "electric_share": 0.1, "km_day": 30, "kwh_km": 0.2}
    car |= {"overnight_share": 0.3, "destination_share": 0.15, "fast_share": 0.05, "depot_share": 0.1}
    cells = paved_study.build(people_figure, fleet={"classes": {"car": car}})
    assert cells.classes == ("bus", "car", "taxi", "three_wheeler", "truck", "two_wheeler")
    assert cells.uses == ("overnight", "destination", "fast", "depot")
    assert cells.kwh_day_by_use[:, 1].sum(axis=0) == pytest.approx([3.6, 1.8, 0.6, 1.2])
    assert cells.kwh_day[:, 1].sum() == pytest.approx(6.0)
    assert cells.kwh_day_by_period.sum() == pytest.approx(cells.kwh_day.sum())
    assert get_figure(cells, "car: vehicles") == pytest.approx(20)
    assert get_figure(cells, "car: electric vehicles") == pytest.approx(2)
    assert get_figure(cells, "car: all charging") == pytest.approx(12)
    assert get_figure(cells, "car: overnight charging") == pytest.approx(3.6)
    assert get_figure(cells, "car: public charging") == pytest.approx(6)
    total = sum(get_figure(cells, f"{name}: public charging") for name in cells.classes)
    assert get_figure(cells, "public charging in the study area") == pytest.approx(total)
    assert cells.kwh_day_in == pytest.approx(total)


def test_explanation_keeps_source_and_confidence_of_each_figure(paved_study, people_figure):
    cells = paved_study.build(people_figure, fleet={"classes": {"car": {"km_day": 50}}})
    told = cells.explanation.set_index("step")
    assert told.index.is_unique
    assert told.loc["car: kwh km", "confidence"] == "low"
    assert "Profit 25 Jun 2025" in told.loc["car: kwh km", "source"]
    assert tuple(told.loc["truck: km day", ["source", "confidence"]]) == (
        "assumption, no source found",
        "assumption",
    )
    assert tuple(told.loc["car: km day"]) == (50.0, "km/day", "demand.fleet.classes.car", "planner")
    assert told.loc["two_wheeler: recorded electric stock, June 2025", "value"] == 70000
    assert told.loc["car: policy's stock target for 2030", "value"] == 99155
    assert (told["source"] != "").all()


def test_people_lead_to_energy_line_by_line(paved_study, people_figure, get_figure):
    """Each computed line of a class follows from the lines above it."""
    cells = paved_study.build(people_figure, city="islamabad", year=2033)
    people = get_figure(cells, "people in the study area")
    for name in cells.classes:
        nation = get_figure(cells, f"{name}: national stock, 2033") / get_figure(cells, "people of pakistan")
        weight = get_figure(cells, f"{name}: vehicles per person, city by nation")
        per_1000 = get_figure(cells, f"{name}: vehicles per 1,000 people")
        assert per_1000 == pytest.approx(1000 * nation * weight)
        vehicles = get_figure(cells, f"{name}: vehicles")
        assert vehicles == pytest.approx(people / 1000 * per_1000)
        electric = vehicles * get_figure(cells, f"{name}: electric share")
        assert get_figure(cells, f"{name}: electric vehicles") == pytest.approx(electric)
        energy = electric * get_figure(cells, f"{name}: km day") * get_figure(cells, f"{name}: kwh km")
        assert get_figure(cells, f"{name}: all charging") == pytest.approx(energy)
        for use in ("overnight", "destination", "fast", "depot"):
            share = get_figure(cells, f"{name}: {use} share")
            if use != "depot":
                share *= 1 - get_figure(cells, f"{name}: swap share")
            assert get_figure(cells, f"{name}: {use} charging") == pytest.approx(energy * share)


def test_own_fleet_file_and_a_changed_figure(read):
    """20 x 0.1 x 30 x 0.2 x 0.5 = 6 kWh/day per 1,000 people; with twice the way 12."""
    assert get_kwh_per_1000(read(CAR)) == pytest.approx({"car": 6.0})
    assert get_kwh_per_1000(read(CAR, car={"km_day": 60})) == pytest.approx({"car": 12.0})


def test_changed_figure_may_be_zero(read):
    """Zero is a value and not "left out"."""
    home = {"overnight_share": 0, "destination_share": 0, "fast_share": 0}
    fleet = read(CAR, car=home, van=VAN | {"vehicles_per_1000": 1})
    assert get_kwh_per_1000(fleet) == pytest.approx({"car": 0.0, "van": 1.0})


def test_own_number_of_vehicles_replaces_the_national_stock():
    """47,277.26 motorcycles in Islamabad's 2,363,863 people are 20 per 1,000; without a city they are those
    of the people read."""
    in_city = read_with(city="islamabad", two_wheeler={"vehicles": 47277.26, "electric_share": 0.5})
    assert get_kwh_per_1000(in_city)["two_wheeler"] == pytest.approx(20 * 0.5 * 0.63 * 0.2 * 0.9)
    among_read = read_with(two_wheeler={"vehicles": 500, "electric_share": 0.5})
    assert get_kwh_per_1000(among_read, people=10_000.0)["two_wheeler"] == pytest.approx(50 * 0.5 * 0.1134)
    assert in_city.classes[-1].vehicles.confidence == "planner"


def test_own_number_wins_over_that_of_the_own_file(read):
    """10 instead of 20 per 1,000."""
    assert get_kwh_per_1000(read(CAR, car={"vehicles_per_1000": 10})) == pytest.approx({"car": 3.0})
    assert get_kwh_per_1000(read(CAR, car={"vehicles": 10}), people=1000.0) == pytest.approx({"car": 3.0})


def test_outages_move_charging_at_home_to_fast_charging():
    """outage-stress: a tenth of what cars charge at home (1 - 0.3) is charged fast: 0.1 + 0.07."""
    car = next(one for one in read_with(scenario="outage-stress").classes if one.name == "car")
    assert car.use_shares == pytest.approx([0.1, 0.1, 0.17, 0.0])
    normal = next(one for one in read_with().classes if one.name == "car")
    assert normal.use_shares == pytest.approx([0.1, 0.1, 0.1, 0.0])


def test_year_counts():
    energy = [sum(get_kwh_per_1000(read_with(year=year)).values()) for year in range(2026, 2041)]
    assert all(later > earlier for earlier, later in itertools.pairwise(energy))


def test_chargers_that_a_class_can_use():
    fleet = {one.name: one.charger_types for one in read_with(car={"charger_types": ["dc_60kw"]}).classes}
    assert fleet["car"].value == 1
    assert fleet["car"].source == "dc_60kw; demand.fleet.classes.car.charger_types"
    assert "swap_cabinet" in fleet["two_wheeler"].source
    assert "swap_cabinet" not in fleet["bus"].source


def test_the_power_of_its_plugs_says_which_chargers_a_class_can_use(paved_study, people_figure):
    """Two-wheelers: post of 3.3 kW, 7 kW, and a swap cabinet of 10 kW, which has no plug."""
    taxi = {"charger_types": ["swap_cabinet"]}
    cells = paved_study.build(people_figure, fleet={"classes": {"taxi": taxi}})
    powers = dict(zip(cells.classes, cells.charger_kw.tolist(), strict=True))
    assert (powers["two_wheeler"], powers["car"], powers["bus"]) == ([3.3, 7], [7, 180], [120, 360])

    def list_users(power_kw):
        return {name for name, can in zip(cells.classes, cells.can_use(power_kw), strict=True) if can}

    assert list_users(7) == {"two_wheeler", "three_wheeler", "car"}
    assert list_users(22) == {"car"}
    assert list_users(150) == {"car", "bus", "truck"}


def test_a_charger_that_does_not_exist_is_refused_with_the_nearest_name():
    with pytest.raises(ConfigError, match=r'car\.charger_types: there is no charger "dc_60".*"dc_60kw"'):
        read_with(car={"charger_types": ["dc_60"]})


def test_swapped_batteries_are_counted(paved_study, people_figure, get_figure):
    """20 motorcycles, half electric, 0.63 kWh/day each, 0.2 of it at stations and half of that swapped."""
    two_wheeler = {"vehicles_per_1000": 20, "electric_share": 0.5, "swap_share": 0.5, "battery_kwh": 2}
    cells = paved_study.build(people_figure, fleet={"classes": {"two_wheeler": two_wheeler}})
    assert get_figure(cells, "two_wheeler: batteries swapped") == pytest.approx(10 * 0.63 * 0.2 * 0.5 / 2)
    assert get_figure(cells, "two_wheeler: energy of swapped batteries") == pytest.approx(10 * 0.63 * 0.1)
    assert get_figure(cells, "two_wheeler: public charging") == pytest.approx(10 * 0.63 * 0.1)
    column = cells.classes.index("two_wheeler")
    assert cells.kwh_day[:, column].sum() == pytest.approx(10 * 0.63 * 0.1)


def test_shares_of_a_class_that_add_up_to_more_than_one_are_refused():
    with pytest.raises(
        ConfigError,
        match=r"overnight_share \+ destination_share \+ fast_share \+ depot_share of car are 1\.1; expected at",
    ):
        read_with(car={"overnight_share": 0.9})


def test_vehicles_and_vehicles_per_1000_together_are_refused():
    with pytest.raises(ValidationError, match="say the same thing; give one of the two"):
        FleetSettings.model_validate({"classes": {"car": {"vehicles": 5.0, "vehicles_per_1000": 1.0}}})


def test_year_scenario_and_city_are_checked():
    with pytest.raises(ConfigError, match=r"study\.year: the scenarios go from 2026 to 2040; got 2041"):
        read_with(year=2041)
    with pytest.raises(
        ConfigError, match=r'demand\.scenario: no scenario "nev2030" \(did you mean "nev-2030"'
    ):
        read_with(scenario="nev2030")
    with pytest.raises(ConfigError, match=r'study\.city: no city "islambad" \(did you mean "islamabad"'):
        read_with(city="islambad")


def test_new_class_needs_every_figure(read):
    with pytest.raises(
        ConfigError,
        match=r'has no class "cars" \(did you mean "car"\?\), only car; a new class needs all of vehicles',
    ):
        read(CAR, cars={"km_day": 60})


def test_class_of_an_own_file_without_a_national_stock_needs_its_numbers(read):
    lines = [line.replace("car,", "van,", 1) for line in CAR[2:]]
    with pytest.raises(
        ConfigError,
        match="nothing is known of the national stock of van; give vehicles and electric_share in",
    ):
        read(lines)
    fleet = read(lines, van={"vehicles_per_1000": 20, "electric_share": 0.1})
    assert get_kwh_per_1000(fleet) == pytest.approx({"van": 6.0})


def test_every_unknown_class_is_named_at_once(read):
    with pytest.raises(ConfigError) as caught:
        read(CAR, boat={"km_day": 60}, plane={"km_day": 60})
    assert len(caught.value.faults) == 2


def test_unknown_quantity_of_the_config_is_refused():
    with pytest.raises(ValidationError, match="km_per_day"):
        FleetSettings.model_validate({"classes": {"car": {"km_per_day": 60}}})


def test_fleet_that_charges_nothing_in_public_is_refused(read):
    with pytest.raises(ConfigError, match=r"demand\.fleet: no class of vehicles charges anything in public"):
        read(CAR, car={"electric_share": 0})


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "car,km_day,-30,km/day,2026,made up,low",
            r'line 4: km_day of car is "-30"; expected a number of at least 0$',
        ),
        ("car,km_day,far,km/day,2026,made up,low", r'line 4: km_day of car is "far"; expected a number'),
        ("car,km_day,nan,km/day,2026,made up,low", r'line 4: km_day of car is "nan"; expected a number'),
        ("car,km_day,inf,km/day,2026,made up,low", r'line 4: km_day of car is "inf"; expected a number'),
        (
            "car,km_day,30,miles/day,2026,made up,low",
            r'line 4: the unit of km_day is "miles/day"; expected km/day',
        ),
        (",km_day,30,km/day,2026,made up,low", r"line 4 names no class"),
        (
            "car,km_day,30,km/day,2026,made, up,low",
            r"line 4 does not have 7 cells; put texts with commas in double",
        ),
        ("car,km_day,30,km/day,2026,made up", r"line 4 does not have 7 cells"),
    ],
)
def test_fault_of_a_line_is_named(read, line, message):
    with pytest.raises(DataError, match=r"demand\.fleet\.path: fleet\.csv " + message):
        read([*CAR[:2], line, *CAR[3:]])


def test_share_above_one_is_refused(read):
    line = "car,electric_share,10,share,2026,made up,low"
    with pytest.raises(
        DataError, match=r'electric_share of car is "10"; expected a number of at least 0 and at most 1'
    ):
        read([CAR[0], line, *CAR[2:]])


def test_unknown_quantity_of_the_file_is_refused_with_the_nearest(read):
    with pytest.raises(
        DataError, match=r'line 12: "km_days" is no quantity \(did you mean "km_day"\?\); expected km_day'
    ):
        read([*CAR, "car,km_days,30,km/day,2026,made up,low"])


def test_repeated_figure_is_refused_with_both_lines(read):
    with pytest.raises(DataError, match=r"line 12: km_day of car is there already, in line 4"):
        read([*CAR, CAR[2]])


def test_missing_figures_are_named(read):
    with pytest.raises(
        DataError, match=r"fleet\.csv has no km_day, kwh_km for the class car; add a line for each"
    ):
        read([*CAR[:2], *CAR[4:]])


def test_all_faults_of_a_fleet_file_come_at_once(read):
    lines = ["car,km_day,-30,km/day,2026,made up,low", "car,speed,3,km/h,2026,made up,low", *CAR[:2]]
    with pytest.raises(DataError) as caught:
        read(lines)
    assert len(caught.value.faults) == 3  # negative, unknown, and two figures missing in one line


def test_missing_and_repeated_columns_are_named(read):
    with pytest.raises(DataError) as caught:
        read(CAR, header="class,quantity,Value,unit,source,source,confidence")
    assert [fault.split("fleet.csv has ")[1] for fault in caught.value.faults] == [
        'no column "value"; it has class, quantity, Value, unit, source, source, confidence; did you mean "Value"?',
        'the column "source" more than once; keep one',
    ]


def test_fleet_file_without_rows_missing_or_not_text_is_refused(read, tmp_path):
    with pytest.raises(DataError, match=r"demand\.fleet\.path: .*fleet\.csv has a header and no rows"):
        read([])
    path = tmp_path / "gone.csv"
    with pytest.raises(DataError, match=r"demand\.fleet\.path: no file at .*gone\.csv"):
        read_with(path)
    path.write_bytes(b"class,quantity\n\xff\xfe,1\n")
    with pytest.raises(
        DataError, match=r"(?s)demand\.fleet\.path: gone\.csv has no column|cannot be read as CSV"
    ):
        read_with(path)
    path.write_bytes(HEADER.encode() + b"\ncar,km_day,30,km/day,2026,\xff,low\n")
    with pytest.raises(DataError, match=r"gone\.csv cannot be read as CSV in UTF-8: .*; save it so"):
        read_with(path)
