"""How one finds things on the map: search, tables that sort, links to a view."""

import re

import pytest
from map_steps import wait_for_rest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

PHONE = {
    "viewport": {"width": 360, "height": 640},
    "is_mobile": True,
    "has_touch": True,
    "device_scale_factor": 2,
}


def read_rows(page, table="station-table"):
    return page.locator(f"#{table} tbody tr").evaluate_all(
        """rows => rows.filter(row => !row.hidden).map(
          row => [...row.cells].map(cell => (cell.querySelector('button, span') || cell).textContent))"""
    )


# Tables


def test_the_table_has_the_rows_and_figures_of_the_geojson(open_map, run, stations):
    page = open_map(run / "index.html")
    page.locator("#tab-stations").click()
    expected = []
    for feature in stations:
        figures = feature["properties"]
        use, cost = figures["utilisation_share"], figures["cost_pkr"]
        expected.append([
            str(figures["rank"]), figures["title"], str(figures["chargers"]), f"{figures['served_kwh_day']:,.0f}",
            f"{100 * use:.1f} %" if 0 < use < 0.0995 else f"{100 * use:,.0f} %",
            f"{cost / 1e6:,.1f}" if cost > 0 else "–",
        ])  # fmt: skip
    assert read_rows(page) == expected


@pytest.mark.parametrize("column", range(6))
def test_each_column_sorts_both_ways_and_says_so(open_map, run, column):
    page = open_map(run / "index.html")
    page.locator("#tab-stations").click()
    head = page.locator("#station-table thead th").nth(column)
    before = sorted(map(tuple, read_rows(page)))

    def read_column():
        texts = [row[column] for row in read_rows(page)]
        known = [text for text in texts if text != "–"]
        assert texts[: len(known)] == known  # what has no value comes last
        return known if column == 1 else [float(re.sub(r"[,% ]", "", text)) for text in known]

    head.locator("button").click()
    first, order = read_column(), head.get_attribute("aria-sort")
    assert order == ("ascending" if column == 1 else "descending")
    if column != 1:
        assert first == sorted(first, reverse=True)
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == ("descending" if column == 1 else "ascending")
    assert len(set(first)) == 1 or read_column() != first
    assert page.locator("#station-table [aria-sort]").count() == 1
    assert sorted(map(tuple, read_rows(page))) == before


@pytest.mark.parametrize("place", ["tbody button", "tbody td:last-child"])
def test_a_sorted_row_still_opens_its_own_station(open_map, run, place):
    page = open_map(run / "index.html")
    page.locator("#tab-stations").click()
    page.locator("#station-table thead button").nth(1).click()
    name = read_rows(page)[0][1]
    page.locator(f"#station-table {place}").first.click()
    expect(page.locator(".popup-card h3")).to_have_text(name)
    assert page.locator("#station-table tr.chosen button").inner_text() == name


def test_the_table_shows_one_status_or_kind(open_map, run, stations):
    page = open_map(run / "index.html")
    page.locator("#tab-stations").click()
    page.locator("#station-filter").select_option("status:existing")
    assert len(read_rows(page)) == sum(one["properties"]["status"] == "existing" for one in stations) > 0
    page.locator("#station-filter").select_option("")
    assert len(read_rows(page)) == len(stations)


def test_zones_sort_and_their_bars_are_their_shares(open_map, run):
    page = open_map(run / "index.html")
    page.locator("#tab-zones").click()
    head = page.locator("#zone-table thead th").nth(3)
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    rows = page.locator("#zone-table tbody tr").evaluate_all(
        """rows => rows.map(
          row => [row.cells[3].textContent, row.querySelector('.bar span').style.width].map(parseFloat))"""
    )
    shares = [share for share, _ in rows]
    assert shares == sorted(shares, reverse=True)
    assert all(abs(share - bar) <= 0.5 for share, bar in rows)


# Search


