"""Exports of Open Charge Map as existing stations; the files are drawn after its published form."""

import json

import pytest

from chargeplan.errors import DataError
from chargeplan.sites.open_charge_map import is_open_charge_map

OWN_HEADER = (  # of Open Charge Map's own CSV output; it names no power
    "ID,UUID, LocationTitle,AddressLine1,Town,Country,Latitude,Longitude,ConnectionType,ChargerType,UsageType,"
    "NumberOfPoints,GeneralComments,DateLastConfirmed,StatusType,DateLastStatusUpdate"
)


def make_station(number, lon, lat, connections, **more):
    return {
        "ID": number,
        "AddressInfo": {"Title": f"Station {number}", "Latitude": lat, "Longitude": lon},
        "OperatorInfo": {"Title": "HUBCO Green"},
        "Connections": connections,
        "StatusType": {"IsOperational": True, "ID": 50},
    } | more


@pytest.fixture
def write_json(study):
    def write(*stations, name="poi.json", whole=True):
        path = study.folder / name
        path.write_text(json.dumps(list(stations) if whole else stations[0]), encoding="utf-8")
        study.add_file(path, "existing")
        return path

    return write


def get_row(sites, site_id):
    return sites.table.set_index("site_id").loc[site_id]


@pytest.fixture
def lonlat_of():
    import numpy as np

    from chargeplan.geo import to_degrees

    def find(x_m, y_m):
        lon, lat = to_degrees(np.array([320_000.0 + x_m]), np.array([3_728_000.0 + y_m]), "EPSG:32643")
        return float(lon[0]), float(lat[0])

    return find


@pytest.mark.parametrize(
    ("connections", "points", "chargers", "power_kw"),
    [
        ([{"PowerKW": 60, "Quantity": 1}], None, 1, 60.0),
        ([{"PowerKW": 60, "Quantity": 2}, {"PowerKW": 22, "Quantity": 1}], None, 3, 142.0),
        # One charger of 60 kW with two plugs: two connections, one point.
        ([{"PowerKW": 60, "Quantity": 1}, {"PowerKW": 60, "Quantity": 1}], 1, 1, 60.0),
        ([{"PowerKW": 120, "Quantity": None}, {"PowerKW": 22}], None, 2, 142.0),
    ],
)
def test_chargers_and_power_of_a_json_station(
    study, write_json, lonlat_of, connections, points, chargers, power_kw
):
    study.put("n1", "fuel", 3000, 3000)
    write_json(make_station(7, *lonlat_of(500, 500), connections, NumberOfPoints=points))
    row = get_row(study.build(), "ocm:7")
    assert (row["status"], row["kind"]) == ("existing", "charging_station")
    assert (row["name"], row["brand"]) == ("Station 7", "HUBCO Green")
    assert (row["existing_chargers"], row["existing_power_kw"]) == (chargers, power_kw)


def test_a_file_with_one_station_is_read_too(study, write_json, lonlat_of):
    write_json(make_station(9, *lonlat_of(500, 500), [{"PowerKW": 30}]), whole=False)
    assert study.build().table["site_id"].tolist() == ["ocm:9"]


def test_planned_closed_and_removed_stations_are_left_out_and_counted(study, write_json, lonlat_of, caplog):
    places = [lonlat_of(2500 + 400 * number, 3000) for number in range(4)]
    caplog.set_level("INFO")
    write_json(
        make_station(1, *places[0], []),
        make_station(2, *places[1], [], StatusType={"IsOperational": False, "ID": 150}),
        make_station(3, *places[2], [], StatusType=None, StatusTypeID=200),
        make_station(4, *places[3], [], StatusType=None, StatusTypeID=75),  # partly operational
    )
    assert sorted(study.build().table["site_id"]) == ["ocm:1", "ocm:4"]
    assert (
        "2 of 4 stations are not in operation (planned, closed or removed) and were left out" in caplog.text
    )


