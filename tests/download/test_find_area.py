"""What Nominatim answers, judged: points, wrong countries, kinds, levels and sizes are refused in words."""

import json
import socket

import pytest
from osm_server import Fault, Mode, OsmServer, OsmStore, When
from scripted_overpass import FakeClock

from chargeplan.download.find_area import find_areas, make_dataset_name, parse_places
from chargeplan.errors import ConfigError, DownloadError
from chargeplan.geo import WGS84, project_geometry


def make_square(side_km, lon=71.5, lat=30.2):
    """A GeoJSON square of that side, made in UTM metres."""
    import shapely

    centre = project_geometry(shapely.Point(lon, lat), WGS84, "EPSG:32642")
    half_m = side_km * 500.0
    box = shapely.box(centre.x - half_m, centre.y - half_m, centre.x + half_m, centre.y + half_m)
    return json.loads(shapely.to_geojson(project_geometry(box, "EPSG:32642", WGS84)))


def make_record(**changes):
    """The record of a district of 3,600 km2, as Nominatim writes it, with changes."""
    record = {
        "osm_type": "relation",
        "osm_id": 16117648,
        "lat": "30.2",
        "lon": "71.5",
        "category": "boundary",
        "type": "administrative",
        "place_rank": 12,
        "addresstype": "district",
        "name": "Multan District",
        "display_name": "Multan District, Multan Division, Punjab, Pakistan",
        "address": {"country": "Pakistan", "country_code": "pk"},
        "geojson": make_square(60),
    }
    return record | changes


def make_point(**changes):
    point = {"type": "Point", "coordinates": [71.5, 30.2]}
    return make_record(
        osm_type="node", osm_id=5, category="place", type="city", place_rank=16, geojson=point, **changes
    )


def judge(*records, name="Multan"):
    return parse_places(json.dumps(records).encode(), name)


def test_district_can_be_fetched_with_the_line_shown():
    (found,) = judge(make_record())
    assert found.refusal == ""
    assert found.command == "chargeplan fetch multan --relation 16117648"
    assert (found.level, found.level_words, found.country) == (6, "district", "Pakistan")
    # 60 km by 60 km.
    assert found.area_km2 == pytest.approx(3600, rel=1e-3)


def test_point_is_refused_and_a_circle_offered():
    (found,) = judge(make_point())
    assert "it is a point and has no boundary" in found.refusal
    assert found.command == "chargeplan fetch multan --circle 71.5000,30.2000,10"
    assert found.area_km2 == 0


def test_node_first_leaves_the_relation_behind_it_usable():
    node, relation = judge(make_point(), make_record())
    assert node.refusal
    assert not relation.refusal


def test_division_and_district_of_one_name_are_told_apart():
    division = make_record(osm_id=9, place_rank=10, geojson=make_square(80), name="Multan Division")
    larger, smaller = judge(division, make_record())
    assert (larger.level_words, round(larger.area_km2, -2)) == ("division", 6400)
    assert (smaller.level_words, round(smaller.area_km2, -2)) == ("district", 3600)


def test_division_too_large_is_refused_with_its_size_limit():
    (found,) = judge(make_record(place_rank=10, geojson=make_square(130)))
    assert "it is larger than 10,000 km2; take a part of it" in found.refusal
    (found,) = judge(make_record(place_rank=8, geojson=make_square(450)))
    assert "take a district or a division in it" in found.refusal


@pytest.mark.parametrize(
    "changes",
    [
        {"address": {"country": "India", "country_code": "in"}},
        {"address": {}, "display_name": "Hyderabad, Telangana, India"},
        {"address": None, "display_name": "Hyderabad"},
    ],
)
def test_place_in_another_country_is_refused(changes):
    (found,) = judge(make_record(**changes))
    assert found.refusal.startswith("it is in ")
    assert "add the province" in found.refusal
    assert found.command == ""


def test_country_without_a_code_is_read_from_the_end_of_the_name():
    (found,) = judge(make_record(address={}))
    assert found.refusal == ""


@pytest.mark.parametrize(("side_km", "is_usable"), [(2.20, False), (2.25, True)])
def test_area_of_less_than_five_km2_is_refused(side_km, is_usable):  # 4.84 and 5.06 km2
    (found,) = judge(make_record(place_rank=16, geojson=make_square(side_km)))
    assert (found.refusal == "") is is_usable
    if not is_usable:
        assert "it is smaller than 5 km2" in found.refusal


def test_wrong_levels_and_kinds_are_refused():
    for changes, said in (
        ({"place_rank": 4}, "at the level of a country"),
        ({"place_rank": 20}, "at the level of a neighbourhood"),
        ({"type": "political"}, "a boundary of another kind (political)"),
        ({"category": "amenity", "type": "university"}, "no boundary (amenity=university)"),
    ):
        (found,) = judge(make_record(**changes))
        assert said in found.refusal


def test_refusal_that_rests_on_an_assumption_says_so():
    (country,), (part,) = judge(make_record(place_rank=4)), judge(make_record(place_rank=20))
    assert "assumption" not in country.refusal
    assert "rests on an assumption" in part.refusal
    assert "--relation 16117648" in part.refusal


def test_level_is_not_known_where_the_rank_does_not_tell():
    for changes in ({"place_rank": 15}, {"place_rank": None}, {"category": "place", "type": "city"}):
        (found,) = judge(make_record(**changes))
        assert (found.level, found.level_words, found.refusal) == (0, "", "")


def test_way_is_refused_and_its_box_offered():
    (found,) = judge(make_record(osm_type="way", geojson=make_square(10)))
    assert "fetch takes relations" in found.refusal
    assert found.command.startswith("chargeplan fetch multan --box 71.4")


