"""Moving, turning or reversing the whole map must change no driving time and no plan: 50 cities."""

import dataclasses
import functools
import math

import numpy as np
import pytest
import scipy.sparse as sp
import toy_city

from chargeplan.config.settings import TravelSettings
from chargeplan.formulation.linear import build_linear_model
from chargeplan.model.problem import build_problem
from chargeplan.solve.milp import solve_milp
from chargeplan.solve.outcome import MilpRequest, MilpStatus
from chargeplan.travel.table import build_travel_table

N_CASES = 50
SIDE = 4
LIMIT_MIN = 4.0


@functools.cache
def make_city(seed):
    """Streets of a 4 x 4 grid, driven both ways in the same time; cells and sites at crossings."""
    rng = np.random.default_rng([seed, 5])
    n_nodes = SIDE * SIDE
    across = [(node, node + 1) for node in range(n_nodes) if node % SIDE < SIDE - 1]
    along = [(node, node + SIDE) for node in range(n_nodes - SIDE)]
    streets = np.array(across + along)[rng.random(len(across) + len(along)) < 0.85]
    seconds = rng.integers(20, 200, len(streets)).astype(float)
    roads = sp.csr_array(
        (np.tile(seconds, 2), (streets.T.ravel(), streets.T[::-1].ravel())), shape=(n_nodes, n_nodes)
    )
    network = dataclasses.replace(
        toy_city.make_network(),
        node_id=np.arange(1, n_nodes + 1),
        node_xy_m=500.0 * np.column_stack([np.arange(n_nodes) % SIDE, np.arange(n_nodes) // SIDE]),
        is_joinable=np.ones(n_nodes, bool),
        seconds=roads,
    )
    nodes = rng.permutation(n_nodes)
    cells = dataclasses.replace(toy_city.make_cells(rng.integers(1, 40, 5).astype(float)), node_pos=nodes[:5])
    sites = toy_city.make_sites(["candidate"] * 4, node_pos=nodes[5:9].tolist())
    return network, cells, sites


@functools.cache
def solve_city(seed):
    return solve(*make_city(seed))


def solve(network, cells, sites):
    travel = build_travel_table(network, cells, sites, TravelSettings(limit_min=LIMIT_MIN))
    problem = build_problem(cells, sites, travel, toy_city.make_request(budget_pkr=450.0))
    result = solve_milp(MilpRequest(build_linear_model(problem), None, 0.0, math.inf, 60.0, None, 1, 1))
    assert result.status is MilpStatus.OPTIMAL
    return travel, result.objective_kwh_day


def move(network, cells, sites, rng):
    """Every place 3 km east and 7 km north."""
    table = sites.table.assign(lon=sites.table["lon"] + 0.03, lat=sites.table["lat"] + 0.07)
    return (
        dataclasses.replace(network, node_xy_m=network.node_xy_m + np.array([3000.0, 7000.0])),
        dataclasses.replace(cells, lonlat=cells.lonlat + np.array([0.03, 0.07])),
        dataclasses.replace(sites, table=table),
    )


def turn(network, cells, sites, rng):
    angle = rng.random() * 2 * np.pi
    around = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return dataclasses.replace(network, node_xy_m=network.node_xy_m @ around), cells, sites


def reverse(network, cells, sites, rng):
    """Every street driven the other way: the same city, since both ways take the same time."""
    return dataclasses.replace(network, seconds=sp.csr_array(network.seconds.T)), cells, sites


def renumber(network, cells, sites, rng):
    """The crossings in another order, and cells and sites at the same crossings as before."""
    order = rng.permutation(len(network.node_id))
    place = np.argsort(order)
    return (
        dataclasses.replace(
            network,
            node_xy_m=network.node_xy_m[order],
            seconds=sp.csr_array(network.seconds[order][:, order]),
        ),
        dataclasses.replace(cells, node_pos=place[cells.node_pos]),
        dataclasses.replace(
            sites, table=sites.table.assign(node_pos=place[sites.table["node_pos"].to_numpy()])
        ),
    )


@pytest.mark.parametrize("change", [move, turn, reverse, renumber])
def test_the_plan_is_worth_the_same(change):
    served = []
    for seed in range(N_CASES):
        (network, cells, sites), rng = make_city(seed), np.random.default_rng([seed, 6])
        travel, objective = solve_city(seed)
        changed_travel, changed_objective = solve(*change(network, cells, sites, rng))
        np.testing.assert_array_equal(changed_travel.cell_pos, travel.cell_pos)
        np.testing.assert_array_equal(changed_travel.site_pos, travel.site_pos)
        np.testing.assert_allclose(changed_travel.seconds, travel.seconds)
        assert changed_objective == pytest.approx(objective, rel=1e-9)
        served.append(objective)
    assert len({round(value, 6) for value in served}) > 10  # the cities differ


def test_the_names_of_cells_and_sites_do_not_matter():
    """Other names, in another order of the alphabet, and the rows in the order of their new names."""
    for seed in range(N_CASES):
        (network, cells, sites), rng = make_city(seed), np.random.default_rng([seed, 6])
        _, objective = solve_city(seed)
        order = rng.permutation(len(cells.cell_id))
        renamed = dataclasses.replace(
            cells,
            kwh_day=cells.kwh_day[order],
            kwh_day_by_use=cells.kwh_day_by_use[order],
            node_pos=cells.node_pos[order],
            cell_id=np.array([f"ü{number}" for number in range(len(order))]),
        )
        table = sites.table.iloc[rng.permutation(len(sites.table))].reset_index(drop=True)
        table = table.assign(site_id=[f"q{number}" for number in range(len(table))])
        _, changed = solve(network, renamed, dataclasses.replace(sites, table=table))
        assert changed == pytest.approx(objective, rel=1e-9)
