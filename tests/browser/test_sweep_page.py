"""The page of a sweep in Chromium: nothing loaded, readable on a desktop, on a phone and in the dark."""

import pytest

from chargeplan.config.load import load_settings
from chargeplan.sweep.curve import compute_curve
from chargeplan.sweep.folder import publish_curve
from chargeplan.sweep.values import parse_vary

pytestmark = pytest.mark.browser

READY = "svg.wide circle.point"
SIZES = {"desktop": (1280, 800), "phone": (360, 740)}


@pytest.fixture(scope="module")
def page_file(tmp_path_factory, project_folder):
    vary = parse_vary("model.budget_pkr=1000,40M,120M,360M")
    changes = ("sites.existing_from_osm=false", "solve.time_limit_s=0.8")
    config = project_folder / "configs" / "demo.yaml"
    loaded = [load_settings(config, [*changes, vary.make_override(value)]) for value in vary.values]
    curve = compute_curve(vary, loaded, is_nested=True)
    return publish_curve(tmp_path_factory.mktemp("maps") / "sweep", curve) / "index.html"


@pytest.mark.parametrize("size", SIZES)
def test_the_page_fits_its_screen_and_shows_one_chart(open_map, page_file, size):
    width, height = SIZES[size]
    page = open_map(page_file, ready=READY, viewport={"width": width, "height": height})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    shown, hidden = ("wide", "narrow") if size == "desktop" else ("narrow", "wide")
    assert page.locator(f"svg.{shown}").is_visible()
    assert not page.locator(f"svg.{hidden}").is_visible()
    assert page.locator(f"svg.{shown} circle.point").count() == 3
    assert page.locator(f"svg.{shown} path.none").count() == 1


@pytest.mark.parametrize("size", SIZES)
def test_labels_of_the_chart_lie_inside_it_and_apart(open_map, page_file, size):
    width, height = SIZES[size]
    page = open_map(page_file, ready=READY, viewport={"width": width, "height": height})
    kind = "wide" if size == "desktop" else "narrow"
    faults = page.evaluate(
        """kind => {
          const svg = document.querySelector("svg." + kind), frame = svg.getBoundingClientRect();
          const texts = [...svg.querySelectorAll("text")].map(t => [t.textContent, t.getBoundingClientRect()]);
          const out = texts.filter(([, b]) => b.left < frame.left - 1 || b.right > frame.right + 1
            || b.top < frame.top - 1 || b.bottom > frame.bottom + 1).map(([t]) => t + " is cut off");
          texts.forEach(([a, p], i) => texts.slice(i + 1).forEach(([b, q]) => {
            if (p.left < q.right - 1 && q.left < p.right - 1 && p.top < q.bottom - 3 && q.top < p.bottom - 3)
              out.push(a + " lies on " + b);
          }));
          return out;
        }""",
        kind,
    )
    assert faults == []


def test_every_point_is_a_row_and_on_a_phone_each_figure_has_its_name(open_map, page_file):
    page = open_map(page_file, ready=READY, viewport={"width": 360, "height": 740})
    assert page.locator("tbody tr").count() == 4
    assert "IMPOSSIBLE" in page.locator("tbody tr").first.inner_text()
    name = page.evaluate(
        "getComputedStyle(document.querySelector('tbody tr:nth-child(2) td[data-name]'), '::before').content"
    )
    assert name == '"Spent"'


def test_the_dark_page_is_dark_and_its_words_stand_out(open_map, page_file):
    page = open_map(page_file, ready=READY, color_scheme="dark")
    colours = page.evaluate(
        "['backgroundColor', 'color'].map(name => getComputedStyle(document.body)[name].match(/[0-9]+/g).map(Number))"
    )
    assert max(colours[0]) < 60
    assert min(colours[1]) > 200


def test_the_settings_open_by_keyboard(open_map, page_file):
    page = open_map(page_file, ready=READY)
    assert not page.locator("pre").is_visible()
    page.locator("summary").focus()
    page.keyboard.press("Enter")
    assert '"time_limit_s": 0.8' in page.locator("pre").inner_text()
