"""What can be read and named on the map: contrast in both schemes, names of controls."""

import pytest

pytestmark = pytest.mark.browser


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


LEGEND_COLOURS = "[...document.querySelectorAll('.legend-bar span')].map(one => one.style.background)"
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
    before, legend = page.evaluate(ADD_UP_PIXELS), page.evaluate(LEGEND_COLOURS)
    page.emulate_media(color_scheme="dark")
    wait_until(page, "chargeplan.state.dark")
    assert page.evaluate(ADD_UP_PIXELS) < 0.9 * before
    assert page.evaluate(LEGEND_COLOURS) != legend


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
