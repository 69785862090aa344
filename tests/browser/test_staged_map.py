"""The map of a study with years, charger types, a grid, floors and rules, in Chromium."""

import json

import pandas as pd
import pytest
from map_language import find_missing
from map_steps import wait_for_rest

pytestmark = pytest.mark.browser

SIZES = {"desktop": (1280, 800), "phone": (360, 740)}


@pytest.fixture(scope="module")
def run_folder(staged_demo):
    return staged_demo


@pytest.fixture
def page(open_map, run_folder):
    return open_map(run_folder / "index.html")


def read_figures(page):
    names = page.locator("#figures dt").all_inner_texts()
    values = page.locator("#figures dd:not(.small)").all_inner_texts()
    return dict(zip(names, values, strict=True))


def choose_year(page, position):
    """Move the slider by its keys, as a reader without a mouse does."""
    slider = page.locator("#year-slider")
    slider.press("Home")
    for _ in range(position):
        slider.press("ArrowRight")


def test_choosing_a_year_shows_its_figures_and_its_stations(page, run_folder):
    years = pd.read_csv(run_folder / "years.csv")
    features = json.loads((run_folder / "sites.geojson").read_text(encoding="utf-8"))["features"]
    n_existing = sum(not feature["properties"]["is_new"] for feature in features)
    last = read_figures(page)
    assert page.locator("#year-slider").get_attribute("aria-valuetext") == "2030"
    shown = []
    for position, row in enumerate(years.to_dict("records")):
        choose_year(page, position)
        assert page.locator("#year-slider").get_attribute("aria-valuetext") == str(row["year"])
        figures = read_figures(page)
        assert figures["Demand served"] == f"{row['served_share']:.1%}"
        assert figures["New stations"] == f"{row['new_sites']:,}"
        assert page.locator("#plan-year").text_content() == str(row["year"])
        assert page.locator("[data-site]").count() == row["new_sites"] + n_existing
        assert page.locator("#year-table tr.chosen th").inner_text() == str(row["year"])
        labels = page.locator("[data-site]:not(.station-existing)").evaluate_all(
            "nodes => nodes.map(node => node.getAttribute('aria-label'))"
        )
        assert sum(int(label.split()[-2]) for label in labels) == row["new_chargers"]
        shown.append(figures)
    assert shown[0] != shown[1]
    assert shown[1] == last


def test_the_cells_of_a_year_sum_to_its_demand_and_to_what_it_serves(page, run_folder):
    years = pd.read_csv(run_folder / "years.csv")
    for position, row in enumerate(years.to_dict("records")):
        choose_year(page, position)
        demand, served = page.evaluate(
            "['demand', 'served'].map(name => chargeplan.state.cells.reduce((sum, cell) => sum + cell[name], 0))"
        )
        assert demand == pytest.approx(row["demand_kwh_day"], rel=1e-4)
        assert served == pytest.approx(row["served_kwh_day"], rel=1e-3)


def test_a_station_lights_the_cells_of_the_year_that_is_shown(page):
    choose_year(page, 0)
    site = page.locator("[data-site]:not(.station-existing)").first
    site.focus()
    page.keyboard.press("Enter")
    first = page.locator("#reach-note").inner_text()
    assert first.endswith("that this station serves in 2028")
    page.evaluate("chargeplan.showYear(1)")
    assert page.locator("#reach-note").inner_text().endswith("that this station serves in 2030")


def test_an_earlier_year_says_that_it_is_one(page):
    choose_year(page, 0)
    assert page.locator("#reach-note").inner_text() == "Map, figures and tables as of 2028"
    choose_year(page, 1)
    assert page.locator("#reach-note").is_hidden()


def test_a_station_of_a_later_year_says_why_the_year_changes(page, wait_until):
    choose_year(page, 0)
    page.locator("#tab-stations").click()
    late = page.evaluate("chargeplan.state.plan.openSites.findIndex(site => site.openedYear === 2030)")
    assert late >= 0  # else this test tells nothing
    page.locator(f"[data-row='{late}'] button").click()
    wait_until(page, "!document.getElementById('reach-note').hidden")
    assert (
        page.locator("#reach-note")
        .inner_text()
        .startswith("Now the year 2030, in which this station opens. Lit:")
    )
    assert page.locator("#year-slider").get_attribute("aria-valuetext") == "2030"
    page.locator("[data-site].station-existing, [data-site]:not(.chosen)").first.press("Enter")
    assert page.locator("#reach-note").inner_text().startswith("Lit:")


