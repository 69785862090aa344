"""Names that are long, empty, from right to left, quoted, broken over lines: the same in every export."""

import csv
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pyogrio
import pytest
from injection_places import PAYLOADS

from chargeplan.publish.geojson_check import find_geojson_faults
from chargeplan.publish.run_folder import publish_run
from chargeplan.text import clean_text

NAMES = [
    *PAYLOADS.values(),
    "x" * 300,
    "x" * 301,
    "شیل پٹرول پمپ، مرکز",
    "\"double\" 'single' `back` «angle»",
    "line\nbreak\ttab\u2028separator",
    "\ufeffmark of byte order",
    "emoji 🔌 and \U0001f9ff",
    "e\u0301 put together",
]


@pytest.fixture(scope="module")
def run_with_odd_names(tmp_path_factory, sample):
    """Publish the sample with an odd name at every station; return the folder and the names by id."""
    folder = tmp_path_factory.mktemp("odd")
    published = []
    table = sample.sites.table
    open_pos = np.flatnonzero(sample.solution.chargers > 0)
    for start in range(0, len(NAMES), len(open_pos)):
        names = dict(zip(open_pos, NAMES[start : start + len(open_pos)], strict=False))
        filled = table.assign(
            name=[names.get(row, "") for row in range(len(table))],
            name_en="",
            name_ur=[names.get(row, "") for row in range(len(table))],
        )
        bundle = replace(sample, sites=replace(sample.sites, table=filled))
        by_id = {table["site_id"].iloc[row]: name for row, name in names.items()}
        published.append((publish_run(folder / str(start), bundle), by_id))
    return published


def test_odd_names_reach_the_geojson_as_one_clean_line(run_with_odd_names):
    seen = 0
    for folder, names in run_with_odd_names:
        text = (folder / "sites.geojson").read_text(encoding="utf-8")
        assert find_geojson_faults(text) == []
        by_id = {one["id"]: one["properties"] for one in json.loads(text)["features"]}
        for site_id, name in names.items():
            assert by_id[site_id]["name"] == by_id[site_id]["name_ur"] == clean_text(name)
            assert len(by_id[site_id]["name"]) <= 300
            assert by_id[site_id]["title"]  # an empty name has something to be called by
            seen += 1
    assert seen == len(NAMES)


def test_odd_names_reach_the_geopackage_as_they_reach_the_geojson(run_with_odd_names):
    for folder, names in run_with_odd_names:
        layers = pyogrio.list_layers(folder / "plan.gpkg")[:, 0].tolist()
        name_of_layer = next(layer for layer in layers if "site" in layer)
        frame = pyogrio.read_dataframe(folder / "plan.gpkg", layer=name_of_layer).set_index("site_id")
        for site_id, name in names.items():
            assert (frame.loc[site_id, "name"] or "") == clean_text(name)


@pytest.mark.parametrize("name", NAMES)
def test_a_clean_name_has_nothing_that_steers(name):
    clean = clean_text(name)
    assert clean == clean_text(clean)
    assert not set(clean) & set(
        "\x00\n\r\t\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    )


FORMULAS = ['=HYPERLINK("http://example.org","click")', "+92 51 111", "-2+3", "@SUM(A1:A9)"]


def test_no_table_of_a_run_holds_a_formula(tmp_path, sample):
    explanation = sample.cells.explanation.copy()
    explanation.loc[explanation.index[:4], "source"] = FORMULAS
    station_years = pd.DataFrame(
        {
            "year": [sample.year] * 4,
            "site_id": sample.sites.table["site_id"].iloc[:4],
            "charger_type": FORMULAS,
            "power_kw": [60.0] * 4,
            "chargers": [1] * 4,
            "served_kwh_day": [-1.0] * 4,
            "capacity_kwh_day": [2.0] * 4,
        }
    )
    bundle = replace(
        sample,
        cells=replace(sample.cells, explanation=explanation),
        evaluation=replace(sample.evaluation, station_years=station_years),
    )
    folder = publish_run(tmp_path / "run", bundle)
    guarded = {}
    for path in folder.glob("*.csv"):
        cells = [cell for row in read_rows(path) for cell in row]
        assert not [cell for cell in cells if cell.startswith(("=", "+", "@"))]
        guarded[path.name] = {cell[1:] for cell in cells if cell.startswith("'")}
    assert guarded["demand.csv"] == guarded["stations_by_year.csv"] == set(FORMULAS)
    assert "-1" in {cell for row in read_rows(folder / "stations_by_year.csv") for cell in row}


def read_rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))
