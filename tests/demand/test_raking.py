"""Totals of zones are kept, whatever the grid and however the zones are cut."""

import h3
import numpy as np
import pytest
import shapely
import shapely.ops
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from chargeplan.config.settings import DemandSettings
from chargeplan.demand.energy import spread_energy
from chargeplan.demand.fleet import read_fleet
from chargeplan.demand.people_grid import PeopleGrid
from chargeplan.demand.people_zones import spread_zones
from chargeplan.demand.spread import spread_grid
from chargeplan.demand.vehicle_classes import Fleet
from chargeplan.demand.zone_totals import PeopleZones
from chargeplan.errors import DataError
from chargeplan.geo import WGS84, project_geometry
from chargeplan.words import ChargingUse

CRS = "EPSG:32643"
SIDE_M = 3000.0
TOLERANCE = 1e-9


def make_zones(outlines_m, people, corner_m) -> PeopleZones:
    moved = [shapely.transform(one, lambda xy: xy + corner_m) for one in outlines_m]
    outline = np.array([project_geometry(one, CRS, WGS84) for one in moved], dtype=object)
    ids = tuple(f"z{number:03d}" for number in range(len(outline)))
    return PeopleZones(ids, np.asarray(people, float), outline, "drawn", "planner")


def cut_box(rng, low, high, n_cuts):
    """Cut a box with random straight lines into pieces that touch; one that leaves a sliver is passed over.

    Slivers narrower than the dots that count areas have no people of the grid, which is refused.
    """
    pieces = [shapely.box(low, low, high, high)]
    for _ in range(n_cuts):
        point, angle = rng.uniform(low, high, 2), rng.uniform(0, np.pi)
        step = 1e5 * np.array([np.cos(angle), np.sin(angle)])
        line = shapely.LineString([point - step, point + step])
        cut = [part for piece in pieces for part in shapely.ops.split(piece, line).geoms]
        if all(not part.buffer(-90.0).is_empty for part in cut):
            pieces = cut
    return pieces


def draw_grid(cover, corner_m, rng, side_m):
    """Squares over the box and beyond, with people in each, so that no zone is without."""
    ticks = np.arange(-1200.0, SIDE_M + 1201.0, side_m)
    x, y = (values.ravel() for values in np.meshgrid(ticks, ticks))
    people = rng.lognormal(2, 1.5, x.size)
    return PeopleGrid(x + corner_m[0], y + corner_m[1], people, side_m / 2, side_m / 2, cover.crs, "g", "g")


@pytest.fixture(scope="module")
def fleet() -> Fleet:
    figures = {"source": "figures", "figures": [{"name": "x", "people": 1.0, "source": "made up, 2026"}]}
    return read_fleet(DemandSettings.model_validate({"population": figures}, strict=False), year=2030)


@given(
    seed=st.integers(0, 2**32 - 1),
    n_cuts=st.integers(0, 6),
    low=st.floats(-800, 1200),
    side_m=st.floats(250, 900),
)
@settings(max_examples=200, deadline=None)
def test_people_and_kwh_are_kept_for_any_split_of_zones(cover, corner_m, fleet, seed, n_cuts, low, side_m):
    """200 random splits: the sum of all zones and who is in none, each zone by itself, and their energy."""
    rng = np.random.default_rng(seed)
    grid = draw_grid(cover, corner_m, rng, side_m)
    outlines = cut_box(rng, low, rng.uniform(low + 1200, SIDE_M + 800), n_cuts)
    road_m = rng.lognormal(4, 2, cover.n_cells) * (rng.random(cover.n_cells) < 0.7)
    zones = make_zones(outlines, rng.uniform(0, 9000, len(outlines)), corner_m)
    whole = spread_grid(grid, cover, road_m, zones)
    told = {figure.step: figure.value for figure in whole.figures}
    # Who the grid counts in no zone, also in squares too far away to be cut.
    beside = grid.people.sum() - sum(
        told[f"people that the grid counts in zone {zone}"] for zone in zones.zone_id
    )
    assert whole.people.sum() + whole.people_outside == pytest.approx(whole.people_in, rel=TOLERANCE)
    assert whole.people_in == pytest.approx(zones.people.sum() + beside, rel=TOLERANCE)
    assert (whole.people >= 0).all()
    check_energy(whole, fleet, rng)
    # One zone of the area by itself: with nobody in all others, its total and who is in none are left.
    of_cells = np.unique(zones.find_zones(*cover.lonlat.T))
    assume((of_cells >= 0).any())
    only = rng.choice(of_cells[of_cells >= 0])
    alone = PeopleZones(
        zones.zone_id, np.where(np.arange(len(outlines)) == only, zones.people, 0.0), zones.outline, "", ""
    )
    left = spread_grid(grid, cover, road_m, alone)
    assert left.people_in == pytest.approx(zones.people[only] + beside, rel=TOLERANCE)
    assert left.people.sum() + left.people_outside == pytest.approx(left.people_in, rel=TOLERANCE)


