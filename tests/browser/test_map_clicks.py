"""What the map does by mouse and by keyboard: cards, rows of the tables, layers."""

import numpy as np
import pytest
from map_steps import COUNT_PAINTED, close_popup, find_popup

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


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


def test_a_chosen_zone_has_a_line_round_it_while_its_card_is_open(open_map, run):
    page = open_map(run / "index.html")
    page.locator("#tab-zones").click()
    buttons = page.locator("#zone-table tbody button")
    painted = []
    for row in (0, 3, 3):
        title = buttons.nth(row).inner_text()
        buttons.nth(row).click()
        expect(page.locator(".leaflet-popup")).to_have_count(1)  # the one before has faded
        find_popup(page, title)
        wanted = page.evaluate(
            "name => chargeplan.state.plan.zones.findIndex(zone => zone[0] === name)", title
        )
        assert page.evaluate("chargeplan.state.chosenZone") == wanted
        painted.append(page.evaluate(COUNT_PAINTED, "reach"))
    assert min(painted) > 500
    close_popup(page)
    assert page.evaluate("chargeplan.state.chosenZone") is None
    assert max(page.evaluate(COUNT_PAINTED, "reach"), 0) == 0


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
