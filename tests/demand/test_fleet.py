"""Vehicles: energy worked out by hand, the planner's changes, and a fleet file's faults."""

import pytest
from pydantic import ValidationError

from chargeplan.config.settings import FleetSettings
from chargeplan.demand.fleet import read_fleet
from chargeplan.errors import ConfigError, DataError

HEADER = "class,quantity,value,unit,year,source,confidence"
CAR = [
    "car,vehicles_per_1000,20,vehicles,2026,made up,low",
    "car,electric_share,0.1,share,2026,made up,low",
    "car,km_day,30,km/day,2026,made up,low",
    "car,kwh_km,0.2,kWh/km,2026,made up,low",
    "car,public_share,0.5,share,2026,made up,low",
]


@pytest.fixture
def read(write_text):
    def run(lines, header=HEADER, **classes):
        path = write_text("fleet.csv", "\n".join([header, *lines, ""]))
        return read_fleet(FleetSettings.model_validate({"path": path, "classes": classes}, strict=False))

    return run


def get_kwh_per_1000(fleet):
    return {vehicles.name: 1000 * vehicles.public_kwh_day_per_person for vehicles in fleet}


def test_energy_of_the_projects_fleet_is_that_worked_out_by_hand():
    """vehicles per 1,000 x electric share x km/day x kWh/km x public share of data/fleet/pakistan.csv.

    bus            1.53585  x 0.00603386 x 250 x 1.17  x 0.1 = 0.00926713 x 29.25 = 0.271064
    car           19.7686   x 0.0207693  x  35 x 0.15  x 0.3 = 0.410580   x 1.575 = 0.646664
    three_wheeler  2.89856  x 0.0770714  x 100 x 0.048 x 0.6 = 0.223396   x 2.88  = 0.643381
    truck          1.46675  x 0.00845802 x 200 x 1.2   x 0.3 = 0.0124058  x 72    = 0.893218
    two_wheeler  113.444    x 0.0730018  x  30 x 0.021 x 0.2 = 8.28162    x 0.126 = 1.043484
    """
    assert get_kwh_per_1000(read_fleet(FleetSettings())) == pytest.approx(
        {
            "bus": 0.271064,
            "car": 0.646664,
            "three_wheeler": 0.643381,
            "truck": 0.893218,
            "two_wheeler": 1.043484,
        },
        rel=1e-5,
    )


def test_energy_of_a_build_is_people_times_energy_per_person(paved_study, people_figure, get_figure):
    """1,000 people; see the table above."""
    cells = paved_study.build(people_figure)
    assert cells.classes == ("bus", "car", "three_wheeler", "truck", "two_wheeler")
    assert cells.kwh_day.sum(axis=0) == pytest.approx(
        [0.271064, 0.646664, 0.643381, 0.893218, 1.043484], rel=1e-5
    )
    assert get_figure(cells, "car: vehicles") == pytest.approx(19.7686)
    assert get_figure(cells, "car: electric vehicles") == pytest.approx(0.410580, rel=1e-5)
    assert get_figure(cells, "car: public charging") == pytest.approx(0.646664, rel=1e-5)
    assert get_figure(cells, "public charging in the study area") == pytest.approx(3.497811, rel=1e-5)


def test_explanation_keeps_source_and_confidence_of_each_figure(paved_study, people_figure):
    cells = paved_study.build(people_figure, fleet={"classes": {"car": {"km_day": 50}}})
    told = cells.explanation.set_index("step")
    assert told.loc["car: kwh km", "confidence"] == "low"
    assert "Profit 25 Jun 2025" in told.loc["car: kwh km", "source"]
    assert tuple(told.loc["truck: km day", ["source", "confidence"]]) == (
        "assumption, no source found",
        "assumption",
    )
    assert tuple(told.loc["car: km day"]) == (50.0, "km/day", "demand.fleet.classes.car", "planner")


def test_own_fleet_file_and_a_changed_figure(read):
    """20 x 0.1 x 30 x 0.2 x 0.5 = 6 kWh/day per 1,000 people; with twice the way 12."""
    assert get_kwh_per_1000(read(CAR)) == pytest.approx({"car": 6.0})
    assert get_kwh_per_1000(read(CAR, car={"km_day": 60})) == pytest.approx({"car": 12.0})


def test_changed_figure_may_be_zero(read):
    """Zero is a value and not "left out"."""
    van = {"vehicles_per_1000": 1, "electric_share": 1, "km_day": 1, "kwh_km": 1, "public_share": 1}
    assert get_kwh_per_1000(read(CAR, car={"public_share": 0}, van=van)) == pytest.approx(
        {"car": 0.0, "van": 1.0}
    )


def test_new_class_needs_every_figure(read):
    with pytest.raises(
        ConfigError,
        match=r'fleet file fleet\.csv has no class "cars" \(did you mean "car"\?\); a new class needs all of vehicles',
    ):
        read(CAR, cars={"km_day": 60})


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
        DataError, match=r'line 7: "km_days" is no quantity \(did you mean "km_day"\?\); expected veh'
    ):
        read([*CAR, "car,km_days,30,km/day,2026,made up,low"])


def test_repeated_figure_is_refused_with_both_lines(read):
    with pytest.raises(DataError, match=r"line 7: km_day of car is there already, in line 4"):
        read([*CAR, CAR[2]])


def test_missing_figures_are_named(read):
    with pytest.raises(
        DataError, match=r"fleet\.csv has no km_day, kwh_km for the class car; add a line for each"
    ):
        read([*CAR[:2], CAR[4]])


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
        read_fleet(FleetSettings(path=path))
    path.write_bytes(b"class,quantity\n\xff\xfe,1\n")
    with pytest.raises(
        DataError, match=r"(?s)demand\.fleet\.path: gone\.csv has no column|cannot be read as CSV"
    ):
        read_fleet(FleetSettings(path=path))
    path.write_bytes(HEADER.encode() + b"\ncar,km_day,30,km/day,2026,\xff,low\n")
    with pytest.raises(DataError, match=r"gone\.csv cannot be read as CSV in UTF-8: .*; save it so"):
        read_fleet(FleetSettings(path=path))