def check_energy(people, fleet, rng):
    """Lay the energy of the people by random weights, some of which say nothing, and count it."""
    n_uses = len(ChargingUse)
    weight = rng.random((len(people.people), len(fleet.names), n_uses))
    weight /= weight.sum(axis=0)
    weight[:, rng.random((len(fleet.names), n_uses)) < 0.3] = 0.0
    energy = spread_energy(people, fleet, weight)
    expected = people.people_in * sum(
        float(vehicles.compute_kwh_day_per_person(people.people_in).sum()) for vehicles in fleet.classes
    )
    outside = energy.kwh_day_outside + energy.depot_kwh_day_outside
    assert energy.kwh_day_by_use.sum() + outside == pytest.approx(expected, rel=TOLERANCE)
    assert energy.kwh_day.sum() + energy.kwh_day_outside == pytest.approx(energy.kwh_day_in, rel=TOLERANCE)
    assert energy.kwh_day_in + energy.depot_kwh_day_in == pytest.approx(expected, rel=TOLERANCE)
    assert (energy.kwh_day_by_use >= 0).all()


@given(seed=st.integers(0, 2**32 - 1), n_cuts=st.integers(0, 6), low=st.floats(-900, 1500))
@settings(max_examples=60, deadline=None)
def test_zones_without_a_grid_keep_their_totals(cover, corner_m, seed, n_cuts, low):
    rng = np.random.default_rng(seed)
    outlines = cut_box(rng, low, low + rng.uniform(1200, 4000), n_cuts)
    road_m = rng.lognormal(4, 2, cover.n_cells) * (rng.random(cover.n_cells) < 0.7)
    people = rng.uniform(1, 9000, len(outlines))
    zones = make_zones(outlines, people, corner_m)
    result = spread_zones(zones, cover, road_m)
    assert result.people_in == pytest.approx(people.sum(), rel=TOLERANCE)
    assert result.people.sum() + result.people_outside == pytest.approx(result.people_in, rel=TOLERANCE)
    assert (result.people >= 0).all()
    assert result.people_outside >= -TOLERANCE * result.people_in


@pytest.mark.parametrize("cut", [0.5, 0.13])
def test_zones_that_fill_the_area_lose_nobody_over_its_edge(area, cover, cut):
    """The hexagons leave strips along the edge uncovered; the people of a zone in the area live there all the same."""
    west, south, east, north = area.boundary.bounds
    middle = west + cut * (east - west)
    outline = np.array([shapely.box(west, south, middle, north), shapely.box(middle, south, east, north)])
    zones = PeopleZones(("a", "b"), np.array([1000.0, 500.0]), outline, "drawn", "planner")
    result = spread_zones(zones, cover, np.ones(cover.n_cells))
    assert result.people_outside == pytest.approx(0.0, abs=1e-9)
    assert result.people.sum() == pytest.approx(1500.0, rel=TOLERANCE)


def test_a_zone_half_in_the_area_has_half_its_people_there(area, cover):
    west, south, east, north = area.boundary.bounds
    outline = np.array([shapely.box(west, south, 2 * east - west, north)])
    result = spread_zones(
        PeopleZones(("a",), np.array([900.0]), outline, "drawn", "planner"), cover, np.ones(cover.n_cells)
    )
    assert result.people.sum() == pytest.approx(450.0, rel=1e-3)  # a degree is as wide west as east


