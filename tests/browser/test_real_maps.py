"""The map of real Islamabad: small enough to mail, soon ready, every station on it."""

import json
import logging

import pytest

from chargeplan.config.load import load_settings
from chargeplan.pipeline import run_study

pytestmark = [pytest.mark.browser, pytest.mark.real_data]

MOST_BYTES = 5_000_000
MOST_READY_MS = 10_000  # generous: the machine may be busy; 3 s is the aim, and the time is reported


@pytest.fixture(scope="module")
def run(tmp_path_factory, project_folder, real_data_folder):
    city = real_data_folder / "osm" / "islamabad"
    loaded = load_settings(
        project_folder / "configs" / "islamabad.yaml",
        [
            f"network.path={city / 'islamabad_ict_2020-07.osm.pbf'}",
            f"demand.population.path={city / 'worldpop2020_1km_points_utm43n.gpkg'}",
            f"publish.folder={tmp_path_factory.mktemp('maps')}",
            "solve.time_limit_s=5",
        ],
    )
    return run_study(loaded).folder


def test_islamabad_fits_in_one_small_file_and_is_soon_ready(open_map, run, record_property):
    size_bytes = (run / "index.html").stat().st_size
    assert size_bytes <= MOST_BYTES
    page = open_map(run / "index.html")
    ready_ms = page.evaluate("performance.now()")
    record_property("ready_ms", ready_ms)
    logging.getLogger(__name__).info("%.2f MB, ready in %.2f s", size_bytes / 1e6, ready_ms / 1000)
    assert ready_ms <= MOST_READY_MS


def test_islamabad_shows_every_station_and_no_other(open_map, run):
    features = json.loads((run / "sites.geojson").read_text(encoding="utf-8"))["features"]
    page = open_map(run / "index.html")
    assert len(features) >= 5
    assert page.locator("[data-site]").count() == len(features)
    page.locator("#tab-stations").click()
    assert page.locator("#station-table tbody tr").count() == len(features)
    page.locator("#station-table tbody tr").first.locator("button").click()
    assert features[0]["id"] in page.locator(".leaflet-popup-content").inner_text()
