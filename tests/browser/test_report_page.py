"""The report in Chromium: it asks for nothing, fits its screens, and prints to clean pages of A4."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from sample_bundle import build_sample_bundle

from chargeplan.publish.report.page import build_report
from chargeplan.publish.report.place import is_report

pytestmark = pytest.mark.browser

READY = "#proof"
SIZES = {"desktop": (1280, 800), "phone": (360, 740)}
A4_PT = (595, 842)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reports")
    for name, hostile in (("plain", False), ("hostile", True)):
        page = build_report(build_sample_bundle(hostile=hostile)).report
        (folder / f"{name}.html").write_text(page, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def printed(folder, browser):
    """The pages as text, from the PDF that Chromium prints."""
    pypdf = pytest.importorskip("pypdf", reason="pypdf is not installed: pip install 'chargeplan[browser]'")
    pages = {}
    for name in ("plain", "hostile"):
        context = browser.new_context(
            offline=True, color_scheme="dark"
        )  # a dark screen prints on white paper
        page = context.new_page()
        page.goto((folder / f"{name}.html").as_uri())
        page.pdf(path=folder / f"{name}.pdf", prefer_css_page_size=True)
        context.close()
        pages[name] = pypdf.PdfReader(folder / f"{name}.pdf").pages
    return pages


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ["plain", "hostile"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wider_than_the_screen(open_map, folder, name, size, scheme):
    width, height = SIZES[size]
    page = open_map(
        folder / f"{name}.html", ready=READY, viewport={"width": width, "height": height}, color_scheme=scheme
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("window.__x") is None
    assert page.locator("svg.picture").first.bounding_box()["width"] > 0.8 * min(width, 800)


def test_a_dark_screen_has_dark_ground_and_paper_never(open_map, folder):
    page = open_map(folder / "plain.html", ready=READY, color_scheme="dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(ground) == "rgb(20, 25, 30)"
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate(ground) == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(29, 36, 41)"


def test_the_urdu_page_runs_from_right_to_left_and_shows_the_map(open_map, folder):
    page = open_map(folder / "plain.html", ready=READY)
    urdu = page.locator("section.urdu")
    assert urdu.get_attribute("lang") == "ur"
    assert urdu.evaluate("node => getComputedStyle(node).direction") == "rtl"
    box = urdu.locator("svg.picture use").bounding_box()
    assert box["width"] > 100
    fill = "node => getComputedStyle(node).fill"
    assert page.locator("#sketch .sk-rank").first.evaluate(fill) == "rgb(255, 255, 255)"


def test_serious_faults_of_access_are_none(open_map, folder):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
    source = (
        Path(sys.modules[axe.__name__].__file__).parent.joinpath("axe.min.js").read_text(encoding="utf-8")
    )
    page = open_map(folder / "plain.html", ready=READY)
    session = page.context.new_cdp_session(page)
    session.send("Runtime.evaluate", {"expression": source})  # our policy forbids a script element
    found = session.send(
        "Runtime.evaluate",
        {
            "expression": "axe.run().then(r => JSON.stringify(r.violations.filter(v => "
            "['serious', 'critical'].includes(v.impact)).map(v => [v.id, v.nodes.map(n => n.target + '')])))",
            "awaitPromise": True,
        },
    )
    assert found["result"]["value"] == "[]"


def test_the_pages_are_a4_in_the_right_order(printed):
    pages = printed["plain"]
    texts = [page.extract_text() for page in pages]
    for page in pages:
        assert (round(page.mediabox.width), round(page.mediabox.height)) == pytest.approx(A4_PT, abs=1)
    order = ["Contents", "What was asked", "خلاصہ|ﺧﻼﺻﮧ|کیا", "What the plan rests on", "What it costs"]
    order += [
        "Who is served",
        "Use and waiting",
        "The proof",
        "Data and licences",
        "All stations",
        "SITE SHEET 1 ",
    ]
    assert any("Site sheets" in text and "SITE SHEET 1 " in text for text in texts)  # no page for a heading
    at = [
        next(
            (
                pos
                for pos, text in enumerate(texts)
                if pos >= (3 if step > 2 else step) and re.search(word, text)
            ),
            None,
        )
        for step, word in enumerate(order)
        if step != 2  # Urdu letters come back in forms that differ between readers
    ]
    assert None not in at
    assert at == sorted(at)
    assert at[:2] == [0, 1]  # the cover, and a summary of one page
    assert "What the plan rests on" in texts[3]  # so that the Urdu summary is one page too


def test_each_page_but_the_cover_has_its_number_and_its_head(printed):
    pages = printed["plain"]
    for number, page in enumerate(pages, start=1):
        text = page.extract_text()
        has_number = re.search(rf"\b{number}\s*/\s*{len(pages)}(?!\d)", text) is not None
        assert has_number == (number > 1), number
        assert ("WITHIN 1.23 %" in text) or number == 3, number


def test_each_site_sheet_is_one_page(printed):
    sheets = [
        text
        for text in (page.extract_text() for page in printed["plain"])
        if re.search(r"SITE SHEET \d", text)
    ]
    assert len(sheets) == 10
    for text in sheets:
        assert len(re.findall(r"SITE SHEET \d", text)) == 1
        assert "Signature and stamp" in text


def test_hostile_names_print_and_push_nothing_off_the_paper(printed, folder, open_map):
    page = open_map(folder / "hostile.html", ready=READY, viewport={"width": 660, "height": 900})
    page.emulate_media(media="print")  # 660 px are the 174 mm between the margins
    wide = page.evaluate(
        "[...document.querySelectorAll('main *')].filter(n => n.getBoundingClientRect().right > innerWidth + 2 && "
        "!n.closest('svg')).map(n => n.tagName + ' ' + n.className + ' ' + n.textContent.slice(0, 60))"
    )
    assert wide == []
    assert any("alert(1)" in text.extract_text() for text in printed["hostile"])


def test_the_command_prints_a_pdf(folder, tmp_path):
    script = (
        "import pathlib, sys; from chargeplan.publish.report.pdf import print_pdf; "
        "print_pdf(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))"
    )
    pdf = tmp_path / "out.pdf"
    subprocess.run(
        [sys.executable, "-c", script, str(folder / "plain.html"), str(pdf)], check=True, timeout=120
    )
    assert pdf.read_bytes().startswith(b"%PDF-")
    assert is_report(pdf)
    assert [path.name for path in tmp_path.iterdir()] == ["out.pdf"]
