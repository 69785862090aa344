"""The map in Urdu: every text of the page has its word, names stay, figures keep their digits."""

import re
from dataclasses import replace

import pytest
from map_language import find_missing
from sample_bundle import URDU, build_sample_bundle

from chargeplan.publish.map_words import read_urdu_words
from chargeplan.publish.run_folder import list_linked_files, publish_run
from chargeplan.tables import URDU_NAMES, make_table

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

pytestmark = pytest.mark.browser

ISOLATES = re.compile("[\u2066-\u2069]")


def test_every_text_of_the_page_has_urdu(open_map, run):
    page = open_map(run / "index.html", locale="ur-PK")
    assert page.evaluate("[document.documentElement.lang, document.documentElement.dir]") == ["ur", "rtl"]
    assert find_missing(page) == []


def test_a_text_without_urdu_is_found(open_map, run):
    page = open_map(run / "index.html", locale="ur-PK")
    page.evaluate("chargeplan.tell('Quite another sentence')")
    assert find_missing(page) == ["Quite another sentence"]


def test_the_button_changes_the_language_and_back(open_map, run):
    page = open_map(run / "index.html")
    texts = """[...document.querySelectorAll('#panel *, .station')].map(
      n => [n.textContent, n.getAttribute('aria-label')].join('|'))"""
    before = page.evaluate(texts)
    assert page.locator("#language").get_attribute("lang") == "ur"
    page.locator("#language").click()
    assert page.evaluate("[document.documentElement.lang, document.documentElement.dir]") == ["ur", "rtl"]
    assert page.locator("#tab-stations").inner_text() == read_urdu_words()["Stations"]
    marker = page.locator("[data-site='0']").get_attribute("aria-label")
    assert read_urdu_words()["Stations"][:4] in marker
    assert page.title() == f"{read_urdu_words()['Charging plan']}: Sample study"
    panel, middle = page.locator("#panel").bounding_box(), page.evaluate("innerWidth / 2")
    assert panel["x"] > middle
    page.locator("#language").click()
    assert page.evaluate("[document.documentElement.lang, document.documentElement.dir]") == ["en", "ltr"]
    assert page.evaluate(texts) == before
    assert page.title() == "Sample study"
    assert page.locator("#panel").bounding_box()["x"] < middle


def list_names(page):
    """What the rows of the stations show: the name, and those beside it."""
    return page.evaluate(
        "[...document.querySelectorAll('#station-table tbody th')].map(head =>"
        " [head.querySelector('button'), ...head.querySelectorAll('.other-name')].map(node => node.textContent))"
    )


def test_stations_bear_their_urdu_name_in_urdu_and_the_english_one_in_english(open_map, run):
    """Every station of the sample has both; some have a local name too."""
    page = open_map(run / "index.html")
    page.locator("#tab-stations").click()
    before = list_names(page)
    assert all(names[0].startswith("Blue Area Station") and URDU in names[1:] for names in before)
    page.locator("#language").click()
    for names, english in zip(list_names(page), before, strict=True):
        assert names[0] == URDU
        assert sorted(names) == sorted(english)
    page.evaluate("chargeplan.goToSite(chargeplan.state.map, 0)")
    card = page.locator(".popup-card .popup-name").all_text_contents()
    assert (card[0], sorted(card)) == (URDU, sorted(before[0]))
    marker = page.locator(".station[data-site='0']").get_attribute("aria-label")
    assert URDU in marker
    assert "Blue Area" not in marker
    page.locator("#language").click()
    assert list_names(page) == before
    assert page.locator(".popup-card .popup-name").all_text_contents() == before[0]


def find(page, text):
    page.locator("#search-box").fill(text)
    return page.locator("#search-list .found-name").all_text_contents()


def test_a_road_is_written_and_found_by_either_name(open_map, tmp_path):
    bundle = build_sample_bundle()
    name = next(name for name in bundle.network.roads["name"] if name)
    pairs = make_table(URDU_NAMES, {"name": [name], "name_ur": ["نمونہ سڑک"]})
    network = replace(bundle.network, urdu_names=pairs)
    page = open_map(publish_run(tmp_path / "road", replace(bundle, network=network)) / "index.html")
    assert find(page, "نمونہ سڑک") == [name]
    assert name in find(page, name)
    page.locator("#language").click()
    assert find(page, name)[0] == "نمونہ سڑک"
    assert find(page, "نمونہ سڑک") == ["نمونہ سڑک"]
    page.locator("#search-box").fill("")
    written = page.evaluate("""async () => {
      const texts = [], fill = CanvasRenderingContext2D.prototype.fillText;
      CanvasRenderingContext2D.prototype.fillText = function (text, ...at) {
        texts.push(text);
        fill.call(this, text, ...at);
      };
      chargeplan.state.map.setZoom(15, { animate: false });
      chargeplan.state.layers.labels.redraw();
      await chargeplan.whenDrawn();
      return texts;
    }""")
    assert name not in written