def search(page, text):
    page.locator("#search-box").fill(text)
    return page.locator("#search-list .found-name").all_inner_texts()


def test_typing_lists_names_and_the_keyboard_picks_one(open_map, run, stations):
    page = open_map(run / "index.html")
    name = stations[3]["properties"]["title"]
    assert name in search(page, name.upper())
    box = page.locator("#search-box")
    assert box.get_attribute("aria-expanded") == "true"
    names = page.locator("#search-list .found-name").all_inner_texts()
    for _ in range(names.index(name) + 1):
        box.press("ArrowDown")
    chosen = page.locator("#search-list [aria-selected=true]")
    assert chosen.get_attribute("id") == box.get_attribute("aria-activedescendant")
    assert chosen.locator(".found-name").inner_text() == name
    box.press("Enter")
    expect(page.locator(".popup-card h3")).to_have_text(name)
    assert box.get_attribute("aria-expanded") == "false"
    assert page.locator("#search-list").is_hidden()


def test_escape_closes_the_list_and_then_empties_the_box(open_map, run):
    page = open_map(run / "index.html")
    assert search(page, "a")
    page.locator("#search-box").press("Escape")
    assert page.locator("#search-list").is_hidden()
    assert page.locator("#search-box").input_value() == "a"
    page.locator("#search-box").press("Escape")
    assert page.locator("#search-box").input_value() == ""


FOUND_BY = [
    ("Café Île-de-France", "cafe ile de"),
    ("F-10 Markaz", "f10"),
    ("Khayaban-e-Johar", "KHAYABAN JOHAR"),
    ("شیل پٹرول پمپ", "پٹرول"),
    ("شیل پٹرول پمپ", "شيل"),  # the Arabic letter where Urdu has its own
    ("بہارہ کہو", "بهاره كهو"),
    ("People's Colony", "peoples"),
]


def test_names_are_found_without_accents_case_hyphens_and_in_urdu(open_map, run):
    page = open_map(run / "index.html")
    find = """([name, typed]) => chargeplan.findNames(
      [{ keys: [chargeplan.simplify(name)] }, { keys: [chargeplan.simplify("Quite other")] }], typed).length"""
    assert [case for case in FOUND_BY if page.evaluate(find, list(case)) != 1] == []


def test_roads_zones_and_other_sites_are_found_and_come_into_view(open_map, run, wait_until):
    page = open_map(run / "index.html")
    groups = page.evaluate(
        """() => Object.fromEntries(chargeplan.buildIndex(chargeplan.state.map, chargeplan.state.plan).map(
          entry => [entry.group, entry.names[0]]))"""
    )
    assert {"Road", "Zone", "Competitor", "Candidate, not chosen", "New station"} <= set(groups)
    for group in ("Road", "Zone", "Competitor", "Candidate, not chosen"):
        page.evaluate("chargeplan.fitPlan(chargeplan.state.map)")
        before = page.evaluate("chargeplan.state.map.getBounds().toBBoxString()")
        search(page, groups[group])
        option = page.locator("#search-list li", has_text=group).first
        option.click()
        wait_until(page, f"chargeplan.state.map.getBounds().toBBoxString() !== '{before}'")
    expect(page.locator(".popup-kind").last).to_have_text("Candidate, not chosen")


@pytest.mark.parametrize("name", ["constructor", "toString", "__proto__"])
def test_names_that_every_object_knows_are_names_of_the_search(open_map, run, name):
    page = open_map(run / "index.html")
    page.evaluate(
        "name => { chargeplan.state.plan.openSites[0].name = name; }",
        name,
    )
    assert name in search(page, name)
    page.locator("#language").click()
    assert page.evaluate("name => chargeplan.nameOf(name)", name) == name


def test_what_is_not_on_the_map_is_said(open_map, run):
    page = open_map(run / "index.html")
    assert search(page, "qqqqq") == []
    assert page.locator("#search-note").inner_text() == "Nothing of this name is on the map"


