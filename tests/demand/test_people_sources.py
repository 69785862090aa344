"""Every source of people, its two CRS, its gaps, and what it refuses."""

import warnings
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
from pydantic import ValidationError

from chargeplan.cities import find_city
from chargeplan.config.load import load_settings
from chargeplan.config.settings import PopulationCsv
from chargeplan.demand.people_grid import find_lattice_step
from chargeplan.energy_table import tabulate_demand
from chargeplan.errors import ConfigError, DataError

UTM = "EPSG:32643"
CORNER_M = (320_000.0, 3_728_000.0)
TICKS_M = np.arange(250.0, 3000.0, 500.0)  # six squares of 500 m each way fill the box of 3 km


def lay_grid_m():
    x_m, y_m = np.meshgrid(TICKS_M, TICKS_M)
    return x_m.ravel(), y_m.ravel()


def from_origin(west, north, width, height):
    """The transform of a north-up raster (rasterio's own function warns about its dependency)."""
    return rasterio.Affine(width, 0.0, west, 0.0, -height, north)


def count_people(cells):
    return cells.people.sum() + cells.people_outside


@pytest.fixture
def write_points(write_layer):
    """A lattice of points in one CRS with a count each."""

    def write(x, y, people, crs, name="people.gpkg"):
        features = [(shapely.Point(a, b), {"population": c}) for a, b, c in zip(x, y, people, strict=True)]
        return write_layer(name, features, crs)

    return write


@pytest.fixture
def write_raster(tmp_path):
    def write(counts, transform, crs, *, name="people.tif", **more):
        counts = np.asarray(counts)
        profile = {"driver": "GTiff", "count": 1, "dtype": counts.dtype.name, "crs": crs} | more
        path = tmp_path / name
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # rasters without a position are written on purpose
            with rasterio.open(
                path, "w", height=counts.shape[0], width=counts.shape[1], transform=transform, **profile
            ) as dataset:
                for band in range(1, profile["count"] + 1):
                    dataset.write(counts, band)
        return path

    return write


def test_utm_points_are_squares_of_their_spacing(paved_study, write_points, get_figure):
    x_m, y_m = lay_grid_m()
    path = write_points(CORNER_M[0] + x_m, CORNER_M[1] + y_m, np.full(36, 10.0), UTM)
    cells = paved_study.build({"source": "points", "path": path, "column": "population"})
    assert get_figure(cells, "side of a square, west to east") == pytest.approx(500.0, abs=0.01)
    assert get_figure(cells, "side of a square, south to north") == pytest.approx(500.0, abs=0.01)
    assert get_figure(cells, "squares of the population grid") == 36
    assert cells.people_in == 360.0
    # The squares fill the box; cells are those with their centre in it, so about all are inside.
    assert cells.people.sum() == pytest.approx(360.0, rel=0.1)
    assert count_people(cells) == pytest.approx(360.0, rel=1e-12)


def test_a_grid_is_multiplied_to_the_people_of_the_study_area(paved_study, write_points, get_figure):
    """Twice as many in the study area are twice as many everywhere, also in the squares outside."""
    x_m, y_m = lay_grid_m()
    x_m, y_m = np.append(x_m, x_m + 2500.0), np.append(y_m, y_m + 5000.0)
    path = write_points(CORNER_M[0] + x_m, CORNER_M[1] + y_m, np.full(72, 10.0), UTM)
    population = {"source": "points", "path": path, "column": "population"}
    plain = paved_study.build(population)
    counted = float(plain.people.sum())
    scaled = paved_study.build(population | {"total_people": 2 * counted})
    assert scaled.people == pytest.approx(2 * plain.people, rel=1e-12)
    assert scaled.people_outside == pytest.approx(2 * plain.people_outside, rel=1e-12)
    assert count_people(scaled) == pytest.approx(1440.0, rel=1e-12)
    assert get_figure(scaled, "people in the study area, as the grid counts them") == pytest.approx(counted)
    assert get_figure(scaled, "factor of the whole grid") == pytest.approx(2.0)
    told = scaled.explanation.set_index("step").loc["people of the study area, as set"]
    assert (told["source"], told["confidence"]) == ("demand.population.total_people", "planner")
    assert (
        f"{counted:,.0f} people in the study area, as the grid counts them, times 2.0000"
        in tabulate_demand(scaled)
    )


