"""The sizes of a station are the products of what its types are offered in, and never more than memory holds."""

from dataclasses import replace

import family_cases
import numpy as np
import pytest

from chargeplan.errors import ConfigError
from chargeplan.formulation.linear import build_linear_model
from chargeplan.formulation.station_states import find_states_below, list_station_levels
from chargeplan.model.precheck_limits import StationSizes
from chargeplan.solve.staged_dual import StagedDual

TWO_GROUPS = np.tile(np.array([[30.0, 10.0], [20.0, 5.0], [10.0, 5.0]])[None], (2, 1, 1))


def make_mixed_problem():
    """The first type comes in 1, 2 or 3 chargers, the second in 4 or 5: 4 x 3 sets with none, of 36 over the union."""
    problem = family_cases.make_tiny_problem(
        units=TWO_GROUPS, levels=(1, 2, 3, 4, 5), budgets=(60.0, 60.0), bays=np.array([5, 8])
    )
    offered = np.array([[True, True, True, False, False], [False, False, False, True, True]])
    return replace(problem, level_allowed=np.tile(offered, (2, 1)))


def test_sets_of_chargers_are_those_that_the_types_are_offered_in():
    levels, shape = list_station_levels(make_mixed_problem())
    assert shape == (4, 3)
    assert levels.tolist() == [[a, b] for a in (-1, 0, 1, 2) for b in (-1, 3, 4)]


def test_a_state_is_below_another_when_no_type_falls():
    levels, _ = list_station_levels(make_mixed_problem())
    expected = np.all(levels[None, :, :] <= levels[:, None, :], axis=2)
    np.testing.assert_array_equal(find_states_below(levels, levels), expected)


def test_the_bound_and_the_checks_agree_with_the_union_of_all_levels():
    """A mixed problem is worth the same when the sizes of both types may be any, and dear where not offered."""
    problem = make_mixed_problem()
    dual = StagedDual(problem, build_linear_model(problem))
    assert len(dual.states.level) == 12
    multipliers = dual.guess_multipliers()
    value, _ = dual.evaluate(multipliers)
    assert np.isfinite(value)
    assert value > 0
    sizes = StationSizes(problem)
    assert sizes.most.tolist() == [[3, 5], [3, 5]]
    assert sizes.most_chargers.tolist() == [5, 8]  # of bays
    assert sizes.least_kw.tolist() == [10.0, 10.0]


def test_more_sets_than_memory_holds_are_refused_with_their_number():
    levels = tuple(range(1, 4001))
    problem = family_cases.make_tiny_problem(units=TWO_GROUPS, levels=levels, budgets=(60.0, 60.0))
    with pytest.raises(
        ConfigError, match=r"16,008,001 different sets of chargers \(4001 x 4001 .*7,500,000 sets;"
    ):
        list_station_levels(problem)
    with pytest.raises(ConfigError, match=r"offer fewer numbers of chargers"):
        StationSizes(problem)
