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


def compute_break_even_kwh_year(
    capex_pkr: Floats,
    fixed_cost_pkr_year: Floats,
    margin_pkr_kwh: float,
    discount_rate_share: float,
    years: float,
) -> Floats:
    """Compute the energy sold a year at which the net present value is 0, kWh; infinite without a margin.

    Notes
    -----
    (capex / annuity factor + fixed yearly cost) / margin, and at least 0: the margin of what is sold has
    to carry the yearly cost of the capital and all costs that do not depend on sales.

    Examples
    --------
    >>> compute_break_even_kwh_year(np.array([100.0]), np.array([10.0]), 5.0, 0.0, 10)  # (10 + 10) / 5
    array([4.])
    """
    needed_pkr_year = capex_pkr / compute_annuity_factor(discount_rate_share, years) + fixed_cost_pkr_year
    if margin_pkr_kwh <= 0:
        return np.where(needed_pkr_year > 0, np.inf, 0.0)
    return np.asarray(np.maximum(needed_pkr_year, 0.0) / margin_pkr_kwh)


def compute_break_even_share(break_even_kwh_year: Floats, open_kwh_year: Floats) -> Floats:
    """Compute the break-even as a share of what chargers at full power sell in the opening hours.

    Above 1 the station can never break even.

    Examples
    --------
    >>> compute_break_even_share(np.array([4.0, 1.0]), np.array([16.0, 0.0]))
    array([0.25,  inf])
    """
    share = np.full(np.shape(break_even_kwh_year), np.inf)
    np.divide(break_even_kwh_year, open_kwh_year, out=share, where=open_kwh_year > 0)
    return share
