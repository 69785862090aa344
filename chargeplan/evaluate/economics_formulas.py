"""The arithmetic of investment: present value, payback, break-even. Nothing of the world is in here."""

from __future__ import annotations

import numpy as np

from chargeplan.records import Floats


def compute_annuity_factor(discount_rate_share: float, years: float) -> float:
    """Compute what 1 a year, paid at the end of each year, is worth today.

    Notes
    -----
    (1 - (1 + r)^-n) / r; n where r is 0.

    Examples
    --------
    >>> compute_annuity_factor(0.0, 10)
    10.0
    >>> round(compute_annuity_factor(0.10, 2), 6)  # 1 / 1.1 + 1 / 1.21
    1.735537
    """
    if discount_rate_share == 0:
        return float(years)
    return float((1.0 - (1.0 + discount_rate_share) ** -years) / discount_rate_share)


def compute_npv_pkr(
    capex_pkr: Floats, net_income_pkr_year: Floats, discount_rate_share: float, years: float
) -> Floats:
    """Compute the net present value: equal yearly incomes against a cost at the start, in PKR.

    Examples
    --------
    >>> compute_npv_pkr(np.array([100.0]), np.array([60.0]), 0.10, 2).round(4)  # 60 x 1.735537 - 100
    array([4.1322])
    """
    return np.asarray(net_income_pkr_year * compute_annuity_factor(discount_rate_share, years) - capex_pkr)


def compute_payback_years(capex_pkr: Floats, net_income_pkr_year: Floats) -> Floats:
    """Compute the simple payback: years of income that make up for the cost; infinite when none do.

    Examples
    --------
    >>> compute_payback_years(np.array([100.0, 100.0, 0.0]), np.array([40.0, -1.0, 5.0]))
    array([2.5, inf, 0. ])
    """
    years = np.full(np.shape(capex_pkr), np.inf)
    np.divide(capex_pkr, net_income_pkr_year, out=years, where=net_income_pkr_year > 0)
    return years


def compute_break_even_share(
    needed_pkr_year: float,
    open_kwh_year: Floats,
    panel_kwh_year: Floats,
    drawn_kwh_kwh: Floats,
    *,
    price_pkr_kwh: float,
    tariff_pkr_kwh: float,
) -> float:
    """Compute the share of the opening hours at which stations that are all as busy break even.

    Above 1 they can never break even, and without a margin it is infinite.

    Parameters
    ----------
    needed_pkr_year : float
        Yearly cost of the capital and of everything that does not depend on sales, of all stations.
    open_kwh_year : ndarray, shape (n,)
        What the chargers of each station sell at full power in all opening hours.
    panel_kwh_year : ndarray, shape (n,)
        What its panels can yield; what is not needed earns nothing.
    drawn_kwh_kwh : ndarray, shape (n,)
        Energy drawn from panels and grid for each kWh sold.
    price_pkr_kwh, tariff_pkr_kwh : float
        Price of a kWh sold and of one bought.

    Notes
    -----
    At the share u the stations earn ``price u sum(open) - tariff sum(max(u open drawn - panel, 0))``: a
    concave line of straight pieces, which bends where a station begins to buy.

    Examples
    --------
    >>> one = np.array([10.0])
    >>> half = {"price_pkr_kwh": 4.0, "tariff_pkr_kwh": 2.0}
    >>> compute_break_even_share(10.0, one, 0 * one, one / one, **half)  # 10 / (4 - 2) = 5 of 10 kWh
    0.5
    >>> compute_break_even_share(14.0, one, one / 5, one / one, **half)  # 2 kWh at 4, 3 kWh at 4 - 2
    0.5
    """
    if needed_pkr_year <= 0:
        return 0.0
    opened = float(open_kwh_year.sum())
    if opened <= 0:
        return np.inf
    drawn = open_kwh_year * drawn_kwh_kwh
    bends = np.divide(panel_kwh_year, drawn, out=np.zeros(len(drawn)), where=drawn > 0)
    shares = np.unique(np.append(bends, 0.0))
    bought = np.maximum(np.outer(shares, drawn) - panel_kwh_year, 0.0).sum(axis=1)
    earned = price_pkr_kwh * shares * opened - tariff_pkr_kwh * bought
    reached = np.flatnonzero(earned >= needed_pkr_year)
    if reached.size:
        upto = slice(reached[0] - 1, reached[0] + 1)
        return float(np.interp(needed_pkr_year, earned[upto], shares[upto]))
    margin_pkr = price_pkr_kwh * opened - tariff_pkr_kwh * float(drawn.sum())
    if margin_pkr <= 0:
        return np.inf
    return float(shares[-1] + (needed_pkr_year - earned[-1]) / margin_pkr)