def test_a_station_without_position_is_refused(study, write_json, lonlat_of):
    write_json(make_station(1, *lonlat_of(500, 500), []), make_station(2, None, 33.0, []))
    with pytest.raises(DataError, match="no Latitude and Longitude in station ocm:2"):
        study.build()


def test_a_station_with_swapped_coordinates_among_others_is_named(study, write_json, lonlat_of):
    lon, lat = lonlat_of(500, 500)
    write_json(make_station(1, lon, lat, []), make_station(2, lat, lon, []))
    with pytest.raises(
        DataError, match=r"swapped in station ocm:2 \(1 of 2\): Longitude is 33\.\d+ and Latitude is 7"
    ):
        study.build()


def test_stations_of_other_countries_are_left_out_and_counted(study, write_json, lonlat_of, caplog):
    """Helsinki (60.2 N, 24.9 E) would be taken for a place of Pakistan with its coordinates swapped."""
    caplog.set_level("INFO")
    helsinki = make_station(2, 24.94, 60.17, [])
    helsinki["AddressInfo"]["Country"] = {"ISOCode": "FI"}
    write_json(make_station(1, *lonlat_of(500, 500), []), helsinki)
    assert study.build().table["site_id"].tolist() == ["ocm:1"]
    assert "1 of 2 stations are in another country and were left out" in caplog.text


def test_a_cut_file_is_refused_as_json(study):
    path = study.folder / "poi.json"
    path.write_text('[{"ID": 1, "Addr', encoding="utf-8")
    study.add_file(path, "existing")
    with pytest.raises(DataError, match=r"poi\.json cannot be read as JSON"):
        study.build()


def test_the_own_csv_of_open_charge_map_has_positions_and_no_power(study, lonlat_of):
    lon, lat = lonlat_of(500, 500)
    row = f"11,u,PSO I-8,x,Islamabad,Pakistan,{lat!r},{lon!r},CCS,3,Public,2,,,Operational,"
    closed = f"12,u,Old,x,Islamabad,Pakistan,{lat!r},{lon!r},CCS,3,Public,2,,,Not Operational,"
    path = study.folder / "ocm.csv"
    path.write_text("\n".join([OWN_HEADER, row, closed]) + "\n", encoding="utf-8")
    study.add_file(path, "existing")
    sites = study.build()
    assert sites.table["site_id"].tolist() == ["ocm:11"]
    station = get_row(sites, "ocm:11")
    assert (station["name"], station["existing_chargers"]) == ("PSO I-8", 2)
    assert station["existing_power_kw"] > 0  # from data/costs/site_figures.csv, told in the log


def test_a_table_made_by_hand_may_hold_several_powers(study, lonlat_of):
    """As a planner keeps it: ocm_id, operator, lat, lon, power_kw with several values."""
    lon, lat = lonlat_of(500, 500)
    path = study.folder / "chargers.csv"
    path.write_text(
        "ocm_id,name,operator,place,lat,lon,power_kw,connectors\n"
        f"478137,Packages Mall,Go Green,Lahore,{lat!r},{lon!r},120;22,CCS2;Type2 AC\n",
        encoding="utf-8",
    )
    study.add_file(path, "existing")
    station = get_row(study.build(), "ocm:478137")
    assert (station["existing_chargers"], station["existing_power_kw"], station["brand"]) == (
        2,
        142.0,
        "Go Green",
    )


def test_an_export_without_latitude_says_so(study):
    path = study.folder / "chargers.csv"
    path.write_text("ocm_id,name,lon\n1,A,73.0\n", encoding="utf-8")
    study.add_file(path, "existing")
    with pytest.raises(DataError, match="looks like an export of Open Charge Map but has no lat"):
        study.build()


def test_a_planners_file_is_not_taken_for_an_export():
    assert not is_open_charge_map(["id", "lon", "lat", "name"])
    assert is_open_charge_map(OWN_HEADER.split(","))
