"""Whole runs of the embedded city, five times with two hash seeds: the same bytes but for the clocks."""

import hashlib
import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.real_data  # needs no extract, but minutes

PLAIN = {
    "solve.time_limit_s": 300,
    "demand.cell_resolution": 7,
    "sites.min_spacing_m": 2000,
    "solve.gap": 0.02,
}
STAGED = PLAIN | {
    "study.year": 2030,
    "model.budget_pkr": "null",
    "model.nearest_sites": 4,
    "model.chargers": "[{name: slow, power_kw: 7.4, levels: [2, 4]}, {name: fast, power_kw: 120, levels: [1, 2]}]",
    "model.years": "[{year: 2028, budget_pkr: 20e6}, {year: 2030, budget_pkr: 40e6}]",
    "model.reported_rules": "[in-mop-2022]",
    "solve.gap": 0.2,
    "solve.node_limit": 1,
}


def hash_tree(folder):
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize("settings", [PLAIN, STAGED], ids=["plain", "staged"])
def test_five_runs_with_two_hash_seeds_give_the_same_bytes(tmp_path, project_folder, settings):
    settings = dict(settings)
    if "model.years" in settings:
        settings["grid.path"] = project_folder / "data" / "demo" / "grid-synthetic.geojson"
    folder = tmp_path / "maps"
    found = []
    for seed in ("0", "1", "0", "1", "0"):
        changes = [f"{key}={value}" for key, value in (settings | {"publish.folder": folder}).items()]
        parts = [part for change in changes for part in ("--set", change)]
        subprocess.run(
            [
                sys.executable,
                "-m",
                "chargeplan",
                "run",
                str(project_folder / "configs" / "demo.yaml"),
                *parts,
            ],
            check=True,
            capture_output=True,
            env=os.environ | {"PYTHONHASHSEED": seed},
            cwd=project_folder,
        )
        found.append(hash_tree(folder / "demo"))
    for other in found[1:]:
        assert other.keys() == found[0].keys()
        assert [name for name in other if other[name] != found[0][name]] == ["timings.json"]
