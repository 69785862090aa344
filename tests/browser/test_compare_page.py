"""The page of a comparison in Chromium: one divider, two plans, by mouse, touch and keys, with names that attack."""

from dataclasses import replace
from pathlib import Path

import pytest
from injection_places import PAYLOADS, PLAIN
from map_steps import close_popup, wait_for_rest
from sample_bundle import build_sample_bundle
from sample_comparison import name_runs, vary_run

from chargeplan.compare.build import compare_runs
from chargeplan.compare.folder import publish_comparison
from chargeplan.text import clean_text

pytestmark = pytest.mark.browser

PHONE = {
    "viewport": {"width": 360, "height": 640},
    "is_mobile": True,
    "has_touch": True,
    "device_scale_factor": 2,
}
CHANGED = {2: 4, 3: 0, 6: 8, 30: 8}  # rows of sites: smaller, dropped, larger, added
# What lies under a point of the map, whatever side it is of: only what is not cut away can be hit.
LIST_SHOWN = """side => {
  const frame = document.getElementById("compare-map").getBoundingClientRect();
  return [...document.querySelectorAll(".leaflet-" + side + "-stations-pane .mark")].filter(mark => {
    const box = mark.getBoundingClientRect(), x = box.left + box.width / 2, y = box.top + box.height / 2;
    if (x < frame.left || x > frame.right || y < frame.top || y > frame.bottom) return false;
    const hits = document.elementsFromPoint(x, y);
    return hits.some(hit => mark.contains(hit));
  }).length;
}"""
COUNT_PAINTED = """side => {
  const canvas = document.querySelector(".leaflet-" + side + "-pane canvas");
  const pen = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d");
  pen.drawImage(canvas, 0, 0);
  const data = pen.getImageData(0, 0, canvas.width, canvas.height).data;
  let count = 0;
  for (let at = 3; at < data.length; at += 4) if (data[at] > 0) count += 1;
  return count;
}"""


def publish(folder, *bundles):
    return publish_comparison(folder, compare_runs(name_runs(*bundles))) / "index.html"


@pytest.fixture(scope="module")
def plan():
    return vary_run(build_sample_bundle())


@pytest.fixture(scope="module")
def larger(plan):
    return vary_run(plan, chargers=CHANGED, settings={"model.budget_pkr": 300e6}, metrics={"cost": 250e6})


@pytest.fixture(scope="module")
def two(tmp_path_factory, plan, larger):
    return publish(tmp_path_factory.mktemp("two") / "out", plan, larger)


@pytest.fixture(scope="module")
def three(tmp_path_factory, plan, larger):
    third = vary_run(plan, chargers={7: 0}, settings={"model.budget_pkr": 90e6})
    return publish(tmp_path_factory.mktemp("three") / "out", plan, larger, third)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    attacking = vary_run(build_sample_bundle(hostile=True))
    return publish(
        tmp_path_factory.mktemp("hostile") / "out", attacking, vary_run(attacking, chargers=CHANGED)
    )


def read_share(page):
    return int(page.locator("#divider").get_attribute("aria-valuenow"))


def count_rows(page):
    """Rows of each kind of change in the table of stations, without the heading of the kind."""
    return {
        body.get_attribute("data-change"): body.locator("tr").count() - 1
        for body in page.locator("#stations tbody").all()
    }


def test_the_divider_moves_with_the_keys_of_a_slider(open_map, two):
    page = open_map(two)
    divider = page.locator("#divider")
    divider.focus()
    assert read_share(page) == 50
    for key, share in (
        ("ArrowRight", 52),
        ("ArrowLeft", 50),
        ("PageUp", 60),
        ("ArrowDown", 58),
        ("End", 100),
        ("ArrowRight", 100),
        ("Home", 0),
    ):
        page.keyboard.press(key)
        assert read_share(page) == share
    assert divider.get_attribute("aria-valuetext") == "0 % of the map shows A, the rest B"


def test_names_stand_on_the_map_of_a_comparison(open_map, two):
    page = open_map(two)
    page.evaluate("compare.base.whenDrawn()")
    assert page.evaluate("compare.base.state.zoneNames.length") > 2


def test_only_the_side_of_a_plan_shows_its_stations(open_map, two):
    page = open_map(two)
    page.locator("#divider").focus()
    page.keyboard.press("Home")
    page.locator("#map-frame").scroll_into_view_if_needed()
    assert page.evaluate(LIST_SHOWN, "left") == 0
    at_right = page.evaluate(LIST_SHOWN, "right")
    page.locator("#divider").focus()
    page.keyboard.press("End")
    page.locator("#map-frame").scroll_into_view_if_needed()
    assert page.evaluate(LIST_SHOWN, "right") == 0
    # The dropped station stands at both sides, the added one at the right alone.
    assert page.evaluate(LIST_SHOWN, "left") == at_right - 1 > 5


