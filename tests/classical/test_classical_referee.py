"""spopt as referee for the problems it has, where its own models are right."""

import numpy as np
import pytest

from chargeplan import (
    solve_backup_cover,
    solve_cflp,
    solve_lscp,
    solve_mclp,
    solve_p_center,
    solve_p_dispersion,
    solve_p_median,
)
from chargeplan.words import Outcome

pytest.importorskip("spopt.locate", reason="spopt, the referee, is not installed (pip install spopt)")

# spopt still makes variables in the way that PuLP 4 will drop.
pytestmark = [
    pytest.mark.usefixtures("solver_here"),
    pytest.mark.filterwarnings("ignore:.*in PuLP 4.0.*:DeprecationWarning"),
]


def make_points(seed, n_cells=40, n_sites=14):
    rng = np.random.default_rng(seed)
    cells, sites = rng.random((n_cells, 2)), rng.random((n_sites, 2))
    distance = np.hypot(*(cells[:, None, :] - sites[None, :, :]).transpose(2, 0, 1))
    return sites, distance, rng.integers(1, 50, n_cells).astype(float)


def solve_by_spopt(model):
    import pulp

    return pulp.value(model.solve(pulp.HiGHS(msg=False)).problem.objective)


def agree(result, expected):
    assert result.outcome is Outcome.PROVEN_OPTIMAL
    assert result.objective == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_p_median(seed):
    from spopt.locate import PMedian

    _, distance, weight = make_points(seed)
    agree(
        solve_p_median(distance, p=4, weight=weight),
        solve_by_spopt(PMedian.from_cost_matrix(distance, weight, 4)),
    )


@pytest.mark.parametrize("seed", range(4))
def test_p_center(seed):
    from spopt.locate import PCenter

    _, distance, _ = make_points(seed)
    agree(solve_p_center(distance, p=4), solve_by_spopt(PCenter.from_cost_matrix(distance, 4)))


@pytest.mark.parametrize("seed", range(4))
def test_lscp(seed):
    from spopt.locate import LSCP

    _, distance, _ = make_points(seed)
    radius = float(distance.min(axis=1).max()) * 1.1
    agree(solve_lscp(distance, radius=radius), solve_by_spopt(LSCP.from_cost_matrix(distance, radius)))


@pytest.mark.parametrize("seed", range(4))
def test_p_dispersion(seed):
    from spopt.locate import PDispersion

    sites, _, _ = make_points(seed)
    between = np.hypot(*(sites[:, None, :] - sites[None, :, :]).transpose(2, 0, 1))
    referee = PDispersion.from_cost_matrix(between, 5)
    agree(solve_p_dispersion(between, p=5), solve_by_spopt(referee))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("p", [1, 3, 6])
def test_mclp(seed, p):
    from spopt.locate import MCLP

    _, distance, weight = make_points(seed)
    referee = MCLP.from_cost_matrix(distance, weight, service_radius=0.25, p_facilities=p)
    agree(solve_mclp(weight, distance, radius=0.25, p=p), solve_by_spopt(referee))


@pytest.mark.parametrize("seed", range(4))
def test_backup_cover(seed):
    """spopt's LSCP-B: among the smallest covers, the one that covers most cells twice.

    Its objective also counts cells that one site alone can reach, so what its sites really cover
    twice is counted here.
    """
    import pulp
    from spopt.locate import LSCPB

    _, distance, _ = make_points(seed, n_sites=16)
    radius = float(distance.min(axis=1).max()) * 1.3
    smallest = solve_lscp(distance, radius=radius)
    referee = LSCPB.from_cost_matrix(distance, radius, pulp.HiGHS(msg=False)).solve(pulp.HiGHS(msg=False))
    opened = [site for site, column in enumerate(referee.fac_vars) if column.value() > 0.5]
    twice = np.count_nonzero((distance[:, opened] <= radius).sum(axis=1) >= 2)
    result = solve_backup_cover(np.ones(len(distance)), distance, radius=radius, p=round(smallest.objective))
    agree(result, twice)


@pytest.mark.parametrize("seed", range(4))
def test_capacitated_cover_with_fewest_sites(seed):
    """spopt's LSCP with capacities: as a CFLP, a site costs 1 and a drive within the radius nothing."""
    from spopt.locate import LSCP

    rng, (_, distance, weight) = np.random.default_rng(seed), make_points(seed, n_cells=24, n_sites=9)
    radius = float(np.sort(distance, axis=1)[:, 2].max())
    capacity = np.round(weight.sum() * rng.uniform(0.25, 0.5, 9))
    referee = LSCP.from_cost_matrix(
        distance, radius, demand_quantity_arr=weight, facility_capacity_arr=capacity
    )
    result = solve_cflp(np.where(distance <= radius, 0.0, np.inf), weight, capacity, np.ones(9))
    agree(result, solve_by_spopt(referee))