def test_vehicles_of_a_whole_city_are_all_in_a_scaled_grid(paved_study, write_points, get_figure):
    """160 buses in the whole city; the study holds the whole city."""
    x_m, y_m = lay_grid_m()
    path = write_points(CORNER_M[0] + x_m, CORNER_M[1] + y_m, np.full(36, 10.0), UTM)
    people = {"source": "points", "path": path, "column": "population", "total_people": 2363863.0}
    cells = paved_study.build(people, city="islamabad", fleet={"classes": {"bus": {"vehicles": 160.0}}})
    assert get_figure(cells, "bus: vehicles") == pytest.approx(160.0)


def test_total_people_and_zones_together_are_refused():
    grid = {"source": "csv", "path": Path("a.csv"), "total_people": 5.0}
    zones = {"path": Path("b.gpkg"), "id_column": "zone", "people_column": "people"}
    with pytest.raises(ValidationError, match="zones and total_people both say how many people"):
        PopulationCsv.model_validate(grid | {"zones": zones}, strict=False)
    assert PopulationCsv.model_validate(grid, strict=False).total_people == 5.0


def test_the_study_of_islamabad_counts_its_people_as_the_census(project_folder):
    population = load_settings(project_folder / "configs" / "islamabad.yaml").settings.demand.population
    assert population.total_people == find_city("islamabad").people


def test_points_in_degrees_are_narrower_than_high(paved_study, write_points, lonlat, get_figure):
    """Cells of 0.005 degrees: 555 m high and, at 33.7 north, 555 x cos 33.7 = 462 m wide."""
    west, south = lonlat(0, 0)[0]
    lon, lat = np.meshgrid(west + 0.005 * np.arange(7), south + 0.005 * np.arange(6))
    path = write_points(lon.ravel(), lat.ravel(), np.full(42, 2.0), "EPSG:4326", "people.geojson")
    cells = paved_study.build({"source": "points", "path": path, "column": "population"})
    assert get_figure(cells, "side of a square, west to east") == pytest.approx(463.0, rel=0.01)
    assert get_figure(cells, "side of a square, south to north") == pytest.approx(555.0, rel=0.01)
    assert cells.people_in == 84.0


def test_utm_grid_saved_in_degrees_is_found_in_utm(paved_study, write_points, lonlat, get_figure):
    """Turned by the convergence of the meridian the points are on no lattice of degrees."""
    x_m, y_m = lay_grid_m()
    lon, lat = lonlat(x_m, y_m).T
    path = write_points(lon, lat, np.full(36, 10.0), "EPSG:4326", "people.geojson")
    cells = paved_study.build({"source": "points", "path": path, "column": "population"})
    assert get_figure(cells, "side of a square, west to east") == pytest.approx(500.0, abs=1.0)


def test_holes_in_a_lattice_do_not_widen_its_squares(paved_study, write_points, get_figure):
    x_m, y_m = lay_grid_m()
    kept = np.random.default_rng(1).random(36) < 0.7
    path = write_points(CORNER_M[0] + x_m[kept], CORNER_M[1] + y_m[kept], np.full(kept.sum(), 10.0), UTM)
    cells = paved_study.build({"source": "points", "path": path, "column": "population"})
    assert get_figure(cells, "side of a square, west to east") == pytest.approx(500.0, abs=0.01)