@pytest.mark.parametrize("size", [(1280, 720), (360, 640)])
def test_a_card_stays_whole_between_what_lies_on_the_map_in_either_language(open_map, run_folder, size):
    page = open_map(run_folder / "index.html", viewport={"width": size[0], "height": size[1]})
    page.evaluate("chargeplan.goToSite(chargeplan.state.map, 1)")
    for _ in ("en", "ur"):
        wait_for_rest(page)
        card = page.locator(".leaflet-popup").bounding_box()
        lowest = min(page.locator(name).bounding_box()["y"] for name in ("#year-choice", "#reach-note"))
        assert card["y"] >= 0
        assert card["y"] + card["height"] <= lowest
        if size[0] < 720:
            panel = page.locator("#panel").bounding_box()
            assert card["y"] >= panel["y"] + panel["height"]
            assert page.locator(".leaflet-control-zoom").is_hidden()
        page.locator("#language").click()


@pytest.mark.parametrize(
    ("alone", "dropped", "told"),
    [
        (0, 0.01, "nothing: other stations take its drivers"),
        (0, 1216.7, "−1,217 kWh/day served: others are full"),
        (43.6, 43.6, "−44 kWh/day served"),
        (0.4, 0.4, "−0.4 kWh/day served"),
    ],
)
def test_what_a_dropped_station_loses_is_said_in_words(page, alone, dropped, told):
    site = {"aloneKwhDay": alone, "droppedLossKwhDay": dropped, "servedKwhDay": 2000}
    assert page.evaluate("site => chargeplan.tellLoss(site)", site) == told


def test_an_unknown_headroom_says_whose_it_is(page):
    rows = page.evaluate(
        "[260, null].map(left => chargeplan.listConnection({ headroomUnknown: true, feeder: 'A',"
        " feederLeftKw: left, feederHeadroomKw: left, asset: null }).byYear)"
    )
    assert rows[0][1:] == [["Headroom left", "260 of 260 kW"], ["Headroom above it", "not known"]]
    assert rows[1] == [["Headroom", "not known"]]


def test_the_grid_is_a_layer_that_says_it_is_synthetic(page, run_folder):
    grid = pd.read_csv(run_folder / "grid.csv")
    page.locator("#tab-key").click()
    assert "SYNTHETIC" in page.locator("li:has(#layer-grid)").inner_text()
    page.locator("#layer-grid").check()
    loaded = page.evaluate(
        "chargeplan.state.assets.filter(one => chargeplan.getAssetYear(one).load > 0)"
        ".map(one => [one.name, one.lat, one.lon, chargeplan.getAssetYear(one).load])"
    )
    last = grid[(grid["year"] == 2030) & (grid["load_kw"] > 0)]
    assert sorted(row[3] for row in loaded) == pytest.approx(sorted(last["load_kw"]), abs=0.06)
    name, lat, lon, _ = loaded[0]
    page.evaluate(
        "([lat, lon]) => { chargeplan.state.layers['open-candidate'].remove();"
        " chargeplan.state.layers['open-existing'].remove();"
        " chargeplan.state.map.setView([lat, lon], 16, { animate: false }); }",
        [lat, lon],
    )
    wait_for_rest(page)
    page.evaluate(
        "([lat, lon]) => void chargeplan.state.map.fire('click', { latlng: L.latLng(lat, lon) })", [lat, lon]
    )
    card = page.locator(".popup-card")
    assert name in card.inner_text()
    assert "New load by 2030" in card.inner_text()
    assert "SYNTHETIC" in card.inner_text()


