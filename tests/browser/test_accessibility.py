"""What axe-core finds on the map, in both schemes, on a desk and on a phone, with every tab and a card open."""

import pytest
from map_steps import wait_for_rest

axe_module = pytest.importorskip(
    "axe_playwright_python.sync_playwright",
    reason="axe is not installed: pip install 'chargeplan[browser]'",
)

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 360, "height": 640}, "is_mobile": True, "has_touch": True}
SCREENS = {"desktop": {"viewport": {"width": 1280, "height": 800}}, "phone": PHONE}
SERIOUS = {"serious", "critical"}


def find_violations(page):
    """Run axe-core; return what it calls serious or critical, with the elements."""
    response = axe_module.Axe().run(page, options={"resultTypes": ["violations", "incomplete"]}).response
    assert len(response["passes"]) > 10  # else it looked at nothing
    return [
        (one["id"], [node["html"][:120] for node in one["nodes"]][:5])
        for one in response["violations"]
        if one["impact"] in SERIOUS
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("screen", SCREENS)
def test_axe_finds_nothing_serious_on_the_map(open_map, run, screen, scheme):
    page = open_map(run / "index.html", color_scheme=scheme, **SCREENS[screen])
    assert find_violations(page) == [], "as it opens"
    tabs = page.locator("#tabs [role=tab]")
    for position in range(tabs.count()):
        tab = tabs.nth(position)
        if tab.get_attribute("aria-selected") != "true":
            tab.click()
        page.locator("#panel details").evaluate_all("nodes => nodes.forEach(node => { node.open = true; })")
        assert find_violations(page) == [], tab.inner_text()
    page.evaluate("chargeplan.state.markers[0].openPopup()")
    wait_for_rest(page)  # a card that fades in has less contrast
    assert find_violations(page) == [], "with a card open"


def test_axe_would_find_a_button_without_a_name(open_map, run):
    page = open_map(run / "index.html")
    page.evaluate("document.body.appendChild(document.createElement('button'))")
    assert [name for name, _ in find_violations(page)] == ["button-name"]
