"""What a planner wants to know of each station, beside what it serves and costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chargeplan.evaluate.closing import build_serving_network, compute_dropped_losses, sum_alone_kwh_day
from chargeplan.evaluate.station_grid import describe_feeders
from chargeplan.evaluate.station_peak import compute_station_peaks
from chargeplan.rules.bays import count_bays, find_bays_per_charger
from chargeplan.zone_places import list_zone_names

if TYPE_CHECKING:
    from chargeplan.evaluate.verify import PlanCase
    from chargeplan.records import Floats


def describe_stations(plan: PlanCase, power_kw: Floats) -> dict[str, Floats | list[str]]:
    """Describe every site by the figures of its station, as they are in the last year.

    Parameters
    ----------
    plan : PlanCase
    power_kw : ndarray, shape (n_sites,)
        Installed power.

    Returns
    -------
    dict
        Columns with a row per site, see `chargeplan.records.Evaluation`; they say nothing where none stands.
    """
    peak = compute_station_peaks(plan)
    network = build_serving_network(plan)
    stands = plan.solution.chargers > 0
    return {
        "peak_wait_min": peak.wait_min,
        "peak_busy_share": peak.busy_share,
        "peak_blocked_share": peak.blocked_share,
        "alone_kwh_day": sum_alone_kwh_day(network),
        "dropped_loss_kwh_day": compute_dropped_losses(network),
        "load_kva": np.where(stands, plan.request.compute_load_kva(power_kw), np.nan),
        "bays": count_bays(plan.solution.chargers, find_bays_per_charger(plan.rules, -1)),
        **describe_feeders(plan),
        "zone_name": list_zone_names(plan.sites.table, plan.cells, plan.network.crs),
    }