def test_scattered_points_say_how_their_squares_were_found(paved_study, write_points):
    x_m, y_m = np.random.default_rng(2).uniform(300, 2700, (2, 40))
    path = write_points(CORNER_M[0] + x_m, CORNER_M[1] + y_m, np.full(40, 10.0), UTM)
    cells = paved_study.build({"source": "points", "path": path, "column": "population"})
    sides = cells.explanation[cells.explanation["step"].str.startswith("side of a square")]
    assert sides["source"].str.contains("median distance to the nearest point").all()
    assert sides["value"].max() == pytest.approx(sides["value"].min(), rel=1e-9)


def test_given_side_is_used(paved_study, write_points, get_figure):
    x_m, y_m = lay_grid_m()
    path = write_points(CORNER_M[0] + x_m, CORNER_M[1] + y_m, np.full(36, 10.0), UTM)
    cells = paved_study.build({"source": "points", "path": path, "column": "population", "square_m": 200.0})
    assert get_figure(cells, "side of a square, west to east") == pytest.approx(200.0)


@pytest.mark.parametrize(
    ("coordinates", "step"),
    [
        ([0, 0, 1, 1, 2, 2], 1.0),
        ([0, 0, 3, 3, 9, 9], 3.0),  # rows are missing
        ([0, 0, 1, 1, 1.4, 1.4], None),  # uneven
        ([5, 5, 5], None),  # one row only
        ([0, 1, 2, 3], None),  # no two points share a row
    ],
)
def test_lattice_step(coordinates, step):
    assert find_lattice_step(np.array(coordinates, float)) == step


@pytest.mark.parametrize(
    ("square", "message"),
    [
        (
            {},
            r"demand\.population: people\.gpkg has more than one row for 1 square, .*\(73\.\d+, 33\.\d+\)",
        ),
        (
            {"square_m": 500.0},
            r"more than one row for 1 square,.*counted twice; remove the repeats or add",
        ),
    ],
)
def test_square_that_is_there_twice_is_refused(paved_study, write_points, square, message):
    x_m, y_m = lay_grid_m()
    x_m, y_m = np.r_[x_m, x_m[7]], np.r_[y_m, y_m[7]]
    path = write_points(CORNER_M[0] + x_m, CORNER_M[1] + y_m, np.full(37, 10.0), UTM)
    with pytest.raises(DataError, match=message):
        paved_study.build({"source": "points", "path": path, "column": "population"} | square)


def test_points_at_one_position_need_a_side(paved_study, write_points):
    path = write_points([CORNER_M[0] + 1000.0], [CORNER_M[1] + 1000.0], [10.0], UTM)
    population = {"source": "points", "path": path, "column": "population"}
    with pytest.raises(DataError, match=r"points at one position only.*give square_m"):
        paved_study.build(population)
    cells = paved_study.build(population | {"square_m": 100.0})
    assert cells.people.sum() == pytest.approx(10.0)


@pytest.mark.parametrize("column", ["Populaton", "geometry"])
def test_missing_column_of_points_is_named(paved_study, write_points, column):
    x_m, y_m = lay_grid_m()
    path = write_points(CORNER_M[0] + x_m, CORNER_M[1] + y_m, np.full(36, 10.0), UTM)
    hint = r'; did you mean "population"\?' if column == "Populaton" else "$"
    with pytest.raises(
        DataError,
        match=rf'demand\.population\.column: people\.gpkg has no column "{column}"; it has population{hint}',
    ):
        paved_study.build({"source": "points", "path": path, "column": column})


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (-99999.0, r"a negative number of people in feature 4; a count is 0 or more; correct it$"),
        (np.nan, r"no number of people in feature 4; give each a number, 0 where nobody lives"),
        (np.inf, r"an infinite number of people in feature 4; correct it"),
    ],
)
def test_impossible_counts_of_points_are_refused(paved_study, write_points, value, words):
    x_m, y_m = lay_grid_m()
    people = np.full(36, 10.0)
    people[3] = value
    path = write_points(CORNER_M[0] + x_m, CORNER_M[1] + y_m, people, UTM)
    with pytest.raises(DataError, match=rf'people\.gpkg, column "population": {words}'):
        paved_study.build({"source": "points", "path": path, "column": "population"})


