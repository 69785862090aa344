"""Who is served and who is not, and how far they drive."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from chargeplan.publish.report.drawing import draw_box, wrap_picture, write_text
from chargeplan.publish.report.numbers import SHARE_DIGITS, count, number, share
from chargeplan.publish.report.tables import Cell, Table, make_bar
from chargeplan.text import clean_text

if TYPE_CHECKING:
    from markupsafe import Markup

    from chargeplan.publish.bundle import RunBundle

_MOST_ZONES = 60


def describe_served(bundle: RunBundle) -> dict[str, Any]:
    """Describe the zones, the least served first, and the drives."""
    return {
        "zones": _tabulate_zones(bundle),
        "drives": _tabulate_drives(bundle),
        "chart": draw_drives(bundle),
    }


def _tabulate_zones(bundle: RunBundle) -> Table:
    """Tabulate the zones by the share that is served in the last year."""
    zones = bundle.evaluation.zones.copy()
    zones["_share"] = (
        zones["served_share"].fillna(-1.0).round(SHARE_DIGITS)
    )  # what looks equal stands by demand
    zones["_demand"] = -zones["demand_kwh_day"]
    zones = zones[zones["demand_kwh_day"] > 0].sort_values(
        ["_share", "_demand", "zone_id"], ignore_index=True
    )
    years = bundle.evaluation.zone_years
    staged = (
        {}
        if years.empty
        else years[years["year"] == years["year"].max()].set_index("zone_id").to_dict("index")
    )
    last = "" if years.empty else int(years["year"].max())
    has_floors = bool(np.isfinite([more.get("floor_share", np.nan) for more in staged.values()]).any())
    rows: list[list[Cell]] = []
    for row in zones.head(_MOST_ZONES).to_dict("records"):
        place, more = f"zones/{row['zone_id']}", staged.get(row["zone_id"], {})
        floor = more.get("floor_share", np.nan)
        cells: list[Cell] = [
            clean_text(row["zone_name"]) or clean_text(row["zone_id"]),
            count(row["people"], f"{place}/people"),
            number(row["demand_kwh_day"], f"{place}/demand_kwh_day"),
            number(row["served_kwh_day"], f"{place}/served_kwh_day"),
            share(row["served_share"], f"{place}/served_share"),
            make_bar(row["served_share"], mark_share=floor),
        ]
        if staged:
            usable, where = more.get("served_usable_share", np.nan), f"zone_years/{last}/{row['zone_id']}"
            cells.append(share(usable, f"{where}/served_usable_share"))
            if has_floors:
                cells.append(share(floor, f"{where}/floor_share"))
        rows.append(cells)
    headings: tuple[tuple[str, str], ...] = (
        ("Area" if bundle.cells.zones_are_cells else "Zone", "words"),
        ("People", "number"),
        ("Demand, kWh/day", "number"),
        ("Served, kWh/day", "number"),
        ("Served", "number"),
        ("", "bar"),
    )
    if staged:
        headings += (("Of usable demand", "number"),)
    if has_floors:
        headings += (("Floor", "number"),)
    notes = []
    if bundle.cells.zones_are_cells:
        notes.append("No district borders were given; large hexagons stand in for them.")
    if len(zones) > _MOST_ZONES:
        notes.append(f"The {_MOST_ZONES} least served of {len(zones)}; all are in plan.gpkg, layer zones.")
    if has_floors:
        notes.append("The mark on a bar is the floor that the planner set, a share of the usable demand.")
    return Table("Served demand, the least served first", headings, rows, notes=tuple(notes))


def _tabulate_drives(bundle: RunBundle) -> Table:
    metrics = set(bundle.evaluation.metrics["name"])
    rows: list[list[Cell]] = [
        [words, number(bundle.evaluation.get_metric(name), f"metrics/{name}", 1, "min")]
        for name, words in (
            ("mean_drive", "Mean drive"),
            ("median_drive", "Half of the energy drives at most"),
            ("p90_drive", "Nine tenths of the energy drive at most"),
        )
        if name in metrics
    ]
    rows += [
        [words, number(bundle.evaluation.get_metric(name), f"metrics/{name}", 0, "kWh/day")]
        for name, words in (
            ("out_of_reach", "Demand that no site reaches within the limit"),
            ("off_network", "Demand too far from every road"),
        )
        if name in metrics
    ]
    return Table("Drives", (("", "words"), ("", "number")), rows, name="sums")


def draw_drives(bundle: RunBundle) -> Markup:
    """Draw the energy by driving time as bars, each with its value."""
    table = bundle.evaluation.travel_histogram
    width, height, bottom = 720.0, 220.0, 40.0
    largest = max(float(table["served_kwh_day"].max()), 1e-9) if len(table) else 1e-9
    step = (width - 20) / max(len(table), 1)
    parts = [f'<path class="axis" d="M10 {height - bottom}H{width - 10:.0f}"/>']
    for pos, row in enumerate(table.to_dict("records")):
        tall = (height - bottom - 24) * row["served_kwh_day"] / largest
        x, y = 10 + step * pos, height - bottom - tall
        parts += [
            draw_box("bar-solid", x + 0.06 * step, y, 0.88 * step, tall),
            write_text(x + step / 2, y - 6, f"{row['served_kwh_day']:,.0f}", "middle", "label"),
            write_text(
                x + step / 2, height - bottom + 16, f"{row['from_min']:g}–{row['to_min']:g}", "middle", "tick"
            ),
        ]
    parts.append(write_text(width / 2, height - 6, "minutes of driving", "middle", "tick"))
    return wrap_picture(
        parts,
        name="drives-chart",
        width=width,
        height=height,
        title="Energy served by driving time, kWh per day",
        description="; ".join(
            f"{row['from_min']:g} to {row['to_min']:g} min: {row['served_kwh_day']:,.0f}"
            for row in table.to_dict("records")
        ),
    )
