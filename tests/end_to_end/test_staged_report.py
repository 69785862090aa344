"""The report of a study with years, charger types, a grid, floors and rules."""

import pytest
from report_figures import check_numbers
from typer.testing import CliRunner

from chargeplan.cli import app
from chargeplan.publish.finished_run import read_finished_run
from chargeplan.publish.report.page import build_report


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory, project_folder):
    """A coarse town, and a search that ends with its first node; some reported rules are broken."""
    folder = tmp_path_factory.mktemp("staged_report")
    settings = {
        "study.year": 2030,
        "demand.cell_resolution": 7,
        "sites.min_spacing_m": 2000,
        "model.budget_pkr": "null",
        "model.nearest_sites": 4,
        "model.chargers": "[{name: slow, power_kw: 7.4, levels: [2, 4]}, {name: fast, power_kw: 120, levels: [1, 2]}]",
        "model.years": "[{year: 2028, budget_pkr: 20e6}, {year: 2030, budget_pkr: 40e6}]",
        "model.equity": "{zone_floor_share: {'(no zone)': 0.02}}",
        "model.reported_rules": "[in-mop-2022]",
        "grid.path": project_folder / "data" / "demo" / "grid-synthetic.geojson",
        "solve.gap": 0.2,
        "solve.node_limit": 1,
        "solve.time_limit_s": 120,
        "publish.folder": folder,
    }
    changes = [part for key, value in settings.items() for part in ("--set", f"{key}={value}")]
    done = CliRunner().invoke(app, ["run", str(project_folder / "configs" / "demo.yaml"), *changes])
    assert done.exit_code == 0, done.output
    return folder / "demo"


def test_every_number_is_a_figure_of_the_run(run_folder):
    page = (run_folder / "report.html").read_text(encoding="utf-8")
    places = {place.split("/")[0] for place, _, _ in check_numbers(page, read_finished_run(run_folder))}
    assert {"years", "grid_years", "zone_years", "station_years", "economics_by_year", "demand"} <= places
    for section in ("grounds", "costs", "served", "use", "grid", "rules", "economics", "proof", "sheets"):
        assert f'<h2 id="{section}">' in page
    assert "SYNTHETIC" in page
    assert "✗ broken" in page


def test_it_is_the_same_when_the_run_is_read_back(run_folder):
    page = (run_folder / "report.html").read_text(encoding="utf-8")
    assert build_report(read_finished_run(run_folder)).report == page
