"""A sheet for each new station, for the two letters of no objection: of the DISCO and of the owner of the land."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from chargeplan.geo import to_metric
from chargeplan.publish.report.drawing import draw_mark, wrap_picture, write_lines, write_text
from chargeplan.publish.report.numbers import count, full_money, number, share
from chargeplan.publish.report.sheet_years import StationYears
from chargeplan.publish.report.sketch import Frame
from chargeplan.publish.year_results import count_years
from chargeplan.script_names import find_urdu_name
from chargeplan.text import clean_text

if TYPE_CHECKING:
    import pandas as pd
    from markupsafe import Markup

    from chargeplan.publish.bundle import RunBundle
    from chargeplan.publish.report.numbers import Number
    from chargeplan.publish.report.roads import RoadLines

_HALF_WIDTH_M, _HALF_HEIGHT_M = 1300.0, 800.0
_WIDTH = 520.0
_WEAK = {"assumption": "assumed", "low": "low confidence"}
Row = tuple[str, list["Number | str"], str]


def list_sheets(bundle: RunBundle, stations: pd.DataFrame, roads: RoadLines) -> list[dict[str, Any]]:
    """List the sheets by rank: name, rows of the place, the load, the money, and the locator."""
    new = stations[stations["is_new"]]
    if new.empty:
        return []
    x_m, y_m = to_metric(new["lon"].to_numpy(), new["lat"].to_numpy(), bundle.area.crs)
    reader, years = _SheetReader(bundle), StationYears(bundle)
    sheets = []
    for row, x, y in zip(new.to_dict("records"), x_m.tolist(), y_m.tolist(), strict=True):
        others = np.column_stack([x_m, y_m])
        is_near = (np.abs(others[:, 0] - x) < _HALF_WIDTH_M) & (np.abs(others[:, 1] - y) < _HALF_HEIGHT_M)
        near = (others[is_near], new["status"][is_near].tolist())
        sheets.append(
            {
                "rank": int(row["rank"]),
                "name": row["shown_name"],
                "name_ur": _find_urdu_name(row),
                "id": clean_text(row["site_id"]),
                "years_note": years.describe(str(row["site_id"])),
                "years": years.tabulate(str(row["site_id"])),
                "place": reader.list_place(row, roads.find_nearest_name(x, y)),
                "load": reader.list_load(row),
                "money": reader.list_money(row),
                "picture": _draw_locator(roads, (x, y), str(row["status"]), near, int(row["rank"])),
            }
        )
    return sheets


def _find_urdu_name(row: dict[str, Any]) -> str:
    name = find_urdu_name(row)
    return "" if name == row["shown_name"] else name


class _SheetReader:
    """Reads the rows of sheets from the bundle; a row without a figure is left out."""

    def __init__(self, bundle: RunBundle) -> None:
        self._bundle = bundle
        self._when = f" in {bundle.year}" if count_years(bundle) > 1 else ""
        self._confidence = dict(
            zip(bundle.request.figures["name"], bundle.request.figures["confidence"], strict=True)
        )
        steps = bundle.evaluation.economics
        self._used = set(steps["step"]) if len(steps) else set()
        economics = bundle.evaluation.site_economics
        self._economics = economics.set_index("site_id").to_dict("index") if len(economics) else {}
        positions = bundle.sites.table["site_id"].to_numpy()
        self._pos = {str(site_id): pos for pos, site_id in enumerate(positions)}

    def list_place(self, row: dict[str, Any], road: str) -> list[Row]:
        """List where the station stands."""
        rows: list[Row] = [
            ("Coordinates (WGS 84)", [f"{row['lat']:.5f}° N, {row['lon']:.5f}° E"], ""),
            ("Kind of place", [str(row["kind"]).replace("_", " ")], ""),
        ]
        bays = count(row["max_chargers"], f"site_table/{row['site_id']}/max_chargers")
        rows.append(("Bays that may get a charger", [bays], "from the map or by kind of place"))
        if road:
            rows.append(("Nearest road with a name", [road], "from the map"))
        if clean_text(row["brand"]):
            rows.append(("Brand or operator", [clean_text(row["brand"])], "from the map"))
        if clean_text(row["zone_name"]) and not self._bundle.cells.zones_are_cells:
            rows.append(("Zone", [clean_text(row["zone_name"])], ""))
        if math.isfinite(row["opened_year"]):
            rows.append(("Opens in", [f"{row['opened_year']:.0f}"], ""))
        rows.append(
            ("Source of the place", [clean_text(row["source"]), f"id {clean_text(row['site_id'])}"], "")
        )
        return rows

    def list_load(self, row: dict[str, Any]) -> list[Row]:
        """List what the DISCO is asked for."""
        place = f"sites/{row['site_id']}"
        rows: list[Row] = [
            (f"Connected load{self._when}", [number(row["power_kw"], f"{place}/power_kw", 1, "kW")], ""),
            *self._list_kva(row),
            (f"Chargers{self._when}", self._list_chargers(row), ""),
            ("Bays for them", [count(row["bays"], f"{place}/bays")], ""),
        ]
        if clean_text(row["connection"]):
            words = {"LT": "low tension (LT)", "11 kV": "11 kV"}
            shown = words.get(str(row["connection"]), str(row["connection"]))
            rows.append(("Connection", [shown], self._mark("low_tension_limit_kw")))
        meter = "a meter of its own" if row["separate_meter_needed"] else "may share the meter of the place"
        rows.append(("Meter", [meter], "by the rules of the tariff"))
        tariff = self._get_figure("tariff_pkr_kwh")
        if tariff:
            rows.append(("Tariff of the energy", [tariff], self._mark("tariff_pkr_kwh")))
        rows += self._list_feeder(row)
        rows.append(
            (
                f"Energy sold{self._when}",
                [number(row["served_kwh_day"], f"{place}/served_kwh_day", 0, "kWh a day"), "expected"],
                "rests on assumptions about demand",
            )
        )
        rows.append(
            (
                "Busy",
                [share(row["utilisation_share"], f"{place}/utilisation_share"), "of the opening hours"],
                "",
            )
        )
        if math.isfinite(row.get("peak_wait_min", math.nan)):
            rows.append(
                (
                    "Mean wait in the busiest hour",
                    [number(row["peak_wait_min"], f"{place}/peak_wait_min", 1, "min")],
                    self._mark("charge_battery_share"),
                )
            )
        return rows

    def list_money(self, row: dict[str, Any]) -> list[Row]:
        """List the money that the station takes."""
        place = f"sites/{row['site_id']}"
        rows: list[Row] = [
            (
                f"Site and chargers{self._when.replace(' in', ' by')}",
                [full_money(row["cost_pkr"], f"{place}/cost_pkr")],
                self._mark("charger_cost_pkr"),
            )
        ]
        economics = self._economics.get(row["site_id"], {})
        where = f"economics_of_stations/{row['site_id']}"
        for name, words, figure in (
            ("connection_pkr", "Connection at 11 kV costs more", "high_tension_pkr"),
            ("meter_pkr", "Meter of its own", "separate_meter_pkr"),
            ("application_pkr", "NEECA application", "neeca_application_fee_pkr"),
            ("neeca_pkr_year", "NEECA fee of a year", "neeca_yearly_fee_pkr"),
            ("land_pkr_year", "Rent of the land of a year", f"land_pkr_m2_month.{row['kind']}"),
        ):
            value = economics.get(name, 0.0)
            if value > 0:
                rows.append((words, [full_money(value, f"{where}/{name}")], self._mark(figure)))
        return rows

    def _list_kva(self, row: dict[str, Any]) -> list[Row]:
        value = row.get("load_kva", math.nan)
        if not math.isfinite(value):
            return []
        shown = number(value, f"sites/{row['site_id']}/load_kva", 1, "kVA")
        return [(f"Apparent load{self._when}", [shown], self._mark("power_factor_share"))]

    def _list_chargers(self, row: dict[str, Any]) -> list[Number | str]:
        table = self._bundle.evaluation.station_years
        if len(table):
            own = table[(table["site_id"] == row["site_id"]) & (table["year"] == table["year"].max())]
            place = f"station_years/{int(table['year'].max())}/{row['site_id']}"
            shown: list[Number | str] = []
            for pos, kind in enumerate(own.to_dict("records")):
                name = clean_text(kind["charger_type"])
                shown += [
                    "and" if pos else "",
                    count(kind["chargers"], f"{place}/{name}/chargers"),
                    f"{name} of",
                    number(kind["power_kw"], f"{place}/{name}/power_kw", 1, "kW"),
                ]
            return [part for part in shown if part != ""]
        each = self._bundle.request.charger_power_kw
        return [count(row["chargers"], f"sites/{row['site_id']}/chargers"), f"of {each:g} kW"]

    def _list_feeder(self, row: dict[str, Any]) -> list[Row]:
        """List the feeder, what it could take and what is left; nothing without a grid."""
        grid = self._bundle.grid
        if grid is None:
            return []
        site_pos = self._pos[row["site_id"]]
        asset_pos = int(grid.site_asset_pos[site_pos])
        if asset_pos < 0:
            return [("Feeder", ["not known"], "ask the DISCO")]
        is_synthetic = bool(grid.table["is_synthetic"].iloc[asset_pos])
        linked = "" if bool(grid.is_linked[site_pos]) else "the nearest one; ask the DISCO"
        mark = "SYNTHETIC, no utility's figure" if is_synthetic else linked
        rows: list[Row] = [("Feeder", [clean_text(row["feeder_name"]) or clean_text(row["feeder_id"])], mark)]
        if not math.isfinite(row["feeder_headroom_kw"]):
            return [*rows, ("Headroom of the feeder", ["not known"], "ask the DISCO")]
        place = f"sites/{row['site_id']}"
        before = number(row["feeder_headroom_kw"], f"{place}/feeder_headroom_kw", 1, "kW")
        left = number(row["feeder_left_kw"], f"{place}/feeder_left_kw", 1, "kW")
        return [
            *rows,
            ("Headroom of the feeder before the plan", [before], ""),
            ("Left of it with the whole plan", [left], ""),
        ]

    def _get_figure(self, name: str) -> Number | str:
        if name not in self._confidence:
            return ""
        return number(self._bundle.request.get_figure(name), f"figures/{name}", 2, "PKR/kWh")

    def _mark(self, figure: str) -> str:
        """Say of a row that it rests on a weak figure: the weakest of that name, with or without a subject."""
        found = {
            word
            for name, word in self._confidence.items()
            if name == figure or (name.startswith(f"{figure}.") and name in self._used)
        }
        weakest = next((word for word in _WEAK if word in found), "")
        return _WEAK.get(weakest, "")


def _draw_locator(
    roads: RoadLines, place_m: tuple[float, float], own_status: str, near: tuple[Any, list[str]], rank: int
) -> Markup:
    """Draw the roads around a station, with the other new stations of the plan: their places, and what each is."""
    others, statuses = near
    x, y = place_m
    box = (x - _HALF_WIDTH_M, y - _HALF_HEIGHT_M, x + _HALF_WIDTH_M, y + _HALF_HEIGHT_M)
    frame = Frame(box, _WIDTH, _WIDTH, margin=1.0)
    parts = [f'<rect class="lo-ground" width="{frame.width:.0f}" height="{frame.height:.0f}"/>']
    for name, lines in roads.cut(box).items():
        placed = shapely.transform(lines, lambda xy: frame.place(xy[:, 0], xy[:, 1]))
        merged = shapely.line_merge(shapely.multilinestrings(shapely.get_parts(placed)))
        parts.append(
            write_lines(shapely.simplify(merged, 1.0, preserve_topology=False), f"lo-road lo-{name}")
        )
    centre = (frame.width / 2, frame.height / 2)
    parts += [
        draw_mark(status, x, y, 5.0)
        for (x, y), status in zip(frame.place(others[:, 0], others[:, 1]).tolist(), statuses, strict=True)
        if math.dist((x, y), centre) > 1.0
    ]
    parts += [
        draw_mark(own_status, centre[0], centre[1], 13.0),
        write_text(centre[0], centre[1] + 5, str(rank), "middle", "lo-rank"),
        f'<path class="sk-scale" d="M12 {frame.height - 18:.0f}v6h{500 * frame.scale:.0f}v-6"/>',
        write_text(18 + 500 * frame.scale, frame.height - 11, "500 m", name="lo-text"),
        write_text(frame.width - 20, 22, "N ↑", "middle", "lo-text"),
    ]
    return wrap_picture(
        parts,
        name=f"locator-{rank}",
        width=round(frame.width),
        height=round(frame.height),
        title=f"Where station {rank} stands",
    )