def test_figures_stay_as_they_are(open_map, run):
    page = open_map(run / "index.html", locale="ur-PK")
    figures = ISOLATES.sub("", page.locator("#figures").inner_text())
    assert "45.6%" in figures
    assert "kWh" in figures
    assert not re.search(
        "[\u0660-\u0669\u06f0-\u06f9]", page.locator("body").inner_text()
    )  # Latin digits only


def test_a_name_that_is_a_word_of_the_page_stays_in_a_card(open_map, tmp_path):
    """Every zone is called Market, which is a kind of place too."""
    bundle = build_sample_bundle()
    cells = replace(bundle.cells, zones=bundle.cells.zones.assign(zone_name="Market"))
    folder = publish_run(tmp_path / "market", replace(bundle, cells=cells))
    page = open_map(folder / "index.html", locale="ur-PK")
    page.evaluate("chargeplan.state.markers[0].openPopup(), 0")
    row = page.locator(".popup-card dt", has_text=read_urdu_words()["Zone"]).first
    assert row.evaluate("n => n.nextElementSibling.textContent") == "Market"


def test_warnings_stay_english_and_are_marked_so(open_map, run):
    page = open_map(run / "index.html", locale="ur-PK")
    for node in page.locator("#notes li").all():
        assert node.get_attribute("lang") == "en"
        assert node.get_attribute("dir") == "ltr"


@pytest.mark.parametrize("size", [(1280, 800), (390, 844), (360, 640)])
def test_urdu_fits_its_screen_and_the_plan_lies_beside_the_panel(open_map, run, size):
    page = open_map(run / "index.html", locale="ur-PK", viewport={"width": size[0], "height": size[1]})
    panel = page.locator("#panel").bounding_box()
    corners = page.evaluate(
        """(() => {
          const box = chargeplan.boundPlan(), map = chargeplan.state.map;
          return [box.getNorthWest(), box.getSouthEast()].map(c => {
            const at = map.latLngToContainerPoint(c);
            return [at.x, at.y];
          });
        })()"""
    )
    if size[0] > 720:
        assert corners[1][0] <= panel["x"]
    else:
        assert corners[0][1] >= panel["y"] + panel["height"]
    assert min(corners[0]) >= 0
    for tab in ("summary", "stations", "zones", "key"):
        page.evaluate("tab => chargeplan.openTab(tab)", tab)
        assert page.locator(f"#sheet-{tab}").evaluate("n => n.scrollWidth - n.clientWidth") <= 0, tab
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]


def test_the_config_chooses_the_first_language(open_map, tmp_path):
    bundle = build_sample_bundle()
    settings = dict(bundle.settings_as_run)
    settings["publish"] = dict(settings.get("publish", {})) | {"language": "ur"}
    folder = publish_run(tmp_path / "urdu", replace(bundle, settings_as_run=settings))
    page = open_map(folder / "index.html")
    assert page.evaluate("document.documentElement.lang") == "ur"


def test_the_names_of_files_have_words(run):
    words = read_urdu_words()
    assert all(what in words for _, what in list_linked_files(build_sample_bundle()))


def test_names_sort_by_what_is_shown(open_map, run):
    """In Urdu the names of the stations run against the English ones; the order follows the language."""
    page = open_map(run / "index.html")
    page.locator("#tab-stations").click()
    page.evaluate(
        "() => { const names = chargeplan.state.plan.openSites.map(site => site.name);"
        " names.sort(new Intl.Collator('en', { numeric: true }).compare).reverse();"
        " names.forEach((name, at) => { chargeplan.state.plan.urduNames[name] = `پمپ ${at}`; }); }"
    )
    head = page.locator("#station-table thead button").nth(1)
    head.click()
    english = [names[0] for names in list_names(page)]
    assert english == sorted(english, key=lambda name: int(name.split()[-1]))
    page.locator("#language").click()
    urdu = [names[0] for names in list_names(page)]
    assert urdu == [f"پمپ {at}" for at in range(len(english))]
    head.click()
    assert [names[0] for names in list_names(page)] == urdu[::-1]
