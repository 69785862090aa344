"""The public MCLP against a referee, on paper and on bad input."""

import numpy as np
import pytest
import toy_city

from chargeplan import solve_mclp
from chargeplan.errors import DataError
from chargeplan.words import Outcome


def toy_distance() -> np.ndarray:
    return toy_city.HOP_S * np.abs(np.arange(5)[:, None] - np.array([1, 2, 3])[None, :])


@pytest.mark.parametrize("p", [1, 2])
def test_the_toy_city_gives_the_optimum_worked_out_on_paper(p):
    result = solve_mclp(toy_city.DEMAND_KWH_DAY, toy_distance(), radius=toy_city.HOP_S, p=p)
    assert result.objective == pytest.approx(toy_city.BEST_COVER[p])
    assert result.outcome is Outcome.PROVEN_OPTIMAL
    assert result.gap < 1e-7  # the rounding margin of the bound


def test_cells_go_to_their_nearest_open_site_or_to_none():
    result = solve_mclp(toy_city.DEMAND_KWH_DAY, toy_distance(), radius=toy_city.HOP_S, p=1)
    assert result.sites.tolist() == [0]
    assert result.cells.tolist() == [0, 0, 0, -1, -1]


# spopt still makes variables in the way that PuLP 4 will drop.
@pytest.mark.filterwarnings("ignore:.*in PuLP 4.0.*:DeprecationWarning")
@pytest.mark.parametrize("seed", range(4))
def test_spopt_finds_the_same_optimum(seed):
    import pulp
    from spopt.locate import MCLP

    rng = np.random.default_rng(seed)
    cells, sites = rng.random((60, 2)), rng.random((15, 2))
    weight = rng.integers(1, 50, 60).astype(float)
    distance = np.hypot(*(cells[:, None, :] - sites[None, :, :]).transpose(2, 0, 1))
    referee = MCLP.from_cost_matrix(distance, weight, service_radius=0.2, p_facilities=4)
    referee = referee.solve(pulp.HiGHS(msg=False))
    expected = pulp.value(referee.problem.objective)
    result = solve_mclp(weight, distance, radius=0.2, p=4)
    assert result.objective == pytest.approx(expected, rel=1e-9)
    assert result.bound == pytest.approx(expected, rel=1e-6)


def test_nothing_to_open_and_nothing_in_reach_are_answers():
    assert solve_mclp([1.0], [[5.0]], radius=1, p=1).objective == 0
    assert solve_mclp([1.0], [[0.5]], radius=1, p=0).sites.size == 0


def test_all_faults_of_the_arrays_are_told_at_once():
    with pytest.raises(DataError) as caught:
        solve_mclp([1.0, -2.0], [[np.nan], [1.0]], radius=-1, p=-1)
    assert len(caught.value.faults) == 4


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(DataError, match="expected"):
        solve_mclp([1.0, 2.0, 3.0], [[1.0], [1.0]], radius=1, p=1)