def test_other_geometry_than_points_is_refused(paved_study, write_layer):
    square = shapely.box(73.0, 33.6, 73.1, 33.7)
    path = write_layer("people.gpkg", [(square.centroid, {"population": 1.0}), (square, {"population": 1.0})])
    with pytest.raises(DataError, match=r"people\.gpkg: no single point in feature 2; use a layer of points"):
        paved_study.build({"source": "points", "path": path, "column": "population"})


def test_points_without_crs_are_refused(paved_study, write_points):
    path = write_points([73.0, 73.1], [33.6, 33.7], [1.0, 1.0], None)
    with pytest.raises(
        DataError, match=r"demand\.population\.path: .*people\.gpkg has no CRS; write one into"
    ):
        paved_study.build({"source": "points", "path": path, "column": "population"})


def test_swapped_points_are_recognised(paved_study, write_points):
    path = write_points([33.6, 33.7], [73.0, 73.1], [1.0, 1.0], "EPSG:4326")
    with pytest.raises(DataError, match=r"people\.gpkg: longitude and latitude are swapped"):
        paved_study.build({"source": "points", "path": path, "column": "population"})


@pytest.mark.parametrize("source", ["points", "raster", "csv"])
def test_missing_and_damaged_files_are_named(paved_study, tmp_path, source):
    path = tmp_path / "people.bin"
    population = {"source": source, "path": path} | ({} if source == "raster" else {"column": "people"})
    with pytest.raises(
        DataError, match=r"demand\.population\.path: no file at .*people\.bin; check the path"
    ):
        paved_study.build(population)
    path.write_bytes(b"")
    with pytest.raises(DataError, match=r"demand\.population\.path: .*people\.bin is empty \(0 bytes\)"):
        paved_study.build(population)
    path.write_bytes(b"\xff\xfe\x00damaged")
    with pytest.raises(DataError, match=r"demand\.population\.path: .*people\.bin cannot be read as"):
        paved_study.build(population)


def test_table_without_geometry_and_empty_layer_are_refused(paved_study, write_text):
    population = {"source": "points", "column": "population"}
    table = write_text("table.csv", "population\n3\n")
    with pytest.raises(DataError, match=r"table\.csv is a table without geometry; use a layer of points"):
        paved_study.build(population | {"path": table})
    empty = write_text("empty.geojson", '{"type": "FeatureCollection", "features": []}')
    with pytest.raises(DataError, match=r"empty\.geojson has no features; get the file again"):
        paved_study.build(population | {"path": empty})


# --- rasters


def test_raster_counts_its_pixels_and_leaves_declared_nodata_out(paved_study, write_raster, get_figure):
    """Pixels of 500 m in UTM; one of 36 is -99999, declared: 35 x 4 people."""
    counts = np.full((6, 6), 4.0)
    counts[2, 3] = -99999.0
    transform = from_origin(CORNER_M[0], CORNER_M[1] + 3000.0, 500.0, 500.0)
    path = write_raster(counts, transform, UTM, nodata=-99999.0)
    cells = paved_study.build({"source": "raster", "path": path})
    assert cells.people_in == 140.0
    assert count_people(cells) == pytest.approx(140.0, rel=1e-12)
    assert get_figure(cells, "side of a square, west to east") == pytest.approx(500.0, abs=0.01)


def test_raster_puts_people_where_its_pixel_lies(paved_study, write_raster):
    """One pixel of 100 m inside the middle cell, second row and third column of a 3 x 5 raster."""
    cell = paved_study.find_middle_cell()
    x_m, y_m = paved_study.cover.xy_m[cell]
    counts = np.zeros((3, 5), dtype=np.int32)
    counts[1, 2] = 77
    path = write_raster(counts, from_origin(x_m - 250.0, y_m + 150.0, 100.0, 100.0), UTM)
    cells = paved_study.build({"source": "raster", "path": path})
    assert cells.cell_id.tolist() == [paved_study.cell_id[cell]]
    assert cells.people.tolist() == pytest.approx([77.0])


