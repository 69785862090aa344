"""Three of the ready studies, run on real roads through the command line."""

import json

import pytest
from typer.testing import CliRunner

from chargeplan.cli import app

pytestmark = pytest.mark.real_data

STUDIES = {
    "islamabad": {
        "network.path": "osm/islamabad/islamabad_ict_2020-07.osm.pbf",
        "demand.population.path": "osm/islamabad/worldpop2020_1km_points_utm43n.gpkg",
    },
    "lahore": {
        "network.path": "osm/lahore/derived_lahore_drive.osm.pbf",
        "demand.places.paths": "osm/pois_lahore.geojson",
        "sites.paths": "osm/pois_lahore.geojson",
    },
    "karachi": {
        "network.path": "osm/karachi/derived_karachi_south_drive.osm.pbf",
        "demand.places.paths": "osm/pois_karachi.geojson",
        "sites.paths": "osm/pois_karachi.geojson",
    },
}


@pytest.mark.parametrize("name", STUDIES)
def test_ready_study_runs_on_real_roads(name, real_data_folder, project_folder, tmp_path):
    changes = ["--set", f"publish.folder={tmp_path}", "--set", "solve.time_limit_s=20"]
    for key, file_name in STUDIES[name].items():
        path = real_data_folder / file_name
        changes += ["--set", f"{key}=[{path}]" if key.endswith("paths") else f"{key}={path}"]
    config = str(project_folder / "configs" / f"{name}.yaml")
    result = CliRunner().invoke(app, ["run", config, *changes, "--json"])
    assert result.exit_code == 0, result.stderr
    told = json.loads(result.stdout.splitlines()[-1])
    assert 0 < told["served_share"] <= 1
    assert told["cost_pkr"] > 0
    assert (tmp_path / name / "index.html").stat().st_size > 100_000