def test_two_halves_are_raked_to_their_totals(cover, corner_m):
    """An even grid says 1 to 1; the west has 300 people and the east 900."""
    ticks = np.arange(-375.0, SIDE_M + 376.0, 250.0)
    x, y = (values.ravel() for values in np.meshgrid(ticks, ticks))
    grid = PeopleGrid(
        x + corner_m[0], y + corner_m[1], np.ones(x.size), 125.0, 125.0, cover.crs, "even", "even"
    )
    halves = [
        shapely.box(-500, -500, 1500, SIDE_M + 500),
        shapely.box(1500, -500, SIDE_M + 500, SIDE_M + 500),
    ]
    zones = make_zones(halves, [300.0, 900.0], corner_m)
    road_m = np.full(cover.n_cells, 10.0)
    result = spread_grid(grid, cover, road_m, zones)
    x_m = cover.xy_m[:, 0] - corner_m[0]
    margin = 2 * cover.edge_m
    west, east = result.people[x_m < 1500 - margin], result.people[x_m > 1500 + margin]
    # 3 times as many, because both halves are 2 km wide.
    assert east.mean() / west.mean() == pytest.approx(3.0, rel=0.1)
    told = {figure.step: figure.value for figure in result.figures}
    assert told["people of zone z000"] == 300.0
    assert told["factor of zone z001"] / told["factor of zone z000"] == pytest.approx(3.0, rel=0.02)
    assert result.people_in == pytest.approx(1200.0, rel=TOLERANCE)


def test_a_zone_beyond_the_area_is_outside_and_needs_no_grid(cover, corner_m):
    grid = draw_grid(cover, corner_m, np.random.default_rng(1), 500.0)
    far = [shapely.box(0, 0, SIDE_M, SIDE_M), shapely.box(20_000, 0, 21_000, 900)]
    zones = make_zones(far, [100.0, 777.0], corner_m)
    result = spread_grid(grid, cover, np.full(cover.n_cells, 1.0), zones)
    in_no_zone = next(
        f.value for f in result.figures if f.step == "people in no zone, as the grid counts them"
    )
    assert result.people_in == pytest.approx(877.0 + in_no_zone, rel=TOLERANCE)
    assert result.people_outside >= 777.0


def test_a_zone_of_the_area_in_which_the_grid_counts_nobody_is_named(cover, corner_m):
    grid = PeopleGrid(
        np.array([corner_m[0] + 500.0]),
        np.array([corner_m[1] + 500.0]),
        np.array([10.0]),
        200.0,
        200.0,
        cover.crs,
        "grid.tif",
        "",
    )
    halves = [shapely.box(0, 0, 1500, SIDE_M), shapely.box(1500, 0, SIDE_M, SIDE_M)]
    with pytest.raises(
        DataError, match=r'grid.tif counts nobody in 1 zone of the study area: "z001" \(50 people\)'
    ):
        spread_grid(grid, cover, np.ones(cover.n_cells), make_zones(halves, [10.0, 50.0], corner_m))


def test_no_zone_of_the_area_is_refused(cover, corner_m):
    zones = make_zones([shapely.box(50_000, 0, 51_000, 900)], [10.0], corner_m)
    with pytest.raises(DataError, match="no zone with people reaches into the study area"):
        spread_zones(zones, cover, np.ones(cover.n_cells))


# --- whole builds from files


@pytest.fixture
def write_tehsils(write_layer, lonlat):
    """Two halves of the box as polygons, with whatever columns."""

    def write(*rows, edges_m=(-500.0, 1500.0, 3500.0), name="tehsils.geojson"):
        features = []
        for at, row in enumerate(rows):
            west, east = edges_m[at], edges_m[at + 1]
            ring = lonlat([west, east, east, west], [-500, -500, 3500, 3500])
            features.append((shapely.Polygon(ring), row))
        return write_layer(name, features)

    return write


def zone_settings(path, **more):
    return {"source": "zones", "zones": {"path": path, "id_column": "tehsil"} | more}


def test_zones_of_a_file_are_spread_over_their_roads(paved_study, write_tehsils, get_figure):
    path = write_tehsils({"tehsil": "West", "people": 300}, {"tehsil": "East", "people": 900})
    cells = paved_study.build(zone_settings(path, people_column="people"))
    assert cells.people_in == pytest.approx(1200.0, rel=TOLERANCE)
    assert cells.people.sum() + cells.people_outside == pytest.approx(1200.0, rel=TOLERANCE)
    assert get_figure(cells, "people of zone East") == 900.0
    assert cells.kwh_day.sum() + cells.kwh_day_outside == pytest.approx(cells.kwh_day_in, rel=TOLERANCE)


