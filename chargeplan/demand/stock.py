"""Stocks of vehicles from sales and survival; pure functions on arrays of (years, classes).

A year is the fiscal year that ends on 30 June of it, and a stock is that of its last day, so
that the recorded stock of June 2025 is the stock of the year 2025. The mathematics stand in
docs/explanation/demand.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chargeplan.records import Floats, Ints

_STEPS_OF_BISECTION = 200
_LARGEST_LOGIT = 60.0  # a share of 1e-26; nothing on a road is rarer


def compute_survival(ages: Ints, median_life_years: Floats, shape: Floats) -> Floats:
    """Share of vehicles still on the road at an age: ``2 ** -(age / median_life) ** shape``.

    A Weibull curve, half of it gone at the median life; an infinite life gives 1 at every age.

    Parameters
    ----------
    ages : ndarray of int64, shape (n_ages,)
        Years since the end of the year of sale, from 0.
    median_life_years, shape : ndarray of float64, shape (n_classes,)

    Returns
    -------
    ndarray of float64, shape (n_ages, n_classes)
    """
    return np.asarray(2.0 ** -((ages[:, None] / median_life_years) ** shape), dtype=np.float64)


def fill_sales(
    years: Ints, points: Sequence[tuple[int, float]], *, growth_before: float, growth_after: float
) -> Floats:
    """Fill a series of sales from recorded years: growth between them is even.

    Parameters
    ----------
    years : ndarray of int64, shape (n_years,)
    points : sequence of (year, sales)
        Recorded sales > 0, in the order of the years.
    growth_before, growth_after : float
        Growth a year before the first point and after the last one, as a share.

    Returns
    -------
    ndarray of float64, shape (n_years,)
        Vehicles a year.
    """
    at = np.array([year for year, _ in points], dtype=np.float64)
    log_sales = np.log([value for _, value in points])
    filled = np.interp(years, at, log_sales)
    filled -= np.maximum(at[0] - years, 0) * np.log1p(growth_before)
    filled += np.maximum(years - at[-1], 0) * np.log1p(growth_after)
    return np.exp(filled)


def compute_stock(sales: Floats, survival: Floats) -> Floats:
    """Sum sales times survival: ``stock[y, c] = sum over t <= y of sales[t, c] survival[y - t, c]``.

    Parameters
    ----------
    sales : ndarray of float64, shape (n_years, n_classes)
        Consecutive years.
    survival : ndarray of float64, shape (n_ages, n_classes)
        With n_ages >= n_years.

    Returns
    -------
    ndarray of float64, shape (n_years, n_classes)
    """
    stock = np.zeros_like(sales, dtype=np.float64)
    for age in range(len(sales)):
        stock[age:] += sales[: len(sales) - age] * survival[age]
    return stock


def follow_logistic(
    years: Ints,
    *,
    anchor_year: int,
    anchor_logit: float,
    growth_before: float,
    points: Sequence[tuple[int, float]],
) -> Floats:
    """Follow the electric share of sales: logistic curves through an anchor and the points.

    The logit of the share is straight between the anchor and each point, so that each piece is a
    logistic curve; before the anchor it rises by ``log(1 + growth_before)`` a year (a small share
    then grows by that share a year), after the last point the share stays.

    Parameters
    ----------
    years : ndarray of int64, shape (n_years,)
    anchor_year : int
    anchor_logit : float
        ``log(share / (1 - share))`` of the anchor.
    growth_before : float
    points : sequence of (year, share)
        After the anchor, in the order of the years; shares above 0 and below 1.

    Returns
    -------
    ndarray of float64, shape (n_years,)
    """
    at = [anchor_year, *(year for year, _ in points)]
    logits = [anchor_logit, *(float(np.log(share / (1 - share))) for _, share in points)]
    logit = np.interp(years, at, logits)
    logit -= np.maximum(anchor_year - years, 0) * np.log1p(growth_before)
    return np.asarray(1 / (1 + np.exp(-logit)), dtype=np.float64)


def calibrate_anchor(
    years: Ints,
    sales: Floats,
    survival: Floats,
    *,
    anchor_year: int,
    growth_before: float,
    recorded: float,
) -> float:
    """Find the anchor's logit that gives the recorded electric stock at the end of the anchor's year.

    The stock rises with the logit without a break, so bisection finds it to the last digit.

    Parameters
    ----------
    years : ndarray of int64, shape (n_years,)
        Consecutive, with the anchor's year among them.
    sales : ndarray of float64, shape (n_years,)
    survival : ndarray of float64, shape (n_ages,)
    anchor_year : int
    growth_before : float
    recorded : float
        More than 0 and less than the whole stock.

    Raises
    ------
    ValueError
        When no share of the sales gives that stock.
    """
    past = years <= anchor_year
    left = sales[past] * survival[anchor_year - years[past]]  # of each year's sales, still on the road
    if not 0 < recorded < left.sum():
        msg = f"a recorded electric stock of {recorded:g} is not between 0 and the stock of {left.sum():g}"
        raise ValueError(msg)
    low, high = -_LARGEST_LOGIT, _LARGEST_LOGIT
    for _ in range(_STEPS_OF_BISECTION):
        middle = (low + high) / 2
        share = follow_logistic(
            years[past],
            anchor_year=anchor_year,
            anchor_logit=middle,
            growth_before=growth_before,
            points=(),
        )
        low, high = (middle, high) if float(left @ share) < recorded else (low, middle)
    return (low + high) / 2
