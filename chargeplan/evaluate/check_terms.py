"""What the checks of a plan have in common: tolerances, and how faults name sites."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chargeplan.errors import name_rows

if TYPE_CHECKING:
    from chargeplan.evaluate.verify import PlanCase
    from chargeplan.records import Ints

Faults = list[str]
SHARE_TOLERANCE = 1e-6
RELATIVE_TOLERANCE = 1e-6
MONEY_TOLERANCE_PKR = 0.5


def name_plan_sites(plan: PlanCase, site: Ints) -> str:
    """Name sites by their ids, each once."""
    return name_rows(plan.sites.table["site_id"].to_numpy()[np.unique(site)])
