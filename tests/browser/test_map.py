"""The map as it opens from a file: what is written, and what is drawn."""

import json
import re

import numpy as np
import pytest
from map_steps import COUNT_PAINTED, PHONE
from sample_bundle import EAST, NORTH, SOUTH, WEST

from chargeplan.energy_table import tabulate_demand
from chargeplan.publish.encode import pack_integers

pytestmark = pytest.mark.browser


def test_it_opens_from_a_file_with_language_title_and_headings(open_map, run):
    page = open_map(run / "index.html")
    assert page.title() == "Sample study"
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.locator("h1").inner_text() == "Sample study"
    assert page.locator("h2").count() >= 4
    assert page.locator("#plan-outcome").inner_text().split("\n")[0] == "WITHIN 1.23 %"
    assert "45.6%" in page.locator("#figures").inner_text()
    assert "Schematic streets" in page.locator("#card").inner_text()
    assert "© OpenStreetMap contributors" in page.locator(".leaflet-control-attribution").inner_text()
    origin = "data of 2026-01-31, from https://overpass.example/api/interpreter; 3 ways lack a node"
    assert page.locator("#sources li").all_text_contents() == [
        f"sample.osm: © OpenStreetMap contributors, ODbL 1.0, {origin}"
    ]


NUMBER = r"\d+(?:,\d{3})*(?:\.\d+)?"


@pytest.mark.parametrize("screen_options", [{}, PHONE])
def test_the_way_from_people_to_energy_is_the_table_that_the_run_prints(
    open_map, run, sample, screen_options
):
    page = open_map(run / "index.html", **screen_options)
    if screen_options:
        page.locator("#tab-summary").click()
    assert not page.locator("#demand-table").is_visible()
    page.locator("#demand summary").click()
    assert page.locator("#demand-table").is_visible()
    wide = page.locator("#sheet-summary").evaluate("node => node.scrollWidth - node.clientWidth")
    assert wide <= 0
    shown = set(re.findall(NUMBER, page.locator("#demand").inner_text())) | {"1000"}  # "per 1,000" there
    for line in tabulate_demand(sample.cells).splitlines():
        for word in re.findall(NUMBER, line):
            assert word in shown, line
    text = page.locator("#demand").inner_text()
    assert "Demand of 2030: city sample, scenario bau." in text
    assert "* is an assumption or rests on one, no source found" in text
    assert re.search(r"vehicles, [\d.]+\* per 1,000 people", text)
    assert (
        page.locator("#demand-table .total td").all_text_contents()[-1]
        == f"{sample.cells.kwh_day.sum():,.0f}"
    )


def test_there_is_a_marker_for_each_station_at_its_place(open_map, run, stations):
    page = open_map(run / "index.html")
    markers = page.evaluate("chargeplan.state.markers.map(m => [m.getLatLng().lng, m.getLatLng().lat])")
    expected = [feature["geometry"]["coordinates"] for feature in stations]
    assert np.allclose(markers, expected, atol=6e-6)
    assert page.locator("[data-site]").count() == len(stations) == 12
    assert page.locator(".leaflet-marker-pane .station-competitor").count() == 2
    labels = page.locator("[data-site]").evaluate_all("nodes => nodes.map(n => n.getAttribute('aria-label'))")
    assert sorted(label.split(",")[0] for label in labels) == sorted(
        feature["properties"]["title"] for feature in stations
    )
    assert all(label.endswith("chargers") for label in labels)


def test_demand_roads_and_unserved_cells_are_painted(open_map, run):
    page = open_map(run / "index.html")
    for pane in ("cells", "unserved", "roads", "labels", "marks"):
        assert page.evaluate(COUNT_PAINTED, pane) > 1000, pane
    assert page.evaluate(COUNT_PAINTED, "reach") == 0


def test_the_page_decodes_what_python_packs(open_map, run):
    numbers = [0, -1, 1, 63, -64, 64, 2**31, -(2**31), 2**40, -(2**40), 7300000]
    packed = pack_integers(np.array(numbers))
    page = open_map(run / "index.html")
    assert (
        page.evaluate("async packed => Array.from(await chargeplan.unpackIntegers(packed))", packed)
        == numbers
    )


def test_small_roads_are_unpacked_when_they_come_into_view(open_map, run, wait_until):
    page = open_map(run / "index.html", viewport={"width": 800, "height": 240})
    assert page.evaluate("chargeplan.state.map.getZoom()") < 12  # the small roads are not in the first view
    middle = [(SOUTH + NORTH) / 2, (WEST + EAST) / 2]
    page.evaluate("middle => void chargeplan.state.map.setView(middle, 12.75, { animate: false })", middle)
    few = page.evaluate(COUNT_PAINTED, "roads")
    page.evaluate("middle => void chargeplan.state.map.setView(middle, 13, { animate: false })", middle)
    wait_until(page, f"({COUNT_PAINTED})('roads').then(count => count > 1.5 * {few})")


def test_numbers_are_written_with_commas(open_map, run):
    page = open_map(run / "index.html")
    cases = [[0, 0], [999.5, 0], [1234567.25, 1], [-1234.4, 0], [12.04, 1], [None, 0]]
    written = page.evaluate(
        "cases => cases.map(([value, digits]) => chargeplan.formatNumber(value, digits))", cases
    )
    assert written == ["0", "1,000", "1,234,567.3", "-1,234", "12.0", "–"]


