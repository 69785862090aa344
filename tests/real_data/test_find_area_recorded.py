"""Recorded answers of Nominatim, judged."""

import pytest

from chargeplan.download.find_area import parse_places

pytestmark = pytest.mark.real_data


def test_islamabad_is_a_point_first_and_a_territory_second(real_data_folder):
    body = (real_data_folder / "osm" / "islamabad" / "nominatim_ict_polygon.json").read_bytes()
    point, territory = parse_places(body, "Islamabad")
    assert (point.osm_type, point.osm_id, point.area_km2) == ("node", 316440978, 0.0)
    assert "it is a point and has no boundary" in point.refusal
    assert point.command == "chargeplan fetch islamabad --circle 73.0652,33.6938,10"
    assert territory.refusal == ""
    assert territory.command == "chargeplan fetch islamabad --relation 358002"
    assert (territory.level, territory.country) == (4, "Pakistan")
    assert territory.area_km2 == pytest.approx(959.2, abs=0.5)  # 959.25 on the ellipsoid, by pyproj.Geod


def test_karachi_is_a_division(real_data_folder):
    body = (real_data_folder / "osm" / "karachi" / "nominatim_karachi_division_polygon.json").read_bytes()
    (division,) = parse_places(body, "Karachi")
    assert (division.refusal, division.level, division.level_words) == ("", 5, "division")
    assert division.area_km2 == pytest.approx(5840, abs=3)  # 5,839.9 on the ellipsoid, by pyproj.Geod
