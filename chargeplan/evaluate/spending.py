"""All the money of a plan and its parts, from its records alone.

The risk charge for power below an unknown headroom counts against the budget as money does; nobody is paid
with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chargeplan.evaluate.derive import list_charger_types
from chargeplan.words import SiteStatus

if TYPE_CHECKING:
    from chargeplan.evaluate.verify import PlanCase
    from chargeplan.records import Floats, Ints

Metric = tuple[str, float, str, str]


def list_years(plan: PlanCase) -> tuple[int, ...]:
    """List the years that are planned for, at least one."""
    return plan.request.years or (plan.request.year,)


def read_chargers(plan: PlanCase) -> Ints:
    """Read the chargers by year, site and type, shape (n_years, n_sites, n_types)."""
    if plan.is_plain:
        return plan.solution.chargers[None, :, None]
    chargers = plan.solution.slot_chargers
    return chargers.reshape(len(chargers), len(plan.sites.table), -1)


def derive_new_kw(plan: PlanCase) -> Floats:
    """Derive the power of new stations by year and site, shape (n_years, n_sites), kW."""
    each_kw = np.array([kw for kw, _, _ in list_charger_types(plan.request)])
    is_new = ~plan.sites.has_status(SiteStatus.EXISTING)
    return np.where(is_new[None, :], read_chargers(plan) @ each_kw, 0.0)


def split_spending_pkr(plan: PlanCase, year_pos: int) -> dict[str, float]:
    """Split what a plan takes from the budget by a year, PKR.

    Returns
    -------
    dict of str to float
        ``sites`` (opening them), ``chargers``, ``risk`` (charged for power below an unknown headroom) and
        ``upgrades`` (of grid assets).
    """
    now = read_chargers(plan)[year_pos]
    is_new = ~plan.sites.has_status(SiteStatus.EXISTING) & (now.sum(axis=1) > 0)
    price = np.array([cost for _, cost, _ in list_charger_types(plan.request)])
    spent = {
        "sites": float(plan.sites.table["fixed_cost_pkr"].to_numpy()[is_new].sum()),
        "chargers": float((now @ price)[is_new].sum()),
        "risk": 0.0,
        "upgrades": 0.0,
    }
    if plan.grid is not None and not plan.is_plain:
        kw = derive_new_kw(plan)[year_pos]
        spent["risk"] = float(kw[plan.grid.is_headroom_unknown].sum()) * plan.grid.unknown_headroom_pkr_kw
        spent["upgrades"] = float(plan.solution.asset_steps[year_pos] @ plan.grid.step_pkr)
    return spent


def compute_spent_pkr(plan: PlanCase, year_pos: int) -> float:
    """Compute all that a plan takes from the budget by a year, PKR."""
    return sum(split_spending_pkr(plan, year_pos).values())


def list_cost_metrics(plan: PlanCase) -> list[Metric]:
    """List what the plan costs by its last year, and the parts."""
    parts = split_spending_pkr(plan, len(list_years(plan)) - 1)
    rows = [
        ("cost", sum(parts.values()), "PKR", "all that the plan takes from the budget"),
        ("site_cost", parts["sites"], "PKR", "part of cost: opening new sites"),
        ("charger_cost", parts["chargers"], "PKR", "part of cost: new chargers"),
    ]
    if plan.grid is not None:
        rows += [
            (
                "grid_upgrades",
                parts["upgrades"],
                "PKR",
                "part of cost: steps of grid assets that were bought",
            ),
            (
                "grid_risk",
                parts["risk"],
                "PKR",
                "part of cost: charge for power below an unknown headroom; no money is spent on it",
            ),
        ]
    return rows
