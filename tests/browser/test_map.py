"""The map as people use it: offline, by mouse, by keyboard, on a phone, with names that attack."""

import json
import re

import numpy as np
import pytest
from sample_bundle import EAST, HOSTILE_TEXTS, NORTH, SOUTH, WEST, build_sample_bundle

from chargeplan.energy_table import tabulate_demand
from chargeplan.publish.encode import pack_integers
from chargeplan.publish.run_folder import publish_run
from chargeplan.text import clean_text

pytest.importorskip(
    "playwright.sync_api", reason="playwright is not installed: pip install 'chargeplan[browser]'"
)
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

PHONE = {
    "viewport": {"width": 360, "height": 640},
    "is_mobile": True,
    "has_touch": True,
    "device_scale_factor": 2,
}
NUMBER = r"\d+(?:,\d{3})*(?:\.\d+)?"
# Pixels of a pane's canvas that are not empty, or of a layer that shares its canvas: drawn alone, where it is shown.
COUNT_PAINTED = """async name => {
  await chargeplan.whenDrawn();
  const map = chargeplan.state.map, alone = chargeplan.ON_GROUND.includes(name);
  const shown = alone ? map.getPane("ground").querySelector("canvas") : map.getPane(name).querySelector("canvas");
  if (!shown) return -1;
  const copy = new OffscreenCanvas(shown.width, shown.height), pen = copy.getContext("2d");
  pen.drawImage(shown, 0, 0);
  let data = pen.getImageData(0, 0, copy.width, copy.height).data;
  if (alone) {
    const sheet = chargeplan.getSheet(name), layer = sheet._layers.find(one => one.name === name);
    if (!layer) return -1;
    if (!layer.hasContent() || !data.some(value => value > 0)) return 0;
    const others = sheet._layers, begun = (sheet._layers = [layer], sheet._begin());
    while (!begun.pieces.next().done);
    sheet._layers = others;
    data = begun.pen.getImageData(0, 0, begun.pen.canvas.width, begun.pen.canvas.height).data;
  }
  let count = 0;
  for (let i = 3; i < data.length; i += 4) if (data[i] > 0) count += 1;
  return count;
}"""


@pytest.fixture(scope="module")
def sample():
    return build_sample_bundle()


@pytest.fixture(scope="module")
def run(tmp_path_factory, sample):
    return publish_run(tmp_path_factory.mktemp("maps") / "sample", sample)


@pytest.fixture(scope="module")
def hostile_run(tmp_path_factory):
    return publish_run(tmp_path_factory.mktemp("maps") / "hostile", build_sample_bundle(hostile=True))


@pytest.fixture(scope="module")
def stations(run):
    return json.loads((run / "sites.geojson").read_text(encoding="utf-8"))["features"]


def find_popup(page, title):
    """Wait for the popup with this heading; one that is fading out may still be beside it."""
    heading = page.locator("h3", has_text=re.compile(f"^{re.escape(title)}$"))
    popup = page.locator(".leaflet-popup-content", has=heading)
    popup.wait_for()
    return popup


def write_word(text):
    """Write a word of the data as the page shows it."""
    words = text.replace("_", " ")
    return words[:1].upper() + words[1:]


def close_popup(page):
    page.keyboard.press("Escape")
    expect(page.locator(".leaflet-popup")).to_have_count(0)


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


def test_a_click_on_each_marker_opens_its_own_popup(open_map, run, stations):
    page = open_map(run / "index.html")
    for position, feature in enumerate(stations):
        page.evaluate("chargeplan.fitPlan(chargeplan.state.map)")  # the popup before may have moved the map
        page.locator(f"[data-site='{position}']").hover()  # rises above its neighbours
        page.locator(f"[data-site='{position}']").click()
        text = find_popup(page, feature["properties"]["title"]).inner_text()
        properties = feature["properties"]
        assert f"No. {properties['rank']} " in text
        assert f"{properties['served_kwh_day']:,.0f} kWh/day" in text
        assert properties["site_id"] in text
        assert f"{properties['chargers']} (" in text
        close_popup(page)


