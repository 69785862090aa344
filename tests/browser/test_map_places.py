"""Names of places on the map, the small legend, and what the search shows for a moment."""

from dataclasses import replace

import pytest
from sample_bundle import EAST, NORTH, SOUTH, WEST, build_sample_bundle

from chargeplan.publish.run_folder import publish_run
from chargeplan.records import Settlements
from chargeplan.tables import SETTLEMENTS, make_table

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
PHONE = {"viewport": {"width": 360, "height": 640}, "is_mobile": True, "has_touch": True}
NAMES = "chargeplan.state.placeNames.map(place => place.name)"


@pytest.fixture(scope="module")
def crowded(tmp_path_factory):
    """2,000 places, 40 of each kind before the last."""
    kinds = ["city", "town", "suburb", "village", "quarter", "neighbourhood", "hamlet", "locality"]
    rows = [
        (f"n{at}", kinds[min(at // 40, 7)], f"Place {at}", "", WEST + (EAST - WEST) * (at * 0.618 % 1), y)
        for at in range(2000)
        for y in [SOUTH + (NORTH - SOUTH) * at / 2000]
    ]
    table = make_table(
        SETTLEMENTS, {column.name: [row[at] for row in rows] for at, column in enumerate(SETTLEMENTS)}
    )
    bundle = replace(build_sample_bundle(), settlements=Settlements(table))
    return publish_run(tmp_path_factory.mktemp("maps") / "crowded", bundle)


def look(page, zoom, lat=33.7, lon=73.045):
    page.evaluate(f"chargeplan.state.map.setView([{lat}, {lon}], {zoom}, {{ animate: false }})")
    page.evaluate("chargeplan.whenDrawn()")


def find(page, text):
    page.locator("#search-box").fill(text)
    return [
        [option.locator(".found-name").text_content(), option.locator(".kind").text_content()]
        for option in page.locator("#search-list [role=option]").all()
    ]


# Names of places


def test_places_are_named_on_the_map_by_their_rank(open_map, run):
    page = open_map(run / "index.html")
    look(page, 12.7)
    assert page.evaluate(NAMES) == ["Sample City", "H-12", "Saidpur"]
    look(page, 14)  # who is that near knows the city
    assert "Sample City" not in page.evaluate(NAMES)


def test_in_urdu_places_bear_their_urdu_names_where_they_have_one(open_map, run):
    page = open_map(run / "index.html")
    page.locator("#language").click()
    look(page, 12.7)
    assert page.evaluate(NAMES) == ["نمونہ شہر", "ایچ - 12", "Saidpur"]
    assert page.evaluate("[...chargeplan.state.words.missing]") == []


# From afar the stations leave little room within the distance that a city's name may move.
@pytest.mark.parametrize(("zoom", "least"), [(10, 1), (12, 3), (14, 3)])
def test_names_cover_neither_each_other_nor_a_station_and_leave_room(open_map, crowded, zoom, least):
    page = open_map(crowded / "index.html")
    look(page, zoom)
    boxes = page.evaluate("chargeplan.state.placeNames.map(place => place.box)")
    marks = page.evaluate("chargeplan.state.placedMarks.map(mark => mark.box)")
    drawn_px2 = page.evaluate("1280 * 800 * (1 + 2 * chargeplan.MARGIN) ** 2")
    assert least <= len(boxes) <= drawn_px2 / 14000 + 1
    for at, box in enumerate(boxes):
        for other in [*boxes[:at], *marks]:
            assert box[0] >= other[2] or box[2] <= other[0] or box[1] >= other[3] or box[3] <= other[1]


def test_two_thousand_names_are_placed_in_short_pieces(open_map, crowded):
    page = open_map(crowded / "index.html")
    look(page, 13.5)
    measured = page.evaluate("""() => {
      const state = chargeplan.state, pen = document.createElement("canvas").getContext("2d");
      const size = state.map.getSize(), factor = Math.pow(2, 13.5 - chargeplan.LOCAL_ZOOM);
      const shift = [size.x / 2, size.y / 2], view = { zoom: 13.5, factor, ratio: 1, shift, left: -shift[0] / factor,
        top: -shift[1] / factor, right: (size.x - shift[0]) / factor, bottom: (size.y - shift[1]) / factor };
      let measured = 0;
      const measure = pen.measureText.bind(pen);
      pen.measureText = text => { measured += 1; return measure(text); };
      const pieces = chargeplan.drawPlaceNames(pen, view, chargeplan.getColours(), [], state.places), counts = [];
      for (let isDone = false; !isDone;) {
        measured = 0;
        isDone = pieces.next().done;
        counts.push(measured);
      }
      return counts;
    }""")
    assert len(measured) > 3
    assert max(measured) <= 6  # to measure a text is what takes time


# Search


def test_a_sector_is_found_however_it_is_spelt_and_before_roads(open_map, run):
    page = open_map(run / "index.html")
    for text in ("h12", "H-12", "h 12"):
        assert find(page, text)[0] == ["H-12", "Suburb"]
    page.keyboard.press("Enter")
    page.evaluate("chargeplan.whenDrawn()")
    assert "H-12" in page.evaluate(NAMES)
    centre = page.evaluate("Object.values(chargeplan.state.map.getCenter())")
    assert centre == pytest.approx([33.678, 73.017], abs=1e-3)


def test_roads_that_differ_by_spelling_are_found_once(open_map, tmp_path):
    bundle = build_sample_bundle()
    names = (
        bundle.network.roads["name"]
        .replace({"Jinnah Avenue 6": "Jinnah avenue-0"})
        .replace({"Jinnah Avenue 12": "JINNAH AVENUE 0"})
    )
    network = replace(bundle.network, roads=bundle.network.roads.assign(name=names))
    page = open_map(publish_run(tmp_path / "run", replace(bundle, network=network)) / "index.html")
    assert [name.casefold() for name, kind in find(page, "jinnah avenue 0") if kind == "Road"] == [
        "jinnah avenue 0"
    ]


def test_a_candidate_that_was_found_goes_with_its_card(open_map, run):
    page = open_map(run / "index.html")
    site = page.evaluate("chargeplan.state.plan.otherSites.find(site => site[4] === 'candidate' && site[2])")
    page.locator("#search-box").fill(site[2])
    page.locator("#search-list li", has_text="Candidate").first.click()
    expect(page.locator(".leaflet-popup .popup-kind")).to_have_text("Candidate, not chosen")
    signs = (
        "Object.values(chargeplan.state.map._layers).filter(layer => layer instanceof chargeplan.Sign).length"
    )
    shown = page.evaluate(signs)
    page.locator(".leaflet-popup-close-button").click()
    assert page.evaluate(signs) == shown - 1
    assert not page.evaluate("chargeplan.state.map.hasLayer(chargeplan.state.layers.notChosen)")


def test_a_place_that_is_sought_is_shown_where_names_are_off(open_map, run):
    page = open_map(run / "index.html")
    page.evaluate("chargeplan.state.layers.labels.remove()")
    find(page, "h12")
    page.keyboard.press("Enter")
    expect(page.locator(".popup-card")).to_contain_text("H-12")


def test_the_name_of_a_city_stays_near_its_point(open_map, run):
    page = open_map(run / "index.html", **PHONE)
    drawn = page.evaluate("""() => {
      const view = { left: -900, right: 900, top: -900, bottom: 900, factor: 0.25, zoom: 10, shift: [900, 900] };
      const pen = new OffscreenCanvas(10, 10).getContext("2d"), point = chargeplan.fromLocal([0, 0]), taken = [];
      const look = { stretch: 0, colours: chargeplan.getColours(), seen: {}, measured: 0, room: 9 };
      return [0, 40].map(wide => {
        chargeplan.state.placeNames = [];
        look.seen = {};
        chargeplan.drawPlaceName(pen, view, ["Metropolis", "", 0, point.lng, point.lat], look,
          [[900 - wide, 900 - wide, 900 + wide, 900 + wide]], taken);
        return chargeplan.state.placeNames.length;
      });
    }""")
    assert drawn == [1, 0]


# The legend


def test_the_legend_lies_on_the_map_and_follows_the_layers(open_map, run):
    page = open_map(run / "index.html")
    legend = page.locator("#legend")
    expect(legend).to_contain_text("Demand not served")
    page.locator("#tab-key").click()
    page.locator("#layer-unserved").uncheck()
    expect(legend).not_to_contain_text("Demand not served")
    look(page, 14)
    expect(legend.locator(".kind-key li").first).to_be_visible()
    page.locator("#tab-summary").click()
    legend.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#legend-body")).to_be_hidden()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#sheet-key")).to_be_visible()


def test_the_legend_of_a_link_shows_what_the_link_shows(open_map, run):
    page = open_map(run / "index.html")
    page.evaluate("window.location.hash = '#layers=roads,zones,open-candidate'")
    legend = page.locator("#legend")
    expect(legend).not_to_contain_text("Demand not served")
    expect(legend).to_contain_text("Zones by the share served")
    expect(legend.locator(".legend-ramp")).to_have_count(0)


MOVE_STATIONS = """places => {
  const map = chargeplan.state.map, sites = chargeplan.state.plan.openSites;
  sites.forEach((site, at) => {
    const where = map.containerPointToLatLng(places[at % places.length]);
    Object.assign(site, { lat: where.lat, lon: where.lng });
  });
  const view = map.getCenter().toString() + map.getZoom();
  chargeplan.placeLegend();
  const classes = document.getElementById("legend").classList;
  return [classes.contains("above"), view !== map.getCenter().toString() + map.getZoom()];
}"""
COVERED_STATIONS = """() => [...document.querySelectorAll(".leaflet-marker-pane [data-site]")].filter(one => {
  const box = one.getBoundingClientRect(), other = document.getElementById("legend").getBoundingClientRect();
  return box.right > other.left && box.left < other.right && box.bottom > other.top && box.top < other.bottom;
}).map(one => one.dataset.site)"""


def test_the_legend_moves_up_where_it_would_cover_stations(open_map, run):
    page = open_map(run / "index.html")
    page.evaluate("chargeplan.state.legendRoom = null; chargeplan.fitPlan(chargeplan.state.map)")
    assert page.evaluate(MOVE_STATIONS, [[1220, 650]]) == [True, False]
    assert page.evaluate(MOVE_STATIONS, [[1220, 60]]) == [False, False]


@pytest.mark.parametrize("width", [800, 1000, 1280, 1600])
@pytest.mark.parametrize("language", ["en", "ur"])
def test_the_legend_covers_no_station_of_the_map_as_it_opens(open_map, run, width, language):
    page = open_map(run / "index.html", viewport={"width": width, "height": 720})
    if language == "ur":
        page.locator("#language").click()
    assert page.evaluate(COVERED_STATIONS) == []


def test_a_legend_that_the_reader_opened_stays_open(open_map, run):
    page = open_map(run / "index.html", viewport={"width": 800, "height": 720})
    legend = page.locator("#legend")
    assert legend.get_attribute("open") is None  # no room beside the stations
    legend.locator("summary").click()
    page.locator("#language").click()
    expect(page.locator("#legend-body")).to_be_visible()


def test_the_legend_leaves_the_view_of_a_link_and_of_a_reader_alone(open_map, run):
    page = open_map(run / "index.html")
    page.evaluate("chargeplan.state.map.panBy([-90, -60], { animate: false })")
    assert page.evaluate(MOVE_STATIONS, [[1220, 650], [1220, 60]]) == [False, False]


@pytest.mark.parametrize("width", [800, 1000, 1280, 1600])
def test_the_legend_leaves_scale_and_credits_free(open_map, run, width):
    page = open_map(run / "index.html", viewport={"width": width, "height": 720})
    legend = page.locator("#legend").bounding_box()
    for name in (".leaflet-control-scale", ".leaflet-control-attribution", "#panel", ".leaflet-control-zoom"):
        box = page.locator(name).bounding_box()
        assert (
            legend["x"] >= box["x"] + box["width"]
            or legend["x"] + legend["width"] <= box["x"]
            or legend["y"] >= box["y"] + box["height"]
            or legend["y"] + legend["height"] <= box["y"]
        ), name


def test_on_a_phone_the_legend_is_a_button(open_map, run):
    page = open_map(run / "index.html", **PHONE)
    expect(page.locator("#legend-body")).to_be_hidden()
    page.locator("#legend summary").tap()
    expect(page.locator("#legend-body")).to_be_visible()
    page.locator("#legend-more").tap()
    expect(page.locator("#sheet-key")).to_be_visible()
    expect(page.locator("#legend-body")).to_be_hidden()


def test_the_legend_of_the_screen_is_not_printed(open_map, run):
    page = open_map(run / "index.html")
    page.emulate_media(media="print")
    expect(page.locator("#legend")).to_be_hidden()
