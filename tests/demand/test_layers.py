"""Every layer keeps one promise, and the uses mix them by hand-computed weights."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from chargeplan.config.settings import ExclusionSettings, LayerSettings, PlacesSettings
from chargeplan.demand.attraction import weigh_places
from chargeplan.demand.explain import compute_figure
from chargeplan.demand.layer import Layer
from chargeplan.demand.layer_depots import Depots, weigh_depots
from chargeplan.demand.layer_exclusion import measure_exclusion
from chargeplan.demand.layer_industry import weigh_industry
from chargeplan.demand.layer_people import weigh_people
from chargeplan.demand.layer_places import weigh_fuel_places, weigh_visits
from chargeplan.demand.layer_traffic import read_flow_by_class, weigh_traffic
from chargeplan.demand.layers import LAYERS_OF_USE, weigh_uses
from chargeplan.demand.people import CellPeople
from chargeplan.errors import DataError, RecordError
from chargeplan.geo import project_geometry
from chargeplan.land import describe_land, gather_excluded_land, make_land
from chargeplan.osm.road_classes import ROAD_CLASSES
from chargeplan.records import MapPlaces
from chargeplan.words import ChargingUse, LandKind, LayerName, TrafficMethod

CRS = "EPSG:32643"
OVERNIGHT, DESTINATION, FAST, DEPOT = range(4)


@pytest.fixture
def full_study(study, make_map_places, lonlat):
    """Roads, places of every kind that counts, an industrial area across the border, a cemetery."""
    study.draw_roads_everywhere()
    for cell in range(10, 20):
        study.draw_road(cell, 200.0, "primary")
    for number, kind in enumerate(("mall", "hospital", "fuel", "bus_station", "taxi_stand")):
        study.put(f"n{number}", kind, 20 + number)
    corners = {LandKind.INDUSTRIAL: (-300, 900, 300, 1500), LandKind.CEMETERY: (1000, 1000, 1400, 1300)}
    rows = [describe_land(f"w{kind}", kind, {}, "map.osm") for kind in corners]
    land = make_land(rows, np.array([draw_box(lonlat, *box) for box in corners.values()], dtype=object))
    return study, MapPlaces(make_map_places(study.places).table, land)


def draw_box(lonlat, west_m, south_m, east_m, north_m):
    return shapely.Polygon(lonlat([west_m, east_m, east_m, west_m], [south_m, south_m, north_m, north_m]))


def build_all(full_study, draw_network, seed=7):
    study, places = full_study
    network = draw_network(study.roads)
    people = np.random.default_rng(3).uniform(0, 50, study.cover.n_cells)
    attraction = weigh_places(places, PlacesSettings(), study.cover)
    traffic = {
        method: weigh_traffic(network, study.cover, people, method, seed=seed) for method in TrafficMethod
    }
    return {
        "people": weigh_people(CellPeople(people, people.sum() + 9.0, 9.0, ())),
        "places": weigh_visits(attraction, PlacesSettings()),
        "fuel": weigh_fuel_places(attraction),
        "traffic by class": traffic[TrafficMethod.CLASSES],
        "traffic by drives": traffic[TrafficMethod.BETWEENNESS],
        "industry": weigh_industry(attraction, PlacesSettings(), study.cover),
        **{
            f"depots of {name}": depots.layer
            for name, depots in weigh_depots(
                DEPOT_CLASSES, attraction, traffic[TrafficMethod.CLASSES], study.cover
            ).items()
        },
        "exclusion": measure_exclusion(gather_excluded_land(places.land, ExclusionSettings()), study.cover),
    }


DEPOT_CLASSES = ("bus", "taxi", "three_wheeler", "truck", "van")
ALL = (
    "people",
    "places",
    "fuel",
    "traffic by class",
    "traffic by drives",
    "industry",
    *(f"depots of {name}" for name in DEPOT_CLASSES),
    "exclusion",
)


@pytest.mark.parametrize("which", ALL)
def test_every_layer_is_finite_conserved_repeatable_and_named(full_study, draw_network, which):
    layer, again = (build_all(full_study, draw_network)[which] for _ in range(2))
    assert layer.weight.shape == (full_study[0].cover.n_cells,)
    assert np.isfinite(layer.weight).all()
    assert (layer.weight >= 0).all()
    assert layer.weight.sum() > 0  # or the other promises are kept by nothing
    assert layer.weight.sum() + layer.outside == pytest.approx(layer.total, rel=1e-9)
    assert layer.weight.tolist() == again.weight.tolist()
    assert all(figure.step.startswith(layer.name.value) for figure in layer.figures)
    assert {name.value for name in LayerName} >= {layer.name.value}


def test_no_layer_is_left_out_of_the_promise(full_study, draw_network):
    assert {layer.name for layer in build_all(full_study, draw_network).values()} == set(LayerName)
    assert set(LAYERS_OF_USE) == set(ChargingUse)


@pytest.mark.parametrize(
    ("weight", "total", "step", "why"),
    [
        ([1.0, np.nan], 1.0, "industry: x", "finite and not negative"),
        ([2.0, -1.0], 1.0, "industry: x", "finite and not negative"),
        ([1.0, 1.0], 3.0, "industry: x", "not conserved: 3.0 in, 2.0 in cells and outside"),
        ([1.0, 1.0], 2.0, "places: x", "must be named in each of its figures"),
    ],
)
def test_a_layer_that_breaks_its_promise_is_refused(weight, total, step, why):
    with pytest.raises(RecordError, match=why):
        Layer(LayerName.INDUSTRY, np.array(weight), "ha", total, 0.0, (compute_figure(step, 1, "ha"),))


def test_destination_charging_is_by_weight_times_hours_parked(study, people_figure):
    """A mall (10 x 2 h) and a restaurant (1 x 1 h): 20/21 and 1/21, data/demand."""
    study.draw_roads_everywhere()
    study.put("n1", "mall", 45)
    study.put("n2", "restaurant", 60)
    cells = study.build(people_figure)
    share = cells.kwh_day_by_use[:, :, DESTINATION].sum(axis=1)
    share /= share.sum()
    assert share[study.get_pos(cells, 45)] == pytest.approx(20 / 21)
    assert share[study.get_pos(cells, 60)] == pytest.approx(1 / 21)


def test_planner_changes_the_hours_parked(study, people_figure):
    study.draw_roads_everywhere()
    study.put("n1", "mall", 45)
    study.put("n2", "restaurant", 60)
    cells = study.build(people_figure, places={"dwell_h": {"restaurant": 20.0}})
    share = cells.kwh_day_by_use[:, :, DESTINATION].sum(axis=1)
    assert share[study.get_pos(cells, 45)] == pytest.approx(share[study.get_pos(cells, 60)])


def test_fast_charging_is_half_at_fuel_stations_and_half_along_main_roads(study, people_figure):
    """Flow 10 of a trunk and 1 of a tertiary road of the same length; data/demand."""
    study.draw_roads_everywhere()
    study.draw_road(30, 200.0, "trunk")
    study.draw_road(31, 200.0, "tertiary")
    study.put("n1", "fuel", 45)
    cells = study.build(people_figure)
    share = cells.kwh_day_by_use[:, :, FAST].sum(axis=1)
    share /= share.sum()
    got = [share[study.get_pos(cells, cell)] for cell in (45, 30, 31)]
    assert got == pytest.approx([0.5, 0.5 * 10 / 11, 0.5 * 1 / 11])


@pytest.mark.parametrize(
    ("places", "traffic", "at_fuel"), [(1, 3, 0.25), (3, 1, 0.75), (0, 1, 0.0), (1, 0, 1.0)]
)
def test_weights_of_layers_shift_fast_charging(study, people_figure, places, traffic, at_fuel):
    study.draw_roads_everywhere()
    study.draw_road(30, 200.0, "trunk")
    study.put("n1", "fuel", 45)
    cells = study.build(people_figure, layers={"places": places, "traffic": traffic})
    share = cells.kwh_day_by_use[:, :, FAST].sum(axis=1)
    assert share[study.get_pos(cells, 45)] / share.sum() == pytest.approx(at_fuel)


def test_an_empty_layer_leaves_its_part_to_the_others(study, people_figure, get_figure):
    study.draw_roads_everywhere()
    study.put("n1", "fuel", 45)
    cells = study.build(people_figure)
    assert get_figure(cells, "fast charging told by the layer fuel places") == 1.0
    assert get_figure(cells, "fast charging told by the layer traffic") == 0.0


def test_a_use_that_no_layer_tells_of_lies_with_the_people_and_that_is_said(
    paved_study, people_figure, get_figure
):
    cells = paved_study.build(people_figure)
    kwh_day = cells.kwh_day_by_use.sum(axis=(0, 1))
    for number, use in ((1, "destination"), (2, "fast")):
        assert get_figure(cells, f"{use} charging laid where people live, for want of a layer") == 1.0
        told = f"{kwh_day[number]:,.0f} kWh/day of {use} charging lie where people live"
        assert any(warning.startswith(told) for warning in cells.warnings)
    by_use = cells.kwh_day_by_use.sum(axis=1)
    at_home = cells.people / cells.people.sum()
    for use in range(4):
        assert by_use[:, use] / by_use[:, use].sum() == pytest.approx(at_home)


def get_depot_share(study, cells, name, cell):
    kwh_day = cells.depot_kwh_day[:, cells.classes.index(name)]
    return kwh_day[study.get_pos(cells, cell)] / kwh_day.sum()


@pytest.fixture
def one_industry(lonlat):
    """Land of 4 hectares in one cell or more, and the cells."""
    west_m, south_m = 1500.0, 1500.0
    box = draw_box(lonlat, west_m, south_m, west_m + 200, south_m + 200)
    return make_land([describe_land("w1", LandKind.INDUSTRIAL, {}, "map.osm")], np.array([box], dtype=object))


def test_each_class_charges_at_depots_of_its_own_kind(study, people_figure, get_figure):
    """A bus station and a yard (1 each for buses), a taxi stand, a truck terminal (10; the yard 5)."""
    study.draw_roads_everywhere()
    for number, kind in enumerate(("bus_station", "fleet_yard", "taxi_stand", "truck_terminal")):
        study.put(f"n{number}", kind, 40 + 5 * number)
    cells = study.build(people_figure)
    share = {
        name: [get_depot_share(study, cells, name, cell) for cell in (40, 45, 50, 55)]
        for name in ("bus", "three_wheeler", "taxi", "truck")
    }
    assert share["bus"] == pytest.approx([1 / 2, 1 / 2, 0, 0])
    assert share["three_wheeler"] == share["taxi"] == pytest.approx([0, 0, 1, 0])
    assert share["truck"] == pytest.approx([0, 5 / 15, 0, 10 / 15])
    assert cells.kwh_day.sum() == pytest.approx(cells.kwh_day_by_use[:, :, :DEPOT].sum())
    assert get_figure(cells, "depots of the class bus: bus station") == 1
    assert get_figure(cells, "depots of the class truck: fixed loads that no station serves") == 15
    assert not any("depots" in warning for warning in cells.warnings)


def test_trucks_without_a_terminal_lie_on_industrial_land_and_that_is_warned_of(
    study, people_figure, one_industry, outline, lonlat
):
    """Nothing of theirs lies at the bus station or where people live."""
    study.draw_roads_everywhere()
    study.put("n1", "bus_station", 45)
    cells = study.build(people_figure, land=one_industry)
    square = project_geometry(one_industry.outline[0], "EPSG:4326", CRS)
    for cell in range(study.cover.n_cells):
        expected = outline(study.cell_id[cell]).intersection(square).area / square.area
        assert get_depot_share(study, cells, "truck", cell) == pytest.approx(expected, abs=1e-6)
    kwh_day = cells.depot_kwh_day[:, cells.classes.index("truck")].sum()
    told = (
        f"trucks, {kwh_day:,.0f} kWh/day (no truck terminal or fleet yard is known; laid on industrial land)"
    )
    warning = next(warning for warning in cells.warnings if warning.startswith("depots of the study area"))
    assert told in warning
    assert "bus " not in warning.replace("bus station", "")


def test_depots_lie_along_main_roads_before_they_lie_over_homes(study, people_figure):
    study.draw_roads_everywhere()
    study.draw_road(30, 200.0, "trunk")
    cells = study.build(people_figure)
    words = {"bus": "buses", "taxi": "taxis", "three_wheeler": "rickshaws", "truck": "trucks"}
    for name, word in words.items():
        assert get_depot_share(study, cells, name, 30) == pytest.approx(1.0)
        kwh_day = cells.depot_kwh_day[:, cells.classes.index(name)].sum()
        assert f" {word}, {kwh_day:,.0f} kWh/day (" in "\n".join(cells.warnings)
    assert "laid on main roads" in "\n".join(cells.warnings)


def test_depots_of_which_nothing_tells_lie_where_people_live_and_that_is_warned_of(
    paved_study, people_figure
):
    cells = paved_study.build(people_figure)
    at_home = cells.people / cells.people.sum()
    kwh_day = cells.depot_kwh_day[:, cells.classes.index("bus")]
    assert kwh_day == pytest.approx(at_home * kwh_day.sum())
    told = (
        f"buses, {kwh_day.sum():,.0f} kWh/day (no bus station or fleet yard is known; laid where people live)"
    )
    assert told in "\n".join(cells.warnings)


def test_industry_counts_its_area_once_and_shares_it_with_the_cells(full_study, lonlat, outline):
    """600 x 600 m, half of it outside the box; drawn a second time inside it changes nothing."""
    study, places = full_study
    attraction = weigh_places(places, PlacesSettings(), study.cover)
    layer = weigh_industry(attraction, PlacesSettings(), study.cover)
    square = project_geometry(draw_box(lonlat, -300, 900, 300, 1500), "EPSG:4326", CRS)
    expected_ha = np.array([outline(cell).intersection(square).area for cell in study.cell_id]) / 1e4
    assert layer.weight == pytest.approx(expected_ha * 0.5 * 7, abs=1e-6)  # 0.5 a hectare, 7 h parked
    assert layer.total == pytest.approx(36 * 0.5 * 7, rel=1e-3)
    inner = make_land(
        [describe_land("w9", LandKind.INDUSTRIAL, {}, "map.osm")],
        np.array([draw_box(lonlat, 0, 1000, 200, 1200)], dtype=object),
    )
    outlines = np.append(places.land.outline, inner.outline)
    rows = [*places.land.table.to_dict("records"), *inner.table.to_dict("records")]
    twice = MapPlaces(places.table, make_land(rows, outlines))
    again = weigh_industry(weigh_places(twice, PlacesSettings(), study.cover), PlacesSettings(), study.cover)
    assert again.weight == pytest.approx(layer.weight, abs=1e-6)


def test_demand_on_excluded_land_stays_and_is_told(study, make_map_places, people_figure, lonlat, get_figure):
    """A forest over everything: all people and all energy lie on it, and none is lost."""
    study.draw_roads_everywhere()
    plain = study.build(people_figure)
    forest = make_land(
        [describe_land("w1", LandKind.FOREST, {}, "map.osm")],
        np.array([draw_box(lonlat, -900, -900, 3900, 3900)], dtype=object),
    )
    covered = study.build(people_figure, exclusion=ExclusionSettings(), land=forest)
    assert covered.kwh_day.tolist() == plain.kwh_day.tolist()
    step = "excluded land: public charging there, kept in the demand"
    assert get_figure(covered, step) == pytest.approx(plain.kwh_day.sum(), rel=1e-6)
    assert get_figure(covered, "excluded land: people there, if evenly over their cells") == pytest.approx(
        1000.0
    )


def test_traffic_of_drives_is_the_betweenness_of_a_street(draw_network, study):
    """A -- B -- C with people at A and C alone: every drive passes both halves of the street."""
    import scipy.sparse as sp

    from chargeplan.demand.betweenness import sample_drives

    street = sp.csr_array(np.array([[0, 5.0, 0], [5.0, 0, 7.0], [0, 7.0, 0]]))
    drives = sample_drives(street, np.array([30.0, 0.0, 10.0]), n_sources=48, seed=1)
    flow = dict(
        zip(zip(drives.start_pos.tolist(), drives.end_pos.tolist(), strict=True), drives.flow, strict=True)
    )
    # From A (all drives end in proportion to people): 1/4 go to C. From C: 3/4 go to A.
    assert flow == pytest.approx({(0, 1): 0.25, (1, 2): 0.25, (2, 1): 0.75, (1, 0): 0.75})
    assert drives.n_sources == 2


@given(seed=st.integers(0, 2**32 - 1), n=st.integers(2, 12))
@settings(max_examples=30, deadline=None)
def test_sampled_drives_from_everywhere_are_those_of_all_pairs(seed, n):
    """Against a walk along the predecessors of every pair, one by one."""
    import scipy.sparse as sp
    from scipy.sparse.csgraph import dijkstra

    from chargeplan.demand.betweenness import sample_drives

    rng = np.random.default_rng(seed)
    edges = rng.uniform(1, 9, (n, n)) * (rng.random((n, n)) < 0.5)
    np.fill_diagonal(edges, 0)
    network, mass = sp.csr_array(edges), rng.uniform(0.1, 5, n)
    _, parent = dijkstra(network, return_predecessors=True)
    expected = np.zeros((n, n))
    for source in range(n):
        for target in range(n):
            node = target
            while parent[source, node] >= 0:
                expected[parent[source, node], node] += mass[target] / mass.sum()
                node = parent[source, node]
    drives = sample_drives(network, mass, n_sources=n, seed=1)
    got = np.zeros((n, n))
    got[drives.start_pos, drives.end_pos] = drives.flow
    assert got == pytest.approx(expected)


def test_another_seed_draws_other_drives_and_the_same_seed_the_same(full_study, draw_network):
    study, _ = full_study
    network = draw_network(study.roads)
    people = np.random.default_rng(3).uniform(0, 50, study.cover.n_cells)
    drives = [
        weigh_traffic(network, study.cover, people, TrafficMethod.BETWEENNESS, seed=seed).weight.tolist()
        for seed in (1, 1, 2)
    ]
    assert drives[0] == drives[1] != drives[2]


def test_every_road_class_has_a_flow():
    classes = {name.removesuffix("_link") for name in ROAD_CLASSES}
    assert set(read_flow_by_class()) == classes


def test_a_road_class_without_flow_is_refused(full_study, draw_network):
    study, _ = full_study
    study.draw_road(5, 100.0, "raceway")
    with pytest.raises(DataError, match=r"traffic_flow\.csv has no flow for raceway"):
        weigh_traffic(
            draw_network(study.roads),
            study.cover,
            np.zeros(study.cover.n_cells),
            TrafficMethod.CLASSES,
            seed=1,
        )


def make_layer(name, weight):
    total = float(np.sum(weight))
    return Layer(name, np.asarray(weight, float), "u", total, 0.0, (compute_figure(name.value, 1, "u"),))


@given(seed=st.integers(0, 2**32 - 1), weights=st.tuples(*[st.floats(0, 10)] * 4))
@settings(max_examples=60, deadline=None)
def test_every_column_of_use_weights_sums_to_one_or_is_nothing(seed, weights):
    rng = np.random.default_rng(seed)
    names = [name for name in LayerName if name is not LayerName.EXCLUSION]
    layers = {
        name: make_layer(name, rng.lognormal(0, 3, 9) * (rng.random(9) < rng.random())) for name in names
    }
    people, places, traffic, industry = weights
    settings_ = LayerSettings(people=people, places=places, traffic=traffic, industry=industry)
    depots = {"truck": Depots(layers.pop(LayerName.DEPOTS), "", "")}
    uses = weigh_uses(layers, depots, settings_, classes=("car", "truck"))
    assert (uses.weight >= 0).all()
    for number, use in enumerate(ChargingUse):
        for name, column in zip(("car", "truck"), uses.weight[:, :, number].T, strict=True):
            told = [figure.step for figure in uses.figures if figure.step.startswith(use.value)]
            if column.any():
                assert column.sum() == pytest.approx(1.0, rel=1e-9)
            elif use is not ChargingUse.DEPOT:
                assert told == [f"{use.value} charging laid where people live, for want of a layer"]
                assert use in uses.lacking
            else:
                assert name == "car" or not depots["truck"].layer.weight.any()