def test_the_keyboard_opens_and_closes_a_popup(open_map, run, stations):
    page = open_map(run / "index.html")
    marker = page.locator("[data-site='4']")
    assert marker.get_attribute("tabindex") == "0"
    assert marker.get_attribute("role") == "button"
    marker.focus()
    page.keyboard.press("Enter")  # Escape then closes it although the marker has the focus
    assert (
        stations[4]["properties"]["site_id"]
        in find_popup(page, stations[4]["properties"]["title"]).inner_text()
    )
    close_popup(page)


def test_the_keyboard_walks_the_tabs(open_map, run):
    page = open_map(run / "index.html")
    page.locator("#tab-summary").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    assert page.locator("#sheet-stations").is_visible()
    assert page.locator("#sheet-summary").is_hidden()
    assert page.locator("#tab-stations").get_attribute("aria-selected") == "true"


@pytest.mark.parametrize("words", [3, 60])
def test_on_a_phone_what_is_told_leaves_the_scale_bar_and_the_sources_free(open_map, run, words):
    page = open_map(run / "index.html", **PHONE)
    page.evaluate(
        "words => chargeplan.state.map.attributionControl.setPrefix('source '.repeat(words))", words
    )
    page.evaluate("chargeplan.tell('Lit: the 50 cells that this station serves in 2031')")
    told = page.locator("#reach-note").bounding_box()
    for name in (".leaflet-control-scale", ".leaflet-control-attribution"):
        other = page.locator(name).bounding_box()
        is_beside = other["x"] >= told["x"] + told["width"] or told["x"] >= other["x"] + other["width"]
        is_over = other["y"] >= told["y"] + told["height"] or told["y"] >= other["y"] + other["height"]
        assert is_beside or is_over, name


def test_a_row_of_the_table_opens_its_popup_and_lights_its_cells(open_map, run, sample, stations):
    page = open_map(run / "index.html")
    page.locator("#tab-stations").click()
    rows = page.locator("#station-table tbody tr")
    assert rows.count() == len(stations)
    for position in (0, 5, 11):
        properties = stations[position]["properties"]
        rows.nth(position).locator("button").click()
        assert properties["site_id"] in find_popup(page, properties["title"]).inner_text()
        # In the records: cells of which the plan sends energy to this site.
        site_pos = sample.sites.table.index[sample.sites.table["site_id"] == properties["site_id"]][0]
        lit = int(((sample.problem.pair_site == site_pos) & (sample.solution.pair_share > 1e-6)).sum())
        assert page.locator("#reach-note").inner_text() == f"Lit: the {lit} cells that this station serves"
        assert page.evaluate(COUNT_PAINTED, "reach") > 500
        assert page.locator("tr.chosen").count() == 1
        assert page.locator(".station.chosen").get_attribute("data-site") == str(position)
    close_popup(page)
    assert page.evaluate("chargeplan.state.selected") is None
    assert page.locator("tr.chosen, .station.chosen").count() == 0
    assert page.evaluate(COUNT_PAINTED, "reach") == 0


def test_a_row_of_zones_moves_the_map(open_map, run):
    page = open_map(run / "index.html")
    page.locator("#tab-zones").click()
    assert page.locator("#zone-table tbody tr").count() == 9
    before = page.evaluate("chargeplan.state.map.getCenter().toString()")
    page.locator("#zone-table tbody tr").last.locator("button").click()
    assert page.evaluate("chargeplan.state.map.getCenter().toString()") != before


def test_a_click_on_a_cell_tells_its_demand(open_map, run, sample):
    page = open_map(run / "index.html")
    pos = int(np.argmax(sample.cells.total_kwh_day))
    lon, lat = sample.cells.lonlat[pos]
    page.evaluate(
        "([lat, lon]) => chargeplan.state.map.fire('click', { latlng: L.latLng(lat, lon) })", [lat, lon]
    )
    zone = sample.cells.zones["zone_name"].iloc[sample.cells.zone_pos[pos]]
    text = find_popup(page, zone).inner_text()
    assert f"{sample.cells.total_kwh_day[pos]:,.1f} kWh/day" in text


MARKER_LAYERS = {
    "open-candidate": ("candidate", 8),
    "open-required": ("required", 2),
    "open-existing": ("existing", 2),
}
CANVAS_LAYERS = {"demand": "cells", "unserved": "unserved", "roads": "roads"}
DOT_LAYERS = ("notChosen", "removed")


