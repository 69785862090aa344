"""Names that attack are shown as text, on a desk and on a phone."""

import json

import pytest
from map_steps import PHONE
from sample_bundle import HOSTILE_TEXTS

from chargeplan.text import clean_text

pytestmark = pytest.mark.browser


def write_word(text):
    """Write a word of the data as the page shows it."""
    words = text.replace("_", " ")
    return words[:1].upper() + words[1:]


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
