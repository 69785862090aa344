"""Every classical problem against all sets of sites, on hundreds of small random cases."""

import itertools
import math

import numpy as np
import pytest
from scipy.optimize import linprog

from chargeplan import (
    solve_backup_cover,
    solve_capacitated_mclp,
    solve_cflp,
    solve_lscp,
    solve_mclp,
    solve_p_center,
    solve_p_dispersion,
    solve_p_median,
    solve_set_cover,
)
from chargeplan.classical import cflp_search, p_median_search
from chargeplan.errors import InfeasibleError
from chargeplan.words import Outcome

N_CASES = 40

pytestmark = pytest.mark.usefixtures("solver_here")


def make_case(seed):
    """Points, on a small lattice every other time so that ties and zero distances are common."""
    rng = np.random.default_rng(seed)
    n_cells, n_sites = int(rng.integers(3, 14)), int(rng.integers(2, 8))
    is_lattice = seed % 2 == 0
    cells, sites = (
        rng.integers(0, 4, (n, 2)).astype(float) if is_lattice else rng.random((n, 2)) * 4
        for n in (n_cells, n_sites)
    )
    offset = np.abs(cells[:, None, :] - sites[None, :, :])
    distance = offset.sum(axis=2) if is_lattice else np.hypot(*offset.transpose(2, 0, 1))
    weight = rng.integers(0, 9, n_cells).astype(float) if seed % 3 else rng.random(n_cells)
    return rng, weight, distance, int(rng.integers(1, n_sites + 1))


def list_sets(n_sites, sizes):
    return (list(chosen) for size in sizes for chosen in itertools.combinations(range(n_sites), size))


def check(result, expected, *, is_exact=False):
    assert result.outcome is Outcome.PROVEN_OPTIMAL
    assert result.objective == (expected if is_exact else pytest.approx(expected, rel=1e-9, abs=1e-12))
    assert result.bound == pytest.approx(expected, rel=1e-7, abs=1e-9)
    assert result.gap <= 2e-8
    assert np.all(np.diff(result.sites) > 0)


@pytest.mark.parametrize("seed", range(N_CASES))
def test_p_median(seed):
    _, weight, distance, p = make_case(seed)
    result = solve_p_median(distance, p=p, weight=weight)
    expected = min(
        (weight * distance[:, sites].min(axis=1)).sum() for sites in list_sets(distance.shape[1], [p])
    )
    check(result, expected, is_exact=seed % 2 == 0 and seed % 3 != 0)
    assert len(result.sites) == p
    served = distance[np.arange(len(weight)), result.cells]
    assert np.array_equal(served, distance[:, result.sites].min(axis=1))


@pytest.mark.parametrize("seed", range(200, 200 + N_CASES))
def test_p_median_whose_rest_goes_to_the_solver_at_once(seed, monkeypatch):
    """Random costs without geometry, where the bound seldom meets the plan."""
    monkeypatch.setattr(p_median_search, "_NODES_BEFORE_SOLVER", 0)
    monkeypatch.setattr(p_median_search, "_ROOT_ITERATIONS", 5)
    rng = np.random.default_rng(seed)
    costs = rng.integers(0, 6, (12, 8)).astype(float) if seed % 2 else rng.random((12, 8))
    p = int(rng.integers(2, 5))
    expected = min(costs[:, sites].min(axis=1).sum() for sites in list_sets(8, [p]))
    check(solve_p_median(costs, p=p), expected)


@pytest.mark.parametrize("seed", range(N_CASES))
def test_p_median_where_some_ways_are_missing(seed):
    rng, weight, distance, p = make_case(seed)
    distance[rng.random(distance.shape) < 0.5] = np.inf
    with np.errstate(invalid="ignore"):
        totals = [
            float((weight * distance[:, sites].min(axis=1)).sum())
            for sites in list_sets(distance.shape[1], [p])
            if np.isfinite(distance[:, sites]).any(axis=1).all()
        ]
    if not totals:
        with pytest.raises(InfeasibleError):
            solve_p_median(distance, p=p, weight=weight)
    else:
        check(solve_p_median(distance, p=p, weight=weight), min(totals))


@pytest.mark.parametrize("seed", range(N_CASES))
def test_p_center(seed):
    rng, _, distance, p = make_case(seed)
    if seed % 4 == 3:
        distance[rng.random(distance.shape) < 0.3] = np.inf
    best = min(distance[:, sites].min(axis=1).max() for sites in list_sets(distance.shape[1], [p]))
    if math.isinf(best):
        with pytest.raises(InfeasibleError):
            solve_p_center(distance, p=p)
    else:
        check(solve_p_center(distance, p=p), best, is_exact=True)


@pytest.mark.parametrize("seed", range(N_CASES))
def test_mclp_and_lscp(seed):
    _, weight, distance, p = make_case(seed)
    radius = float(np.quantile(distance, 0.3))
    reach = distance <= radius
    n_sites = distance.shape[1]
    best = max(weight[reach[:, sites].any(axis=1)].sum() for sites in list_sets(n_sites, [p]))
    check(solve_mclp(weight, distance, radius=radius, p=p), best)
    sizes = [
        len(sites) for sites in list_sets(n_sites, range(1, n_sites + 1)) if reach[:, sites].any(axis=1).all()
    ]
    if not sizes:
        with pytest.raises(InfeasibleError):
            solve_lscp(distance, radius=radius)
    else:
        check(solve_lscp(distance, radius=radius), min(sizes), is_exact=True)


