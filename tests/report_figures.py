"""Reads the numbers of a report and holds each against the figure of the run that it says it is."""

from __future__ import annotations

import json
import math
import re
from html.parser import HTMLParser

from chargeplan.publish.run_record import describe_run


class _Reader(HTMLParser):
    """Collects numbers with the figure each stands for, tags, and texts."""

    def __init__(self):
        super().__init__()
        self.numbers, self.tags, self.texts, self._open = [], [], [], None

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag == "data":
            self._open = dict(attrs)

    def handle_data(self, data):
        self.texts.append(data)
        if self._open is not None:
            self.numbers.append((self._open["data-of"], float(self._open["value"]), data))
            self._open = None


def read_page(page):
    reader = _Reader()
    reader.feed(page)
    return reader


def find_figure(place, bundle, described):
    """Find a figure by its place, in run.json where it is there, else in the tables of the evaluation."""
    if " - " in place:
        whole, part = place.split(" - ")
        return find_figure(whole, bundle, described) - find_figure(part, bundle, described)
    if " + " in place:
        return sum(find_figure(part, bundle, described) for part in place.split(" + "))
    first, *rest = place.split("/")
    evaluation, request = bundle.evaluation, bundle.request
    if first == "metrics":
        return {row["name"]: row["value"] for row in described["metrics"]}[rest[0]]
    if first in {"limits", "result", "counts"}:
        value = described[first]
        for part in rest:
            value = value[part]
        return value
    if first == "request":
        if rest == ["least_floor_share"]:
            return request.zone_floors["floor_share"].min()
        value = getattr(request, rest[0])
        return value[int(rest[1])] if len(rest) > 1 else value
    if first == "years":
        return next(row for row in described["years"] if str(row["year"]) == rest[0])[rest[1]]
    if first == "economics":
        return described["economics"][int(rest[0])]["value"]
    if first == "demand":
        return bundle.cells.explanation["value"].iloc[int(rest[0])]
    if first == "economics_by_year":
        return evaluation.economics_by_year[rest[1]].iloc[int(rest[0])]
    if first == "figures":
        return request.get_figure(rest[0])
    if first == "sites_by_year":
        return reckon_station(bundle, int(rest[0]), "/".join(rest[1:-1]), rest[-1])
    tables = {
        "sites": (evaluation.sites, ["site_id"]),
        "site_table": (bundle.sites.table, ["site_id"]),
        "zones": (evaluation.zones, ["zone_id"]),
        "economics_of_stations": (evaluation.site_economics, ["site_id"]),
        "zone_years": (evaluation.zone_years, ["year", "zone_id"]),
        "grid_years": (evaluation.grid_years, ["year", "asset_id"]),
        "station_years": (evaluation.station_years, ["year", "site_id", "charger_type"]),
    }
    table, keys = tables[first]
    column = place.rsplit("/", 1)[1]
    for _, row in table.iterrows():
        if "/".join([first, *(str(row[key]) for key in keys), column]) == place:
            return row[column]
    raise KeyError(place)


def reckon_station(bundle, year, site_id, column):
    """Reckon what a station is by a year from its chargers of each type, and from prices and rules."""
    table = bundle.evaluation.station_years
    own = table[(table["site_id"] == site_id) & (table["year"] == year)]
    chargers = own["chargers"].sum()
    power_kw = (own["chargers"] * own["power_kw"]).sum()
    if column in {"chargers", "served_kwh_day"}:
        return own[column].sum()
    if column == "power_kw":
        return power_kw
    if column == "load_kva":
        return power_kw / bundle.request.get_figure("power_factor_share")
    if column == "bays":
        assert bundle.rules is None or not len(bundle.rules.bays_rule)  # else the rules must be asked
        return chargers
    assert column == "cost_pkr"
    price = bundle.request.charger_types.set_index("name")["cost_pkr"]
    sites = bundle.sites.table.set_index("site_id")
    return sites["fixed_cost_pkr"][site_id] + (own["charger_type"].map(price) * own["chargers"]).sum()


def check_numbers(page, bundle):
    described = json.loads(json.dumps(describe_run(bundle)))
    numbers = read_page(page).numbers
    for place, value, text in numbers:
        # Sums over flows are added in another order than sums over types.
        rel_tol = 1e-12 if place.startswith("sites_by_year/") else 0.0
        assert math.isclose(value, find_figure(place, bundle, described), rel_tol=rel_tol), place
        check_text(value, text, place)
    return numbers


def check_text(value, text, place):
    """Hold the text of a number against its value to the digits that are shown; a gap is rounded up."""
    bare = text.replace("PKR ", "").replace(",", "")
    found = re.match(r"(-?[\d.]+(?:e[+-]?\d+)?)( ?%)?( M| ملین)?", bare)
    assert found, (place, text)
    scale = (0.01 if found[2] else 1.0) * (1e6 if found[3] else 1.0)
    digits = len(found[1].partition(".")[2]) if "e" not in found[1] else 0
    step = 10.0**-digits * scale
    if found[3] or "e" in found[1] or place.startswith(("demand/", "economics/")):
        step = max(step, abs(value) * 1e-3 if found[3] else abs(value) * 1e-5)
    if place.startswith("result/gap"):
        assert -1e-9 <= float(found[1]) * scale - value <= step * (1 + 1e-9), (place, value, text)
    else:
        assert abs(float(found[1]) * scale - value) <= 0.5 * step * (1 + 1e-9) + 1e-12, (place, value, text)