def test_a_phone_unfolds_the_search(open_map, run, stations):
    page = open_map(run / "index.html", **PHONE)
    assert page.locator("#search-box").is_hidden()
    page.locator("#open-search").tap()
    name = stations[0]["properties"]["title"]
    search(page, name)
    page.locator("#search-list li", has_text=name).first.tap()
    expect(page.locator(".popup-card h3")).to_have_text(name)


def test_a_share_is_all_only_when_nothing_lacks(open_map, run):
    page = open_map(run / "index.html")
    shown = page.evaluate("[1, 0.9999, 0.9951, 0.994, 0.09, 0].map(chargeplan.formatShare)")
    assert shown == ["100 %", "99.9 %", "99.5 %", "99 %", "9.0 %", "0 %"]


# Links to a view


def test_a_link_shows_the_chosen_zone_with_its_card_above_it(open_map, run):
    page = open_map(run / "index.html")
    page.locator("#tab-zones").click()
    page.locator("#zone-table tbody button").nth(2).click()
    title = page.locator("#zone-table tbody button").nth(2).inner_text()
    expect(page.locator(".popup-card h3")).to_have_text(title)
    top = page.evaluate("chargeplan.fromLocal(chargeplan.state.zoneTops[chargeplan.state.chosenZone]).lat")
    assert page.evaluate("chargeplan.state.map._popup.getLatLng().lat") == pytest.approx(top)
    assert page.evaluate("chargeplan.state.plan.zones[chargeplan.state.chosenZone][5]") < top
    fragment = page.evaluate("chargeplan.writeFragment()")
    open_link(page, run, fragment)
    expect(page.locator(".popup-card h3")).to_have_text(title)
    assert page.evaluate("chargeplan.state.plan.zones[chargeplan.state.chosenZone][0]") == title


def open_link(page, run, fragment):
    """Open the page anew; a change of the fragment alone would not load it."""
    page.goto("about:blank")
    page.goto((run / "index.html").as_uri() + fragment)
    page.wait_for_selector("html[data-map=ready]", state="attached")
    wait_for_rest(page)


READ_VIEW = """() => {
  const map = chargeplan.state.map, centre = map.getCenter();
  return {
    zoom: map.getZoom(), lat: +centre.lat.toFixed(5), lon: +centre.lng.toFixed(5), selected: chargeplan.state.selected,
    tab: chargeplan.findOpenTab(), layers: chargeplan.listShownLayers(), language: document.documentElement.lang,
  };
}"""


@pytest.fixture
def plain_page(give_context):
    """A page whose address the test chooses; complaints of the page are faults here too."""
    page, faults = give_context(viewport={"width": 1280, "height": 800}).new_page(), []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("dialog", lambda dialog: faults.append(dialog.message))
    page.on(
        "console",
        lambda message: faults.append(message.text) if message.type in {"error", "warning"} else None,
    )
    yield page
    page.close()
    assert faults == []


def test_a_link_brings_the_whole_view_back(plain_page, run, wait_until):
    page = plain_page
    open_link(page, run, "")
    first = page.evaluate(READ_VIEW)
    page.locator("#tab-key").click()
    page.locator("#layer-roads").uncheck()
    page.locator("#layer-notChosen").check()
    page.locator("#language").click()
    page.evaluate("chargeplan.goToSite(chargeplan.state.map, 4)")
    page.locator("#tab-zones").click()
    wait_for_rest(page)
    wait_until(page, "chargeplan.writeFragment() === window.location.hash")
    seen, link = page.evaluate(READ_VIEW), page.evaluate("location.hash")
    assert seen != first
    open_link(page, run, link)
    assert page.evaluate(READ_VIEW) == seen