def test_each_layer_switches_off_and_on(open_map, run, wait_until):
    page = open_map(run / "index.html")
    page.locator("#tab-key").click()
    switches = page.locator("#key-list input").evaluate_all("nodes => nodes.map(n => n.id)")
    assert switches == [f"layer-{name}" for name in (
        "open-candidate", "open-required", "open-existing", "competitors", "notChosen", "removed", "demand",
        "unserved", "zones", "roads", "labels",
    )]  # fmt: skip
    for name, (status, count) in MARKER_LAYERS.items():
        shown = page.locator(f".leaflet-marker-pane .station-{status}")
        assert shown.count() == count
        page.locator(f"#layer-{name}").uncheck()
        assert shown.count() == 0
        page.locator(f"#layer-{name}").check()
        assert shown.count() == count
    for name, pane in CANVAS_LAYERS.items():
        page.locator(f"#layer-{name}").uncheck()
        assert page.evaluate(COUNT_PAINTED, pane) == -1
        page.locator(f"#layer-{name}").check()
        assert page.evaluate(COUNT_PAINTED, pane) > 1000
    for name in DOT_LAYERS:
        switch = page.locator(f"#layer-{name}")
        assert not switch.is_checked()
        blank = max(page.evaluate(COUNT_PAINTED, "dots"), 0)
        switch.check()
        wait_until(page, f"({COUNT_PAINTED})('dots').then(count => count > {blank})")
        switch.uncheck()
        wait_until(
            page, f"({COUNT_PAINTED})('dots').then(count => count <= {blank})"
        )  # the canvas is wiped in the next frame


def test_a_hidden_layer_comes_back_when_its_station_is_chosen(open_map, run, stations):
    page = open_map(run / "index.html")
    page.locator("#tab-key").click()
    page.locator("#layer-open-existing").uncheck()
    page.locator("#tab-stations").click()
    position = next(
        number for number, one in enumerate(stations) if one["properties"]["status"] == "existing"
    )
    page.locator("#station-table tbody tr").nth(position).locator("button").click()
    find_popup(page, stations[position]["properties"]["title"])
    page.locator("#tab-key").click()
    assert page.locator("#layer-open-existing").is_checked()


OPEN_EVERYTHING = """async () => {
  const map = chargeplan.state.map, shown = [];
  const take = () => {
    document.querySelectorAll(".leaflet-popup-content").forEach(node => {
      node.querySelectorAll("a, script, img, svg, iframe").forEach(one => shown.push("TAG " + one.tagName));
      node.querySelectorAll("h3, p, dt, dd").forEach(one => shown.push(one.textContent));
    });
    map.closePopup();
  };
  for (const name of ["notChosen", "removed", "competitors"]) {
    chargeplan.state.layers[name].addTo(map);
    chargeplan.state.layers[name].eachLayer(dot => { dot.openPopup(); take(); });
  }
  chargeplan.state.markers.forEach(marker => { marker.openPopup(); take(); });
  for (const zone of chargeplan.state.plan.zones) {
    map.fire("click", { latlng: L.latLng(zone[5], zone[4]) });
    take();
  }
  return shown;
}"""


@pytest.fixture(params=["desktop", "phone"])
def screen(request):
    return {} if request.param == "desktop" else PHONE


def test_hostile_names_are_shown_as_text_and_never_run(open_map, hostile_run, screen):
    page = open_map(hostile_run / "index.html", **screen)
    clean = {clean_text(text) for text in HOSTILE_TEXTS}
    texts = set(page.evaluate(OPEN_EVERYTHING))
    assert not {text for text in texts if text.startswith("TAG ")}
    assert clean <= texts
    assert page.title() == page.locator("h1").text_content() == clean_text(HOSTILE_TEXTS[0])

    def list_texts(selector):
        return set(page.locator(selector).evaluate_all("nodes => nodes.map(n => n.textContent)"))

    for tab in ("summary", "stations", "zones", "key"):
        if page.locator(f"#tab-{tab}").get_attribute("aria-selected") == "false":
            page.locator(f"#tab-{tab}").click()
        assert page.locator(f"#sheet-{tab}").is_visible()
    assert list_texts("#zone-table tbody button") == clean
    assert clean <= list_texts("#notes li")
    assert write_word(clean_text(HOSTILE_TEXTS[1])) in list_texts("#demand-table th")
    features = json.loads((hostile_run / "sites.geojson").read_text(encoding="utf-8"))["features"]
    titles = {feature["properties"]["title"] for feature in features}
    assert list_texts("#station-table tbody button") == titles
    assert all(any(text[:60] in title for text in clean) for title in titles)  # else this test tells nothing
    sources = " ".join(list_texts("#sources li"))
    credit = page.locator(".leaflet-control-attribution").text_content()
    assert all(text in sources and text in credit for text in clean)
    for zoom in (11, 13, 15, 17):  # names along roads appear as one comes nearer
        page.evaluate("zoom => chargeplan.state.map.setZoom(zoom, { animate: false })", zoom)
    page.locator("#station-table tbody button").evaluate_all(
        "nodes => nodes.forEach(node => { node.click(); node.focus(); })"
    )
    page.wait_for_timeout(200)
    assert page.evaluate("typeof window.__x") == "undefined"
    assert (
        page.evaluate(
            "[...document.querySelectorAll('body img, body a[href^=javascript], body iframe')].length"
        )
        == 0
    )


