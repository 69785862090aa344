"""The stations: how busy each is, how long drivers wait, and the list of all with coordinates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from chargeplan.publish.report.numbers import SHARE_DIGITS, count, money, number, share
from chargeplan.publish.report.tables import Cell, Table, make_bar
from chargeplan.publish.site_results import build_site_results, sort_by_rank
from chargeplan.text import clean_text

if TYPE_CHECKING:
    import pandas as pd

    from chargeplan.publish.bundle import RunBundle

_MOST_BUSY = 40


def collect_stations(bundle: RunBundle) -> pd.DataFrame:
    """Collect the open stations, best rank first, with every column that the evaluation has of them."""
    return sort_by_rank(build_site_results(bundle))


def has_figures(stations: pd.DataFrame, name: str) -> bool:
    """Tell whether a column is there and says something."""
    return name in stations and bool(stations[name].notna().any())


def describe_use(stations: pd.DataFrame) -> Table:
    """Tabulate how busy the stations are, the busiest first."""
    waits, busy = has_figures(stations, "peak_wait_min"), has_figures(stations, "peak_busy_share")
    shown = stations["utilisation_share"].round(SHARE_DIGITS)  # what looks equal stands by rank
    ordered = stations.assign(_shown=shown).sort_values(["_shown", "rank"], ascending=[False, True])
    largest = max(float(stations["utilisation_share"].max()), 1e-9) if len(stations) else 1.0
    rows: list[list[Cell]] = []
    for row in ordered.head(_MOST_BUSY).to_dict("records"):
        place = f"sites/{row['site_id']}"
        cells: list[Cell] = [
            str(int(row["rank"])) if np.isfinite(row["rank"]) else "",
            row["shown_name"],
            count(row["chargers"], f"{place}/chargers"),
            number(row["served_kwh_day"], f"{place}/served_kwh_day"),
            number(row["capacity_kwh_day"], f"{place}/capacity_kwh_day"),
            share(row["utilisation_share"], f"{place}/utilisation_share"),
            make_bar(row["utilisation_share"] / largest),
        ]
        if waits:
            cells.append(number(row["peak_wait_min"], f"{place}/peak_wait_min", 1))
        if busy:
            cells.append(share(row["peak_busy_share"], f"{place}/peak_busy_share"))
        rows.append(cells)
    headings: tuple[tuple[str, str], ...] = (
        ("Rank", "number"),
        ("Station", "words"),
        ("Chargers", "number"),
        ("Sold, kWh/day", "number"),
        ("Could sell, kWh/day", "number"),
        ("Busy", "number"),
        ("", "bar"),
    )
    headings += (("Wait in the busiest hour, min", "number"),) if waits else ()
    headings += (("Drivers who wait then", "number"),) if busy else ()
    notes = [
        "Busy is the share of the opening hours in which chargers charge; the bars are drawn against the busiest."
    ]
    if len(stations) > _MOST_BUSY:
        notes.append(f"The {_MOST_BUSY} busiest of {len(stations)} stations; all are in sites.geojson.")
    return Table("Use of the stations, the busiest first", headings, rows, notes=tuple(notes))


def list_stations(stations: pd.DataFrame) -> Table:
    """List all stations by rank."""
    has_years = has_figures(stations, "opened_year") and stations["opened_year"].nunique() > 1
    rows: list[list[Cell]] = []
    for row in stations.to_dict("records"):
        place = f"sites/{row['site_id']}"
        cells: list[Cell] = [
            str(int(row["rank"])) if np.isfinite(row["rank"]) else "",
            row["shown_name"],
            clean_text(str(row["status"] if not row["is_new"] else "new")),
            f"{row['lat']:.5f}, {row['lon']:.5f}",
            count(row["chargers"], f"{place}/chargers"),
            number(row["power_kw"], f"{place}/power_kw"),
            number(row["served_kwh_day"], f"{place}/served_kwh_day"),
            money(row["cost_pkr"], f"{place}/cost_pkr") if row["is_new"] else "",
        ]
        if has_years:
            cells.insert(3, f"{row['opened_year']:.0f}" if np.isfinite(row["opened_year"]) else "")
        rows.append(cells)
    headings = [
        ("Rank", "number"),
        ("Station", "words"),
        ("", "short"),
        ("North, east", "short"),
        ("Chargers", "number"),
        ("kW", "number"),
        ("kWh/day", "number"),
        ("Cost", "number"),
    ]
    if has_years:
        headings.insert(3, ("Opens", "short"))
    return Table("All stations by rank", tuple(headings), rows, name="fine")


def describe_feeders(bundle: RunBundle) -> dict[str, Any] | None:
    """Describe the load of the grid by feeder in the last year; None without a grid."""
    table = bundle.evaluation.grid_years
    if bundle.grid is None or table.empty:
        return None
    year = int(table["year"].max())
    last = table[table["year"] == year].assign(use=lambda frame: frame["load_kw"] / frame["limit_kw"])
    last = last.sort_values(["use", "asset_id"], ascending=[False, True], na_position="last")
    rows: list[list[Cell]] = []
    for row in last.to_dict("records"):
        place = f"grid_years/{year}/{row['asset_id']}"
        rows.append(
            [
                clean_text(row["name"]) or clean_text(row["asset_id"]),
                clean_text(row["parent_id"]) or "",
                number(row["load_kw"], f"{place}/load_kw", 1),
                "not known" if row["is_unknown"] else number(row["headroom_kw"], f"{place}/headroom_kw", 1),
                count(row["steps"], f"{place}/steps"),
                "not known" if row["is_unknown"] else number(row["limit_kw"], f"{place}/limit_kw", 1),
                make_bar(row["use"]),
            ]
        )
    headings = (
        ("Feeder or substation", "words"),
        ("Fed by", "words"),
        ("New load, kW", "number"),
        ("Headroom, kW", "number"),
        ("Upgrades", "number"),
        ("Limit with them, kW", "number"),
        ("Load by limit", "bar"),
    )
    return {
        "year": year,
        "title": clean_text(bundle.grid.title),
        "is_synthetic": bundle.grid.is_synthetic,
        "table": Table(f"Load of new stations by feeder, {year}", headings, rows),
    }
