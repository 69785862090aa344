"""The money of a plan by year: built in year 0, earning in every year of the horizon."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chargeplan.errors import VerificationError
from chargeplan.evaluate.economics_stations import YEARLY_COLUMNS

if TYPE_CHECKING:
    from chargeplan.evaluate.economics_account import Account

_MONEY_TOLERANCE_PKR = 0.5
_RELATIVE_TOLERANCE = 1e-9


def tabulate_years(stations: pd.DataFrame, account: Account, first_year: int) -> pd.DataFrame:
    """Tabulate what all new stations cost and earn, a row for each year.

    Parameters
    ----------
    stations : pandas.DataFrame
        As from `reckon_stations`.
    account : Account
    first_year : int
        Year in which the stations are built.

    Returns
    -------
    pandas.DataFrame
        year (0 for the construction), calendar_year, capital_pkr, revenue_pkr, each of the
        `YEARLY_COLUMNS` without its ending, net_pkr (revenue less capital and costs), discount_factor,
        discounted_pkr (their product) and discounted_sum_pkr (up to and with the year).

    Raises
    ------
    VerificationError
        When the years do not add up to the capital and the net present value of the stations.
    """
    year = np.arange(round(account.use("horizon_years")) + 1)
    totals = stations.select_dtypes("number").sum()
    costs = {name.removesuffix("_year"): np.where(year > 0, totals[name], 0.0) for name in YEARLY_COLUMNS}
    table = pd.DataFrame(
        {
            "year": year,
            "calendar_year": first_year + year,
            "capital_pkr": np.where(year == 0, totals["capex_pkr"], 0.0),
            "revenue_pkr": np.where(year > 0, totals["revenue_pkr_year"], 0.0),
            **costs,
        }
    )
    table["net_pkr"] = table["revenue_pkr"] - table[["capital_pkr", *costs]].sum(axis=1)
    table["discount_factor"] = (1.0 + account.use("discount_rate_share")) ** -year.astype(np.float64)
    table["discounted_pkr"] = table["net_pkr"] * table["discount_factor"]
    table["discounted_sum_pkr"] = table["discounted_pkr"].cumsum()
    for column, total in (("capital_pkr", "capex_pkr"), ("discounted_pkr", "npv_pkr")):
        difference = abs(float(table[column].sum() - totals[total]))
        if difference > _MONEY_TOLERANCE_PKR + _RELATIVE_TOLERANCE * abs(float(totals[total])):
            raise VerificationError(
                f"{column} of the years is not {total} of the stations: {difference:g} PKR apart"
            )
    return table
