"""Sites with what the plan makes of them, in one table for every output."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chargeplan.publish.stage_results import add_stage_columns
from chargeplan.site_names import name_sites
from chargeplan.words import SiteStatus
from chargeplan.zone_places import list_zone_names

if TYPE_CHECKING:
    import pandas as pd

    from chargeplan.publish.bundle import RunBundle

RESULT_COLUMNS = (
    "rank",
    "chargers",
    "power_kw",
    "served_kwh_day",
    "capacity_kwh_day",
    "utilisation_share",
    "cost_pkr",
    "mean_drive_min",
    "n_cells",
    "peak_wait_min",
    "peak_busy_share",
    "peak_blocked_share",
    "alone_kwh_day",
    "dropped_loss_kwh_day",
    "load_kva",
    "bays",
    "feeder_headroom_kw",
    "feeder_left_kw",
)
RESULT_TEXTS = ("feeder_id", "feeder_name", "zone_name")
# Zero is the truth about a site where the plan opens nothing; its rank, use and drive do not exist.
_ZERO_WHERE_NOTHING_OPENS = (
    "chargers",
    "power_kw",
    "served_kwh_day",
    "capacity_kwh_day",
    "cost_pkr",
    "n_cells",
)


def build_site_results(bundle: RunBundle) -> pd.DataFrame:
    """Join the sites with their evaluation.

    Returns
    -------
    pandas.DataFrame
        One row per site in the order of `CandidateSites`: its columns, `shown_name` (never an id, see
        `name_sites`), the `RESULT_COLUMNS`, the `RESULT_TEXTS`, `SITE_STAGES`, `connection` (word of
        `ConnectionClass`, missing unless the site is new), and the flags `is_open` (in the plan or existing) and
        `is_new`. Where a site is neither open nor existing, chargers, power, energy, capacity, cost and cells are
        0, the other figures NaN, and the feeder is empty; the mean drive is NaN where a site serves nobody.
    """
    table = bundle.sites.table.copy()
    results = bundle.evaluation.sites.set_index("site_id")
    for column in RESULT_COLUMNS:
        table[column] = results[column].reindex(table["site_id"]).to_numpy(dtype=np.float64)
    for column in ("feeder_id", "feeder_name"):
        table[column] = results[column].reindex(table["site_id"]).fillna("").to_numpy(dtype=str)
    table["zone_name"] = list_zone_names(table, bundle.cells, bundle.network.crs)
    table = table.fillna(dict.fromkeys(_ZERO_WHERE_NOTHING_OPENS, 0.0))
    table["mean_drive_min"] = table["mean_drive_min"].where(table["served_kwh_day"] > 0)
    reckoned = bundle.evaluation.site_economics
    words = (
        dict(zip(reckoned["site_id"], reckoned["connection"], strict=True))
        if "connection" in reckoned
        else {}
    )
    table["connection"] = table["site_id"].map(words).astype("str")
    existing = bundle.sites.has_status(SiteStatus.EXISTING)
    table["is_open"] = (bundle.solution.chargers > 0) | existing
    table["is_new"] = (bundle.solution.chargers > 0) & ~existing
    table["shown_name"] = name_sites(table, bundle.network, table["zone_name"].tolist())
    add_stage_columns(table, bundle)
    return table


def sort_by_rank(results: pd.DataFrame) -> pd.DataFrame:
    """Return the open and existing sites, best rank first."""
    return results[results["is_open"]].sort_values(["rank", "site_id"], ignore_index=False)
