"""The page of a comparison on paper, as a browser prints it unasked: A4, without backgrounds."""

import re
import shutil
import subprocess

import numpy as np
import pytest
from sample_bundle import build_sample_bundle
from sample_comparison import name_runs, vary_run

from chargeplan.compare.build import compare_runs
from chargeplan.compare.folder import publish_comparison

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

pytestmark = pytest.mark.browser

if shutil.which("pdftotext") is None:
    pytest.skip("no poppler: install the package 'poppler-utils'", allow_module_level=True)

CHANGED = {2: 4, 3: 0, 6: 8, 30: 8}  # rows of sites: smaller, dropped, larger, added
COLOURS = {"added": (29, 107, 69), "dropped": (75, 63, 153), "larger": (194, 65, 12), "kept": (38, 50, 59)}
DOTS_AN_INCH = 50


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    plan = vary_run(build_sample_bundle())
    larger = vary_run(plan, chargers=CHANGED, settings={"model.budget_pkr": 300e6}, metrics={"cost": 250e6})
    folder = tmp_path_factory.mktemp("paper") / "out"
    return publish_comparison(folder, compare_runs(name_runs(plan, larger))) / "index.html"


def print_page(page, path):
    page.pdf(path=path, prefer_css_page_size=True, print_background=False)
    command = ["pdftoppm", "-r", str(DOTS_AN_INCH), "-f", "1", "-l", "1", path]
    head, size, _, pixels = subprocess.run(command, capture_output=True, check=True).stdout.split(b"\n", 3)
    assert head == b"P6"
    wide, high = map(int, size.split())
    return np.frombuffer(pixels, np.uint8).reshape(high, wide, 3).astype(int)


@pytest.mark.parametrize(
    "options", [{}, {"color_scheme": "dark"}, {"viewport": {"width": 390, "height": 844}}]
)
def test_signs_keep_their_colours_and_the_map_lies_within_the_margins(open_map, compared, tmp_path, options):
    path = tmp_path / "compared.pdf"
    paper = print_page(open_map(compared, **options), path)
    shape = subprocess.run(["pdfinfo", path], capture_output=True, check=True, text=True).stdout
    size = [float(part) for part in re.search(r"Page size: +([\d.]+) x ([\d.]+)", shape).groups()]
    assert size == [pytest.approx(595, abs=2), pytest.approx(842, abs=2)]
    for change, colour in COLOURS.items():
        found = np.abs(paper - colour).max(axis=2) <= 8
        assert found.sum() >= 15, change
    margin = int(9 / 25.4 * DOTS_AN_INCH)
    inner = paper[margin:-margin, margin:-margin]
    assert (paper < 250).any(axis=2).sum() == (inner < 250).any(axis=2).sum()
    text = subprocess.run(["pdftotext", path, "-"], capture_output=True, check=True, text=True).stdout
    first = text.split("\f")[0]
    # What lies in the corners of the map and below it.
    for word in ("PKR 230 M", "PKR 300 M", "km", "© OpenStreetMap contributors", "demand, darker is more"):
        assert word in first, word


def test_the_screen_is_as_before_when_printing_is_over(open_map, compared, tmp_path):
    page = open_map(compared, color_scheme="dark")
    page.evaluate("compare.map.setView([compare.map.getCenter().lat + .01, compare.map.getCenter().lng], 13)")
    read = """() => ({
      view: [compare.map.getCenter().lat.toFixed(4), compare.map.getZoom(), String(compare.map.getSize())],
      dark: compare.base.state.dark,
      styles: document.getElementById("map-frame").style.cssText, ratio: compare.sides[0].code.state.pixelRatio || null,
    })"""
    before = page.evaluate(read)
    print_page(page, tmp_path / "compared.pdf")
    assert page.evaluate(read) == before
