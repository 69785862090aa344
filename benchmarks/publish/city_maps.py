"""Measure the maps of Islamabad, of Karachi and of a made-up large study, beside plain folium.

Run from the project's folder, with the files that the configs name:

    python -m benchmarks.publish.city_maps configs/islamabad.yaml \
        --set network.path=ISLAMABAD.osm.pbf --set demand.population.path=GRID.gpkg \
        --karachi-pbf KARACHI.osm.pbf

Each page is opened in fresh contexts of real Chromium from ``file://``, on a desk and on a phone, also
with the processor slowed four times. "Interactive" is the first frame that shows the card of a station
that was clicked as soon as its mark was drawn, "ready" the first after everything is drawn, both on the
page's clock from navigation. Then the map is dragged and zoomed, and the main thread's tasks are traced:
the longest by the clock, and the longest by processor time, which other work on the machine does not
lengthen. folium's peer is a GeoJson layer of the same cells and roads and a marker for each station, with
folium's default features and its scripts taken from the wheel of XStatic-Leaflet so that it opens without
a network; it is timed until its map has drawn, for it has no state of its own. Needs Playwright and
Chromium (the package's, or the one that CHARGEPLAN_CHROMIUM names).
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.publish.page_speed import (
    DESKTOP,
    REST_MS,
    SCREENS,
    find_longest_task,
    launch,
    measure_page,
    move_about,
)

KARACHI_CONFIG = "configs/karachi.yaml"
PEER_TIMER = """
(() => {
  const note = () => requestAnimationFrame(() => setTimeout(() => { window.readyMs = performance.now(); }));
  document.addEventListener("DOMContentLoaded", note);
})();
"""


def publish_map(config: Path, overrides: list[str], folder: Path) -> Path:
    """Run the study with a short search and return its run folder."""
    from chargeplan.config.load import load_settings
    from chargeplan.pipeline import run_study

    loaded = load_settings(config, [*overrides, "solve.time_limit_s=20", f"publish.folder={folder}"])
    return run_study(loaded).folder


def write_large_map(folder: Path) -> tuple[Path, dict[str, int]]:
    """Write the map of the made-up study; return it and its size."""
    from benchmarks.publish.large_study import build_large_bundle
    from chargeplan.publish.map_page import build_map_page

    bundle = build_large_bundle()
    path = folder / "large" / "index.html"
    path.parent.mkdir()
    path.write_text(build_map_page(bundle), encoding="utf-8")
    return path, {"cells": len(bundle.cells.cell_id), "sites": len(bundle.sites.table)}


def write_peer_map(run_folder: Path, folder: Path) -> Path:
    """Write folium's own map of the same cells, roads and stations; its scripts and styles inside."""
    import folium
    import geopandas as gpd
    import shapely

    from chargeplan.publish.finished_run import read_finished_run
    from chargeplan.publish.hexagons import find_outlines
    from chargeplan.publish.map_page import read_leaflet
    from chargeplan.publish.site_results import build_site_results

    bundle = read_finished_run(run_folder)
    script, styles = read_leaflet()
    folium.Map.default_js, folium.Map.default_css = [], []
    west, south, east, north = bundle.area.boundary.bounds
    page = folium.Map(location=[(south + north) / 2, (west + east) / 2], zoom_start=11, tiles=None)
    outlines = [shapely.polygons(outline) for outline in find_outlines(bundle.cells.cell_id)]
    cells = gpd.GeoDataFrame({"kwh_day": bundle.cells.total_kwh_day}, geometry=outlines, crs="EPSG:4326")
    offsets = bundle.network.road_offsets
    lines = shapely.linestrings(
        bundle.network.road_lonlat,
        indices=[road for road in range(len(offsets) - 1) for _ in range(offsets[road + 1] - offsets[road])],
    )
    roads = gpd.GeoDataFrame(bundle.network.roads[["road_class"]], geometry=lines, crs="EPSG:4326")
    folium.GeoJson(cells).add_to(page)
    folium.GeoJson(roads).add_to(page)
    sites = build_site_results(bundle)
    for row in sites[sites["is_open"]].to_dict("records"):
        folium.Marker([row["lat"], row["lon"]], popup=str(row["site_id"])).add_to(page)
    page.get_root().header.add_child(
        folium.Element(f"<style>{styles}</style><script>{script}</script>"), name="leaflet"
    )
    path = folder / f"{run_folder.name}_folium.html"
    # folium also draws on jQuery and Bootstrap for nothing that this map has.
    page.save(path)
    return path


