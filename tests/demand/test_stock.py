"""Stocks from sales and survival: worked out by hand, and what must hold for any figures."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chargeplan.demand.stock import (
    calibrate_anchor,
    compute_stock,
    compute_survival,
    fill_sales,
    follow_logistic,
)

YEARS = np.arange(2000, 2031)


def test_half_of_the_vehicles_are_gone_at_the_median_life():
    """2 ** -(5 / 10) ** 2 = 2 ** -0.25 = 0.8409; at 10 years a half, at 20 years 2 ** -4 = 1 / 16."""
    survival = compute_survival(np.array([0, 5, 10, 20]), np.array([10.0]), np.array([2.0]))
    assert survival[:, 0] == pytest.approx([1.0, 0.840896, 0.5, 0.0625], rel=1e-6)


def test_stock_by_hand():
    """100 sold each year, of which all, half and a tenth are left: 100, 150, 160."""
    stock = compute_stock(np.full((3, 1), 100.0), np.array([[1.0], [0.5], [0.1]]))
    assert stock[:, 0].tolist() == [100.0, 150.0, 160.0]


def test_sales_grow_evenly_between_points_and_as_told_beyond_them():
    """From 100 in 2001 to 400 in 2003 sales double each year; 10 % a year before, 20 % after."""
    sales = fill_sales(
        np.arange(2000, 2006), [(2001, 100.0), (2003, 400.0)], growth_before=0.1, growth_after=0.2
    )
    assert sales == pytest.approx([100 / 1.1, 100, 200, 400, 480, 576])


def test_sales_with_one_growth_sum_to_the_registered_stock():
    """Sales of stock * g / (1 + g), growing by g for ever, sum to the stock: the rule of sales.csv."""
    sales = fill_sales(
        np.arange(1000, 2019), [(2018, 17465880 * 0.115 / 1.115)], growth_before=0.115, growth_after=0.0
    )
    assert sales.sum() == pytest.approx(17465880, rel=1e-12)


def test_share_goes_through_its_points_on_a_logistic_curve():
    """From a logit of -2 in 2020 to 0.5 (logit 0) in 2030: in 2025 a logit of -1, 1 / (1 + e)."""
    share = follow_logistic(
        np.array([2019, 2020, 2025, 2030, 2035]),
        anchor_year=2020,
        anchor_logit=-2.0,
        growth_before=0.5,
        points=[(2030, 0.5)],
    )
    before = 1 / (1 + math.exp(2 + math.log(1.5)))
    assert share == pytest.approx([before, 1 / (1 + math.exp(2)), 1 / (1 + math.e), 0.5, 0.5])


@given(
    sales=st.lists(st.floats(0, 1e7), min_size=1, max_size=40),
    n_classes=st.integers(1, 3),
)
def test_stock_with_survival_one_is_the_sum_of_sales(sales, n_classes):
    table = np.tile(np.array(sales)[:, None], n_classes)
    survival = compute_survival(np.arange(len(sales)), np.full(n_classes, np.inf), np.full(n_classes, 3.0))
    assert survival.tolist() == np.ones((len(sales), n_classes)).tolist()
    assert compute_stock(table, survival) == pytest.approx(np.cumsum(table, axis=0), rel=1e-12, abs=1e-9)


@given(
    seed=st.integers(0, 2**32 - 1),
    life=st.floats(1, 50),
    shape=st.floats(0.5, 6),
    growth=st.floats(0, 2),
    part=st.floats(1e-6, 0.95),
    last_share=st.floats(0.01, 0.99),
)
@settings(max_examples=60, deadline=None)
def test_calibration_is_exact_and_more_electric_sales_never_give_less_stock(
    seed, life, shape, growth, part, last_share
):
    rng = np.random.default_rng(seed)
    sales = rng.uniform(10.0, 1e6, len(YEARS))
    survival = compute_survival(np.arange(len(YEARS)), np.array([life]), np.array([shape]))
    whole = compute_stock(sales[:, None], survival)[:, 0]
    recorded = part * whole[25]
    logit = calibrate_anchor(
        YEARS, sales, survival[:, 0], anchor_year=2025, growth_before=growth, recorded=recorded
    )

    def count(share_2030):
        share = follow_logistic(
            YEARS, anchor_year=2025, anchor_logit=logit, growth_before=growth, points=[(2030, share_2030)]
        )
        return compute_stock((sales * share)[:, None], survival)[:, 0]

    electric, more = count(last_share * 0.5), count(last_share)
    assert electric[25] == pytest.approx(recorded, rel=1e-9)
    assert (more >= electric * (1 - 1e-12)).all()
    assert (electric <= whole).all()


@pytest.mark.parametrize("recorded", [0.0, -5.0, 1e9])
def test_recorded_stock_that_no_sales_give_is_refused(recorded):
    survival = np.ones(len(YEARS))
    with pytest.raises(ValueError, match="is not between 0 and the stock of 3100"):
        calibrate_anchor(
            YEARS,
            np.full(len(YEARS), 100.0) * 31 / 26,
            survival,
            anchor_year=2025,
            growth_before=0.1,
            recorded=recorded,
        )