def test_south_up_raster_lies_right_way_up(paved_study, write_raster):
    cell = paved_study.find_middle_cell()
    x_m, y_m = paved_study.cover.xy_m[cell]
    counts = np.zeros((4, 1))
    counts[0, 0] = 5.0  # the first row is the southernmost
    path = write_raster(counts, rasterio.Affine(100.0, 0, x_m - 50.0, 0, 100.0, y_m - 50.0), UTM)
    cells = paved_study.build({"source": "raster", "path": path})
    assert cells.cell_id.tolist() == [paved_study.cell_id[cell]]


def test_raster_in_degrees_and_in_another_projection_give_the_same_place(paved_study, write_raster, lonlat):
    """The same people in WGS 84 and in Web Mercator; pixels of about 100 m within one cell."""
    from pyproj import Transformer

    cell = paved_study.find_middle_cell()
    lon, lat = paved_study.cover.lonlat[cell]
    x_m, y_m = Transformer.from_crs("EPSG:4326", "EPSG:3857", always_xy=True).transform(lon, lat)
    degrees = write_raster(
        np.full((1, 1), 9.0), from_origin(lon - 0.0005, lat + 0.0005, 0.001, 0.001), "EPSG:4326", name="a.tif"
    )
    mercator = write_raster(
        np.full((1, 1), 9.0), from_origin(x_m - 50.0, y_m + 50.0, 100.0, 100.0), "EPSG:3857", name="b.tif"
    )
    for path in (degrees, mercator):
        cells = paved_study.build({"source": "raster", "path": path})
        assert cells.cell_id.tolist() == [paved_study.cell_id[cell]]
        assert cells.people_in == cells.people.sum() == pytest.approx(9.0)


def test_pixels_far_from_the_area_are_not_read(paved_study, write_raster):
    """A strip of 40 km: the six pixels over the box are read, the rest is no part of the study."""
    counts = np.full((6, 80), 4.0)
    counts[:, 70] = -1.0  # a fault far away does not matter either
    path = write_raster(counts, from_origin(CORNER_M[0], CORNER_M[1] + 3000.0, 500.0, 500.0), UTM)
    cells = paved_study.build({"source": "raster", "path": path})
    # The box of the study is one of degrees, a little turned in UTM: one more column touches it.
    assert 36 * 4.0 <= cells.people_in <= 42 * 4.0


def test_pixels_that_only_touch_the_area_are_read(paved_study, write_raster):
    """Pixels of 1 km with their edges 500 m off the corner: 4 by 4 of 8 by 8 touch the box of 3 km."""
    path = write_raster(
        np.full((8, 8), 3.0), from_origin(CORNER_M[0] - 2500.0, CORNER_M[1] + 5500.0, 1000.0, 1000.0), UTM
    )
    assert paved_study.build({"source": "raster", "path": path}).people_in == 16 * 3.0


def test_scale_and_offset_of_a_band_are_applied(paved_study, write_raster):
    path = write_raster(
        np.full((6, 6), 30, dtype=np.int16), from_origin(CORNER_M[0], CORNER_M[1] + 3000.0, 500.0, 500.0), UTM
    )
    with rasterio.open(path, "r+") as dataset:
        dataset.scales, dataset.offsets = (0.5,), (1.0,)
    assert paved_study.build({"source": "raster", "path": path}).people_in == 36 * 16.0


def test_undeclared_negative_of_a_raster_is_refused(paved_study, write_raster):
    counts = np.full((6, 6), 4.0)
    counts[2, 3] = counts[4, 4] = -99999.0
    path = write_raster(counts, from_origin(CORNER_M[0], CORNER_M[1] + 3000.0, 500.0, 500.0), UTM)
    with pytest.raises(
        DataError,
        match=r"people\.tif \(nodata is None\): a negative number of people in pixels row 2 column 3 \(-99999\), "
        r"row 4 column 4 \(-99999\); correct them, or declare the value as nodata in the file",
    ):
        paved_study.build({"source": "raster", "path": path})


