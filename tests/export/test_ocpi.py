"""OCPI and Open Charge Map: what the specification asks for, held by the schemas, and what the plan says."""

import copy
import json
import re
from dataclasses import replace

import jsonschema
import pytest

from chargeplan.export.chargers import PlannedChargers, list_planned_chargers
from chargeplan.export.ocm import build_places
from chargeplan.export.ocpi import SCHEMA_NAME, build_locations
from chargeplan.export.place_ids import make_place_ids
from chargeplan.export.schema_check import find_schema_faults


@pytest.fixture(scope="module")
def ocpi_schema(project_folder):
    path = project_folder / "chargeplan" / "export" / "schemas" / "ocpi-2.2.1-location.json"
    return json.loads(path.read_text(encoding="utf-8"))


# The public location of the specification's own examples (2.2.1, module locations), shortened.
EXAMPLE = {
    "country_code": "BE",
    "party_id": "BEC",
    "id": "LOC1",
    "publish": True,
    "name": "Gent Zuid",
    "address": "F.Rooseveltlaan 3A",
    "city": "Gent",
    "postal_code": "9000",
    "country": "BEL",
    "coordinates": {"latitude": "51.047599", "longitude": "3.729944"},
    "parking_type": "ON_STREET",
    "evses": [
        {
            "uid": "3256",
            "evse_id": "BE*BEC*E041503001",
            "status": "AVAILABLE",
            "status_schedule": [],
            "capabilities": ["RESERVABLE"],
            "connectors": [
                {
                    "id": "1",
                    "standard": "IEC_62196_T2",
                    "format": "CABLE",
                    "power_type": "AC_3_PHASE",
                    "max_voltage": 220,
                    "max_amperage": 16,
                    "tariff_ids": ["11"],
                    "last_updated": "2015-03-16T10:10:02Z",
                }
            ],
            "physical_reference": "1",
            "floor_level": "-1",
            "last_updated": "2015-06-28T08:12:01Z",
        }
    ],
    "operator": {"name": "BeCharged"},
    "time_zone": "Europe/Brussels",
    "last_updated": "2015-06-29T20:39:09Z",
}


def change(data, path, value):
    """Copy plain data with one member changed, or removed when the value is `...`."""
    copied = copy.deepcopy(data)
    *parents, last = path
    at = copied
    for step in parents:
        at = at[step]
    if value is ...:
        del at[last]
    else:
        at[last] = value
    return copied


EVSE, CONNECTOR = ("evses", 0), ("evses", 0, "connectors", 0)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        *[
            ((name,), ...)
            for name in ("country_code", "party_id", "id", "publish", "address", "city", "country")
        ],
        *[((name,), ...) for name in ("coordinates", "time_zone", "last_updated")],
        *[((*EVSE, name), ...) for name in ("uid", "status", "connectors", "last_updated")],
        *[((*CONNECTOR, name), ...) for name in ("id", "standard", "format", "power_type", "max_voltage")],
        (("country",), "PK"),
        (("country_code",), "PAK"),
        (("party_id",), "BECH"),
        (("id",), "x" * 37),
        (("id",), "فیول"),
        (("name",), "n" * 256),
        (("address",), "a" * 46),
        (("city",), "c" * 46),
        (("publish",), "false"),
        (("time_zone",), 5),
        (("coordinates", "latitude"), 51.047599),
        (("coordinates", "latitude"), "51.0475"),
        (("coordinates", "latitude"), "51.04759912"),
        (("coordinates", "longitude"), "3,729944"),
        (("last_updated",), "2015-06-29 20:39:09"),
        (("last_updated",), "2015-13-29T20:39:09Z"),
        (("last_updated",), "2015-06-29T20:39:09+05:00"),
        ((*EVSE, "status"), "planned"),
        ((*EVSE, "uid"), "x" * 37),
        ((*EVSE, "connectors"), []),
        ((*EVSE, "status_schedule"), [{"status": "AVAILABLE"}]),
        ((*CONNECTOR, "standard"), "CCS2"),
        ((*CONNECTOR, "format"), "PLUG"),
        ((*CONNECTOR, "power_type"), "AC"),
        ((*CONNECTOR, "max_voltage"), 220.5),
        ((*CONNECTOR, "max_amperage"), 0),
        (("facilities",), ["PETROL"]),
        (("parking_type",), "GARAGE"),
        (("opening_times",), {"twentyfourseven": False}),
        (("publish_allowed_to",), [{"uid": "1", "type": "RFID"}]),
        (("operator",), {"name": "o" * 101}),
        (("attribution",), "anybody"),
    ],
    ids=str,
)
def test_the_schema_refuses_what_the_specification_does_not_allow(path, value, ocpi_schema):
    jsonschema.validate([EXAMPLE], ocpi_schema)
    assert find_schema_faults(SCHEMA_NAME, [EXAMPLE]) == []
    faults = find_schema_faults(SCHEMA_NAME, [change(EXAMPLE, path, value)])
    assert len(faults) >= 1


def test_the_closed_sets_are_as_many_words_as_the_specification_has(ocpi_schema):
    # Counted in the tables of mod_locations of release 2.2.1.
    sets = {name: len(each["enum"]) for name, each in ocpi_schema["$defs"].items() if "enum" in each}
    counts = {"Status": 9, "Capability": 13, "ParkingRestriction": 5, "ParkingType": 6, "Facility": 20}
    assert sets == counts
    assert len(ocpi_schema["$defs"]["Connector"]["properties"]["standard"]["enum"]) == 40


