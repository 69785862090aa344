"""Sites with what the plan makes of them, in one table for every output."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chargeplan.publish.stage_results import add_stage_columns
from chargeplan.text import show_name
from chargeplan.words import SiteStatus

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
)
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
        One row per site in the order of `CandidateSites`: its columns, `shown_name`, the
        `RESULT_COLUMNS`, `SITE_STAGES`, `connection` (word of `ConnectionClass`, missing unless the site is new), and
        the flags `is_open` (in the plan or existing) and `is_new`. Where
        a site is neither open nor existing, rank and utilisation are NaN and the other figures
        0; the mean drive is NaN where a site serves nobody.
    """
    table = bundle.sites.table.copy()
    results = bundle.evaluation.sites.set_index("site_id")
    for column in RESULT_COLUMNS:
        table[column] = results[column].reindex(table["site_id"]).to_numpy(dtype=np.float64)
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
    table["shown_name"] = [
        show_name(row, f"{str(row['kind']).replace('_', ' ')} {row['site_id']}")
        for row in table[["name_en", "name", "name_ur", "kind", "site_id"]].to_dict("records")
    ]
    add_stage_columns(table, bundle)
    return table


def sort_by_rank(results: pd.DataFrame) -> pd.DataFrame:
    """Return the open and existing sites, best rank first."""
    return results[results["is_open"]].sort_values(["rank", "site_id"], ignore_index=False)
