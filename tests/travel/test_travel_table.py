"""Driving times by hand on drawn grids, and against networkx on random graphs."""

import logging

import networkx as nx
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from chargeplan.config.settings import TravelSettings
from chargeplan.records import CandidateSites, DemandCells, RoadNetwork, TravelTable
from chargeplan.tables import REMOVED_SITES, REPAIRS, ROADS, SITES, ZONES, make_table
from chargeplan.travel.table import build_travel_table

# A one-way loop with a side street. Seconds beside the arrows:
#
#     0 --10--> 1 --20--> 2
#     ^                   |
#     40                  30
#     |                   v
#     4 <-------50------- 3        and 1 <--5--> 5 (both ways)
LOOP = {(0, 1): 10.0, (1, 2): 20.0, (2, 3): 30.0, (3, 4): 50.0, (4, 0): 40.0, (1, 5): 5.0, (5, 1): 5.0}


def draw_network(seconds: dict[tuple[int, int], float], n_nodes: int) -> RoadNetwork:
    rows, columns = np.array([*seconds], dtype=np.int64).reshape(-1, 2).T
    matrix = sp.coo_array((np.array([*seconds.values()]), (rows, columns)), shape=(n_nodes, n_nodes))
    return RoadNetwork(
        node_id=np.arange(n_nodes) + 100,
        node_xy_m=np.zeros((n_nodes, 2)),
        is_joinable=np.ones(n_nodes, dtype=bool),
        seconds=sp.csr_array(matrix),
        roads=make_table(ROADS, {column.name: [] for column in ROADS}),
        road_lonlat=np.empty((0, 2)),
        road_offsets=np.zeros(1, dtype=np.int64),
        crs="EPSG:32643",
        imputed_speed_share=0.0,
        repairs=make_table(REPAIRS, {column.name: [] for column in REPAIRS}),
        data_date="",
    )


def put_cells(node_pos: list[int], kwh_day: list[float] | None = None) -> DemandCells:
    n_cells = len(node_pos)
    energy = np.ones(n_cells) if kwh_day is None else np.array(kwh_day)
    return DemandCells(
        cell_id=np.array([f"cell{pos:04d}" for pos in range(n_cells)]),
        lonlat=np.tile([73.0, 33.7], (n_cells, 1)),
        people=np.ones(n_cells),
        kwh_day=energy[:, None],
        classes=("car",),
        uses=("destination",),
        kwh_day_by_use=energy[:, None, None],
        periods=("all day",),
        period_share=np.ones((1, 1, 1)),
        zone_pos=np.zeros(n_cells, dtype=np.int64),
        zones=make_table(ZONES, {"zone_id": ["z"], "zone_name": ["Z"]}),
        zones_are_cells=False,
        node_pos=np.array(node_pos, dtype=np.int64),
        snap_m=np.zeros(n_cells),
        people_in=float(n_cells),
        people_outside=0.0,
        kwh_day_in=float(energy.sum()),
        kwh_day_outside=0.0,
        depot_kwh_day_in=0.0,
        depot_kwh_day_outside=0.0,
        explanation=pd.DataFrame(),
    )


def put_sites(node_pos: list[int]) -> CandidateSites:
    n_sites = len(node_pos)
    data: dict[str, object] = {
        column.name: [0 if column.type == "whole" else 0.0 if column.type == "number" else ""] * n_sites
        for column in SITES
    }
    data |= {"site_id": [f"s{pos:04d}" for pos in range(n_sites)], "node_pos": node_pos}
    return CandidateSites(
        make_table(SITES, data), make_table(REMOVED_SITES, {column.name: [] for column in REMOVED_SITES})
    )


def travel(
    network: RoadNetwork,
    cells: list[int],
    sites: list[int],
    *,
    limit_min: float = 10.0,
    block_sites: int = 64,
) -> TravelTable:
    options = TravelSettings(limit_min=limit_min, block_sites=block_sites)
    return build_travel_table(network, put_cells(cells), put_sites(sites), options)


def list_pairs(table: TravelTable) -> dict[tuple[int, int], float]:
    return {
        (int(cell), int(site)): float(seconds)
        for cell, site, seconds in zip(table.cell_pos, table.site_pos, table.seconds, strict=True)
    }


def test_times_follow_the_driving_direction_to_the_site() -> None:
    table = travel(draw_network(LOOP, 6), cells=[0, 2, 5], sites=[1, 4])
    # 0->1 10; 0->1->2->3->4 110; 2->3->4->0->1 130; 2->3->4 80; 5->1 5; 5->1->2->3->4 105.
    assert list_pairs(table) == {
        (0, 0): 10.0,
        (0, 1): 110.0,
        (1, 0): 130.0,
        (1, 1): 80.0,
        (2, 0): 5.0,
        (2, 1): 105.0,
    }


def test_cell_at_the_node_of_the_site_is_zero_seconds_away() -> None:
    table = travel(draw_network(LOOP, 6), cells=[3], sites=[3])
    assert list_pairs(table) == {(0, 0): 0.0}