def test_the_button_copies_a_link_that_opens_from_a_disk(browser, run):
    context = browser.new_context(offline=True, permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    open_link(page, run, "")
    page.locator("#copy-link").click()
    expect(page.locator("#reach-note")).to_have_text("A link to this view is copied")
    link = page.evaluate("navigator.clipboard.readText()")
    context.close()
    assert re.fullmatch(re.escape((run / "index.html").as_uri()) + r"#map=[\d.]+/[\d.]+/[\d.]+", link)


HOSTILE_FRAGMENTS = [
    "#", "#%", "#%E0%A4%A", "#map=", "#map=NaN/NaN/NaN", "#map=99/33.7/73", "#map=12/91/181", "#map=1e9/1/1",
    "#map=12/-33/-73",
    "#site=<img src=x onerror=alert(1)>", "#site=__proto__&tab=constructor&layers=__proto__,toString&lang=__proto__",
    "#tab=summary'%20onload=alert(1)", "#layers=%3Cscript%3Ealert(1)%3C/script%3E&year=99999", "#lang=fr&year=-1",
    "#javascript:alert(1)", "#map=12/33.7/73.0;alert(1)", "#" + "a=" * 3000, "#&&==&map=12/33.7",
    "#site=%00%0A&tab=%F0%9F%98%80",
]  # fmt: skip


@pytest.fixture(scope="module")
def first_view(give_context, run):
    """What the map shows when nothing stands in the link."""
    page = give_context(viewport={"width": 1280, "height": 800}).new_page()
    open_link(page, run, "")
    view = page.evaluate(READ_VIEW)
    page.close()
    return view


@pytest.mark.parametrize("fragment", HOSTILE_FRAGMENTS)
def test_what_a_link_cannot_mean_is_left_out(plain_page, run, first_view, fragment):
    page, expected = plain_page, dict(first_view)
    open_link(page, run, fragment)
    seen = page.evaluate(READ_VIEW)
    if "layers=" in fragment:
        assert seen["layers"] == []  # none of the asked layers exists
        expected["layers"] = []
    assert seen == expected
    assert page.locator("#panel").is_visible()


def test_a_new_fragment_in_an_open_page_is_followed(plain_page, run):
    page = plain_page
    open_link(page, run, "")
    page.evaluate("location.hash = '#tab=stations&lang=ur'")
    expect(page.locator("#sheet-stations")).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "ur"


def test_nothing_is_stored(plain_page, run):
    page = plain_page
    open_link(page, run, "#lang=ur")
    page.locator("#language").click()
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]


# Summary


def test_warnings_are_counted_in_the_card_and_one_click_leads_to_them(open_map, run):
    page = open_map(run / "index.html")
    count = page.locator("#notes li").count()
    assert count > 0
    button = page.locator(".to-warnings")
    assert button.inner_text() == f"{count} warning{'' if count == 1 else 's'}"
    assert not page.locator("#notes").is_visible()
    page.locator("#tab-zones").click()
    button.click()
    assert page.locator("#notes").is_visible()
    assert page.evaluate("document.activeElement.closest('#warnings') !== null")


def test_the_files_of_the_plan_are_linked_beside_the_page(open_map, run):
    page = open_map(run / "index.html")
    links = page.locator("#files a").evaluate_all("nodes => nodes.map(n => n.getAttribute('href'))")
    assert {"sites.geojson", "plan.gpkg", "demand.csv", "report.html"} <= set(links)
    assert [link for link in links if link != "report.html" and not (run / link).is_file()] == []


def test_no_line_of_the_summary_is_a_speech(open_map, run):
    page = open_map(run / "index.html")
    shown = page.locator("#card, #figures, #economics").all_inner_texts()
    for line in "\n".join(shown).splitlines():
        assert len(line.split()) <= 15, line


def test_the_keyboard_skips_the_map(open_map, run):
    page = open_map(run / "index.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "skip"
    assert page.locator("#skip").bounding_box()["y"] >= 0  # seen while it has the focus
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('#panel') !== null")
    assert page.evaluate("location.hash") != "#panel"
