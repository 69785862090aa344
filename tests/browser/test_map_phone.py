"""The map on a phone: everything in reach, nothing over what one looks at."""

import pytest
from map_steps import PHONE, find_popup, wait_for_rest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


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
    wait_for_rest(page)  # the map moves the popup into view
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
    wait_for_rest(page)  # the map moves the popup into view
    panel = page.locator("#panel").bounding_box()
    assert popup.bounding_box()["y"] >= panel["y"] + panel["height"]
    page.locator(".leaflet-popup-close-button").tap()  # fails when something lies over it
    expect(page.locator(".leaflet-popup")).to_have_count(0)


def test_a_popup_on_a_phone_closes_an_open_tab(open_map, run):
    page = open_map(run / "index.html", **PHONE)
    page.locator("#tab-key").click()
    page.evaluate("chargeplan.state.markers[0].openPopup()")
    assert page.locator("#sheet-key").is_hidden()
