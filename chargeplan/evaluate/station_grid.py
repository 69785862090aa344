"""What each station asks of the grid and of its land."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chargeplan.evaluate.spending import derive_new_kw
from chargeplan.evaluate.verify_stages import compute_asset_load_kw

if TYPE_CHECKING:
    from chargeplan.evaluate.verify import PlanCase
    from chargeplan.records import Floats


def describe_feeders(plan: PlanCase) -> dict[str, list[str] | Floats]:
    """Describe the grid asset that each site hangs on, in the last year; empty and NaN where nobody knows.

    Returns
    -------
    dict
        ``feeder_id``, ``feeder_name``, ``feeder_headroom_kw`` (before the plan) and ``feeder_left_kw`` (with the
        upgrades that the plan buys, less all new load below the asset). NaN too where the headroom is unknown.
    """
    n_sites, grid = plan.problem.n_sites, plan.grid
    if grid is None:
        blank = np.full(n_sites, np.nan)
        return {
            "feeder_id": [""] * n_sites,
            "feeder_name": [""] * n_sites,
            "feeder_headroom_kw": blank,
            "feeder_left_kw": blank,
        }
    steps = plan.solution.asset_steps
    bought = steps[-1] * grid.step_kw if len(steps) else np.zeros(grid.n_assets)
    left = grid.headroom_kw + bought - compute_asset_load_kw(plan, derive_new_kw(plan)[-1])
    at = grid.site_asset_pos
    ids, names = (grid.table[column].tolist() for column in ("asset_id", "name"))
    return {
        "feeder_id": [ids[pos] if pos >= 0 else "" for pos in at.tolist()],
        "feeder_name": [names[pos] if pos >= 0 else "" for pos in at.tolist()],
        "feeder_headroom_kw": np.where(at >= 0, grid.headroom_kw[at], np.nan),
        "feeder_left_kw": np.where(at >= 0, left[at], np.nan),
    }
