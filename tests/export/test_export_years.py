"""Exports of a plan over years: what stands in which year is in every format that can tell it."""

import csv
import json
import re

import openpyxl
import pandas as pd
import pytest

from chargeplan.export.chargers import list_planned_chargers
from chargeplan.export.kml import build_kml
from chargeplan.export.ocm import build_places
from chargeplan.export.options import ExportFormat, ExportOptions
from chargeplan.export.place_ids import make_place_ids
from chargeplan.export.run import export_run
from chargeplan.publish.capital_timing import describe_capital_timing
from chargeplan.publish.report.page import build_report

TABLES = {
    "years": "Years",
    "stations_by_year": "Stations by year",
    "zones_by_year": "Zones by year",
    "grid": "Grid",
}
FORMATS = (ExportFormat.CSV, ExportFormat.XLSX, ExportFormat.OCM, ExportFormat.KML)


@pytest.fixture(scope="module")
def handed(staged_demo, tmp_path_factory):
    """The plan of the staged demo and the folder of its exports."""
    options = ExportOptions(formats=FORMATS)
    plan, written = export_run(staged_demo, options, out=tmp_path_factory.mktemp("handed"))
    return plan, written.folder


def read_rows(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def read_sheet(folder, name):
    header, *rows = openpyxl.load_workbook(folder / "demo.xlsx")[name].iter_rows(values_only=True)
    return [dict(zip(header, row, strict=True)) for row in rows]


@pytest.mark.parametrize("name", TABLES)
def test_tables_by_year_are_those_of_the_run(name, handed, staged_demo):
    folder = handed[1]
    own = read_rows(staged_demo / f"{name}.csv")
    table, sheet = read_rows(folder / f"demo-{name}.csv"), read_sheet(folder, TABLES[name])
    assert len(own) == len(table) == len(sheet) > 0
    for mine, row, cells in zip(own, table, sheet, strict=True):
        assert set(row) - set(mine) <= {"title"}
        for column in set(mine) & {"year", "site_id", "zone_id", "asset_id", "chargers"}:
            assert row[column] == mine[column] == str(cells[column])
        for column in set(mine) & {"served_kwh_day", "load_kw"}:
            assert float(row[column]) == pytest.approx(float(mine[column]), abs=0.06)
            assert float(cells[column]) == pytest.approx(float(mine[column]), abs=0.06)


def test_tables_by_year_go_with_their_layer(staged_demo, tmp_path):
    from chargeplan.export.options import ExportLayer

    options = ExportOptions(formats=(ExportFormat.CSV,), layers=(ExportLayer.ZONES,))
    names = {path.name for path in export_run(staged_demo, options, out=tmp_path)[1].files}
    assert "demo-zones_by_year.csv" in names
    assert "demo-stations_by_year.csv" not in names


def test_open_charge_map_says_how_many_chargers_stand_in_which_year(handed):
    plan, _ = handed
    table = plan.bundle.evaluation.station_years
    places, ids = {each["OperatorsReference"]: each for each in build_places(plan)}, None
    ids = make_place_ids(plan.sites["site_id"])
    for site_id in list_planned_chargers(plan.bundle):
        place, own = places[ids[site_id]], table[table["site_id"] == site_id]
        for year, number in own.groupby("year")["chargers"].sum().items():
            grown = re.findall(r"(\d+)(?: chargers?)? in (\d{4})", place["GeneralComments"])
            last = [int(count) for count, when in grown if int(when) <= year][-1]
            assert last == number, (site_id, year)
        for each in place["Connections"]:
            assert each["Comments"].endswith(f"{each['Quantity']} in {each['Comments'][-4:]}") or (
                each["Comments"].startswith(f"{each['Quantity']} charger")
            )


def test_kml_says_of_which_year_its_figures_are(handed):
    plan, _ = handed
    text = build_kml(plan)
    assert len(re.findall(rf"chargers, [\d.]+ kW in {plan.bundle.year}", text)) == len(plan.stations)
    early = plan.stations[plan.stations["opened_year"] < plan.bundle.year]
    assert len(early) > 0
    for year in early["opened_year"].unique():
        assert f"in {year}" in text


def test_a_plan_of_one_year_says_nothing_of_years(plan):
    assert f"kW in {plan.bundle.year}" not in build_kml(plan)
    assert 'Comments":' not in json.dumps(build_places(plan)[0]["Connections"])
    assert describe_capital_timing(plan.bundle) == ""


def test_the_money_of_a_plan_over_years_says_when_capital_is_counted(handed):
    plan, folder = handed
    sentence = describe_capital_timing(plan.bundle)
    assert f"spent in {plan.bundle.year}" in sentence
    assert sentence in build_report(plan.bundle).report
    column = [row["year"] for row in read_sheet(folder, "Cash flow")]
    assert column[-2:] == [None, sentence]
    assert len(column) - 2 == len(plan.bundle.evaluation.economics_by_year)
    assert not pd.isna(column[-3])