def test_undeclared_nan_of_a_raster_is_refused(paved_study, write_raster):
    counts = np.full((6, 6), 4.0)
    counts[0, 0] = np.nan
    path = write_raster(counts, from_origin(CORNER_M[0], CORNER_M[1] + 3000.0, 500.0, 500.0), UTM)
    with pytest.raises(
        DataError, match=r"no number of people in pixel row 0 column 0 \(nan\); declare NaN as"
    ):
        paved_study.build({"source": "raster", "path": path})


@pytest.mark.parametrize("counts", [np.zeros((6, 6)), np.full((6, 6), -9.0)])
def test_raster_without_people_is_refused(paved_study, write_raster, counts):
    path = write_raster(
        counts, from_origin(CORNER_M[0], CORNER_M[1] + 3000.0, 500.0, 500.0), UTM, nodata=-9.0
    )
    with pytest.raises(DataError, match=r"people\.tif counts 0 people; check the column or the band"):
        paved_study.build({"source": "raster", "path": path})


def test_missing_band_is_refused(paved_study, write_raster):
    path = write_raster(np.ones((6, 6)), from_origin(CORNER_M[0], CORNER_M[1] + 3000.0, 500.0, 500.0), UTM)
    with pytest.raises(DataError, match=r"demand\.population\.band: people\.tif has 1 band\(s\); got 3"):
        paved_study.build({"source": "raster", "path": path, "band": 3})


def test_second_band_is_read_when_asked(paved_study, write_raster):
    transform = from_origin(CORNER_M[0], CORNER_M[1] + 3000.0, 500.0, 500.0)
    path = write_raster(np.ones((6, 6)), transform, UTM, count=2)
    with rasterio.open(path, "r+") as dataset:
        dataset.write(np.full((6, 6), 3.0), 2)
    assert paved_study.build({"source": "raster", "path": path, "band": 2}).people_in == 108.0


def test_raster_without_crs_is_refused(paved_study, write_raster):
    path = write_raster(np.ones((6, 6)), from_origin(CORNER_M[0], CORNER_M[1] + 3000.0, 500.0, 500.0), None)
    with pytest.raises(DataError, match=r"people\.tif has no CRS; write one into the file"):
        paved_study.build({"source": "raster", "path": path})


@pytest.mark.parametrize(
    "transform",
    [rasterio.Affine(100.0, 20.0, 320_000.0, 20.0, -100.0, 3_731_000.0), rasterio.Affine.identity()],
)
def test_turned_raster_and_one_without_position_are_refused(paved_study, write_raster, transform):
    path = write_raster(np.ones((6, 6)), transform, UTM)
    with pytest.raises(DataError, match=r"do not lie along the axes .*warp it to a north-up raster first"):
        paved_study.build({"source": "raster", "path": path})


def test_raster_of_another_place_is_refused_with_both_boxes(paved_study, write_raster):
    path = write_raster(np.ones((6, 6)), from_origin(67.0, 25.0, 0.01, 0.01), "EPSG:4326")
    with pytest.raises(
        DataError,
        match=r"people\.tif does not touch the study area; it spans longitude 67\.000 to 67\.060 .* the area",
    ):
        paved_study.build({"source": "raster", "path": path})


@pytest.mark.parametrize(
    ("corner", "crs", "advice"),
    [
        (
            (73.0, 33.7),
            UTM,
            r"its corners are degrees, but its CRS is EPSG:32643 in metres: give the file its true",
        ),
        (
            (33.6, 73.1),
            "EPSG:4326",
            "longitude and latitude are swapped: write it again with longitudes along",
        ),
        ((67.0, 25.0), "EPSG:4326", r"use a raster of the study area, or correct its CRS \(EPSG:4326\)"),
    ],
)
def test_a_raster_in_a_wrong_place_says_what_to_do(paved_study, write_raster, corner, crs, advice):
    path = write_raster(np.ones((6, 6)), from_origin(*corner, 0.01, 0.01), crs)
    with pytest.raises(DataError, match=f"does not touch the study area.*; {advice}"):
        paved_study.build({"source": "raster", "path": path})