SHARE_OF_MAP = """() => {
  let free = 0, all = 0;
  for (let x = 9; x < innerWidth; x += 18) for (let y = 9; y < innerHeight; y += 18) {
    const top = document.elementFromPoint(x, y);
    all += 1;
    if (top && top.closest(".folium-map") && !top.closest(".leaflet-control-container")) free += 1;
  }
  return free / all;
}"""


@pytest.mark.parametrize("kind", ["plain", "hostile"])
def test_a_phone_has_no_sideways_scroll_and_reaches_every_switch(open_map, run, hostile_run, kind):
    page = open_map((run if kind == "plain" else hostile_run) / "index.html", **PHONE)
    if kind == "plain":
        assert page.evaluate(SHARE_OF_MAP) >= 0.5
    for tab in ("summary", "stations", "zones", "key"):
        page.locator(f"#tab-{tab}").click()
        sheet = page.locator(f"#sheet-{tab}")
        wide = sheet.evaluate("node => node.scrollWidth - node.clientWidth")
        assert wide <= 0, f"{tab} scrolls sideways by {wide} px"
        assert page.evaluate(SHARE_OF_MAP) >= 0.1, tab
        box = page.locator("#panel").bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 360
        assert box["y"] + box["height"] <= 640
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 360
    assert page.evaluate("innerWidth") == 360
    for switch in page.locator("#key-list input").all():
        switch.scroll_into_view_if_needed()
        was = switch.is_checked()
        switch.tap()  # fails when something lies over it
        assert switch.is_checked() != was
    page.locator("#tab-key").click()
    assert page.locator("#sheet-key").is_hidden()


def test_a_row_on_a_phone_frees_the_map_for_the_popup(open_map, run, stations):
    page = open_map(run / "index.html", **PHONE)
    page.locator("#tab-stations").click()
    page.locator("#station-table tbody tr").nth(2).locator("button").tap()
    popup = find_popup(page, stations[2]["properties"]["title"])
    assert page.locator("#sheet-stations").is_hidden()
    page.wait_for_timeout(400)  # the map moves the popup into view
    box = popup.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 360
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= 640


# The map is moved so that the marker lies just below the panel, where the popup has no room above it.
BRING_UNDER_PANEL = """([lat, lon]) => {
  const map = chargeplan.state.map, bottom = document.getElementById("panel").getBoundingClientRect().bottom;
  const at = map.latLngToContainerPoint([lat, lon]);
  map.panBy([at.x - innerWidth / 2, at.y - bottom - 40], { animate: false });
}"""


@pytest.mark.parametrize("size", [(360, 640), (390, 844)])
def test_a_popup_near_the_top_of_a_phone_can_be_closed(open_map, run, stations, size):
    screen = PHONE | {"viewport": {"width": size[0], "height": size[1]}}
    page = open_map(run / "index.html", **screen)
    north = max(range(len(stations)), key=lambda row: stations[row]["geometry"]["coordinates"][1])
    page.evaluate(BRING_UNDER_PANEL, stations[north]["geometry"]["coordinates"][::-1])
    page.locator(f"[data-site='{north}']").tap()
    popup = find_popup(page, stations[north]["properties"]["title"])
    page.wait_for_timeout(400)  # the map moves the popup into view
    panel = page.locator("#panel").bounding_box()
    assert popup.bounding_box()["y"] >= panel["y"] + panel["height"]
    page.locator(".leaflet-popup-close-button").tap()  # fails when something lies over it
    expect(page.locator(".leaflet-popup")).to_have_count(0)


