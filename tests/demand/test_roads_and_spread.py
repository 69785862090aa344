"""Road length per cell and the spreading of squares, worked out by hand on drawn roads."""

import h3
import numpy as np
import pytest
import shapely

from chargeplan.area import build_study_area
from chargeplan.config.settings import AreaSettings, StudySettings
from chargeplan.demand.cells import cover_area
from chargeplan.demand.people_grid import PeopleGrid
from chargeplan.demand.roads import measure_roads
from chargeplan.demand.spread import spread_grid
from chargeplan.errors import DataError

CRS = "EPSG:32643"


def make_squares(centres_m, people, side_m) -> PeopleGrid:
    x_m, y_m = np.atleast_2d(np.asarray(centres_m, float)).T
    return PeopleGrid(
        x_m, y_m, np.asarray(people, float), side_m / 2, side_m / 2, CRS, "drawn.csv", "drawn by hand"
    )


def test_cover_holds_every_cell_whose_centre_is_in_the_area(area, cover):
    """Against a disk of cells that is larger than the area, tested one by one."""
    middle = area.boundary.centroid
    disk = h3.grid_disk(h3.latlng_to_cell(middle.y, middle.x, 9), 15)
    expected = sorted(
        cell for cell in disk if area.boundary.contains(shapely.Point(h3.cell_to_latlng(cell)[::-1]))
    )
    assert [f"{int(key):x}" for key in cover.cell_key] == expected
    assert 70 < len(expected) < 100  # 9 km2 of hexagons of 0.1 km2


def test_points_are_found_in_their_cell_and_outside_in_none(cover, lonlat):
    found = cover.find_cells(cover.lonlat[:, 0], cover.lonlat[:, 1])
    assert found.tolist() == list(range(cover.n_cells))
    far = lonlat(-2000.0, 0.0)
    assert cover.find_cells(far[:, 0], far[:, 1]).tolist() == [-1]
    assert cover.find_cells(np.zeros(0), np.zeros(0)).tolist() == []


def test_too_large_cells_are_refused(area):
    with pytest.raises(DataError, match=r"demand\.cell_resolution: no hexagon of resolution 4 .* 9\.0 km2"):
        cover_area(area, 4)


def test_area_with_a_hole_has_no_cells_in_it(tmp_path, lonlat, write_layer):
    ring = lonlat([0, 3000, 3000, 0], [0, 0, 3000, 3000])
    hole = lonlat([1000, 1000, 2000, 2000], [1000, 2000, 2000, 1000])
    path = write_layer("area.geojson", [(shapely.Polygon(ring, [hole]), {"name": "ring"})])
    area = build_study_area(
        StudySettings(name="ring", title="Ring", year=2026, area=AreaSettings(polygon=path))
    )
    cover = cover_area(area, 9)
    assert shapely.contains_xy(shapely.Polygon(ring, [hole]), *cover.lonlat.T).all()
    assert not shapely.contains_xy(shapely.Polygon(hole), *cover.lonlat.T).any()


def test_road_length_counts_in_the_cell_it_lies_in(study, draw_network):
    study.draw_road(10, 100.0)
    study.draw_road(20, 250.0)
    study.draw_road(20, 50.0, "primary")
    road_m = measure_roads(draw_network(study.roads), study.cover)
    # A metre of the projection is a metre: roads were drawn in the metric CRS.
    assert road_m[10] == pytest.approx(100.0, abs=1e-3)
    assert road_m[20] == pytest.approx(300.0, abs=1e-3)
    assert np.delete(road_m, [10, 20]).max() == 0.0


def test_motorways_have_no_people_beside_them(study, draw_network):
    study.draw_road(10, 100.0)
    study.draw_road(20, 250.0, "motorway")
    assert measure_roads(draw_network(study.roads), study.cover)[20] == 0.0


def test_line_from_one_road_to_the_next_is_no_road(study, draw_network):
    """The shape points of all roads stand in one array; only those of one road are joined."""
    study.draw_road(10, 100.0)
    study.draw_road(60, 100.0)
    assert measure_roads(draw_network(study.roads), study.cover).sum() == pytest.approx(200.0, abs=1e-3)


def test_long_road_is_shared_by_the_cells_it_crosses(study, draw_network, outline):
    """Against shapely: the length of the line inside each hexagon; ends beyond the area by 5 km."""
    line = [(-5000.0, 1234.0), (1700.0, 1300.0), (8000.0, 1900.0)]
    road_m = measure_roads(draw_network([("primary", line)]), study.cover)
    drawn = shapely.LineString(np.array(line) + np.array([320_000.0, 3_728_000.0]))
    expected = np.array([outline(cell).intersection(drawn).length for cell in study.cell_id])
    assert np.count_nonzero(expected) >= 9
    # Parts of at most 50 m count whole in one cell, so each of two edges may be off by half a part.
    assert np.abs(road_m - expected).max() <= 50.0
    assert road_m.sum() == pytest.approx(expected.sum(), abs=50.0)


def test_straight_road_with_both_ends_far_outside_counts(study, draw_network):
    line = [(-9000.0, 1500.0), (9000.0, 1500.0)]
    road_m = measure_roads(draw_network([("primary", line)]), study.cover)
    assert road_m.sum() == pytest.approx(3000.0, rel=0.1)


def test_network_without_road_in_the_area_is_refused(study, draw_network):
    with pytest.raises(
        DataError, match=r"network\.path: no road .* study area; use a network file that covers"
    ):
        measure_roads(draw_network([("primary", [(9000.0, 0.0), (9500.0, 0.0)])]), study.cover)