@pytest.mark.parametrize("size", SIZES)
def test_the_mark_of_the_chosen_year_lies_clear_of_its_number(open_map, run_folder, size):
    width, height = SIZES[size]
    page = open_map(run_folder / "index.html", viewport={"width": width, "height": height})
    if page.locator("#tab-summary").get_attribute("aria-selected") != "true":
        page.locator("#tab-summary").click()
    padding = page.locator("#year-table tr.chosen th").evaluate(
        "node => parseFloat(getComputedStyle(node).paddingInlineStart)"
    )
    assert padding >= 6  # the mark is 3 wide


def test_a_broken_rule_is_in_sight_without_a_click(page, run_folder):
    states = set(pd.read_csv(run_folder / "rules.csv")["state"])
    assert "broken" in states  # else this test tells nothing
    broken = page.locator("#rules .rule-broken")
    assert broken.count() > 0
    assert broken.first.is_visible()
    assert f"{broken.count()} broken" in page.locator("#rules summary").inner_text()
    states = pd.read_csv(run_folder / "rules.csv").drop_duplicates(["year", "rule_id"], keep="last")
    assert not states["must"].any()
    assert "broken (reported only)" in page.locator("#rules summary").inner_text()
    assert page.locator("#rules.has-broken").count() == 0  # nothing that must be kept is broken
    page.locator("#tab-key").click()
    page.locator("#layer-rules").check()
    assert page.evaluate("chargeplan.state.layers.rules.getLayers().length") > 0


def test_types_grid_and_floors_are_told(page, run_folder):
    assert "SYNTHETIC grid" in page.locator("#card").inner_text()
    page.locator("#tab-zones").click()
    zones = page.locator("#zone-table")
    assert "Of usable" in zones.locator("thead").inner_text()
    assert "floor 2.0 %" in zones.inner_text()
    page.locator("#tab-stations").click()
    page.locator("#station-table tbody button").first.click()
    card = page.locator(".popup-card").inner_text()
    assert "slow" in card or "fast" in card
    assert "Grid" in card or "Headroom" in card


def test_the_cost_is_of_all_money_and_names_the_charge(page, run_folder):
    last = pd.read_csv(run_folder / "years.csv").iloc[-1]
    assert last["risk_pkr"] > 0  # else this test tells nothing
    small = page.locator("#figures").inner_text()
    assert "risk charge" in small
    assert "not spent" in small


@pytest.mark.parametrize("size", SIZES)
def test_nothing_is_wider_than_its_screen(open_map, run_folder, size):
    width, height = SIZES[size]
    page = open_map(run_folder / "index.html", viewport={"width": width, "height": height})
    for tab in ("summary", "stations", "zones", "key"):
        if page.locator(f"#tab-{tab}").get_attribute("aria-selected") != "true":
            page.locator(f"#tab-{tab}").click()
        sheet = page.locator(f"#sheet-{tab}")
        assert sheet.evaluate("node => node.scrollWidth - node.clientWidth") <= 0, tab
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("size", SIZES)
def test_names_of_zones_lie_clear_of_stations_and_of_each_other(open_map, run_folder, size):
    width, height = SIZES[size]
    page = open_map(run_folder / "index.html", viewport={"width": width, "height": height})
    names = page.evaluate("chargeplan.state.zoneNames.map(n => n.box)")
    faces = page.evaluate("chargeplan.state.placedMarks.map(mark => mark.box)")
    assert len(names) >= 5
    assert len(faces) > 0

    def meet(a, b):
        return a[0] < b[2] and a[2] > b[0] and a[1] < b[3] and a[3] > b[1]

    assert [(n, f) for n in names for f in faces if meet(n, f)] == []
    assert [(a, b) for i, a in enumerate(names) for b in names[i + 1 :] if meet(a, b)] == []


def test_cards_let_nothing_of_the_map_through(page):
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        colour = page.locator("#panel").evaluate("node => getComputedStyle(node).backgroundColor")
        assert colour.startswith("rgb("), colour  # rgba() would let the map shine through


def test_every_text_of_a_staged_map_has_urdu(open_map, run_folder):
    page = open_map(run_folder / "index.html", locale="ur-PK")
    assert page.evaluate("chargeplan.state.assets.length") > 0
    assert find_missing(page) == []