def test_a_popup_on_a_phone_closes_an_open_tab(open_map, run):
    page = open_map(run / "index.html", **PHONE)
    page.locator("#tab-key").click()
    page.evaluate("chargeplan.state.markers[0].openPopup()")
    assert page.locator("#sheet-key").is_hidden()


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


MEASURE_CONTRAST = """selector => {
  const read = colour => colour.match(/[\\d.]+/g).map(Number);
  const bend = v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const light = rgb => {
    const [r, g, b] = rgb.slice(0, 3).map(v => bend(v / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const node = document.querySelector(selector), over = node.closest("button, .badge, .schematic") || node;
  let ground = null;
  for (let one = over; one && !ground; one = one.parentElement) {
    const found = read(getComputedStyle(one).backgroundColor);
    if (found.length < 4 || found[3] > 0.5) ground = found;
  }
  const [a, b] = [light(read(getComputedStyle(node).color)), light(ground)].sort((p, q) => q - p);
  return (a + 0.05) / (b + 0.05);
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_in_both_schemes(open_map, run, scheme):
    page = open_map(run / "index.html", color_scheme=scheme)
    for selector in ("h1", ".eyebrow", ".badge", ".outcome-note", ".schematic", "#figures dt", "#figures dd",
                     "#notes li", "#tab-stations", "#sources summary",
                     "#demand summary", "#demand-table .chain span", "#demand-table th",
                     ".leaflet-control-attribution"):  # fmt: skip
        assert page.evaluate(MEASURE_CONTRAST, selector) >= 4.5, selector  # WCAG 2.2, level AA
    dark = page.evaluate("chargeplan.state.dark")
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert dark is (scheme == "dark")
    assert (sum(int(part) for part in ground[4:-1].split(",")) < 150) is dark


ADD_UP_PIXELS = """async () => {
  await chargeplan.whenDrawn();
  const canvas = chargeplan.state.map.getPane("ground").querySelector("canvas");
  const pen = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d");
  pen.drawImage(canvas, 0, 0);
  const data = pen.getImageData(0, 0, canvas.width, canvas.height).data;
  return data.reduce((sum, value) => sum + value, 0);
}"""


def test_the_scheme_may_change_while_the_map_is_open(open_map, run, wait_until):
    page = open_map(run / "index.html", color_scheme="light")
    before = page.evaluate(ADD_UP_PIXELS)
    page.emulate_media(color_scheme="dark")
    wait_until(page, "chargeplan.state.dark")
    assert page.evaluate(ADD_UP_PIXELS) < 0.9 * before


FIND_NAMELESS = """() => {
  const controls = document.querySelectorAll("button, a[href], input, [tabindex='0'], [role=button]");
  const isNamed = node => node.getAttribute("aria-label") || node.getAttribute("aria-labelledby")
    || node.textContent.trim() || (node.labels && node.labels.length);
  return [...controls].filter(node => !isNamed(node)).map(node => node.outerHTML.slice(0, 120));
}"""


def test_every_control_has_a_name(open_map, run):
    page = open_map(run / "index.html")
    for tab in ("stations", "zones", "key", "summary"):
        page.locator(f"#tab-{tab}").click()
    nameless = page.evaluate(FIND_NAMELESS)
    assert nameless == []
    assert page.locator("#station-table th[scope=col]").count() == 6
    assert page.locator("#station-table th[scope=row]").count() == 12


def test_without_scripts_the_page_says_where_the_stations_are(browser, run):
    context = browser.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    page.goto((run / "index.html").as_uri())
    assert "sites.geojson" in page.locator("noscript").inner_text()
    context.close()


def test_a_browser_that_cannot_inflate_is_told_so(browser, run):
    context = browser.new_context(offline=True)
    context.add_init_script("delete window.DecompressionStream")
    page = context.new_page()
    page.goto((run / "index.html").as_uri())
    page.wait_for_selector("html[data-map=failed]", state="attached")
    assert "browser of 2023 or later" in page.locator("#reach-note").inner_text()
    context.close()


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
