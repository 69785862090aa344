"""Impossible configs of a coarse demo town: the first line names the cause, and its advice, as written, works."""

import json
import re
from functools import partial

import numpy as np
import pytest

from chargeplan.config.load import load_settings
from chargeplan.errors import InfeasibleError
from chargeplan.pipeline import build_model, build_records, build_surroundings, label_study
from chargeplan.runlog import RunLog, ignore_event
from chargeplan.solve import explain_impossible
from chargeplan.solve.complete_advice import complete_advice
from chargeplan.solve.search import solve_problem

TOWN = {
    "study.year": 2030,
    "demand.cell_resolution": 7,
    "sites.min_spacing_m": 2500,
    "model.nearest_sites": 4,
    "solve.time_limit_s": 20,
    "solve.node_limit": 50,
}
REQUIRED = """site_id,name,lon,lat,max_chargers
r1,R1,73.05,33.70,12
r2,R2,73.0575,33.70,12
r3,R3,73.09,33.72,3
"""
PACK = """
title: Own rules
country: Pakistan
about: For a test.
left_out: [everything else]
rules:
  power:
    kind: power_per_vehicle
    must: true
    says: Stations have 2 kW for each electric vehicle.
    figures:
      kw_per_vehicle: {value: 2, unit: kW per vehicle, year: 2026, confidence: planner, source: "planner"}
"""
SITES = {"sites.files": "[{path: '{folder}/required.csv', status: required}]"}
EARLY = "[{{year: 2028, budget_pkr: {early}}}, {{year: 2030, budget_pkr: 100e6}}]"

# What is asked, words of the cause in the first line, and whether the first advice may be found by a search.
CASES = {
    "money of required sites": (SITES | {"model.budget_pkr": "5e6"}, ["3 required sites cost", "PKR 5 M"]),
    "count of required sites": (SITES | {"model.max_sites": 2}, ["3 sites are required", "allows 2"]),
    "floors beyond reach": (
        {"model.equity.zone_floor_share": "{Ghauri Town: 1.0}", "sites.min_spacing_m": 4000},
        ["Ghauri Town", "100.0%"],
    ),
    "floors by money": (
        {"model.equity.floor_share": 0.15, "model.budget_pkr": "8e6"},
        ["12 stations that must open", "floors of zones", "PKR 8 M"],
    ),
    "floors by count": (
        {
            "model.equity.zone_floor_share": "{Bhara Kahu: 0.15, I-15: 0.15, Sihala: 0.15}",
            "model.max_sites": 1,
        },
        ["max_sites allows 1 new station", "3 stations must open"],
    ),
    "backup by count": (
        {"model.backup_share": 0.5, "model.max_sites": 1},
        ["1 new station", "backup share of 0.5"],
    ),
    "backup by money": (
        {"model.backup_share": 0.35, "model.budget_pkr": "8e6"},
        ["PKR 8 M", "backup share of 0.35"],
    ),
    "spacing of required sites": (SITES | {"model.spacing_m": 900}, ["model.spacing_m is 900 m", "695 m"]),
    "spacing and backup": (
        {"model.spacing_m": 6000, "model.backup_share": 0.75},
        ["model.spacing_m of 6000 m", "75.0%"],
    ),
    "areas without sites": ({"model.rules": "[in-mop-2022]"}, ["in-mop-2022/cells", "no site"]),
    "power for vehicles": ({"model.rules": "['{folder}/own.yaml']"}, ["own/power", "hold"]),
    "grid of required sites": (SITES | {"grid.path": "{folder}/grid.geojson"}, ["headroom", "10 kW"]),
    "least power and bays": (SITES | {"model.least_station_kw": 100}, ["r3", "100", "2 chargers"]),
    "target beyond reach": (
        {"model.objective": "cost", "model.target_share": 0.99, "model.budget_pkr": "null"},
        ["0.99", "no plan serves more than"],
    ),
    "target beyond money": (
        {"model.objective": "cost", "model.target_share": 0.6, "model.budget_pkr": "20e6"},
        ["0.6", "no plan serves more than"],
    ),
    "early money of required sites": (
        SITES | {"model.budget_pkr": "null", "model.years": EARLY.format(early="2e6")},
        ["first year, 2028", "PKR 2 M"],
    ),
    "early money of backups": (
        {"model.budget_pkr": "null", "model.years": EARLY.format(early="2e6"), "model.backup_share": 0.3},
        ["budget"],
    ),
}