def measure_peer(browser: Any, path: Path, *, runs: int) -> dict[str, Any]:
    """Time folium's map on the desk, unslowed: ready, and the longest task while it is moved."""
    ready, tasks, faults = [], [], set()
    for _ in range(runs):
        context = browser.new_context(**DESKTOP, offline=True)
        page = context.new_page()
        page.add_init_script(PEER_TIMER)
        page.on("pageerror", lambda error: faults.add(str(error)))
        page.goto(path.resolve().as_uri())
        while page.evaluate("window.readyMs ?? null") is None:
            page.wait_for_timeout(50)
        ready.append(page.evaluate("window.readyMs"))
        page.wait_for_timeout(REST_MS)
        browser.start_tracing(page=page, categories=["toplevel", "disabled-by-default-devtools.timeline"])
        move_about(page)
        tasks.append(find_longest_task(browser.stop_tracing()))
        context.close()
    return {
        "bytes": path.stat().st_size,
        "ready_median_s": statistics.median(ready) / 1000,
        "longest_task_moving_ms": statistics.median(one["longest_task_ms"] for one in tasks),
        "most_processor_of_a_task_moving_ms": statistics.median(one["most_processor_ms"] for one in tasks),
        "faults": sorted(faults),
    }


def count_road_pieces(run_folder: Path) -> dict[str, int]:
    """Count the road pieces of the run's network and of its page: the map shows all or it does not."""
    from chargeplan.records import RoadNetwork
    from chargeplan.store import read_record

    page = (run_folder / "index.html").read_text(encoding="utf-8")
    _, _, rest = page.partition('id="roads-data">')
    drawn = json.loads(rest.partition("</script>")[0])["classes"]
    network = read_record(run_folder / "records", "network", RoadNetwork)
    return {"of_network": len(network.roads), "on_page": sum(count for _, count in drawn)}


def measure(run_folders: list[Path], scratch: Path, *, runs: int, peer_runs: int) -> dict[str, Any]:
    """Measure the map of every run folder with its peer, and the made-up one."""
    from playwright.sync_api import sync_playwright

    large_path, large_size = write_large_map(scratch)
    cities: dict[str, Any] = {}
    with sync_playwright() as driver:
        browser = launch(driver)
        for run_folder in run_folders:
            peer_path = write_peer_map(run_folder, scratch)
            cities[run_folder.name] = {
                **measure_page(browser, run_folder / "index.html", runs=runs),
                "road_pieces": count_road_pieces(run_folder),
                "folium": measure_peer(browser, peer_path, runs=peer_runs),
            }
        large = measure_page(browser, large_path, runs=runs, screens=SCREENS[:2]) | large_size
        version = browser.version
        browser.close()
    return {"cities": cities, "large": large, "runs": runs, "chromium": version}


def main() -> None:
    """Read the arguments, measure, print JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("config", type=Path)
    parser.add_argument("--set", action="append", default=[], dest="overrides", metavar="KEY=VALUE")
    parser.add_argument("--karachi-pbf", type=Path, help="roads of Karachi; left out without them")
    parser.add_argument("--run-folder", type=Path, action="append", help="measure these runs instead")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--peer-runs", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        folders = options.run_folder or [publish_map(options.config, options.overrides, scratch)]
        if options.karachi_pbf and not options.run_folder:
            change = f"network.path={options.karachi_pbf}"
            folders.append(publish_map(Path(KARACHI_CONFIG), [change], scratch))
        found = measure(folders, scratch, runs=options.runs, peer_runs=options.peer_runs)
        print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
