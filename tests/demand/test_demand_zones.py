"""The zone of each cell, from a layer of polygons or from larger hexagons."""

from itertools import pairwise

import h3
import numpy as np
import pytest
import shapely

from chargeplan.config.settings import ZoneSettings
from chargeplan.demand.zones import NO_ZONE, assign_zones, read_zone_outlines
from chargeplan.errors import DataError


@pytest.fixture
def draw_zone(lonlat):
    """A rectangle given in metres from the corner, in degrees."""

    def draw(west_m, south_m, east_m, north_m):
        return shapely.Polygon(lonlat([west_m, east_m, east_m, west_m], [south_m, south_m, north_m, north_m]))

    return draw


@pytest.fixture
def build(paved_study, people_figure, write_layer):
    def run(features, *, crs="EPSG:4326", id_column="code", name_column="name", file="zones.gpkg"):
        path = write_layer(file, features, crs)
        zones = ZoneSettings(path=path, id_column=id_column, name_column=name_column)
        return paved_study.build(people_figure, zones=zones)

    return run


@pytest.fixture
def two_zones(draw_zone):
    """West and east of x = 1500 m."""
    return [
        (draw_zone(1500, -500, 3500, 3500), {"code": "b", "name": "East"}),
        (draw_zone(-500, -500, 1500, 3500), {"code": "a", "name": "West"}),
    ]


def find_x_m(study, cells):
    """East of the corner, metres, of each cell of the result."""
    return np.array([study.cover.xy_m[study.cell_id.index(cell)][0] for cell in cells.cell_id]) - 320_000.0


def test_cells_lie_in_the_zone_of_their_centre(paved_study, build, two_zones):
    cells = build(two_zones)
    assert cells.zones.to_dict("list") == {"zone_id": ["a", "b"], "zone_name": ["West", "East"]}
    assert cells.zone_pos.tolist() == (find_x_m(paved_study, cells) > 1500).astype(int).tolist()
    assert not cells.zones_are_cells


def test_outlines_of_zones_are_those_of_the_layer_in_the_order_asked(draw_zone, write_layer, two_zones):
    bow_tie = shapely.Polygon([(73.0, 33.5), (73.1, 33.6), (73.1, 33.5), (73.0, 33.6)])  # crosses itself
    path = write_layer("zones.gpkg", [*two_zones, (bow_tie, {"code": "c", "name": "Bow"})], "EPSG:4326")
    settings = ZoneSettings(path=path, id_column="code", name_column="name")
    west, nowhere, bow, east = read_zone_outlines(settings, ["a", NO_ZONE, "c", "b"])
    assert west.equals(two_zones[1][0])
    assert nowhere is None
    assert len(bow.geoms) == 2
    assert east.equals(two_zones[0][0])
    assert read_zone_outlines(None, ["a"]) == ()


def test_zones_of_another_crs_give_the_same(build, two_zones):
    from chargeplan.geo import WGS84, project_geometry

    turned = [(project_geometry(shape, WGS84, "EPSG:3857"), row) for shape, row in two_zones]
    assert (
        build(turned, crs="EPSG:3857").zone_pos.tolist() == build(two_zones, file="b.gpkg").zone_pos.tolist()
    )


def test_split_into_zones_keeps_every_kwh(build, two_zones, draw_zone):
    """Any split: strips at random borders."""
    borders = np.sort(np.random.default_rng(4).uniform(0, 3000, 5))
    edges = [-500.0, *borders, 3500.0]
    strips = [
        (draw_zone(west, -500, east, 3500), {"code": f"s{number}", "name": f"Strip {number}"})
        for number, (west, east) in enumerate(pairwise(edges))
    ]
    for features, file in ((two_zones, "two.gpkg"), (strips, "strips.gpkg")):
        cells = build(features, file=file)
        by_zone = np.bincount(cells.zone_pos, weights=cells.total_kwh_day, minlength=len(cells.zones))
        assert by_zone.sum() + cells.kwh_day_outside == pytest.approx(cells.kwh_day_in, rel=1e-9)


@pytest.mark.parametrize("code", ["(no zone)", " (No  zone)"])
def test_a_zone_with_the_id_of_no_zone_is_refused(build, two_zones, code):
    (shape, _), other = two_zones
    with pytest.raises(
        DataError,
        match=r'zones\.gpkg: the code "\(no zone\)" in feature 1 stands for the cells outside every zone',
    ):
        build([(shape, {"code": code, "name": "x"}), other])


def test_cells_in_no_zone_are_named_and_counted(paved_study, build, two_zones, caplog):
    cells = build(two_zones[:1])
    lost = find_x_m(paved_study, cells) < 1500
    assert cells.zones["zone_id"].tolist() == ["(no zone)", "b"]
    assert cells.zone_pos.tolist() == np.where(lost, 0, 1).tolist()
    people, demand = (100 * v[lost].sum() / v.sum() for v in (cells.people, cells.total_kwh_day))
    assert (
        f"{lost.sum()} of {len(lost)} cells, with {people:.1f} % of the people and {demand:.1f} % of the demand, "
        'lie in no zone of zones.gpkg; they are planned for as all others and reported as "(no zone)"'
    ) in caplog.text


