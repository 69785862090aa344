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


def print_page(page, path, paper="A4"):
    page.evaluate("paper => chargeplan.choosePaper(paper)", paper)
    page.pdf(path=path, prefer_css_page_size=True, print_background=True)
    return read_pages(path)


def read_pages(path):
    text = subprocess.run(
        ["pdftotext", "-layout", path, "-"], capture_output=True, check=True, text=True
    ).stdout
    return text.split("\f")[:-1]


def paint_first_page(path):
    """Paint the first page at 50 dots an inch: red, green and blue of each pixel."""
    command = ["pdftoppm", "-r", "50", "-f", "1", "-l", "1", path]
    head, size, _, pixels = subprocess.run(command, capture_output=True, check=True).stdout.split(b"\n", 3)
    assert head == b"P6"
    wide, high = map(int, size.split())
    return np.frombuffer(pixels, np.uint8).reshape(high * wide, 3).astype(int)


@pytest.fixture(scope="module")
def prints(tmp_path_factory):
    """Prints of this module by paper and screen: printing takes Chromium seconds."""
    return {"folder": tmp_path_factory.mktemp("prints")}


LOOK = """() => ({
  size: chargeplan.state.map.getSize().toString(), view: chargeplan.state.map.getCenter().toString(),
  zoom: chargeplan.state.map.getZoom(), dark: chargeplan.state.dark, copies: document.querySelectorAll(
    ".print-head, .print-foot, .print-copy").length, open: document.querySelectorAll("details[open]").length,
})"""


@pytest.fixture
def print_once(open_map, run, prints):
    """Print the map from a screen unless a test before did: file, pages, the screen before and after."""

    def give(paper="A4", **options):
        key = json.dumps([paper, options])
        if key not in prints:
            page = open_map(run / "index.html", **options)
            path = prints["folder"] / f"{len(prints)}.pdf"
            before = page.evaluate(LOOK)
            pages = print_page(page, path, paper)
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
    for word in ("Sample study", "WITHIN 1.23 %", "Schematic streets", "45.6%", "New stations", "Charging demand", "km",
                 "© OpenStreetMap contributors"):  # fmt: skip
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
    pixels = paint_first_page(path)
    red, green, blue_part = pixels.T
    blue = np.count_nonzero((blue_part > red + 15) & (blue_part > green))  # demand
    white = np.count_nonzero(pixels.min(axis=1) > 250)
    assert blue > 0.02 * len(pixels)
    assert white > 0.3 * len(pixels)


def test_the_screen_is_as_before_when_printing_is_over(print_once):
    _, _, before, after = print_once(color_scheme="dark")
    assert after == before
    assert before["dark"] is True
    assert before["copies"] == 0


def test_a_printed_page_speaks_urdu(print_once):
    pages = print_once(locale="ur-PK")[1]
    assert len(pages) >= 2
    assert "Charging demand" not in pages[0]
    assert "45.6%" in pages[0]
