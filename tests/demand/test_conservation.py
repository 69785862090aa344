"""No person and no kWh is lost or made, whatever the squares, the roads and the fleet."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chargeplan.config.settings import PopulationFigures
from chargeplan.demand.energy import spread_energy
from chargeplan.demand.explain import Figure
from chargeplan.demand.people_figures import spread_figures
from chargeplan.demand.people_grid import PeopleGrid
from chargeplan.demand.spread import spread_grid
from chargeplan.demand.vehicle_classes import Fleet, VehicleClass
from chargeplan.words import ChargingUse

TOLERANCE = 1e-9
SIDES_M = st.floats(1.0, 4000.0)
SEEDS = st.integers(0, 2**32 - 1)


def draw_squares(cover, seed, n_squares, side_m) -> PeopleGrid:
    """Squares anywhere in the box widened by 3 km; at least the first lies on a cell."""
    rng = np.random.default_rng(seed)
    low, high = cover.xy_m.min(axis=0) - 3000.0, cover.xy_m.max(axis=0) + 3000.0
    xy_m = rng.uniform(low, high, (n_squares, 2))
    xy_m[0] = cover.xy_m[rng.integers(cover.n_cells)]
    people = rng.lognormal(3.0, 3.0, n_squares) * (rng.random(n_squares) < 0.8)
    people[0] = 1.0
    return PeopleGrid(xy_m[:, 0], xy_m[:, 1], people, side_m / 2, side_m / 2, cover.crs, "random", "random")


def draw_road_m(cover, seed):
    rng = np.random.default_rng(seed)
    return rng.lognormal(5.0, 2.0, cover.n_cells) * (rng.random(cover.n_cells) < rng.random())


@given(seed=SEEDS, n_squares=st.integers(1, 30), side_m=SIDES_M)
@settings(max_examples=40, deadline=None)
def test_every_person_is_in_a_cell_or_outside(cover, seed, n_squares, side_m):
    grid = draw_squares(cover, seed, n_squares, side_m)
    result = spread_grid(grid, cover, draw_road_m(cover, seed))
    assert result.people_in == pytest.approx(grid.people.sum(), rel=TOLERANCE)
    assert result.people.sum() + result.people_outside == pytest.approx(result.people_in, rel=TOLERANCE)
    assert (result.people >= 0).all()
    assert result.people_outside >= 0


@given(seed=SEEDS, n_parts=st.integers(2, 6), side_m=SIDES_M)
@settings(max_examples=25, deadline=None)
def test_splitting_the_people_of_squares_changes_no_cell(cover, seed, n_parts, side_m):
    """The people of each square, split at random into layers, fall where the whole falls."""
    rng = np.random.default_rng(seed)
    grid = draw_squares(cover, seed, 8, side_m)
    road_m = draw_road_m(cover, seed)
    whole = spread_grid(grid, cover, road_m)
    shares = rng.dirichlet(np.ones(n_parts), len(grid.people))
    layers = PeopleGrid(
        np.repeat(grid.x, n_parts),
        np.repeat(grid.y, n_parts),
        (grid.people[:, None] * shares).ravel(),
        grid.half_x,
        grid.half_y,
        grid.crs,
        grid.origin,
        grid.squares_from,
    )
    split = spread_grid(layers, cover, road_m)
    # Zero people in a layer can leave a square out, never move its people.
    assert split.people == pytest.approx(whole.people, rel=TOLERANCE, abs=1e-9 * whole.people_in)
    assert split.people_outside == pytest.approx(whole.people_outside, rel=TOLERANCE, abs=1e-9)


@given(seed=SEEDS)
@settings(max_examples=30, deadline=None)
def test_order_of_the_squares_does_not_matter(cover, seed):
    grid = draw_squares(cover, seed, 12, 700.0)
    order = np.random.default_rng(seed).permutation(12)
    mixed = PeopleGrid(
        grid.x[order], grid.y[order], grid.people[order], 350.0, 350.0, grid.crs, grid.origin, ""
    )
    road_m = draw_road_m(cover, seed)
    left, right = spread_grid(grid, cover, road_m), spread_grid(mixed, cover, road_m)
    assert left.people == pytest.approx(right.people, rel=TOLERANCE)


@given(
    seed=SEEDS,
    figures=st.lists(st.tuples(st.floats(0, 1e8), st.floats(0, 1)), min_size=1, max_size=8),
)
@settings(max_examples=40, deadline=None)
def test_every_person_of_a_figure_is_in_a_cell_or_outside(cover, seed, figures):
    figures = [(1000.0, 0.5), *figures]
    rng = np.random.default_rng(seed)
    options = PopulationFigures.model_validate(
        {
            "source": "figures",
            "figures": [
                {
                    "name": f"part {number}",
                    "people": people,
                    "share_in_area": share,
                    "source": "made up, 2026",
                }
                for number, (people, share) in enumerate(figures)
            ],
        },
        strict=False,
    )
    road_m = draw_road_m(cover, seed)
    road_m[0] += 1.0
    weight = rng.random(cover.n_cells) * (rng.random(cover.n_cells) < rng.random())
    result = spread_figures(options, road_m, weight)
    inside = sum(people * share for people, share in figures)
    assert result.people_in == pytest.approx(sum(people for people, _ in figures), rel=TOLERANCE)
    assert result.people.sum() == pytest.approx(inside, rel=TOLERANCE)
    assert result.people.sum() + result.people_outside == pytest.approx(result.people_in, rel=TOLERANCE)
    assert result.people_outside >= 0


@given(
    seed=SEEDS,
    n_empty=st.integers(0, 4),
    values=st.lists(
        st.tuples(st.floats(0, 900), st.floats(0, 1), st.floats(0, 500), st.floats(0, 3), st.floats(0, 1)),
        min_size=1,
        max_size=5,
    ),
)
@settings(max_examples=40, deadline=None)
def test_every_kwh_is_in_a_cell_or_outside(cover, seed, n_empty, values):
    """Each use has its own weights; for some of them nothing says where, and people take its place."""
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet(np.ones(5), len(values))[:, :4]  # the fifth part is charged at home
    fleet = Fleet(tuple(draw_class(row, share) for row, share in zip(values, shares, strict=True)))
    people = spread_grid(draw_squares(cover, seed, 12, 900.0), cover, draw_road_m(cover, seed))
    shape = (cover.n_cells, len(values), 4)
    weight = rng.random(shape) * (rng.random(shape) < rng.random())
    weight[0] += 1e-3
    weight /= weight.sum(axis=0)
    weight[:, :, rng.permutation(4)[:n_empty]] = 0.0
    energy = spread_energy(people, fleet, weight)
    each = [v / 1000 * e * km * kwh for v, e, km, kwh, _ in values]
    served = sum(one * share[:3].sum() for one, share in zip(each, shares, strict=True))
    depots = sum(one * share[3] for one, share in zip(each, shares, strict=True))
    assert energy.kwh_day_in == pytest.approx(people.people_in * served, rel=TOLERANCE)
    assert energy.depot_kwh_day_in == pytest.approx(people.people_in * depots, rel=TOLERANCE)
    assert energy.kwh_day.sum() + energy.kwh_day_outside == pytest.approx(energy.kwh_day_in, rel=TOLERANCE)
    assert energy.kwh_day_by_use[:, :, 3].sum() + energy.depot_kwh_day_outside == pytest.approx(
        energy.depot_kwh_day_in, rel=TOLERANCE
    )
    by_use = energy.kwh_day_by_use.sum(axis=0)
    assert by_use == pytest.approx(np.array(each)[:, None] * shares * people.people.sum(), rel=TOLERANCE)
    assert (energy.kwh_day_by_use >= 0).all()


@given(seed=SEEDS, share=st.floats(0, 1), more=st.floats(0, 1))
@settings(max_examples=30, deadline=None)
def test_more_electric_vehicles_never_want_less_energy(cover, seed, share, more):
    people = spread_grid(draw_squares(cover, seed, 5, 900.0), cover, draw_road_m(cover, seed))
    weight = np.full((cover.n_cells, 1, 4), 1 / cover.n_cells)
    low, high = (
        spread_energy(people, Fleet((draw_class((20, electric, 30, 0.2, 0), np.full(4, 0.2)),)), weight)
        for electric in sorted((share, more))
    )
    assert (high.kwh_day_by_use >= low.kwh_day_by_use).all()
    assert high.kwh_day_in >= low.kwh_day_in


def draw_class(row, shares) -> VehicleClass:
    per_1000, electric, km_day, kwh_km, _ = row
    figures = {"km_day": km_day, "kwh_km": kwh_km, "battery_kwh": 40.0, "swap_share": 0.0}
    figures |= {f"{use.value}_share": share for use, share in zip(ChargingUse, shares.tolist(), strict=True)}
    return VehicleClass(
        name="drawn",
        vehicles=Figure("", per_1000, "vehicles per 1,000 people", "", ""),
        electric_share=Figure("", electric, "share", "", ""),
        figures={name: Figure(name, value, "", "", "") for name, value in figures.items()},
        home_to_fast_share=0.0,
        lead=(),
        charger_types=Figure("", 0.0, "types", "", ""),
    )


@given(seed=SEEDS)
@settings(max_examples=10, deadline=None)
def test_record_promises_hold_for_whole_builds(build_random_study, seed):
    """Cells that are left out, zones and snapping lose nobody either."""
    cells, people_read = build_random_study(seed)
    assert cells.people_in == pytest.approx(people_read, rel=TOLERANCE)
    assert cells.people.sum() + cells.people_outside == pytest.approx(cells.people_in, rel=TOLERANCE)
    assert cells.kwh_day.sum() + cells.kwh_day_outside == pytest.approx(cells.kwh_day_in, rel=TOLERANCE)
    depots = cells.depot_kwh_day.sum()
    assert depots + cells.depot_kwh_day_outside == pytest.approx(cells.depot_kwh_day_in, rel=TOLERANCE)
    assert ((cells.people > 0) | (cells.kwh_day_by_use > 0).any(axis=(1, 2))).all()


@pytest.fixture(scope="module")
def build_random_study(tmp_path_factory, make_study):
    def build(seed):
        study = make_study(tmp_path_factory.mktemp("random"))
        rng = np.random.default_rng(seed)
        study.draw_roads_everywhere()
        for number in range(5):
            study.put(f"n{number}", "mall", int(rng.integers(study.cover.n_cells)))
        grid = draw_squares(study.cover, seed, 20, 500.0)
        lon, lat = grid.locate(grid.x, grid.y)
        path = study.folder / "people.csv"
        rows = [
            f"{a!r},{b!r},{c!r}"
            for a, b, c in zip(lon.tolist(), lat.tolist(), grid.people.tolist(), strict=True)
        ]
        path.write_text("\n".join(["lon,lat,people", *rows]), encoding="utf-8")
        population = {"source": "csv", "path": path, "square_m": 500.0}
        cells = study.build(population)
        return cells, grid.people.sum()

    return build