# --- CSV


def write_rows(lonlat, people=10.0):
    x_m, y_m = lay_grid_m()
    return [f"{lon:.7f},{lat:.7f},{people}" for lon, lat in lonlat(x_m, y_m)]


def test_csv_is_read_with_its_own_column_names(paved_study, write_text, lonlat):
    rows = [line.replace(",", ", ") for line in write_rows(lonlat)]
    path = write_text("grid.csv", "\n".join(["x, y, pop 2020", *rows, ""]), encoding="utf-8-sig")
    population = {"source": "csv", "path": path, "lon_column": "x", "lat_column": "y", "column": "pop 2020"}
    cells = paved_study.build(population)
    assert cells.people_in == 360.0
    assert count_people(cells) == pytest.approx(360.0, rel=1e-12)


def test_csv_faults_are_named_by_line_and_all_at_once(paved_study, write_text, lonlat):
    rows = write_rows(lonlat)
    rows[0] = rows[0].rsplit(",", 1)[0] + ",many"  # line 2
    rows[1] = rows[1].rsplit(",", 1)[0] + ",-4"  # line 3
    rows[2] = "," + rows[2].split(",", 1)[1]  # line 4
    rows.insert(3, "")  # an empty line counts as a line, not as a row
    rows[4] = rows[4].rsplit(",", 1)[0]  # line 6 has two cells
    path = write_text("grid.csv", "\n".join(["lon,lat,people", *rows]))
    with pytest.raises(DataError) as caught:
        paved_study.build({"source": "csv", "path": path})
    assert [fault.split("grid.csv, ")[1] for fault in caught.value.faults] == [
        'column "lon": no number in line 4 (the first is ""); correct or drop them',
        'column "people": no number in lines 2, 6 (the first is "many"); correct or drop them',
        'column "people": a negative number of people in line 3; a count is 0 or more; correct it',
    ]


def test_csv_with_a_missing_column_says_what_it_has(paved_study, write_text, lonlat):
    path = write_text("grid.csv", "\n".join(["Lon,lat,pop", *write_rows(lonlat)]))
    with pytest.raises(DataError) as caught:
        paved_study.build({"source": "csv", "path": path})
    first, second = caught.value.faults
    assert first.startswith(
        'demand.population.lon_column: grid.csv has no column "lon"; it has Lon, lat, pop'
    )
    assert 'did you mean "Lon"?' in first
    assert second.startswith('demand.population.column: grid.csv has no column "people"')


@pytest.mark.parametrize("extra", [",", ",7"])
def test_csv_rows_longer_than_the_header_are_refused(paved_study, write_text, lonlat, extra):
    """Pandas would take the first column for an index and shift the others."""
    rows = [row + extra for row in write_rows(lonlat)]
    path = write_text("grid.csv", "\n".join(["lon,lat,people", *rows]))
    with pytest.raises(
        DataError, match=r"rows of grid\.csv have more cells than its header line \(lon, lat, people\)"
    ):
        paved_study.build({"source": "csv", "path": path})


def test_csv_with_one_longer_row_is_refused(paved_study, write_text, lonlat):
    rows = write_rows(lonlat)
    rows[5] += ",7"
    path = write_text("grid.csv", "\n".join(["lon,lat,people", *rows]))
    with pytest.raises(DataError, match=r"cannot be read as CSV in UTF-8 with commas: .*line 7"):
        paved_study.build({"source": "csv", "path": path})


def test_csv_without_rows_is_refused(paved_study, write_text):
    with pytest.raises(DataError, match=r"grid\.csv has a header and no rows; get the file again"):
        paved_study.build({"source": "csv", "path": write_text("grid.csv", "lon,lat,people\n\n")})