def test_a_csv_of_h3_cells_is_raked_to_zones(paved_study, write_text, write_tehsils, cover, get_figure):
    hexagons = sorted({h3.cell_to_parent(f"{int(key):x}", 8) for key in cover.cell_key})
    text = "h3,population\n" + "".join(f"{cell},{10 + at}\n" for at, cell in enumerate(hexagons))
    path = write_tehsils({"tehsil": "West", "people": 300}, {"tehsil": "East", "people": 900})
    population = {
        "source": "csv",
        "path": write_text("kontur.csv", text),
        "h3_column": "h3",
        "column": "population",
    }
    plain = paved_study.build(population)
    n = len(hexagons)
    assert plain.people_in == 10 * n + n * (n - 1) / 2
    zones = {"path": path, "id_column": "tehsil", "people_column": "people"}
    raked = paved_study.build(population | {"zones": zones})
    beside = get_figure(raked, "people in no zone, as the grid counts them")  # cells reach out of the zones
    assert 0 < beside < 60
    assert raked.people_in == pytest.approx(1200.0 + beside, rel=TOLERANCE)
    assert raked.people.sum() + raked.people_outside == pytest.approx(raked.people_in, rel=TOLERANCE)


def test_people_of_an_h3_cell_fall_on_its_children(paved_study, write_text, cover):
    """All seven children of one cell of resolution 8 lie in the area; by roads alike, a seventh each.

    Hexagons do not hold their children exactly, so that a few per cent lie beside them.
    """
    parents = [h3.cell_to_parent(f"{int(key):x}", 8) for key in cover.cell_key]
    parent = next(cell for cell in parents if parents.count(cell) == 7)
    cells = paved_study.build(
        {
            "source": "csv",
            "path": write_text("one.csv", f"h3,people\n{parent.upper()},700\n"),
            "h3_column": "h3",
        }
    )
    people = dict(zip(cells.cell_id.tolist(), cells.people.tolist(), strict=True))
    at_home = {cell: people[cell] for cell in h3.cell_to_children(parent, 9)}
    assert at_home == pytest.approx(dict.fromkeys(at_home, 100.0), rel=0.1)
    assert sum(people.values()) + cells.people_outside == pytest.approx(700.0, rel=TOLERANCE)


def test_a_raster_is_read_as_far_as_its_zones_reach(paved_study, write_tehsils, tmp_path, cover):
    """Half of the eastern zone lies beyond the area; its people there stay there."""
    import rasterio
    from rasterio.transform import Affine

    corner = (320_000.0 - 2000.0, 3_728_000.0 + 6000.0)
    path = tmp_path / "people.tif"
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=90,
        height=80,
        count=1,
        dtype="float32",
        crs=CRS,
        transform=Affine(100.0, 0.0, corner[0], 0.0, -100.0, corner[1]),
    ) as dataset:
        dataset.write(np.ones((80, 90), "float32"), 1)
    tehsils = write_tehsils(
        {"tehsil": "West", "people": 300.0},
        {"tehsil": "East", "people": 900.0},
        edges_m=(0.0, 1500.0, 4500.0),
    )
    zones = {"path": tehsils, "id_column": "tehsil", "people_column": "people"}
    cells = paved_study.build({"source": "raster", "path": path, "zones": zones})
    # 1,500 m of the eastern zone's 3,000 m lie in the box, and 3,000 of 4,000 m from south to north;
    # cells count whole, so the edge of the box is rough by half a cell.
    x_m = cover.xy_m[:, 0] - 320_000.0
    east = [cell for cell, at in zip(cover.cell_key, x_m, strict=True) if at > 1500]
    people = dict(zip(cells.cell_id.tolist(), cells.people.tolist(), strict=True))
    in_east = sum(people.get(f"{int(cell):x}", 0.0) for cell in east)
    assert in_east == pytest.approx(900 * 0.5 * 0.75, rel=0.12)


# --- faults, each with rows and columns


def build_fails(study, population):
    with pytest.raises(DataError) as error:
        study.build(population)
    return " | ".join(error.value.faults)


def test_a_tehsil_that_matches_no_polygon_is_named_with_the_nearest(paved_study, write_tehsils):
    path = write_tehsils({"tehsil": "Lahor City"}, {"tehsil": "Raiwind"})
    figures = [
        {"zone": "Lahore City", "people": 1000.0, "source": "made up, 2026"},
        {"zone": "Raiwind", "people": 1000.0, "source": "made up, 2026"},
    ]
    fault = build_fails(paved_study, zone_settings(path, figures=figures))
    assert 'no people for 1 polygon of tehsils.geojson: "Lahor City" (did you mean "Lahore City"?)' in fault
    assert 'no polygon of tehsils.geojson (column "tehsil") for 1 zone: "Lahore City"' in fault