@pytest.mark.parametrize(
    ("geojson", "said"),
    [
        (
            {"type": "Polygon", "coordinates": [[[71, 30], [72, 31], [72, 30], [71, 31], [71, 30]]]},
            "crosses itself",
        ),
        ({"type": "Polygon", "coordinates": "x"}, "damaged"),
        ({"type": "Polygon"}, "damaged"),
        ({"type": "Blob", "coordinates": []}, "damaged"),
        ({"type": "Polygon", "coordinates": [[[71, 30], [None, 31], [72, 30], [71, 30]]]}, "damaged"),
        ({"type": "Polygon", "coordinates": [[[500, 30], [501, 31], [501, 30], [500, 30]]]}, "damaged"),
        ({"type": "LineString", "coordinates": [[71, 30], [72, 30]]}, "it is a line"),
        (None, "gave no outline"),
    ],
)
def test_outline_that_cannot_be_measured_is_refused(geojson, said):
    (found,) = judge(make_record(geojson=geojson))
    assert said in found.refusal


def test_names_are_cleaned():
    (found,) = judge(make_record(display_name="Mul\x1b[31mtan\u202e, Pakistan"))
    assert found.name == "Mul[31mtan, Pakistan"


def test_empty_list_is_no_result():
    assert judge() == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[",
        b"{}",
        b'{"error": "bandwidth"}',
        b"[1]",
        b'[{"osm_type": "planet", "osm_id": 1}]',
        b'[{"osm_type": "node", "osm_id": "1"}]',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
def test_answer_that_is_no_list_of_places_is_refused(body):
    with pytest.raises(DownloadError, match="Nominatim"):
        parse_places(body, "Multan")


def test_page_instead_of_json_is_quoted():
    with pytest.raises(
        DownloadError, match=r'something else than JSON \("Log in: Room number\?"\); when it is a login'
    ):
        parse_places(b"<html><head><title>Log in</title></head><p>Room number?</p></html>", "Multan")


@pytest.mark.parametrize(
    ("name", "dataset"),
    [("Mirpur Khas", "mirpur-khas"), ("  D.I. Khan ", "d-i-khan"), ("ملتان", "city"), ("x" * 99, "x" * 60)],
)
def test_dataset_is_called_after_the_place(name, dataset):
    assert make_dataset_name(name) == dataset


@pytest.fixture
def server():
    with OsmServer(
        OsmStore([], osm_timestamp="2026-08-01T00:00:00Z"), places=[make_point(), make_record()]
    ) as running:
        yield running


def ask(server, clock=None, **options):
    told = []
    found = find_areas(
        "Multan", endpoint=server.nominatim_url, tell=told.append, clock=clock or FakeClock(), **options
    )
    return found, told


def test_server_is_asked_once_with_all_that_its_rules_want(server):
    found, told = ask(server, contact="planner@example.org")
    assert [result.osm_type for result in found] == ["node", "relation"]
    assert told == []
    (request,) = server.requests
    for wanted in ("q=Multan", "countrycodes=pk", "format=jsonv2", "polygon_geojson=1", "limit=10"):
        assert wanted in request.query.split("&")
    assert request.headers["user-agent"].startswith("chargeplan/")
    assert "planner@example.org" in request.headers["user-agent"]


@pytest.mark.parametrize(
    "mode", [Mode.TOO_MANY_REQUESTS, Mode.UNAVAILABLE, Mode.SHORT_BODY, Mode.RESET_IN_MIDDLE]
)
def test_passing_fault_is_asked_over_once_and_a_second_later(server, mode):
    clock = FakeClock()
    server.set_faults(Fault(mode, When.once()))
    found, told = ask(server, clock)
    assert len(found) == 2
    assert len(server.requests) == 2
    assert "asked once more" in told[0]
    assert sum(clock.sleeps) >= 1.0


def test_fault_that_stays_ends_after_two_requests(server):
    server.set_faults(Fault(Mode.UNAVAILABLE))
    with pytest.raises(DownloadError, match="503"):
        ask(server)
    assert len(server.requests) == 2


def test_wait_that_the_server_asks_for_is_kept(server):
    clock = FakeClock()
    server.set_faults(Fault(Mode.TOO_MANY_RETRY_AFTER, When.once()))
    ask(server, clock)
    assert sum(clock.sleeps) >= 7.0  # what the server says


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        (Mode.FORBIDDEN, "--contact"),
        (Mode.BAD_REQUEST, "is --endpoint the search of a Nominatim"),
        (Mode.LOGIN_REDIRECT, "login page of your network"),
        (Mode.CAPTIVE_PORTAL, "Sign in to go online"),
        (Mode.EMPTY_BODY, "something else than JSON"),
    ],
)
def test_refusal_and_login_page_are_told_at_once(server, mode, said):
    server.set_faults(Fault(mode))
    with pytest.raises(DownloadError, match=said):
        ask(server)
    assert len(server.requests) == 1


def test_server_that_is_not_there_is_said():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{taken.getsockname()[1]}/search"
        with pytest.raises(DownloadError, match="refuses the connection"):
            find_areas("Multan", endpoint=endpoint, tell=lambda _: None, clock=FakeClock())


@pytest.mark.parametrize("name", ["", "   ", "x" * 201, "\x00\x01"])
def test_name_that_cannot_be_asked_for_is_refused_unasked(server, name):
    with pytest.raises(ConfigError, match="NAME: "):
        find_areas(name, endpoint=server.nominatim_url, tell=lambda _: None)
    assert server.requests == []
