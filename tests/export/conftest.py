"""Runs that are exported: the sample plan, one whose names are hard to write, and one over years."""

import subprocess
from dataclasses import replace
from pathlib import Path
from shutil import which

import numpy as np
import pandas as pd
import pytest
from sample_bundle import URDU, build_sample_bundle

from chargeplan.export.options import ExportLayer, ExportOptions
from chargeplan.export.plan import build_export_plan
from chargeplan.export.run import export_run
from chargeplan.publish.run_folder import publish_run
from chargeplan.tables import CHARGER_TYPES, make_table

# Names that some format writes wrongly when nobody takes care: formulas, quotes, line ends of every
# kind, control characters, code points that XML refuses, right to left, markup, escapes of Excel, empty.
HARD_NAMES = (
    '=HYPERLINK("http://example.org","click")',
    "+92 51 111",
    "-2+3",
    "@SUM(A1:A9)",
    "\t=1+1",
    "\r=1+1",
    "＝1+1",
    'He said "no", twice',
    "it's",
    "a\nb\r\nc\u2028d\u2029e",
    "a\x00b\x1b[31mc\x7fd\x85e",
    "a\ufffeb\uffffc\ufdd0d",
    "\u202egnp.exe\u2066",
    URDU,
    f"{URDU} (Shell)",
    "<b>bold</b> & <script>window.__x=1</script> &amp; ]]>",
    "_x0041_ and _x000D_",
    "N" * 300,
    "W" * 150 + "\u0645" * 400,
    "",
    "  two  spaces  ",
    "🔌 emoji \U0001f1f5\U0001f1f0",
    "e\u0301 composed",
    "NULL",
    "1e5",
    "2026-03-01",
)
EVERY_LAYER = ExportOptions(layers=tuple(ExportLayer))


def name_hard(bundle):
    """Give the sites and zones of a bundle the hard names, one after the other."""
    table, zones = bundle.sites.table.copy(), bundle.cells.zones.copy()
    for column, shift in (("name", 0), ("name_en", 1), ("name_ur", 2), ("brand", 3)):
        table[column] = [HARD_NAMES[(at + shift) % len(HARD_NAMES)] for at in range(len(table))]
    zones["zone_name"] = [HARD_NAMES[at] for at in range(len(zones))]
    evaluated = bundle.evaluation.zones.assign(zone_name=zones["zone_name"])
    return replace(
        bundle,
        area=replace(bundle.area, title=HARD_NAMES[0]),
        sites=replace(bundle.sites, table=table),
        cells=replace(bundle.cells, zones=zones),
        evaluation=replace(bundle.evaluation, zones=evaluated, warnings=HARD_NAMES),
    )


def add_years(bundle):
    """Spread the chargers over two years and types: half of each station's in 2028, one fast one more in 2030.

    Only what exports read is changed: the types, and the table of stations by year.
    """
    types = make_table(
        CHARGER_TYPES,
        {"name": ["slow", "fast"], "power_kw": [7.4, 60.0], "cost_pkr": [2e5, 8e6], "levels": ["1 2", "1 2"]},
    )
    rows = []
    chargers = bundle.solution.chargers
    for at in np.flatnonzero(chargers > 1):
        site_id, half = bundle.sites.table["site_id"].iloc[at], int(chargers[at]) // 2
        rest = int(chargers[at]) - half
        rows += [(2028, site_id, "slow", 7.4, half), (2030, site_id, "slow", 7.4, half)]
        rows += [(2030, site_id, "fast", 60.0, rest)]
    table = pd.DataFrame(rows, columns=["year", "site_id", "charger_type", "power_kw", "chargers"])
    table = table.assign(served_kwh_day=1.0, capacity_kwh_day=2.0)
    return replace(
        bundle,
        request=replace(bundle.request, charger_types=types),
        evaluation=replace(bundle.evaluation, station_years=table),
    )


@pytest.fixture(scope="session")
def sample():
    return build_sample_bundle()


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory, sample) -> Path:
    return publish_run(tmp_path_factory.mktemp("maps") / "sample", sample)


@pytest.fixture(scope="session")
def hard_run_folder(tmp_path_factory, sample) -> Path:
    return publish_run(tmp_path_factory.mktemp("hard") / "sample", name_hard(sample))


@pytest.fixture(scope="session")
def plan(sample):
    return build_export_plan(sample, EVERY_LAYER)


@pytest.fixture(scope="session")
def hard_plan(sample):
    return build_export_plan(name_hard(sample), EVERY_LAYER)


@pytest.fixture(scope="session")
def yearly_plan(sample):
    return build_export_plan(add_years(sample), EVERY_LAYER)


@pytest.fixture(scope="session")
def exported(run_folder) -> Path:
    """Every format and layer of the sample plan."""
    return export_run(run_folder, EVERY_LAYER)[1].folder


@pytest.fixture(scope="session")
def hard_exported(hard_run_folder) -> Path:
    """The same of the plan with names that are hard to write."""
    return export_run(hard_run_folder, EVERY_LAYER)[1].folder


@pytest.fixture(scope="session")
def call_gdal():
    """Call a program of GDAL and return what it says; skipped on machines without its package gdal-bin."""

    def call(program, *arguments):
        if which(program) is None:
            pytest.skip(f"{program} is not on this machine: install the package gdal-bin")
        done = subprocess.run(
            [program, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return call
