"""Measure the published map of Islamabad: size, time until it is usable, requests that leave it.

Run from the project's folder, with the files that the config names:

    python -m benchmarks.publish.islamabad_map configs/islamabad.yaml \
        --set network.path=ISLAMABAD.osm.pbf --set demand.population.path=GRID.gpkg

The time runs from navigation to the first frame after ``html[data-map=ready]``, on the clock of
the page, in a fresh Chromium context each time. After that the page is zoomed and watched a
while longer, so that a request made late is counted too. Needs Playwright and Chromium (the
package's, or the one that CHARGEPLAN_CHROMIUM names).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import tempfile
from pathlib import Path
from typing import Any

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PHONE = {
    "viewport": {"width": 360, "height": 740},
    "device_scale_factor": 3,
    "is_mobile": True,
    "has_touch": True,
}
# Name, options of the context, how many times slower than this machine.
SCREENS: tuple[tuple[str, dict[str, Any], int], ...] = (
    ("desktop", {"viewport": {"width": 1440, "height": 900}}, 1),
    ("phone", PHONE, 1),
    ("phone, processor slowed 4 times", PHONE, 4),
)
LONGEST_WAIT_MS = 60_000
WATCHED_MS = 1_000
# Sets window.readyMs at the first frame painted after the page calls itself ready.
NOTE_READY = """
new MutationObserver((_, observer) => {
  if (document.documentElement.getAttribute("data-map") !== "ready") return;
  observer.disconnect();
  requestAnimationFrame(() => setTimeout(() => { window.readyMs = performance.now(); }));
}).observe(document, { attributes: true, subtree: true, attributeFilter: ["data-map"] });
"""


def find_chromium() -> str:
    """Find Chromium on this machine."""
    found = os.environ.get("CHARGEPLAN_CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        raise FileNotFoundError(f"no Chromium: none of {', '.join(BROWSERS)}; set CHARGEPLAN_CHROMIUM")
    return found


def open_once(browser: Any, page_path: Path, options: dict[str, Any], slower: int) -> dict[str, Any]:
    """Open the map in a fresh context; return when it was ready and what it asked for."""
    url = page_path.resolve().as_uri()
    requests: list[str] = []
    faults: list[str] = []
    context = browser.new_context(**options)
    page = context.new_page()
    page.add_init_script(NOTE_READY)
    page.on("request", lambda request: requests.append(request.url))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    if slower > 1:
        context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slower})
    page.goto(url)
    waited_ms = 0
    while (ready_ms := page.evaluate("window.readyMs ?? null")) is None:
        if waited_ms > LONGEST_WAIT_MS:
            state = page.evaluate("document.documentElement.getAttribute('data-map')")
            raise TimeoutError(f"not ready after {LONGEST_WAIT_MS} ms; data-map is {state!r}; {faults}")
        page.wait_for_timeout(50)
        waited_ms += 50
    page.mouse.move(200, 300)
    page.mouse.wheel(0, -400)
    page.wait_for_timeout(WATCHED_MS)
    context.close()
    leaving = [asked for asked in requests if asked != url and not asked.startswith(("data:", "blob:"))]
    return {"ready_ms": ready_ms, "leaving": leaving, "faults": faults}


def publish_map(config: Path, overrides: list[str], folder: Path) -> Path:
    """Run the study with a short search and return its run folder."""
    from chargeplan.config.load import load_settings
    from chargeplan.pipeline import run_study

    loaded = load_settings(config, [*overrides, "solve.time_limit_s=20", f"publish.folder={folder}"])
    return run_study(loaded).folder


def count_road_pieces(run_folder: Path) -> dict[str, int]:
    """Count the road pieces of the run's network and of its page: the map shows all or it does not."""
    from chargeplan.records import RoadNetwork
    from chargeplan.store import read_record

    page = (run_folder / "index.html").read_text(encoding="utf-8")
    _, _, rest = page.partition('id="roads-data">')
    drawn = json.loads(rest.partition("</script>")[0])["classes"]
    network = read_record(run_folder / "records", "network", RoadNetwork)
    return {"of_network": len(network.roads), "on_page": sum(count for _, count in drawn)}


def measure(run_folder: Path, *, runs: int = 5) -> dict[str, Any]:
    """Open the map of a run folder several times on each screen."""
    from playwright.sync_api import sync_playwright

    page_path = run_folder / "index.html"
    screens: dict[str, Any] = {}
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=find_chromium(), args=list(ARGUMENTS))
        for name, options, slower in SCREENS:
            opened = [open_once(browser, page_path, options, slower) for _ in range(runs)]
            screens[name] = {
                "ready_median_s": statistics.median(one["ready_ms"] for one in opened) / 1000,
                "ready_slowest_s": max(one["ready_ms"] for one in opened) / 1000,
                "requests_leaving": sorted({url for one in opened for url in one["leaving"]}),
                "faults": sorted({text for one in opened for text in one["faults"]}),
            }
        version = browser.version
        browser.close()
    return {
        "study": run_folder.name,
        "index_html_bytes": page_path.stat().st_size,
        "road_pieces": count_road_pieces(run_folder),
        "runs": runs,
        "screens": screens,
        "chromium": version,
    }


def main() -> None:
    """Read the arguments, measure, print JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("config", type=Path)
    parser.add_argument("--set", action="append", default=[], dest="overrides", metavar="KEY=VALUE")
    parser.add_argument("--run-folder", type=Path, help="measure this run instead of making one")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.run_folder or publish_map(options.config, options.overrides, Path(scratch))
        print(json.dumps(measure(folder, runs=options.runs), indent=2))


if __name__ == "__main__":
    main()
