"""What a plan with years, charger types, a grid or rules says of each station and each rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from chargeplan.publish.run_record import make_finite
from chargeplan.publish.year_results import compute_risk_pkr
from chargeplan.rules.evaluate import evaluate_plan_rules
from chargeplan.rules.outlines import build_rule_outlines
from chargeplan.text import clean_text
from chargeplan.units import format_pkr_twice
from chargeplan.words import SiteStatus

if TYPE_CHECKING:
    import pandas as pd

    from chargeplan.publish.bundle import RunBundle
    from chargeplan.records import Evaluation
    from chargeplan.rules.report import RuleReport

_LONGEST_RULE = 2000  # characters; a rule is a sentence, not a name
SITE_STAGES = ("opened_year", "chargers_by_type", "headroom_unknown")


def find_opened_years(evaluation: Evaluation) -> dict[str, int]:
    """Find the first year of each station that has chargers; empty for a plain plan."""
    table = evaluation.station_years
    return {} if table.empty else {str(k): int(v) for k, v in table.groupby("site_id")["year"].min().items()}


def count_by_type(evaluation: Evaluation) -> dict[str, dict[str, int]]:
    """Count the chargers of each station by type in the last year; empty for a plain plan."""
    table = evaluation.station_years
    counts: dict[str, dict[str, int]] = {}
    if len(table):
        for row in table[table["year"] == table["year"].max()].itertuples():
            counts.setdefault(str(row.site_id), {})[clean_text(row.charger_type)] = int(row.chargers)
    return counts


def add_stage_columns(table: pd.DataFrame, bundle: RunBundle) -> None:
    """Add the columns `SITE_STAGES` to a table of sites.

    `opened_year` is NaN unless the station is new; `chargers_by_type` is None where nothing is open, or
    the study names no charger types; `headroom_unknown` is None without a grid.
    """
    opened, counts = find_opened_years(bundle.evaluation), count_by_type(bundle.evaluation)
    is_named = len(bundle.request.charger_types) > 0
    unknown = None if bundle.grid is None else bundle.grid.is_headroom_unknown.tolist()
    table["opened_year"] = [
        float(opened.get(site_id, bundle.year)) if is_new else np.nan
        for site_id, is_new in zip(table["site_id"], table["is_new"], strict=True)
    ]
    table["chargers_by_type"] = [
        counts.get(site_id) if is_named and is_open else None
        for site_id, is_open in zip(table["site_id"], table["is_open"], strict=True)
    ]
    table["headroom_unknown"] = [None] * len(table) if unknown is None else unknown
    table["headroom_unknown"] = table["headroom_unknown"].astype("boolean")


def describe_grid(bundle: RunBundle) -> dict[str, Any] | None:
    """Describe where the grid comes from, as plain data; None without one."""
    if bundle.grid is None:
        return None
    return {"title": clean_text(bundle.grid.title), "is_synthetic": bundle.grid.is_synthetic}


def describe_station_stages(bundle: RunBundle) -> dict[str, dict[str, Any]]:
    """Describe for the map, by site id: chargers by year and type, and the asset that each site hangs on.

    ``byYear`` has for each year the types with their number of chargers and the power of one charger, kW.
    """
    described: dict[str, dict[str, Any]] = {
        str(site_id): {"byYear": [], "asset": None, "riskPkr": 0, "riskText": ""}
        for site_id in bundle.sites.table["site_id"]
    }
    for row in bundle.evaluation.station_years.itertuples():
        by_year = described[str(row.site_id)]["byYear"]
        if not by_year or by_year[-1][0] != int(row.year):
            by_year.append([int(row.year), []])
        by_year[-1][1].append(
            [clean_text(row.charger_type), int(row.chargers), round(float(row.power_kw), 1)]
        )
    for site_id, asset in _describe_assets(bundle).items():
        described[site_id]["asset"] = asset
    for site_id, risk_pkr in _list_risk_pkr(bundle).items():
        described[site_id] |= {"riskPkr": round(risk_pkr), "riskText": format_pkr_twice(risk_pkr)}
    return described


def _list_risk_pkr(bundle: RunBundle) -> dict[str, float]:
    """List the risk charge of each new station below an unknown headroom, in the last year, PKR."""
    slots = bundle.solution.slot_chargers
    if bundle.grid is None or len(slots) == 0:
        return {}
    kw = slots[-1].reshape(len(bundle.sites.table), -1) @ np.array(bundle.request.type_power_kw)
    risk_pkr = compute_risk_pkr(bundle, np.where(bundle.sites.has_status(SiteStatus.EXISTING), 0.0, kw))
    site_id = bundle.sites.table["site_id"]
    return {str(site_id.iloc[site]): float(risk_pkr[site]) for site in np.flatnonzero(risk_pkr > 0)}


def _describe_assets(bundle: RunBundle) -> dict[str, list[Any]]:
    """Describe the asset of each site: name, new load and limit in the last year, kW (None when unknown)."""
    grid, table = bundle.grid, bundle.evaluation.grid_years
    if grid is None or table.empty:
        return {}
    last = table[table["year"] == table["year"].max()].set_index("asset_id")
    assets = grid.table.to_dict("records")
    described = {}
    for site_id, pos in zip(bundle.sites.table["site_id"], grid.site_asset_pos.tolist(), strict=True):
        if pos >= 0:
            asset_id = assets[pos]["asset_id"]
            name = clean_text(assets[pos]["name"]) or clean_text(asset_id)
            load, limit = 0.0, float(assets[pos]["headroom_kw"])
            if asset_id in last.index:
                load, limit = (float(last.loc[asset_id, column]) for column in ("load_kw", "limit_kw"))
            described[str(site_id)] = [name, round(load, 1), make_finite(round(limit, 1))]
    return described


def describe_years(bundle: RunBundle) -> list[list[Any]]:
    """List for the map: year, served share, new stations, new chargers, cost and money until then in PKR, kWh/day."""
    return [
        [
            int(row["year"]),
            round(float(row["served_share"]), 4),
            int(row["new_sites"]),
            int(row["new_chargers"]),
            round(float(row["cost_pkr"])),
            make_finite(row["money_pkr"]),
            round(float(row["served_kwh_day"])),
        ]
        for row in bundle.evaluation.years.to_dict("records")
    ]


def describe_zone_floors(bundle: RunBundle) -> dict[str, list[float | None]]:
    """Describe by zone id the served share of usable demand in the last year, and its floor (None without one)."""
    table = bundle.evaluation.zone_years
    if table.empty:
        return {}
    return {
        str(row.zone_id): [
            make_finite(round(float(row.served_usable_share), 4)),
            make_finite(float(row.floor_share)),
        ]
        for row in table[table["year"] == table["year"].max()].itertuples()
    }


def evaluate_bundle_rules(bundle: RunBundle, year_pos: int = -1) -> RuleReport | None:
    """Tell which rules the plan keeps in its last year, or in another one; None without rules."""
    if bundle.rules is None:
        return None
    solution, n_sites = bundle.solution, len(bundle.sites.table)
    chargers = solution.slot_chargers[year_pos] if len(solution.slot_chargers) else solution.chargers
    return evaluate_plan_rules(
        bundle.rules,
        bundle.sites,
        chargers.reshape(n_sites, -1),
        np.array(bundle.request.type_power_kw),
        period=range(len(bundle.rules.years))[year_pos],
    )


def describe_rules(bundle: RunBundle) -> dict[str, Any] | None:
    """Describe for the map each rule and the squares; None without rules.

    Returns
    -------
    dict or None
        Of the last year: ``year``, ``rules`` (id, sentence, must be kept, state, detail) and ``squares`` (outline,
        title, rule, state, stations, stations required). ``byYear`` has for each year before it what differs, in the
        same order: of ``rules`` the last three, of ``squares`` the last three.
    """
    report = evaluate_bundle_rules(bundle)
    if report is None or bundle.rules is None:
        return None
    last = {"rules": _list_rule_states(report), "squares": _list_square_states(bundle, report)}
    earlier = [evaluate_bundle_rules(bundle, year_pos) for year_pos in range(len(bundle.rules.years) - 1)]
    return {
        "year": int(bundle.rules.years[-1]),
        "rules": [
            [clean_text(row["rule_id"]), clean_text(row["says"], _LONGEST_RULE), *state]
            for row, state in zip(report.rules.to_dict("records"), last["rules"], strict=True)
        ],
        "squares": [
            [
                [[round(lat, 5), round(lon, 5)] for lon, lat in square["geometry"]["coordinates"][0][:-1]],
                clean_text(square["properties"]["title"]),
                clean_text(square["properties"]["rule_id"]),
                *state,
            ]
            for square, state in zip(
                build_rule_outlines(bundle.rules, report)["features"], last["squares"], strict=True
            )
        ],
        "byYear": [
            {"rules": _list_rule_states(each), "squares": _list_square_states(bundle, each)}
            for each in earlier
            if each is not None
        ],
    }


def _list_rule_states(report: RuleReport) -> list[list[Any]]:
    return [
        [bool(row["must"]), str(row["state"]), clean_text(row["detail"], _LONGEST_RULE)]
        for row in report.rules.to_dict("records")
    ]


def _list_square_states(bundle: RunBundle, report: RuleReport) -> list[list[Any]]:
    if bundle.rules is None:
        return []
    return [
        [square["properties"][name] for name in ("state", "stations", "stations_required")]
        for square in build_rule_outlines(bundle.rules, report)["features"]
    ]


def build_rule_squares(bundle: RunBundle) -> dict[str, Any]:
    """Build rules.geojson: the squares of all rules, kept or broken in the last year."""
    report = evaluate_bundle_rules(bundle)
    if report is None or bundle.rules is None:
        return {"type": "FeatureCollection", "features": []}
    return build_rule_outlines(bundle.rules, report)
