"""The demo city with years, charger types and a grid, as coarse as a test needs it."""

from pathlib import Path

from typer.testing import CliRunner

from chargeplan.cli import app

SETTINGS = {
    "study.year": 2030,
    "demand.cell_resolution": 7,
    "sites.min_spacing_m": 2000,
    "model.budget_pkr": "null",
    "model.nearest_sites": 4,
    "model.chargers": "[{name: slow, power_kw: 7.4, levels: [2, 4]}, {name: fast, power_kw: 120, levels: [1, 2]}]",
    "model.years": "[{year: 2028, budget_pkr: 20e6}, {year: 2030, budget_pkr: 40e6}]",
    "model.equity": "{zone_floor_share: {'(no zone)': 0.02}}",
    "model.reported_rules": "[in-mop-2022]",
    "solve.gap": 0.2,
    "solve.node_limit": 1,
    "solve.time_limit_s": 120,
}


def run_staged_demo(folder: Path, project_folder: Path, **changes: object) -> Path:
    """Run the study into a folder and return that of the run; some reported rules are broken.

    The search ends with its first node. `changes` are settings to put in place of ours, or beside them.
    """
    settings = SETTINGS | {
        "grid.path": project_folder / "data" / "demo" / "grid-synthetic.geojson",
        "publish.folder": folder,
    }
    parts = [part for key, value in (settings | changes).items() for part in ("--set", f"{key}={value}")]
    done = CliRunner().invoke(app, ["run", str(project_folder / "configs" / "demo.yaml"), *parts])
    assert done.exit_code == 0, done.output
    return folder / "demo"