@pytest.fixture(scope="module")
def town(tmp_path_factory, project_folder):
    """Files of the cases, and a way to solve them that builds roads and demand once."""
    folder = tmp_path_factory.mktemp("impossible")
    (folder / "required.csv").write_text(REQUIRED, encoding="utf-8")
    (folder / "own.yaml").write_text(PACK, encoding="utf-8")
    grid = json.loads(
        (project_folder / "data" / "demo" / "grid-synthetic.geojson").read_text(encoding="utf-8")
    )
    for feature in grid["features"]:
        feature["properties"] |= {"headroom_kw": 10, "max_steps": 0}
    (folder / "grid.geojson").write_text(json.dumps(grid), encoding="utf-8")
    return Town(folder, project_folder / "configs" / "demo.yaml")


class Town:
    """Solves the demo with changes until there is a plan."""

    def __init__(self, folder, config):
        self.folder, self.config, self.records = folder, config, {}

    def solve(self, changes):
        texts = [
            f"{key}={value}".replace("{folder}", str(self.folder)) for key, value in (TOWN | changes).items()
        ]
        loaded = load_settings(self.config, texts)
        settings, log = loaded.settings, RunLog(ignore_event)
        key = (str(settings.sites), str(settings.grid), tuple(each.year for each in settings.model.years))
        if key not in self.records:
            self.records[key] = build_records(loaded, log=log)
        records = self.records[key]
        around = build_surroundings(settings, records)
        request, problem, linear = build_model(
            settings, records, around, log=log, complete=partial(complete_advice, should_stop=lambda: False)
        )
        return solve_problem(
            problem,
            linear,
            settings.solve.model_copy(update={"gap": 0.95}),  # any plan will do
            seed=1,
            listen=ignore_event,
            should_stop=lambda: False,
            name_things=lambda: label_study(settings, records, request, problem),
        )


def follow(first, asked, folder):
    """Change a config as the first advice says."""
    advice = re.split("; |: (?=raise|lower|make)", first, maxsplit=1)[-1]
    number = r"([\d.]+)"
    if found := re.search(r"make (?:\d+ )?(?:required sites|them) candidates", advice.split(", or")[0]):
        return {key: value for key, value in asked.items() if key != "sites.files"}, found[0]
    if found := re.search(rf"(?:that of|budget_pkr of) (\d{{4}}) (?:in model\.years )?to {number}", advice):
        return asked | {"model.years": EARLY.format(early=found[2])}, found[0]
    if found := re.search(rf"raise its budget_pkr in model\.years to {number}", advice):
        return asked | {"model.years": EARLY.format(early=found[1])}, found[0]
    if found := re.search(r"model\.equity\.zone_floor_share to (\{.*?\})", advice):
        return asked | {"model.equity.zone_floor_share": found[1]}, found[0]
    if zones := re.findall(rf"model\.equity\.zone_floor_share\.([^,;]+?) to {number}", advice):
        floors = ", ".join(f"{zone}: {share.rstrip('.')}" for zone, share in zones)
        return asked | {"model.equity.zone_floor_share": "{" + floors + "}"}, floors
    if found := re.search(rf"(model\.[a-z_.]+)(?: from [\d.]+)? to {number}", advice):
        return asked | {found[1]: found[2].rstrip(".")}, found[0]
    if found := re.search(rf"headroom_kw in the file of grid\.path to {number}", advice):
        advice = f"that of {first.split('grid asset ')[1].split()[0]} to {found[1]} kW"
    if heads := re.findall(rf"that of (\S[^,]*?) to {number} kW", advice):
        path = folder / "grid.geojson"
        grid = json.loads(path.read_text(encoding="utf-8"))
        new = dict(heads)
        for feature in grid["features"]:
            if feature["properties"]["id"] in new:
                feature["properties"]["headroom_kw"] = float(new[feature["properties"]["id"]])
        (folder / "raised.geojson").write_text(json.dumps(grid), encoding="utf-8")
        return asked | {"grid.path": "{folder}/raised.geojson"}, heads
    if "model.reported_rules" in advice:
        return {"model.rules": "[]", "model.reported_rules": asked["model.rules"]}, advice
    pytest.fail(f"no advice that can be followed: {advice}")


@pytest.mark.parametrize("name", CASES)
def test_the_first_line_names_the_cause_and_an_advice_that_works(name, town, monkeypatch):
    monkeypatch.setattr(explain_impossible, "_LARGEST_S", 5.0)
    asked, words = CASES[name]
    with pytest.raises(InfeasibleError) as error:
        town.solve(asked)
    first = str(error.value).splitlines()[0]
    for word in words:
        assert word in first, first
    changed, followed = follow(first, asked, town.folder)
    assert changed != asked, first
    solution = town.solve(changed)
    assert np.isfinite(solution.objective_kwh_day), followed
