"""What one charger costs, by its power."""

from __future__ import annotations

import csv
import logging
from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache

from chargeplan.errors import DataError
from chargeplan.figures import CONFIDENCES, PLANNER, DatedFigure
from chargeplan.files import find_data_file

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ChargerCost:
    """The price of one charger and where it comes from.

    Parameters
    ----------
    power_kw : float
    cost_pkr : float
    source : str
        Source of the row, or which two powers it was interpolated between.
    confidence : str
        Confidence of the row, or the lower one of the two rows.
    """

    power_kw: float
    cost_pkr: float
    source: str
    confidence: str


# Sold by the socket or the slot, not by the kW; it takes no part in prices by power.
_SWAP_CABINET = "swap_cabinet"


@lru_cache(maxsize=1)
def _read_charger_table() -> tuple[ChargerCost, ...]:
    with find_data_file("costs", "chargers.csv").open(encoding="utf-8", newline="") as file:
        rows = [
            ChargerCost(float(row["power_kw"]), float(row["cost_pkr"]), row["source"], row["confidence"])
            for row in csv.DictReader(file)
            if row["name"] != _SWAP_CABINET
        ]
    return tuple(sorted(rows, key=lambda row: row.power_kw))


def find_charger_cost(power_kw: float) -> ChargerCost:
    """Find the price of a charger in data/costs/chargers.csv, with its source.

    A power between two rows gets the linear interpolation of their prices, and `source`
    says so.

    Raises
    ------
    DataError
        When the power is below the smallest or above the largest one of the table.

    Examples
    --------
    >>> find_charger_cost(55).source
    'interpolated between 50 and 60 kW of data/costs/chargers.csv'
    """
    table = _read_charger_table()
    powers_kw = [row.power_kw for row in table]
    if not powers_kw[0] <= power_kw <= powers_kw[-1]:
        raise DataError(
            f"model.charger.power_kw: data/costs/chargers.csv has no price for {power_kw:g} kW, only for "
            f"{powers_kw[0]:g} to {powers_kw[-1]:g} kW; set model.charger.cost_pkr"
        )
    at = bisect_left(powers_kw, power_kw)
    above = table[at]
    if above.power_kw == power_kw:
        return above
    below = table[at - 1]
    share = (power_kw - below.power_kw) / (above.power_kw - below.power_kw)
    return ChargerCost(
        power_kw,
        below.cost_pkr + share * (above.cost_pkr - below.cost_pkr),
        f"interpolated between {below.power_kw:g} and {above.power_kw:g} kW of data/costs/chargers.csv",
        max(below.confidence, above.confidence, key=CONFIDENCES.index),
    )


def find_charger_figure(power_kw: float, given_pkr: float | None) -> DatedFigure:
    """Find the price of one charger, in PKR: what the config says, else data/costs/chargers.csv by power.

    An interpolated price is told in the log.

    Raises
    ------
    DataError
        When the power is outside the table and the config gives no price.
    """
    name, unit = "charger_cost_pkr", "PKR per charger"
    if given_pkr is not None:
        return DatedFigure(name, given_pkr, unit, "model.charger.cost_pkr", PLANNER)
    cost = find_charger_cost(power_kw)
    LOG.info("charger of %g kW: PKR %s, %s", power_kw, f"{cost.cost_pkr:,.0f}", cost.source)
    file = "data/costs/chargers.csv"
    source = cost.source if file in cost.source else f"{cost.source} ({file})"
    return DatedFigure(name, cost.cost_pkr, unit, source, cost.confidence)
