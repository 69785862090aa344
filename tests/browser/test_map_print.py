"""The map on paper: real PDF pages, read back by poppler."""

import json
import re
import shutil
import subprocess

import numpy as np
import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

pytestmark = pytest.mark.browser

if shutil.which("pdftotext") is None:
    pytest.skip("no poppler: install the package 'poppler-utils'", allow_module_level=True)
SHORT_MM, LONG_MM = {"A4": 210, "A3": 297}, {"A4": 297, "A3": 420}


def print_page(page, path, paper="A4", turn="landscape"):
    page.evaluate("([paper, turn]) => chargeplan.choosePaper(paper, turn)", [paper, turn])
    page.pdf(path=path, prefer_css_page_size=True, print_background=True)
    return read_pages(path)


def read_pages(path):
    text = subprocess.run(
        ["pdftotext", "-layout", path, "-"], capture_output=True, check=True, text=True
    ).stdout
    return text.split("\f")[:-1]


def paint_first_page(path, dots=50):
    """Paint the first page at so many dots an inch: red, green and blue of each pixel."""
    command = ["pdftoppm", "-r", str(dots), "-f", "1", "-l", "1", path]
    head, size, _, pixels = subprocess.run(command, capture_output=True, check=True).stdout.split(b"\n", 3)
    assert head == b"P6"
    wide, high = map(int, size.split())
    return np.frombuffer(pixels, np.uint8).reshape(high, wide, 3).astype(int)


@pytest.fixture(scope="module")
def prints(tmp_path_factory):
    """Prints of this module by paper and screen: printing takes Chromium seconds."""
    return {"folder": tmp_path_factory.mktemp("prints")}


LOOK = """() => ({
  size: chargeplan.state.map.getSize().toString(), view: chargeplan.state.map.getCenter().toString(),
  zoom: chargeplan.state.map.getZoom(), dark: chargeplan.state.dark, copies: document.querySelectorAll(
    ".print-part").length, open: document.querySelectorAll("details[open]").length,
})"""


@pytest.fixture
def print_once(open_map, run, prints):
    """Print the map from a screen unless a test before did: file, pages, the screen before and after."""

    def give(paper="A4", turn="landscape", **options):
        key = json.dumps([paper, turn, options])
        if key not in prints:
            page = open_map(run / "index.html", **options)
            path = prints["folder"] / f"{len(prints)}.pdf"
            before = page.evaluate(LOOK)
            pages = print_page(page, path, paper, turn)
            prints[key] = path, pages, before, page.evaluate(LOOK)
        return prints[key]

    return give


@pytest.mark.parametrize("paper", ["A4", "A3"])
def test_the_first_page_is_the_map_and_the_stations_follow(print_once, run, paper):
    path, pages, _, _ = print_once(paper)
    shape = subprocess.run(["pdfinfo", path], capture_output=True, check=True, text=True).stdout
    wide, high = (
        float(part) * 25.4 / 72 for part in re.search(r"Page size: +([\d.]+) x ([\d.]+)", shape).groups()
    )
    assert (wide, high) == (pytest.approx(LONG_MM[paper], abs=1), pytest.approx(SHORT_MM[paper], abs=1))
    for word in (
        "Sample study",
        "WITHIN 1.23 %",
        "Schematic streets",
        "45.6%",
        "New stations",
        "Demand of a hexagon",
        "km",
        "© OpenStreetMap contributors",
    ):
        assert word in pages[0], word
    titles = [
        one["properties"]["title"]
        for one in json.loads((run / "sites.geojson").read_text("utf-8"))["features"]
    ]
    latin = [title for title in titles if title.isascii()]
    assert latin
    following = "\n".join(pages[1:])
    assert [title for title in latin if title not in following] == []
    assert "Stations" in pages[1]
    assert "Search" not in following


@pytest.mark.parametrize(
    "options", [{}, {"color_scheme": "dark"}, {"viewport": {"width": 360, "height": 640}}]
)
def test_the_canvas_prints_on_white_from_each_screen(print_once, options):
    path = print_once(**options)[0]
    pixels = paint_first_page(path).reshape(-1, 3)
    red, green, blue_part = pixels.T
    blue = np.count_nonzero((blue_part > red + 15) & (blue_part > green))  # demand
    white = np.count_nonzero(pixels.min(axis=1) > 250)
    assert blue > 0.02 * len(pixels)
    assert white > 0.3 * len(pixels)


@pytest.mark.parametrize("paper", ["A4", "A3"])
@pytest.mark.parametrize("turn", ["landscape", "portrait"])
@pytest.mark.parametrize("viewport", [{"width": 1280, "height": 800}, {"width": 360, "height": 640}])
def test_the_first_page_is_filled_and_nothing_of_it_goes_to_the_next(print_once, paper, turn, viewport):
    path, pages, _, _ = print_once(paper, turn, viewport=viewport)
    assert pages[1].strip().startswith("Stations")
    ink = paint_first_page(path).min(axis=2) < 245
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    high, wide = ink.shape
    assert (wide > high) == (turn == "landscape")
    for blank in (rows[0], high - 1 - rows[-1]):
        assert blank < 0.06 * high
    for blank in (columns[0], wide - 1 - columns[-1]):
        assert blank < 0.06 * wide


