"""The styles in the GeoPackage: each site and cell is drawn once, and QGIS itself can read them."""

import json
import shutil
import sqlite3
import subprocess
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as Xml

import numpy as np
import pytest

from chargeplan.publish.geopackage_styles import build_style_table, find_style_faults
from chargeplan.publish.qgis_style import write_expression
from chargeplan.publish.style_rules import (
    Condition,
    find_class_bounds,
    list_cell_rules,
    list_kind_rules,
    list_site_rules,
)

SYSTEM_PYTHON = Path("/usr/bin/python3")  # where packages of QGIS put theirs


@pytest.fixture(scope="module")
def path(published):
    return published / "plan.gpkg"


def count(path, layer, expression):
    """Count rows as SQL does; filters of QGIS without functions are SQL too."""
    with sqlite3.connect(path) as base:
        return base.execute(f"SELECT count(*) FROM {layer} WHERE {expression}").fetchone()[0]


def read_styles(path):
    with sqlite3.connect(path) as base:
        base.row_factory = sqlite3.Row
        return [dict(row) for row in base.execute("SELECT * FROM layer_styles ORDER BY id")]


def read_filters(style):
    root = Xml.fromstring(style["styleQML"])
    return [(rule.get("label"), rule.get("filter")) for rule in root.iter("rule")]


def test_each_site_is_drawn_once(path):
    filters = dict(read_filters(read_styles(path)[0]))
    numbers = {label: count(path, "sites", text) for label, text in filters.items()}
    assert sum(numbers.values()) == count(path, "sites", "true") == 40
    assert numbers["New station"] + numbers["New station, required"] == 10
    assert numbers["Existing station"] == 2
    every = " + ".join(f"({text})" for text in filters.values())
    assert count(path, "sites", f"{every} = 1") == 40


def test_each_cell_with_demand_is_in_one_class_and_what_is_not_served_is_hatched(path, sample):
    *classes, (label, unserved) = read_filters(read_styles(path)[1])
    demand = sample.cells.total_kwh_day
    every = " + ".join(f"({text})" for _, text in classes)
    assert count(path, "cells", f"{every} = 1") == int((demand > 0).sum())
    assert label == "Less than half served"
    assert len(classes) == 10
    orange = [text for name, text in classes if name.endswith("less than half served")]
    assert sum(count(path, "cells", text) for text in orange) == count(path, "cells", unserved)
    served = sample.evaluation.cell_served_kwh_day + sample.problem.competitor_kwh_day
    assert count(path, "cells", unserved) == int(((served < 0.5 * demand) & (demand > 0)).sum()) > 0


def test_qgis_finds_one_default_style_for_each_layer_where_it_looks(path):
    styles = read_styles(path)
    assert [row["f_table_name"] for row in styles if row["useAsDefault"]] == ["sites", "cells", "zones"]
    for row in styles:
        assert (row["f_table_catalog"], row["f_table_schema"]) == ("", "")
        with sqlite3.connect(path) as base:
            geometry = base.execute(
                "SELECT column_name FROM gpkg_geometry_columns WHERE table_name = ?", [row["f_table_name"]]
            ).fetchone()[0]
        assert row["f_geometry_column"] == geometry
        assert row["update_time"].startswith("2000-01-01T00:00:00")
        assert len(row["styleName"]) <= 30


def test_styles_are_well_formed_and_name_columns_that_are_there(path):
    for row in read_styles(path):
        qml, sld = Xml.fromstring(row["styleQML"]), Xml.fromstring(row["styleSLD"])
        symbols = {each.get("name") for each in qml.iter("symbol")}
        assert {rule.get("symbol") for rule in qml.iter("rule") if rule.get("symbol")} <= symbols
        with sqlite3.connect(path) as base:
            columns = {each[1] for each in base.execute(f"PRAGMA table_info({row['f_table_name']})")}
        named = {each.text for each in sld.iter("{http://www.opengis.net/ogc}PropertyName")}
        assert named <= columns


def test_kinds_with_quotes_stay_texts():
    rules = list_kind_rules(["o'clock", *"abcdefghij"])
    assert write_expression(rules[0].conditions) == "\"is_open\" = true AND \"kind\" = 'o''clock'"
    drawn = {(rule.colour, rule.shape) for rule in rules}
    assert len(drawn) == 11


def test_numbers_of_conditions_are_written_without_words():
    assert write_expression([Condition("x", ">=", 1e-7), Condition("y", "<", 1234567.0)]) == (
        '"x" >= 1e-07 AND "y" < 1234567'
    )