def test_every_new_station_is_a_location_with_its_chargers_planned(plan, hard_plan, yearly_plan):
    for each in (plan, hard_plan, yearly_plan):
        locations = build_locations(each)
        new = each.stations[each.stations["is_new"]]
        assert find_schema_faults(SCHEMA_NAME, locations) == []
        assert [len(location["evses"]) for location in locations] == new["chargers"].tolist()
        assert {evse["status"] for location in locations for evse in location["evses"]} == {"PLANNED"}
        assert {location["publish"] for location in locations} == {False}
        uids = [evse["uid"].casefold() for location in locations for evse in location["evses"]]
        assert len(set(uids)) == len(uids)


def test_coordinates_are_texts_of_seven_decimals(plan):
    for location in build_locations(plan):
        assert re.fullmatch(r"\d\d\.\d{7}", location["coordinates"]["latitude"])
        assert re.fullmatch(r"\d\d\.\d{7}", location["coordinates"]["longitude"])


def test_an_address_is_a_road_or_zone_and_never_the_name_of_the_place(plan, hard_plan):
    for each in (plan, hard_plan):
        for location in build_locations(each):
            assert location["address"].casefold() != location["name"][:45].casefold()
    addresses = [location["address"] for location in build_locations(plan)]
    roads = {name for name in plan.bundle.network.roads["name"] if name}
    assert any(address.split(", ")[0] in roads for address in addresses)
    nameless = plan.bundle.network.roads.assign(name="")
    network = replace(plan.bundle.network, roads=nameless)
    zones = plan.stations[plan.stations["is_new"]]["zone_name"].tolist()
    bare = build_locations(replace(plan, bundle=replace(plan.bundle, network=network)))
    assert [location["address"] for location in bare] == zones


def test_years_become_the_schedule_of_each_charger(yearly_plan):
    # Four of eight in 2028, the other type in 2030, see conftest.
    chargers = list_planned_chargers(yearly_plan.bundle)["n0002"]
    assert chargers == [PlannedChargers("slow", 4, 2028), PlannedChargers("fast", 4, 2030)]
    location = next(each for each in build_locations(yearly_plan) if each["id"] == "n0002")
    told = [(evse["status_schedule"], evse["connectors"][0]["standard"]) for evse in location["evses"]]
    early = [{"period_begin": "2028-01-01T00:00:00Z", "status": "AVAILABLE"}]
    late = [{"period_begin": "2030-01-01T00:00:00Z", "status": "AVAILABLE"}]
    assert told == [(early, "IEC_62196_T2")] * 4 + [(late, "IEC_62196_T2_COMBO")] * 4


def test_a_plan_without_years_promises_no_date(plan):
    assert all("status_schedule" not in evse for each in build_locations(plan) for evse in each["evses"])
    assert all("DatePlanned" not in each for each in build_places(plan))


def test_times_are_of_the_data_or_of_the_user_and_never_a_clock(plan):
    assert {each["last_updated"] for each in build_locations(plan)} == {"2026-01-31T00:00:00Z"}
    named = replace(plan, options=replace(plan.options, last_updated="2026-03-01T00:00:00Z"))
    assert {each["last_updated"] for each in build_locations(named)} == {"2026-03-01T00:00:00Z"}


def test_the_city_and_the_party_are_the_user_s(plan):
    options = replace(plan.options, city="Rawalpindi", party_id="ABC", country_code="PK")
    told = build_locations(replace(plan, options=options))[0]
    assert (told["city"], told["party_id"], told["country_code"]) == ("Rawalpindi", "ABC", "PK")
    assert build_locations(plan)[0]["city"] == "Sample study"  # no city in its config


def test_open_charge_map_places_are_planned(plan, yearly_plan, exported):
    for each in (plan, yearly_plan):
        places = build_places(each)
        assert find_schema_faults("ocm-poi-planned.json", places) == []
        assert {place["StatusTypeID"] for place in places} == {150}
        new = each.stations[each.stations["is_new"]]
        assert [place["NumberOfPoints"] for place in places] == new["chargers"].tolist()
    place = next(each for each in build_places(yearly_plan) if each["OperatorsReference"] == "n0002")
    assert place["DatePlanned"] == "2028-01-01T00:00:00Z"
    told = [
        (each["ConnectionTypeID"], each["LevelID"], each["CurrentTypeID"]) for each in place["Connections"]
    ]
    assert told == [(1036, 2, 10), (33, 3, 30)]  # Type 2 with a cable at 7.4 kW, CCS2 at 60 kW
    assert [each["Quantity"] for each in place["Connections"]] == [4, 4]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("StatusTypeID",), 50),
        (("ID",), 5),
        (("DataProviderID",), 1),
        (("SubmissionStatusTypeID",), 200),
        (("NumberOfPoints",), 0),
        (("UsageTypeID",), 9),
        (("AddressInfo", "Title"), ""),
        (("AddressInfo", "CountryID"), 1),
        (("AddressInfo", "Latitude"), "33.7"),
        (("Connections",), []),
        (("Connections", 0, "PowerKW"), 0),
        (("Connections", 0, "CurrentTypeID"), 3),
        (("Connections", 0, "StatusTypeID"), 50),
    ],
    ids=str,
)
def test_the_schema_of_open_charge_map_refuses_what_is_no_planned_place(path, value, plan):
    place = build_places(plan)[0]
    assert find_schema_faults("ocm-poi-planned.json", [place]) == []
    assert len(find_schema_faults("ocm-poi-planned.json", [change(place, path, value)])) == 1


def test_ids_that_do_not_fit_are_shortened_and_stay_apart():
    ids = ["n123", "N123", "فیول پمپ.csv:7", "x" * 80, "x" * 79 + "y", "a b", ""]
    made = make_place_ids([*ids, "w45"])
    assert made["w45"] == "w45"
    assert len({each.casefold() for each in made.values()}) == len(made)
    for each in made.values():
        assert re.fullmatch(r"[!-~]{1,30}", each)
