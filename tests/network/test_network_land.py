"""Land whose use matters, and the areas of places, from a drawn OpenStreetMap file."""

import numpy as np
import pytest
import shapely

from chargeplan.geo import WGS84, project_geometry

PRIMARY = {"highway": "primary"}
SQUARE = """
    AB
    CD
    EF
"""


def test_closed_ways_with_a_known_land_use_are_read_as_areas(draw, read_drawing):
    """ABDC is a cell of about 93 by 111 m; an open way and an unknown land use are left out."""
    drawing = draw(
        SQUARE,
        ("ABDCA", {"landuse": "industrial", "name": "I-10/3"}),
        ("CDFEC", {"landuse": "cemetery"}),
        ("ABDC", {"landuse": "military"}),
        ("CDFEC", {"landuse": "retail"}),
        ("ABDFE", PRIMARY),
    )
    places = read_drawing(drawing).reading.places
    assert places.land.table[["land_id", "kind", "name"]].to_numpy().tolist() == [
        ["w101", "industrial", "I-10/3"],
        ["w102", "cemetery", ""],
    ]
    corners = [drawing.nodes[letter] for letter in "ABDC"]
    assert shapely.equals_exact(
        places.land.outline[0].normalize(), shapely.Polygon(corners).normalize(), 1e-6
    )
    estate = places.table.set_index("place_id").loc["w101"]
    assert estate["kind"] == "industrial_estate"
    expected_m2 = project_geometry(shapely.Polygon(corners), WGS84, "EPSG:32643").area
    assert estate["area_m2"] == pytest.approx(expected_m2)
    assert 9_000 < expected_m2 < 11_000


def test_a_place_drawn_as_a_point_has_no_area(draw, read_drawing):
    drawing = draw("ABC", ("ABC", PRIMARY))
    drawing.points.append((77, *drawing.nodes["B"], {"landuse": "industrial"}))
    table = read_drawing(drawing).reading.places.table
    assert table["kind"].tolist() == ["industrial_estate"]
    assert np.isnan(table["area_m2"].iloc[0])


def test_land_of_which_corners_are_missing_is_left_out(draw, read_drawing):
    drawing = draw(SQUARE, ("ABDFE", PRIMARY))
    drawing.extra = (
        '<way id="900" version="1"><nd ref="1"/><nd ref="555"/><nd ref="556"/><nd ref="1"/>'
        '<tag k="natural" v="water"/></way>'
    )
    assert len(read_drawing(drawing).reading.places.land.table) == 0


def test_named_cities_and_their_parts_are_read(draw, read_drawing):
    drawing = draw("A-B", ("AB", {"highway": "primary"}))
    drawing.points = [
        (901, 73.051, 33.72, {"place": "suburb", "name": "جی نائن", "name:en": "G-9; Karachi Company"}),
        (902, 73.052, 33.72, {"place": "city", "name": "Islamabad"}),
        (903, 73.052, 33.72, {"place": "village"}),
        (904, 73.053, 33.72, {"place": "locality", "name": "Zero Point", "amenity": "fuel"}),
    ]
    places = read_drawing(drawing).reading.places
    assert places.settlements[["place_id", "kind", "name", "name_ur"]].to_numpy().tolist() == [
        ["n901", "suburb", "G-9", "جی نائن"],
        ["n902", "city", "Islamabad", ""],
        ["n904", "locality", "Zero Point", ""],
    ]
    assert places.table["place_id"].tolist() == ["n904"]