def test_time_equal_to_the_limit_is_within_it_and_a_longer_one_is_not() -> None:
    # Two minutes are 120 s: 4->0->1->2->3 is 100 s, 3->4->0->1->2 is 120 s, 2->...->1 is 130 s.
    table = travel(draw_network(LOOP, 6), cells=[4, 3, 2], sites=[3, 2, 1], limit_min=2.0)
    pairs = list_pairs(table)
    assert pairs[0, 0] == 100.0
    assert pairs[1, 1] == 120.0
    assert (2, 2) not in pairs


def test_cells_without_road_and_cells_out_of_reach_are_named() -> None:
    table = travel(draw_network(LOOP, 6), cells=[-1, 1, 3, -1], sites=[2], limit_min=1.0)
    assert table.off_network_cell_pos.tolist() == [0, 3]
    assert table.out_of_reach_cell_pos.tolist() == [2]  # 3->4->0->1->2 takes 120 s
    assert list_pairs(table) == {(1, 0): 20.0}


def test_sites_that_share_a_node_have_the_same_times() -> None:
    table = travel(draw_network(LOOP, 6), cells=[0, 5], sites=[2, 1, 2, 2])
    pairs = list_pairs(table)
    assert [pairs[0, site] for site in range(4)] == [30.0, 10.0, 30.0, 30.0]
    assert [pairs[1, site] for site in range(4)] == [25.0, 5.0, 25.0, 25.0]


def test_no_sites_leave_every_snapped_cell_out_of_reach() -> None:
    table = travel(draw_network(LOOP, 6), cells=[0, -1], sites=[])
    assert len(table.seconds) == 0
    assert table.out_of_reach_cell_pos.tolist() == [0]


def test_much_energy_without_a_road_is_warned_about(caplog: pytest.LogCaptureFixture) -> None:
    network, sites, options = draw_network(LOOP, 6), put_sites([2]), TravelSettings()
    with caplog.at_level(logging.WARNING):
        build_travel_table(network, put_cells([0, -1], [99.0, 1.0]), sites, options)
        assert not caplog.records
        build_travel_table(network, put_cells([0, -1], [97.0, 3.0]), sites, options)
    assert "3.0 % of the energy" in caplog.text
    assert "cell0001" in caplog.text


@st.composite
def draw_random_case(draw: st.DrawFn) -> tuple[RoadNetwork, list[int], list[int], float]:
    seed = draw(st.integers(0, 2**32 - 1))
    n_nodes = draw(st.integers(2, 40))
    rng = np.random.default_rng(seed)
    seconds = {
        (int(a), int(b)): float(rng.uniform(0.1, 120.0))
        for a, b in rng.integers(0, n_nodes, (3 * n_nodes, 2))
        if a != b
    }
    seconds[0, 1] = 7.0
    cells = rng.integers(-1, n_nodes, draw(st.integers(1, 30))).tolist()
    sites = rng.integers(0, n_nodes, draw(st.integers(0, 12))).tolist()
    return draw_network(seconds, n_nodes), cells, sites, draw(st.floats(0.05, 10.0))


@settings(max_examples=40, deadline=None)
@given(draw_random_case(), st.integers(1, 5))
def test_times_equal_networkx(
    case: tuple[RoadNetwork, list[int], list[int], float], block_sites: int
) -> None:
    network, cells, sites, limit_min = case
    table = travel(network, cells, sites, limit_min=limit_min, block_sites=block_sites)
    graph = nx.from_scipy_sparse_array(network.seconds, create_using=nx.DiGraph)
    expected = {}
    for cell_pos, node in enumerate(cells):
        if node >= 0:
            # networkx drives forwards from the cell: another direction and another program.
            reached = nx.single_source_dijkstra_path_length(graph, node, cutoff=limit_min * 60.0 + 1e-6)
            expected |= {(cell_pos, pos): reached[site] for pos, site in enumerate(sites) if site in reached}
    pairs = list_pairs(table)
    # Sums in another order may differ in the last digits right at the limit.
    certain = {pair: seconds for pair, seconds in expected.items() if seconds < limit_min * 60.0 - 1e-6}
    assert certain.keys() <= pairs.keys() <= expected.keys()
    for pair, seconds in pairs.items():
        assert seconds == pytest.approx(expected[pair], abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(draw_random_case())
def test_block_size_does_not_change_the_table(case: tuple[RoadNetwork, list[int], list[int], float]) -> None:
    network, cells, sites, limit_min = case
    one = travel(network, cells, sites, limit_min=limit_min, block_sites=1)
    many = travel(network, cells, sites, limit_min=limit_min, block_sites=1000)
    for name in ("cell_pos", "site_pos", "seconds", "off_network_cell_pos", "out_of_reach_cell_pos"):
        np.testing.assert_array_equal(getattr(one, name), getattr(many, name))