def test_overlap_goes_to_the_first_id_and_is_counted(paved_study, build, draw_zone, caplog):
    cells = build(
        [
            (draw_zone(1000, -500, 3500, 3500), {"code": "b", "name": "East"}),
            (draw_zone(-500, -500, 2000, 3500), {"code": "a", "name": "West"}),
        ]
    )
    x_m = find_x_m(paved_study, cells)
    assert cells.zone_pos.tolist() == (x_m > 2000).astype(int).tolist()
    n_double = np.count_nonzero((x_m > 1000) & (x_m < 2000))
    assert f"{n_double} cells lie in more than one zone; the first by id was taken" in caplog.text


def test_zones_without_a_cell_are_left_out_and_numbers_are_ids(build, draw_zone):
    """An empty name is made from the id; a missing one turns whole numbers into floats in the layer."""
    cells = build(
        [
            (draw_zone(-500, -500, 3500, 3500), {"code": 7, "name": ""}),
            (draw_zone(50_000, 0, 51_000, 1000), {"code": 8, "name": "Far"}),
        ]
    )
    assert cells.zones.to_dict("list") == {"zone_id": ["7"], "zone_name": ["Zone 7"]}


def test_bow_tie_zone_is_mended(build, lonlat):
    ring = lonlat([-500, 3500, -500, 3500], [-500, 3500, 3500, -500])
    cells = build([(shapely.Polygon(ring), {"code": "a", "name": "Bow tie"})])
    assert "a" in cells.zones["zone_id"].tolist()


def test_ids_must_be_unique(build, two_zones):
    for _, row in two_zones:
        row["code"] = "a"
    with pytest.raises(
        DataError,
        match=r'study\.zones\.id_column: zones\.gpkg, column "code" holds a more than once; name a column',
    ):
        build(two_zones)


def test_ids_must_not_be_empty(build, two_zones):
    two_zones[1][1]["code"] = None
    with pytest.raises(DataError, match=r"study\.zones\.id_column: zones\.gpkg: no code in feature 2"):
        build(two_zones)


def test_missing_columns_are_named_together(build, two_zones):
    with pytest.raises(DataError) as caught:
        build(two_zones, id_column="cod", name_column="geometry")
    first, second = caught.value.faults
    assert first == (
        'study.zones.id_column: zones.gpkg has no column "cod"; it has code, name; did you mean "code"?'
    )
    assert second == 'study.zones.name_column: zones.gpkg has no column "geometry"; it has code, name'


def test_layer_without_crs_is_refused(build, two_zones):
    with pytest.raises(
        DataError, match=r"study\.zones\.path: .*zones\.gpkg has no CRS; write one into the file"
    ):
        build(two_zones, crs=None)


def test_points_are_no_zones(build):
    with pytest.raises(DataError, match=r"zones\.gpkg: no polygon in feature 1; use a layer of polygons"):
        build([(shapely.Point(73.05, 33.68), {"code": "a", "name": "A"})])


def test_zones_of_another_place_are_refused(build, draw_zone):
    with pytest.raises(
        DataError,
        match=r"no zone of zones\.gpkg holds the centre of a cell with demand; use a layer of the study",
    ):
        build([(draw_zone(50_000, 0, 51_000, 1000), {"code": "a", "name": "Far"})])


def test_swapped_zones_are_recognised(build):
    with pytest.raises(
        DataError, match=r"study\.zones\.path: zones\.gpkg: longitude and latitude are swapped"
    ):
        build([(shapely.box(33.6, 73.0, 33.7, 73.1), {"code": "a", "name": "A"})])


def test_hexagons_stand_in_and_are_labelled_so(paved_study, people_figure):
    cells = paved_study.build(people_figure)
    assert cells.zones_are_cells
    expected = [h3.cell_to_parent(cell, 6) for cell in cells.cell_id]
    assert cells.zones["zone_id"].iloc[cells.zone_pos].tolist() == expected
    assert cells.zones["zone_id"].tolist() == sorted(set(expected))
    for row in cells.zones.itertuples():
        assert row.zone_id not in row.zone_name


def test_hexagons_are_numbered_from_north_west_to_south_east():
    """Some 20 by 20 km, so that several hexagons of resolution 6 (36 km2) are needed."""
    cells = sorted(h3.grid_disk(h3.latlng_to_cell(33.7, 73.05, 8), 11))
    lonlat = np.array([h3.cell_to_latlng(cell)[::-1] for cell in cells])
    zones = assign_zones(None, np.array([int(cell, 16) for cell in cells], dtype=np.uint64), lonlat).table
    assert len(zones) > 6
    number = zones["zone_name"].str.extract(r"Hexagon (\d+)")[0].astype(int)
    assert sorted(number) == list(range(1, len(zones) + 1))
    latlon = np.array([h3.cell_to_latlng(cell) for cell in zones["zone_id"]])
    south_east = (latlon[:, 1] - latlon[:, 0])[np.argsort(number)]
    assert (np.diff(south_east) > 0).all()


def test_of_several_names_of_a_zone_the_first_is_shown(build, draw_zone):
    everywhere = draw_zone(-500, -500, 3500, 3500)
    cells = build([(everywhere, {"code": "a", "name": "Golra Sharif; Golra / گولڑہ شریف (E-11)"})])
    assert cells.zones["zone_name"].tolist() == ["Golra Sharif"]