def test_square_inside_one_cell_puts_everyone_there(study):
    grid = make_squares(study.cover.xy_m[30], [70.0], 100.0)
    people = spread_grid(grid, study.cover, np.zeros(study.cover.n_cells))
    assert people.people[30] == pytest.approx(70.0, rel=1e-12)
    assert people.people.sum() == pytest.approx(70.0, rel=1e-12)
    assert people.people_outside == 0.0


def test_people_of_a_square_go_to_its_cells_with_roads(study):
    """Two neighbours are covered alike; one has three times the road of the other: 3 to 1."""
    left = study.find_middle_cell()
    right = study.find_neighbour(left)
    road_m = np.zeros(study.cover.n_cells)
    road_m[left], road_m[right] = 300.0, 100.0
    # Both cells lie wholly in the square; the cells around them have no road and get nobody.
    grid = make_squares(study.cover.xy_m[[left, right]].mean(axis=0), [4000.0], 1000.0)
    people = spread_grid(grid, study.cover, road_m).people
    assert people[left] == pytest.approx(3000.0, rel=0.03)
    assert people[right] == pytest.approx(1000.0, rel=0.06)
    assert people[left] + people[right] == pytest.approx(4000.0, rel=1e-12)


def test_weight_is_covered_area_times_road_length(study, outline):
    """Against shapely's areas of hexagon and square, with road lengths drawn at random.

    Seven cells fill the square; a tenth of one, as dots tell it, is 1.5 % of its people.
    """
    road_m = np.random.default_rng(5).uniform(0, 500, study.cover.n_cells)
    centre = study.cover.xy_m[study.find_middle_cell()] + (70.0, -40.0)
    people = spread_grid(make_squares(centre, [1000.0], 900.0), study.cover, road_m).people
    square = shapely.box(*(centre - 450.0), *(centre + 450.0))
    weight = np.array([outline(cell).intersection(square).area for cell in study.cell_id]) * road_m
    assert people == pytest.approx(1000.0 * weight / weight.sum(), abs=15.0)


def test_square_without_road_is_spread_by_area_and_told(study, outline):
    road_m = np.zeros(study.cover.n_cells)
    road_m[0] = 100.0
    middle = study.cover.xy_m[study.find_middle_cell()]
    result = spread_grid(make_squares(middle, [1000.0], 900.0), study.cover, road_m)
    square = shapely.box(*(middle - 450.0), *(middle + 450.0))
    area_m2 = np.array([outline(cell).intersection(square).area for cell in study.cell_id])
    assert result.people == pytest.approx(1000.0 * area_m2 / area_m2.sum(), abs=15.0)
    told = {figure.step: figure.value for figure in result.figures}
    assert told["people spread by area, for want of roads"] == pytest.approx(1000.0)


def test_share_of_a_square_beyond_the_area_is_outside_by_area(study, outline):
    """A square half out of the box; its people outside do not come in for want of road there."""
    road_m = np.full(study.cover.n_cells, 100.0)
    centre = study.cover.xy_m.mean(axis=0) + np.array([1500.0, 0.0])
    result = spread_grid(make_squares(centre, [1000.0], 1000.0), study.cover, road_m)
    square = shapely.box(*(centre - 500.0), *(centre + 500.0))
    inside = sum(outline(cell).intersection(square).area for cell in study.cell_id) / square.area
    assert 0.2 < inside < 0.8
    assert result.people.sum() == pytest.approx(1000.0 * inside, abs=10.0)
    assert result.people_in == 1000.0
    assert result.people.sum() + result.people_outside == pytest.approx(1000.0, rel=1e-12)


def test_grid_that_counts_nobody_is_refused(study):
    with pytest.raises(DataError, match=r"drawn\.csv counts 0 people; check the column or the band"):
        spread_grid(
            make_squares(study.cover.xy_m[0], [0.0], 100.0), study.cover, np.ones(study.cover.n_cells)
        )


def test_grid_of_another_place_is_refused_with_both_boxes(study):
    grid = make_squares(study.cover.xy_m[0] + (50_000.0, 0.0), [9.0], 100.0)
    with pytest.raises(
        DataError,
        match=r"nobody of drawn\.csv lives in the study area; it spans longitude .* the area .* use a",
    ):
        spread_grid(grid, study.cover, np.ones(study.cover.n_cells))


def test_population_that_leaves_roads_uncounted_is_warned_about(study, caplog):
    grid = make_squares(study.cover.xy_m[0], [9.0], 100.0)
    spread_grid(grid, study.cover, np.ones(study.cover.n_cells))
    n_cells = study.cover.n_cells
    share = 100 * (n_cells - 1) / n_cells
    assert (
        f"{share:.0f} % of the road length of the study area lies where drawn.csv counts nobody"
        in caplog.text
    )
    assert f"in {n_cells - 1} of {n_cells} cells" in caplog.text


def test_population_that_leaves_empty_land_uncounted_is_not_warned_about(study, caplog):
    grid = make_squares(study.cover.xy_m[0], [9.0], 100.0)
    road_m = np.zeros(study.cover.n_cells)
    road_m[0] = 1.0
    spread_grid(grid, study.cover, road_m)
    assert "counts nobody" not in caplog.text


def test_blocks_of_squares_do_not_change_the_result(study, monkeypatch):
    rng = np.random.default_rng(3)
    grid = make_squares(study.cover.xy_m[:40] + rng.uniform(-90, 90, (40, 2)), rng.uniform(0, 9, 40), 400.0)
    road_m = rng.uniform(0, 100, study.cover.n_cells)
    whole = spread_grid(grid, study.cover, road_m)
    monkeypatch.setattr("chargeplan.demand.grid_pieces._DOTS_PER_BLOCK", 1)
    parts = spread_grid(grid, study.cover, road_m)
    assert parts.people == pytest.approx(whole.people, rel=1e-12)
    assert parts.people_outside == pytest.approx(whole.people_outside, rel=1e-12)