@pytest.mark.parametrize(
    ("demand", "bounds"),
    [
        ([], [0.0]),
        ([0.0, 0.0], [0.0]),
        ([5.0, 5.0, 5.0], [5.0]),
        # Quantiles 1, 20.8, 40.6, 60.4, 80.2 of 1 to 100, two digits.
        (range(1, 101), [1.0, 20.0, 40.0, 60.0, 80.0]),
    ],
)
def test_classes_hold_equally_many_cells_and_have_short_ends(demand, bounds):
    assert find_class_bounds(np.array(list(demand), dtype=float), 5) == bounds


def test_colours_of_classes_go_from_light_to_dark_and_stand_apart():
    rules = list_cell_rules(np.arange(1.0, 101.0))
    for part in (rules[:5], rules[5:10]):
        light = [compute_luminance(rule.colour) for rule in part]
        assert light == sorted(light, reverse=True)
        assert min(a - b for a, b in pairwise(light)) > 0.05
    for served, unserved in zip(rules[:5], rules[5:10], strict=True):  # blue against red, and as light
        assert served.colour[5:7] > served.colour[1:3]
        assert unserved.colour[1:3] > unserved.colour[5:7]
        assert abs(compute_luminance(served.colour) - compute_luminance(unserved.colour)) < 0.12
    assert len({rule.shape for rule in list_site_rules() if rule.grows}) == 3  # told apart without colour


def compute_luminance(colour):
    """Relative luminance of WCAG 2."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = [
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_damaged_styles_are_found():
    table = build_style_table(["fuel"], np.array([1.0, 2.0]), has_zone_names=True)
    layers = ["sites", "cells", "zones"]
    assert find_style_faults(table, layers) == []
    assert "is not XML" in find_style_faults(table.assign(styleSLD="<a>"), layers)[0]
    assert "opens" in find_style_faults(table.assign(useAsDefault=True), layers)[0]


QGIS_READS = """
import json, sys
from qgis.core import QgsApplication, QgsExpression, QgsVectorLayer
application = QgsApplication([], False)
application.initQgis()
told = {}
for name in ("sites", "cells", "zones"):
    layer = QgsVectorLayer(f"{sys.argv[1]}|layername={name}", name, "ogr")
    _, found = layer.loadDefaultStyle()
    renderer = layer.renderer()
    rules = renderer.rootRule().children() if renderer.type() == "RuleRenderer" else []
    told[name] = {
        "found": found,
        "renderer": renderer.type(),
        "labels": layer.labelsEnabled(),
        "rules": [[rule.label(), rule.symbol().symbolLayer(0).layerType()] for rule in rules],
        "faults": [rule.label() for rule in rules if QgsExpression(rule.filterExpression()).hasParserError()],
        "grows": [bool(rule.symbol().symbolLayer(0).dataDefinedProperties().propertyKeys()) for rule in rules],
    }
print(json.dumps(told))
"""


def test_qgis_itself_opens_each_layer_in_its_style(path, tmp_path):
    has_qgis = (
        SYSTEM_PYTHON.exists()
        and not subprocess.run(
            [SYSTEM_PYTHON, "-c", "import qgis.core"], capture_output=True, check=False, env={}
        ).returncode
    )
    if not has_qgis:
        pytest.skip("QGIS is not on this machine: install the package python3-qgis")
    copy = shutil.copy(path, tmp_path / "plan.gpkg")
    environment = {"QT_QPA_PLATFORM": "offscreen", "HOME": str(tmp_path)}
    done = subprocess.run(
        [SYSTEM_PYTHON, "-c", QGIS_READS, copy],
        capture_output=True, text=True, check=False, env=environment, timeout=120,
    )  # fmt: skip
    told = json.loads(done.stdout.splitlines()[-1])
    assert {name: each["found"] for name, each in told.items()} == dict.fromkeys(told, True)
    assert [each["renderer"] for each in told.values()] == ["RuleRenderer", "RuleRenderer", "singleSymbol"]
    assert [each["labels"] for each in told.values()] == [True, False, True]
    assert told["sites"]["rules"][0] == ["New station", "SimpleMarker"]
    assert told["sites"]["grows"] == [True, True, True, False, False]
    assert len(told["cells"]["rules"]) == 11
    assert not told["sites"]["faults"] + told["cells"]["faults"]