def test_census_names_are_matched_without_case_and_hyphens(paved_study, write_tehsils, get_figure):
    """The two tehsils of a made-up half district are told to be incomplete; Islamabad is whole."""
    path = write_tehsils({"tehsil": "ISLAMABAD"})
    cells = paved_study.build(zone_settings(path, census="tehsil"))
    assert get_figure(cells, "people of zone ISLAMABAD") == 2_363_863  # census 2023, table 1
    rows = cells.explanation[cells.explanation["step"] == "people of zone ISLAMABAD"]
    assert "Census 2023" in rows["source"].iloc[0]
    assert rows["confidence"].iloc[0] == "high"


def test_a_district_that_is_begun_must_be_whole(paved_study, write_tehsils):
    path = write_tehsils({"tehsil": "Lahore City"}, {"tehsil": "Raiwind"})
    fault = build_fails(paved_study, zone_settings(path, census="tehsil"))
    assert 'no polygon of tehsils.geojson (column "tehsil") for ' in fault
    assert '"Lahore Cantt"' in fault
    assert '"Shalimar"' in fault


def test_a_name_of_two_districts_needs_its_district(paved_study, write_tehsils):
    path = write_tehsils({"tehsil": "Saddar"}, {"tehsil": "Islamabad"})
    fault = build_fails(paved_study, zone_settings(path, census="tehsil"))
    assert "tehsils.geojson: tehsils with one name in several districts: Saddar;" in fault
    assert "district_column" in fault


@pytest.mark.parametrize(
    ("people", "words"),
    [
        (-5, 'a negative number of people in feature 2 ("East"); a count is 0 or more; correct it'),
        (None, 'no number of people in feature 2 ("East"); give each a number, 0 where nobody lives'),
        ("many", 'no number of people in feature 2 ("East")'),
    ],
)
def test_a_zone_with_impossible_people_is_named(paved_study, write_tehsils, people, words):
    path = write_tehsils({"tehsil": "West", "people": 7}, {"tehsil": "East", "people": people})
    assert words in build_fails(paved_study, zone_settings(path, people_column="people"))


def test_zones_that_overlap_are_named(paved_study, write_layer, lonlat):
    def square(west, east):
        return shapely.Polygon(lonlat([west, east, east, west], [0, 0, 3000, 3000]))

    path = write_layer(
        "tehsils.geojson",
        [(square(0, 2000), {"tehsil": "A", "n": 5}), (square(1000, 3000), {"tehsil": "B", "n": 5})],
    )
    fault = build_fails(paved_study, zone_settings(path, people_column="n"))
    assert 'zones overlap in 1 pair: "A" and "B" (50.0% of the smaller)' in fault


def test_a_missing_column_repeated_and_empty_names_are_told(paved_study, write_tehsils):
    path = write_tehsils({"tehsil": "A", "Peopel": 1})
    assert 'no column "people"; it has tehsil, Peopel; did you mean "Peopel"?' in build_fails(
        paved_study, zone_settings(path, people_column="people")
    )
    path = write_tehsils({"tehsil": "A", "n": 1}, {"tehsil": "a", "n": 2}, name="twice.geojson")
    assert "more than once" in build_fails(paved_study, zone_settings(path, people_column="n"))
    path = write_tehsils({"tehsil": "A", "n": 1}, {"tehsil": "", "n": 2}, name="empty.geojson")
    assert "empty.geojson: no tehsil in feature 2" in build_fails(
        paved_study, zone_settings(path, people_column="n")
    )


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("nonsense,5", 'no H3 cell in line 2 (the first is "nonsense")'),
        ("883f9d4605fffff,5\n893f9d46057ffff,5", "cells of the resolutions 8, 9 are mixed"),
        ("883f9d4605fffff,5\n883f9d4605fffff,6", "more than one row for 1 cell (the first in line 2)"),
        ("883f9d4605fffff,-6", "a negative number of people in line 2"),
    ],
)
def test_faults_of_h3_cells_are_named_by_line(paved_study, write_text, rows, words):
    path = write_text("h3.csv", f"h3,people\n{rows}\n")
    assert words in build_fails(paved_study, {"source": "csv", "path": path, "h3_column": "h3"})


def test_swapped_coordinates_of_a_zone_are_refused(paved_study, write_layer, lonlat):
    ring = lonlat([0, 3000, 3000, 0], [0, 0, 3000, 3000])[:, ::-1]
    path = write_layer("swapped.geojson", [(shapely.Polygon(ring), {"tehsil": "A", "n": 5})])
    assert "swapped" in build_fails(paved_study, zone_settings(path, people_column="n"))
