"""spopt as referee for the problems it has."""

import numpy as np
import pytest

from chargeplan import solve_lscp, solve_p_center, solve_p_dispersion, solve_p_median
from chargeplan.words import Outcome

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
