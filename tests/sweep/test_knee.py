"""The knee by hand: where it is, where it is not clear, and what the gaps leave open."""

import numpy as np
import pytest

from chargeplan.sweep.knee import find_knee


def find(money, served, bound=None):
    served = np.array(served, dtype=float)
    return find_knee(
        np.array(money, dtype=float), served, served if bound is None else np.array(bound, float)
    )


def test_the_knee_is_farthest_above_the_chord():
    """Scaled to 0..1 the points are (0, 0), (1/3, 2/3), (2/3, 5/6), (1, 1): they rise 1/3 and 1/6."""
    knee = find([10, 20, 30, 40], [40, 80, 90, 100])
    assert knee.pos == 1
    assert knee.rise_share == pytest.approx(1 / 3)


def test_the_units_of_the_axes_do_not_matter():
    knee = find([10e6, 20e6, 30e6, 40e6], [0.4, 0.8, 0.9, 1.0])
    assert (knee.pos, knee.rise_share) == (1, pytest.approx(1 / 3))


def test_a_quarter_circle_bends_at_45_degrees():
    angle = np.linspace(0, np.pi / 2, 91)
    knee = find(1 - np.cos(angle), np.sin(angle))
    assert knee.pos == 45
    assert knee.rise_share == pytest.approx(np.sqrt(2) - 1)


@pytest.mark.parametrize("served", [[10, 20, 30, 40], [10, 22, 31, 40], [10, 12, 20, 40]])
def test_a_straight_or_hollow_curve_has_no_clear_knee(served):
    knee = find([1, 2, 3, 4], served)
    assert knee.pos is None
    assert "nearly straight" in knee.reason


def test_points_that_serve_no_more_do_not_move_the_knee():
    """All is served at 40: larger budgets are spent no further, and the curve ends there."""
    curve = find([10, 20, 30, 40], [40, 80, 90, 100])
    longer = find([10, 20, 30, 40, 40, 40], [40, 80, 90, 100, 100, 100])
    assert (longer.pos, longer.rise_share) == (curve.pos, curve.rise_share)


def test_points_without_a_plan_are_left_out_and_keep_their_place():
    knee = find([np.nan, 10, 20, 30, 40], [np.nan, 40, 80, 90, 100])
    assert knee.pos == 2


@pytest.mark.parametrize("served", [[], [50], [50, 60], [50, 60, 60]])
def test_fewer_than_three_rising_points_have_no_knee(served):
    knee = find(range(len(served)), served)
    assert knee.pos is None
    assert "three points" in knee.reason


def test_a_point_that_could_be_the_knee_within_its_gap_is_named():
    """The third rises 1/6; 10 kWh/day more would lift it by 10/60 to 1/3, that of the knee."""
    assert find([10, 20, 30, 40], [40, 80, 90, 100], [40, 80, 99, 100]).rivals == ()
    assert find([10, 20, 30, 40], [40, 80, 90, 100], [40, 80, 101, 101]).rivals == (2,)