@pytest.mark.parametrize(("shape", "turn"), [(1.6, "landscape"), (0.8, "portrait")])
def test_paper_is_turned_so_that_the_plan_is_larger(open_map, run, shape, turn):
    page = open_map(run / "index.html")
    page.evaluate("shape => { chargeplan.measureShape = () => shape; chargeplan.choosePaper('A4'); }", shape)
    assert page.evaluate("chargeplan.state.paper.turn") == turn


# Thirty stations within 24 pixels of one another, some of them discs, on a canvas of 300 by 300.
CROWD = """() => {
  const placed = [];
  for (let at = 0; at < 30; at += 1) {
    const x = 150 + 24 * Math.cos(at * 2.4) * (at / 30), y = 150 + 24 * Math.sin(at * 2.4) * (at / 30), r = 4;
    const box = [x - r, y - r, x + r, y + r];
    placed.push({position: at, site: {rank: at + 1}, x, y, radius: r, isFull: at % 10 === 0, box});
  }
  chargeplan.listControlBoxes = () => [[200, 200, 300, 300]];
  chargeplan.placeCallouts(placed, [20, 20, 280, 280]);
  return placed.map(mark => ({full: mark.isFull, box: mark.box, callout: mark.callout || null}));
}"""


def test_each_crowded_station_has_a_number_of_its_own_on_paper(open_map, run):
    marks = open_map(run / "index.html").evaluate(CROWD)
    callouts = [mark["callout"] for mark in marks if not mark["full"]]
    assert None not in callouts
    assert [mark["callout"] for mark in marks if mark["full"]] == [None, None, None]

    def overlap(a, b):
        return a[0] < b[2] and a[2] > b[0] and a[1] < b[3] and a[3] > b[1]

    taken = [mark["box"] for mark in marks] + [[200, 200, 300, 300]]
    for at, box in enumerate(callouts):
        assert min(box[:2]) >= 20
        assert max(box[2:]) <= 280
        assert not any(overlap(box, other) for other in taken + callouts[:at])


@pytest.mark.parametrize("paper", ["A4", "A3"])
def test_stations_are_printed_where_the_map_puts_them(open_map, run, tmp_path, paper):
    page = open_map(run / "index.html")
    page.evaluate("""() => window.addEventListener("beforeprint", () => {
      const marks = chargeplan.state.placedMarks.filter(mark => mark.isFull && mark.site.status === "candidate");
      const part = chargeplan.MARGIN * chargeplan.state.map.getSize().x;
      window.printed = marks.map(mark => [mark.x - part, mark.radius]);
    })""")
    path = tmp_path / "map.pdf"
    print_page(page, path, paper)
    marks = page.evaluate("printed")
    map_wide = max(x for x, _ in marks) + 40
    pixels = paint_first_page(path, dots=96)[:, : int(map_wide + 60)]
    orange = np.abs(pixels - (194, 65, 12)).sum(axis=2) < 40
    columns = np.flatnonzero(orange.any(axis=0)) - 8 * 96 / 25.4
    spread = max(x + radius for x, radius in marks) - min(x - radius for x, radius in marks)
    assert columns[-1] - columns[0] == pytest.approx(spread, abs=4)


def test_the_screen_is_as_before_when_printing_is_over(print_once):
    _, _, before, after = print_once(color_scheme="dark")
    assert after == before
    assert before["dark"] is True
    assert before["copies"] == 0


def test_a_printed_page_speaks_urdu(print_once):
    pages = print_once(locale="ur-PK")[1]
    assert len(pages) >= 2
    assert "Demand of a hexagon" not in pages[0]
    assert "45.6%" in pages[0]


def read_paper(page):
    """Read what is written for paper alone, and leave the screen as it was."""
    return page.evaluate(
        """() => {
          chargeplan.beginPrint(chargeplan.state.map);
          const parts = [...document.querySelectorAll(".print-list h2, .print-list li, .print-cautions p")]
            .map(part => part.textContent);
          chargeplan.endPrint(chargeplan.state.map);
          return parts;
        }"""
    )


def test_what_stands_on_paper_alone_is_said_in_urdu(open_map, run):
    page = open_map(run / "index.html", locale="ur-PK")
    page.evaluate("chargeplan.state.isReading = true; chargeplan.choosePaper('A3', 'portrait')")
    told = "\n".join(read_paper(page))
    names = page.evaluate(
        "chargeplan.state.plan.openSites.map(site => [site.name, chargeplan.nameOf(site.name)])"
    )
    changed = [(english, urdu) for english, urdu in names if english != urdu]
    assert len(changed) >= 3
    for english, urdu in changed:
        assert urdu in told
        assert english not in told
    assert "Printed before" not in told


def test_the_list_on_paper_holds_all_stations_of_the_map_where_there_is_room(open_map, run):
    page = open_map(run / "index.html")
    page.evaluate("chargeplan.state.map.setZoom(chargeplan.state.map.getZoom() + 1.25, { animate: false })")
    page.evaluate("chargeplan.choosePaper('A3', 'landscape')")
    head, *rows = [part for part in read_paper(page) if not part.startswith("Drawn")]
    assert head == "Stations"
    assert 3 <= len(rows) < 12