def test_csv_in_another_encoding_is_refused(paved_study, write_text):
    path = write_text("grid.csv", "lon,lat,people,käse\n73,33,1,é\n", encoding="latin-1")
    with pytest.raises(DataError, match=r"grid\.csv cannot be read as CSV in UTF-8"):
        paved_study.build({"source": "csv", "path": path})


def test_swapped_csv_is_recognised(paved_study, write_text):
    path = write_text("grid.csv", "lon,lat,people\n33.6,73.0,1\n33.7,73.1,1\n")
    with pytest.raises(
        DataError,
        match=r"demand\.population\.path: grid\.csv: longitude and latitude are swapped in lines 2, 3 \(2 of 2\): "
        r'column "lon" is 33\.6 and column "lat" is 73; .* exchange the two',
    ):
        paved_study.build({"source": "csv", "path": path})


def test_one_swapped_row_of_a_csv_is_named(paved_study, write_text, lonlat):
    rows = write_rows(lonlat)
    lon, lat, people = rows[7].split(",")
    rows[7] = f"{lat},{lon},{people}"
    path = write_text("grid.csv", "\n".join(["lon,lat,people", *rows]))
    with pytest.raises(DataError, match=r"swapped in line 9 \(1 of 36\).*; correct these rows"):
        paved_study.build({"source": "csv", "path": path})


# --- figures


def make_figures(*figures):
    return {
        "source": "figures",
        "figures": [
            {"name": name, "people": people, "share_in_area": share, "source": "made up, 2026"}
            for name, people, share in figures
        ],
    }


def test_figures_tell_who_is_outside(paved_study, get_figure):
    """1000 x 0.25 + 3000 x 1 = 3250 of 4000 are in the area, 750 outside."""
    cells = paved_study.build(make_figures(("North", 1000.0, 0.25), ("South", 3000.0, 1.0)))
    assert cells.people_in == 4000.0
    assert cells.people.sum() == pytest.approx(3250.0)
    assert cells.people_outside == pytest.approx(750.0)
    assert get_figure(cells, "people outside the study area") == pytest.approx(750.0)
    assert get_figure(cells, "share of North in the study area") == 0.25
    told = cells.explanation.set_index("step").loc["people of South"]
    assert (told["value"], told["source"], told["confidence"]) == (3000.0, "made up, 2026", "planner")


def test_figures_are_spread_by_road_length_and_places(study):
    """Roads 100 and 300 m; a mall in the second cell. With 20 % by places (data/demand):
    first cell 0.8 x 1/4 = 0.2 of the people, second 0.8 x 3/4 + 0.2 = 0.8.
    """
    left = study.find_middle_cell()
    right = study.find_neighbour(left)
    study.draw_road(left, 100.0)
    study.draw_road(right, 100.0)
    study.draw_road(right, 200.0)
    study.put("n1", "mall", right)
    cells = study.build(make_figures(("City", 1000.0, 1.0)))
    assert len(cells.cell_id) == 2
    assert cells.people[study.get_pos(cells, left)] == pytest.approx(200.0, rel=1e-5)
    assert cells.people[study.get_pos(cells, right)] == pytest.approx(800.0, rel=1e-5)


def test_figures_without_places_go_by_road_alone_and_say_so(study, get_figure, caplog):
    left = study.find_middle_cell()
    right = study.find_neighbour(left)
    study.draw_road(left, 100.0)
    study.draw_road(right, 250.0)
    cells = study.build(make_figures(("City", 700.0, 1.0)))
    assert cells.people[study.get_pos(cells, left)] == pytest.approx(200.0, rel=1e-5)
    assert "no place lies in the study area; all people are spread by road length" in caplog.text
    assert get_figure(cells, "share of people spread by places") == 0.0


@pytest.mark.parametrize(("people", "share"), [(0.0, 1.0), (1000.0, 0.0)])
def test_figures_that_leave_nobody_are_refused(paved_study, people, share):
    with pytest.raises(
        ConfigError, match=r"demand\.population\.figures: the figures leave 0 people in the study"
    ):
        paved_study.build(make_figures(("City", people, share)))