def test_the_divider_is_dragged_and_the_map_stays_where_it_is(open_map, two):
    page = open_map(two)
    page.locator("#map-frame").scroll_into_view_if_needed()
    before = page.evaluate("compare.map.getCenter().toString()")
    grip = page.locator("#grip").bounding_box()
    frame = page.locator("#map-frame").bounding_box()
    y = grip["y"] + grip["height"] / 2
    page.mouse.move(grip["x"] + grip["width"] / 2, y)
    page.mouse.down()
    page.mouse.move(frame["x"] + 0.25 * frame["width"], y, steps=5)
    page.mouse.up()
    assert abs(read_share(page) - 25) <= 1
    page.mouse.move(frame["x"] + 0.8 * frame["width"], y)
    assert abs(read_share(page) - 25) <= 1
    assert page.evaluate("compare.map.getCenter().toString()") == before


def test_on_a_phone_a_finger_moves_the_divider_and_the_page_fits(open_map, two, wait_until):
    page = open_map(two, **PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.locator("#map-frame").scroll_into_view_if_needed()
    grip, frame = page.locator("#grip").bounding_box(), page.locator("#map-frame").bounding_box()
    assert min(grip["width"], grip["height"]) >= 44
    touch = page.context.new_cdp_session(page)
    y = grip["y"] + grip["height"] / 2
    for kind, x in (
        ("touchStart", grip["x"] + grip["width"] / 2),
        ("touchMove", frame["x"] + 0.6 * frame["width"]),
        ("touchMove", frame["x"] + 0.75 * frame["width"]),
    ):
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    wait_until(page, "Math.abs(document.getElementById('divider').getAttribute('aria-valuenow') - 75) <= 1")


def test_the_table_counts_what_the_signs_of_the_map_count(open_map, two, plan):
    page = open_map(two)
    kept = len(plan.evaluation.sites) - 3
    assert count_rows(page) == {"added": 1, "dropped": 1, "larger": 1, "smaller": 1, "kept": kept}
    key = page.locator("#change-key").inner_text()
    for words in ("1 added in B", "1 dropped from A", "1 larger", "1 smaller", f"{kept} kept"):
        assert words in key
    for change, sign in (("added", "+"), ("dropped", "−"), ("larger", "▲"), ("smaller", "▼")):
        mark = page.locator(f".leaflet-right-stations-pane .mark-{change}")
        assert mark.count() == 1
        assert mark.locator(".mark-sign").inner_text() == sign


def test_a_name_of_the_table_opens_its_station_with_both_sizes(open_map, two):
    page = open_map(two)
    button = page.locator("#stations tbody[data-change=smaller] button")
    name = button.inner_text()
    button.click()
    popup = page.locator(".leaflet-popup-content")
    popup.wait_for()
    text = popup.inner_text()
    assert name in text
    assert "8 chargers, 480 kW" in text
    assert "4 chargers, 240 kW" in text
    close_popup(page)


def test_of_three_plans_any_two_are_put_side_by_side(open_map, three):
    page = open_map(three)
    assert count_rows(page)["added"] == 1
    page.locator("#label-right select").select_option("2")
    assert "added" not in count_rows(page)
    assert count_rows(page)["dropped"] == 1
    # What is taken from the other side changes places with it.
    page.locator("#label-left select").select_option("2")
    assert page.locator("#label-right select").input_value() == "0"
    assert count_rows(page)["added"] == 1
    assert page.locator("#pair-verdict").inner_text() != ""


def test_both_sides_follow_the_map_and_draw_what_is_left_over(open_map, two, wait_until):
    page = open_map(two)
    page.evaluate("compare.map.setZoom(13, { animate: false })")
    page.evaluate("compare.map.panBy([40, -30], { animate: false })")
    wait_until(page, "compare.sides.every(side => !side.code.drawing || !side.code.drawing.jobs.length)")
    for pane in ("left-unserved", "right-unserved", "ground"):
        assert page.evaluate(COUNT_PAINTED, pane) > 100
    edges = page.evaluate(
        """() => compare.SIDES.map(side => compare.map.getPane(side + "-stations").style.clipPath)"""
    )
    assert edges[0] != edges[1]
    assert all(edge.startswith("polygon(") for edge in edges)


def test_dark_mode_recolours_both_sides(open_map, two, wait_until):
    page = open_map(two, color_scheme="dark")
    assert page.evaluate("[compare.base, ...compare.sides.map(s => s.code)].every(code => code.state.dark)")
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.emulate_media(color_scheme="light")
    wait_until(page, f"getComputedStyle(document.body).backgroundColor !== '{background}'")
    wait_until(page, "!compare.sides.some(side => side.code.state.dark)")


def test_every_control_has_a_name_and_every_heading_its_place(open_map, three):
    page = open_map(three)
    faults = page.evaluate(
        """() => {
          const named = node => (node.getAttribute("aria-label") || node.textContent || "").trim();
          const out = [...document.querySelectorAll("button, select, a[href], [tabindex='0'], [role=slider]")]
            .filter(node => !named(node)).map(node => node.outerHTML.slice(0, 80));
          const levels = [...document.querySelectorAll("h1, h2, h3")].map(node => Number(node.tagName[1]));
          levels.forEach((level, at) => { if (at && level > levels[at - 1] + 1) out.push("heading " + at); });
          if (document.querySelectorAll("h1").length !== 1) out.push("h1");
          return out;
        }"""
    )
    assert faults == []


def test_names_that_attack_are_shown_as_text(open_map, hostile):
    page = open_map(hostile)
    for button in page.locator("#stations tbody button").all():
        button.click()
        page.locator(".leaflet-popup-content").last.wait_for()
    assert page.evaluate("window.__x") is None
    assert page.evaluate("document.querySelectorAll('main img, main svg[onload], main iframe').length") == 0


AXE = """() => axe.run().then(found => [found.passes.length, found.violations
  .filter(one => ["serious", "critical"].includes(one.impact))
  .map(one => [one.id, one.nodes.map(node => node.html.slice(0, 120)).slice(0, 5)])])"""


def find_violations(page):
    """Run axe-core through the debugger, for the policy of the page forbids a script of others."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
    source = Path(axe.__file__).parent.joinpath("axe.min.js").read_text(encoding="utf-8")
    page.context.new_cdp_session(page).send("Runtime.evaluate", {"expression": source})
    passes, violations = page.evaluate(AXE)
    assert passes > 10  # else it looked at nothing
    return violations


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("screen", [{}, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing_serious(open_map, three, screen, scheme):
    page = open_map(three, color_scheme=scheme, **screen)
    assert find_violations(page) == [], "as it opens"
    page.locator("#stations tbody button").first.click()
    page.locator(".leaflet-popup-content").wait_for()
    wait_for_rest(page)  # a card that fades in has less contrast
    assert find_violations(page) == [], "with a card open"


def test_axe_would_find_a_button_without_a_name(open_map, two):
    page = open_map(two)
    page.evaluate("document.body.appendChild(document.createElement('button'))")
    assert [name for name, _ in find_violations(page)] == ["button-name"]


READ_SHAPE = """() => {
  const shape = {}, suspects = [];
  for (const node of document.querySelectorAll("*")) {
    const names = [...node.attributes].map(one => one.name).filter(name => name !== "style").sort();
    const key = [node.tagName, ...names].join(" ");
    shape[key] = (shape[key] || 0) + 1;
    for (const one of node.attributes) {
      if (/^on/i.test(one.name) || /^\\s*javascript:/i.test(one.value)) suspects.push(node.outerHTML.slice(0, 200));
    }
  }
  return { shape, suspects, ran: typeof window.__x !== "undefined" };
}"""
CHOSEN = (
    "end of a script, spaced",
    "end of a title",
    "comment in a script",
    "image, quoted out",
    "attribute, apostrophe",
    "template literal",
    "end of a text, backslash",
    "line separators",
)


def fill_with(plan, text):
    """Put a text at every place that a comparison shows: title, names, settings, files, solver, meanings."""
    evaluation = plan.evaluation
    (source,) = plan.sources
    sites = evaluation.sites.assign(name=text)
    if "shown_name" in sites:
        sites = sites.assign(shown_name=text)
    return replace(
        plan,
        area=replace(plan.area, title=text),
        network=replace(plan.network, roads=plan.network.roads.assign(name=text)),
        sites=replace(plan.sites, table=plan.sites.table.assign(name=text, name_en=text, name_ur=text)),
        sources=(replace(source, file_name=text, attribution=text),),
        solution=replace(plan.solution, solver=text),
        evaluation=replace(evaluation, sites=sites, metrics=evaluation.metrics.assign(meaning=text)),
    )


def open_filled(open_map, folder, plan, text):
    other = vary_run(fill_with(plan, text), chargers=CHANGED, settings={"demand.scenario": text})
    other = replace(other, sources=(replace(other.sources[0], sha256="f" * 64),))
    first = vary_run(fill_with(plan, text), settings={"demand.scenario": f"{text} too"})
    page = open_map(publish(folder, first, other))
    for button in page.locator("#stations tbody button").all()[:3]:
        button.click()
        page.locator(".leaflet-popup-content").last.wait_for()
    wait_for_rest(page)  # the last card but one fades out
    return page, page.evaluate(READ_SHAPE)


def test_no_text_of_data_changes_the_shape_of_the_page(open_map, plan, tmp_path):
    _, expected = open_filled(open_map, tmp_path / "plain", plan, PLAIN)
    for number, name in enumerate(CHOSEN):
        page, found = open_filled(open_map, tmp_path / str(number), plan, PAYLOADS[name])
        assert not found["ran"], name
        assert found["suspects"] == [], name
        assert found["shape"] == expected["shape"], name
        assert clean_text(PAYLOADS[name]) in page.locator("h1").text_content(), name