@pytest.mark.parametrize("seed", range(N_CASES))
def test_set_cover_with_costs(seed):
    rng = np.random.default_rng(seed)
    n_rows, n_columns = int(rng.integers(2, 25)), int(rng.integers(2, 12))
    cover = rng.random((n_rows, n_columns)) < 0.3
    cover[np.arange(n_rows), rng.integers(0, n_columns, n_rows)] = True
    cost = rng.integers(0, 9, n_columns).astype(float) if seed % 2 else rng.random(n_columns)
    result = solve_set_cover(cover, cost)
    expected = min(
        cost[sites].sum()
        for sites in list_sets(n_columns, range(n_columns + 1))
        if cover[:, sites].any(axis=1).all()
    )
    check(result, expected)
    assert cover[np.arange(n_rows), result.cells].all()
    assert np.isin(result.cells, result.sites).all()


@pytest.mark.parametrize("seed", range(N_CASES))
@pytest.mark.parametrize("first_share", [None, 0.0, 0.3, 0.7, 1.0])
def test_backup_cover(seed, first_share):
    _, weight, distance, p = make_case(seed)
    radius = float(np.quantile(distance, 0.5))
    times = distance <= radius
    values = []
    for sites in list_sets(distance.shape[1], [p]):
        count = times[:, sites].sum(axis=1)
        if first_share is None and not np.all(count >= 1):
            continue
        first = first_share or 0.0
        values.append(float((weight * (first * (count >= 1) + (1 - first) * (count >= 2))).sum()))
    if not values:
        with pytest.raises(InfeasibleError):
            solve_backup_cover(weight, distance, radius=radius, p=p, first_share=first_share)
    else:
        check(solve_backup_cover(weight, distance, radius=radius, p=p, first_share=first_share), max(values))


def solve_transport(cost, demand, capacity, *, is_all_served):
    """The best shares by SciPy; None when there are none."""
    n_cells, n_sites = cost.shape
    once = np.kron(np.eye(n_cells), np.ones(n_sites))
    load = np.kron(demand, np.eye(n_sites))
    rows = {"A_eq": once, "b_eq": np.ones(n_cells)} if is_all_served else {}
    more = np.empty((0, load.shape[1])) if is_all_served else once
    usable = np.isfinite(cost).ravel()
    answer = linprog(
        np.where(usable, cost.ravel(), 0.0),
        A_ub=np.vstack([load, more]),
        b_ub=np.concatenate([capacity, np.ones(len(more))]),
        bounds=[(0, 1 if use else 0) for use in usable],
        **rows,
    )
    return answer.fun if answer.status == 0 else None


@pytest.mark.parametrize("is_branched", [False, True])
@pytest.mark.parametrize("seed", range(N_CASES))
def test_cflp(seed, is_branched, monkeypatch):
    if is_branched:  # as large ones are
        monkeypatch.setattr(cflp_search, "_SOLVER_PAIRS", 0)
        monkeypatch.setattr(cflp_search, "_ITERATIONS", 10)
    rng, demand, distance, _ = make_case(seed)
    distance = distance[:, :5]
    n_sites = distance.shape[1]
    cost = distance * demand[:, None] + 0.5 * (seed % 5 == 0)
    if seed % 4 == 3:
        cost[rng.random(cost.shape) < 0.2] = np.inf
    capacity = rng.random(n_sites) * 2.2 * demand.sum() / n_sites
    opening = rng.integers(0, 12, n_sites).astype(float)
    totals = []
    for sites in list_sets(n_sites, range(n_sites + 1)):
        served = (
            solve_transport(cost[:, sites], demand, capacity[sites], is_all_served=True) if sites else None
        )
        if served is not None:
            totals.append(opening[sites].sum() + served)
    if not totals:
        with pytest.raises(InfeasibleError):
            solve_cflp(cost, demand, capacity, opening)
        return
    result = solve_cflp(cost, demand, capacity, opening)
    assert result.objective == pytest.approx(min(totals), rel=1e-7, abs=1e-7)
    assert result.outcome is Outcome.PROVEN_OPTIMAL
    shares = result.shares.toarray()
    assert shares.sum(axis=1) == pytest.approx(np.ones(len(demand)))
    assert np.all(demand @ shares <= capacity * (1 + 1e-7) + 1e-9)
    assert set(np.flatnonzero(shares.any(axis=0))) <= set(result.sites.tolist())


@pytest.mark.parametrize("seed", range(N_CASES))
def test_mclp_with_capacity(seed):
    rng, weight, distance, p = make_case(seed)
    radius = float(np.quantile(distance, 0.4))
    capacity = rng.random(distance.shape[1]) * weight.sum() / 2
    gain = np.where(distance <= radius, -weight[:, None], np.inf)
    best = max(
        -solve_transport(gain[:, sites], weight, capacity[sites], is_all_served=False)
        for sites in list_sets(distance.shape[1], [p])
    )
    result = solve_capacitated_mclp(weight, distance, capacity, radius=radius, p=p)
    assert result.objective == pytest.approx(best, rel=1e-7, abs=1e-9)
    assert result.outcome is Outcome.PROVEN_OPTIMAL
    shares = result.shares.toarray()
    assert np.all(weight @ shares <= capacity * (1 + 1e-7) + 1e-9)
    assert not shares[distance > radius].any()


@pytest.mark.parametrize("seed", range(N_CASES))
def test_p_dispersion(seed):
    rng = np.random.default_rng(seed)
    n_sites = int(rng.integers(2, 12))
    points = rng.integers(0, 5, (n_sites, 2)).astype(float) if seed % 2 else rng.random((n_sites, 2))
    distance = np.hypot(*(points[:, None, :] - points[None, :, :]).transpose(2, 0, 1))
    p = int(rng.integers(2, n_sites + 1))
    best = max(
        min(distance[a, b] for a, b in itertools.combinations(sites, 2)) for sites in list_sets(n_sites, [p])
    )
    result = solve_p_dispersion(distance, p=p)
    check(result, best, is_exact=True)
    assert len(result.sites) == p