@pytest.mark.parametrize("size", [(1440, 900), (1280, 720), (800, 600), (390, 844), (360, 640)])
def test_the_whole_outline_is_in_view_at_first_and_clear_of_the_panel(open_map, run, size):
    page = open_map(run / "index.html", viewport={"width": size[0], "height": size[1]})
    north_west, south_east = page.evaluate(
        """([west, south, east, north]) => [[north, west], [south, east]].map(corner => {
          const at = chargeplan.state.map.latLngToContainerPoint(corner);
          return [at.x, at.y];
        })""",
        [WEST, SOUTH, EAST, NORTH],
    )
    panel = page.locator("#panel").bounding_box()
    if size[0] > 720:
        assert north_west[0] >= panel["x"] + panel["width"]
    else:
        assert north_west[1] >= panel["y"] + panel["height"]
    assert min(north_west) >= 0
    assert south_east[0] <= size[0]
    assert south_east[1] <= size[1]


def test_the_map_zooms_between_its_limits(open_map, run):
    page = open_map(run / "index.html")
    assert page.evaluate("[chargeplan.state.map.getMinZoom(), chargeplan.state.map.getMaxZoom()]") == [8, 18]
    assert page.evaluate("chargeplan.state.map.setZoom(25, { animate: false }).getZoom()") == 18


def test_marks_of_another_scale_are_hidden_until_they_are_drawn_anew(open_map, run):
    """Fingers that pinch fire `zoom` at each step; the demand is scaled with them, marks are not shown."""
    page = open_map(run / "index.html")
    seen = page.evaluate(
        """() => {
          chargeplan.finishDrawing();
          const map = chargeplan.state.map, look = name => {
            const style = chargeplan.getSheet(chargeplan.state.layers[name].name)._canvas.style;
            return [style.visibility, /scale\\((?!1\\))/.test(style.transform)];
          };
          const rest = [look("marks"), look("demand")];
          map._move(map.getCenter(), map.getZoom() + 0.5, { pinch: true, round: false });
          const pinched = [look("marks")[0], look("demand")];
          map._moveEnd(true);
          const waiting = look("marks")[0];
          chargeplan.finishDrawing();
          return [rest, pinched, waiting, look("marks")];
        }"""
    )
    assert seen[0] == [["", False], ["", False]]
    assert seen[1] == ["hidden", ["", True]]
    assert seen[2:] == ["hidden", ["", False]]


def test_without_scripts_the_page_says_where_the_stations_are(browser, run):
    context = browser.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    page.goto((run / "index.html").as_uri())
    assert "sites.geojson" in page.locator("noscript").inner_text()
    context.close()


@pytest.mark.parametrize(
    "lack",
    [
        "delete window.DecompressionStream",
        "delete window.OffscreenCanvas",
        """HTMLCanvasElement.prototype.getContext = new Proxy(HTMLCanvasElement.prototype.getContext, {
          apply: (get, canvas, [kind, ...rest]) => kind === "bitmaprenderer" ? null : get.call(canvas, kind, ...rest),
        })""",
    ],
    ids=["inflate", "draw out of sight", "show pictures"],
)
def test_a_browser_that_cannot_do_what_the_map_needs_is_told_so(browser, run, lack):
    context = browser.new_context(offline=True)
    context.add_init_script(lack)
    page = context.new_page()
    page.goto((run / "index.html").as_uri())
    page.wait_for_selector("html[data-map=failed]", state="attached")
    assert "browser of 2023 or later" in page.locator("#reach-note").inner_text()
    assert page.locator("#figures dd").count() > 3
    context.close()


def test_a_fault_in_one_drawing_is_told_and_the_others_go_on(open_map, run):
    page = open_map(run / "index.html")
    told, left, width = page.evaluate(
        """() => {
          const keep = window.setTimeout, faults = [];
          window.setTimeout = act => faults.push(act);
          chargeplan.state.layers.marks.draw = () => { throw new Error("no pen"); };
          chargeplan.getSheet("cells")._clear();
          chargeplan.redrawAll();
          chargeplan.finishDrawing();
          window.setTimeout = keep;
          const told = faults.map(act => { try { act(); } catch (fault) { return fault.message; } });
          return [told, chargeplan.drawing.jobs.length, chargeplan.getSheet("cells")._canvas.width];
        }"""
    )
    assert "no pen" in told
    assert left == 0
    assert width > 1000


def test_a_map_without_a_size_is_drawn_when_it_gets_one(open_map, run, wait_until):
    page = open_map(run / "index.html")
    page.evaluate(
        """() => {
          const map = chargeplan.state.map, box = map.getContainer();
          box.style.display = "none";
          map.invalidateSize({ animate: false });
          chargeplan.redrawAll();
          chargeplan.getSheet("cells")._clear();
          box.style.display = "";
          map.invalidateSize({ animate: false });
        }"""
    )
    wait_until(page, "chargeplan.getSheet('cells')._canvas.width > 1000")


def test_a_broken_part_of_the_data_leaves_the_rest_on_the_map(browser, run, tmp_path):
    text = (run / "index.html").read_text(encoding="utf-8")
    head, mark, rest = text.partition('id="names-data">')
    data, end, tail = rest.partition("</script>")
    broken = json.loads(data) | {"lines": "AAAA"}
    page_path = tmp_path / "index.html"
    page_path.write_text(head + mark + json.dumps(broken) + end + tail, encoding="utf-8")
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.goto(page_path.as_uri() + "#map=12/33.70/73.05")
    page.wait_for_selector("html[data-map=failed]", state="attached")
    page.evaluate("chargeplan.finishDrawing()")
    assert page.evaluate("chargeplan.getSheet('cells')._canvas.width") > 1000
    context.close()
