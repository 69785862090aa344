"""What each station and each zone does in each year of a plan with years, for the slider of the map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chargeplan.publish.run_record import make_finite
from chargeplan.units import SECONDS_PER_MINUTE, format_pkr_twice
from chargeplan.words import SiteStatus

if TYPE_CHECKING:
    from chargeplan.publish.bundle import RunBundle
    from chargeplan.records import Floats, Ints

SMALLEST_USED_SHARE = 1e-6  # of a cell's demand; less is rounding of the solver


def count_years(bundle: RunBundle) -> int:
    """Count the years whose flows are known one by one; 0 for a plan of one year."""
    return bundle.problem.staging.n_years if bundle.problem.stages is not None else 0


def sum_pair_flows(bundle: RunBundle) -> list[Floats]:
    """Sum the energy of each pair in each year, kWh per day; no years for a plan of one year."""
    problem, solution = bundle.problem, bundle.solution
    if count_years(bundle) < 2:
        return []
    staging = problem.staging
    n_groups = staging.can_use.shape[0]
    rest, group = np.divmod(solution.flow_at // len(staging.charger_kw), n_groups)
    year, pair = np.divmod(rest, max(problem.n_pairs, 1))
    kwh_day = staging.unit_kwh_day[year, problem.pair_cell[pair], group] * solution.flow_share
    return [
        np.bincount(pair[year == row], kwh_day[year == row], problem.n_pairs).astype(np.float64)
        for row in range(staging.n_years)
    ]


def divide_by_wanted(bundle: RunBundle, kwh_day: Floats, year_pos: int) -> Floats:
    """Divide the energy of each pair by what its cell leaves for us in a year; 0 where it wants nothing."""
    staging = bundle.problem.staging
    wanted = staging.unit_kwh_day[year_pos].sum(axis=1)[bundle.problem.pair_cell]
    return _divide(kwh_day, wanted, 0.0)


def compute_mean_drives(bundle: RunBundle) -> list[float]:
    """Compute the mean drive of what is served in each year, minutes; 0 where nothing is."""
    minutes = bundle.problem.pair_seconds / SECONDS_PER_MINUTE
    return [
        float(kwh_day @ minutes / kwh_day.sum()) if kwh_day.sum() > 0 else 0.0
        for kwh_day in sum_pair_flows(bundle)
    ]


def tabulate_sites_by_year(bundle: RunBundle) -> list[pd.DataFrame]:
    """Tabulate what every site does by each year, one table for each; none for a plan of one year.

    Returns
    -------
    list of pandas.DataFrame
        By `site_id`, in the order of `CandidateSites`: the columns chargers, power_kw, served_kwh_day,
        utilisation_share, cost_pkr (up to the year), mean_drive_min and n_cells as the evaluation has them for the
        last year; risk_pkr (not spent); load_kw and limit_kw of the grid asset it hangs on (NaN where unknown).
    """
    flows = sum_pair_flows(bundle)
    chargers = bundle.solution.slot_chargers.reshape(len(flows), len(bundle.sites.table), -1) if flows else ()
    return [_tabulate_sites(bundle, year_pos, now, flows[year_pos]) for year_pos, now in enumerate(chargers)]


def _tabulate_sites(bundle: RunBundle, year_pos: int, chargers: Ints, kwh_day: Floats) -> pd.DataFrame:
    problem, table, n_sites = bundle.problem, bundle.sites.table, len(bundle.sites.table)
    is_existing = bundle.sites.has_status(SiteStatus.EXISTING)
    new_kw = np.where(is_existing, 0.0, chargers @ np.array(bundle.request.type_power_kw))
    power_kw = np.where(is_existing, table["existing_power_kw"].to_numpy(), new_kw)
    served = np.bincount(problem.pair_site, kwh_day, n_sites).astype(np.float64)
    minutes = problem.pair_seconds / SECONDS_PER_MINUTE
    drive = np.bincount(problem.pair_site, kwh_day * minutes, n_sites).astype(np.float64)
    used = divide_by_wanted(bundle, kwh_day, year_pos) > SMALLEST_USED_SHARE
    return pd.DataFrame(
        {
            "chargers": chargers.sum(axis=1),
            "power_kw": power_kw,
            "served_kwh_day": served,
            "utilisation_share": _divide(served, power_kw * bundle.request.hours_day, 0.0),
            "cost_pkr": _compute_cost_pkr(bundle, chargers),
            "mean_drive_min": _divide(drive, served, np.nan),
            "n_cells": np.bincount(problem.pair_site[used], minlength=n_sites),
            "risk_pkr": compute_risk_pkr(bundle, new_kw),
            **_read_asset_loads(bundle, year_pos),
        },
        index=table["site_id"],
    )


def _divide(above: Floats, below: Floats, otherwise: float) -> Floats:
    divided: Floats = np.divide(above, below, out=np.full(len(above), otherwise), where=below > 0)
    return divided


def _compute_cost_pkr(bundle: RunBundle, chargers: Ints) -> Floats:
    """Compute what each site costs with chargers by type; what stands already costs nothing."""
    types = bundle.request.charger_types
    price = types["cost_pkr"].to_numpy() if len(types) else np.array([bundle.request.charger_cost_pkr])
    is_new = ~bundle.sites.has_status(SiteStatus.EXISTING) & (chargers.sum(axis=1) > 0)
    return np.where(is_new, bundle.sites.table["fixed_cost_pkr"].to_numpy() + chargers @ price, 0.0)


def compute_risk_pkr(bundle: RunBundle, new_kw: Floats) -> Floats:
    """Compute the charge for power of new stations below an unknown headroom, shape (n_sites,), PKR."""
    if bundle.grid is None:
        return np.zeros(len(new_kw))
    return np.where(bundle.grid.is_headroom_unknown, new_kw, 0.0) * bundle.grid.unknown_headroom_pkr_kw


def _read_asset_loads(bundle: RunBundle, year_pos: int) -> dict[str, Floats]:
    """Read the load and the limit of the asset that each site hangs on, kW; NaN where nobody knows."""
    n_sites, grid = len(bundle.sites.table), bundle.grid
    if grid is None:
        return {"load_kw": np.full(n_sites, np.nan), "limit_kw": np.full(n_sites, np.nan)}
    year = bundle.request.years[year_pos]
    years = bundle.evaluation.grid_years
    now = years[years["year"] == year].set_index("asset_id")
    ids = grid.table["asset_id"]
    load = now["load_kw"].reindex(ids).fillna(0.0).to_numpy()
    # Assets without load or upgrades have no row: their headroom stands.
    limit = np.where(ids.isin(now.index), now["limit_kw"].reindex(ids).to_numpy(), grid.headroom_kw)
    at = grid.site_asset_pos
    return {
        "load_kw": np.where(at >= 0, load[at], np.nan),
        "limit_kw": np.where(at >= 0, limit[at], np.nan),
    }


def describe_earlier_stations(bundle: RunBundle, ranked: pd.DataFrame) -> list[list[list[Any] | int]]:
    """Describe for the map what each open station does by each year before the last.

    Returns
    -------
    list
        For each year, in the order of rank: 0 where the station does not stand yet, else kWh/day, part of the
        opening hours in use, cost up to then (PKR, and as a text), mean drive (min), cells, load and limit of its
        grid asset (kW), risk charge as a text. None for what nobody knows.
    """
    tables = tabulate_sites_by_year(bundle)[:-1]
    at = ranked.index.to_numpy()
    stands = bundle.sites.has_status(SiteStatus.EXISTING)[at]
    return [
        [
            _describe_station(row) if row["chargers"] > 0 or is_existing else 0
            for row, is_existing in zip(table.iloc[at].to_dict("records"), stands.tolist(), strict=True)
        ]
        for table in tables
    ]


def _describe_station(row: dict[Any, Any]) -> list[Any]:
    return [
        round(float(row["served_kwh_day"]), 1),
        round(float(row["utilisation_share"]), 4),
        round(float(row["cost_pkr"])),
        format_pkr_twice(row["cost_pkr"]) if row["cost_pkr"] > 0 else "",
        make_finite(round(float(row["mean_drive_min"]), 2)),
        int(row["n_cells"]),
        make_finite(round(float(row["load_kw"]), 1)),
        make_finite(round(float(row["limit_kw"]), 1)),
        format_pkr_twice(row["risk_pkr"]) if row["risk_pkr"] > 0 else "",
    ]


def describe_earlier_zones(bundle: RunBundle) -> list[list[list[Any]]]:
    """Describe for the map the zones in each year before the last: kWh/day, served share, of usable.

    People are those of the last year in every year.
    """
    table, listed = bundle.evaluation.zone_years, []
    for cells, year in zip(bundle.earlier_cells, bundle.request.years[:-1], strict=True):
        rows = table[table["year"] == year].set_index("zone_id").reindex(cells.zones["zone_id"])
        listed.append(
            [
                [
                    round(float(row["demand_kwh_day"]), 1),
                    make_finite(round(float(row["served_share"]), 4)),
                    make_finite(round(float(row["served_usable_share"]), 4)),
                ]
                for row in rows.to_dict("records")
            ]
        )
    return listed
