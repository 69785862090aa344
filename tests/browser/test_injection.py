"""Text of data stays text: forty attacks at every place of the map, and none of the escapes is idle."""

import re

import pytest
from injection_places import PAYLOADS, PLAIN, fill_places

from chargeplan.publish import map_page
from chargeplan.publish.finished_run import read_finished_run
from chargeplan.text import clean_text, shorten_name, to_json

pytestmark = pytest.mark.browser

STRICT_LENGTH = 150  # longer texts are cut where a line has a limit, so their number tells less
# Opens tabs, details, layers, popups and tooltips; returns all texts, the shape of the page and what could run.
# A card that is too tall for its place gets a tabindex for the keyboard to scroll it: that depends on the text.
OPEN_EVERYTHING = """async () => {
  const map = chargeplan.state.map, texts = [], shape = {}, suspects = [];
  const read = root => {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    for (let node = walker.currentNode; node; node = walker.nextNode()) {
      if (node.nodeType === Node.TEXT_NODE) {
        if (!node.parentNode.closest("script, style, noscript")) texts.push(node.textContent);
        continue;
      }
      if (node.nodeType !== Node.ELEMENT_NODE) continue;
      const names = [...node.attributes].map(one => one.name);
      const kept = names.filter(name => name !== "style" && name !== "tabindex").sort();
      const key = [node.tagName, ...kept].join(" ");
      shape[key] = (shape[key] || 0) + 1;
      for (const one of node.attributes) {
        if (/^on/i.test(one.name) || /^\\s*javascript:/i.test(one.value) && /href|src|action|data/i.test(one.name)) {
          suspects.push(node.outerHTML.slice(0, 200));
        }
        if (/^(aria-|title$|alt$|placeholder$|value$)/.test(one.name)) texts.push(one.value);
      }
    }
  };
  const rest = () => new Promise(resolve => setTimeout(resolve));
  document.querySelectorAll("details").forEach(one => { one.open = true; });
  for (const tab of document.querySelectorAll("[role=tab]")) {
    if (tab.getAttribute("aria-selected") !== "true") tab.click();
    await rest();
  }
  const groups = Object.values(chargeplan.state.layers).filter(layer => layer.eachLayer);
  groups.forEach(layer => { if (!map.hasLayer(layer)) layer.addTo(map); });
  read(document.head);
  read(document.body);
  const readPopups = () => document.querySelectorAll(".leaflet-popup-content, .leaflet-tooltip").forEach(read);
  for (const group of groups) {
    for (const one of group.getLayers().slice(0, 5)) {
      if (one.openTooltip) one.openTooltip();
      if (!one.openPopup) continue;
      one.openPopup();
      readPopups();
    }
  }
  for (const zone of chargeplan.state.plan.zones.slice(0, 4)) {
    map.fire("click", { latlng: L.latLng(zone[5], zone[4]) });
    readPopups();
    map.closePopup();
  }
  for (const zoom of [12, 14]) {  // names along roads appear as one comes nearer
    map.setZoom(zoom, { animate: false });
    await rest();
    chargeplan.finishDrawing();
  }
  ["#station-table button", "#zone-table button"].forEach(names => {
    [...document.querySelectorAll(names)].slice(0, 3).forEach(one => { one.click(); one.focus(); });
  });
  await rest();
  return { texts, shape, suspects, ran: typeof window.__x !== "undefined", title: document.title,
           state: document.documentElement.getAttribute("data-map") };
}"""
INVISIBLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


@pytest.fixture(scope="module")
def staged(staged_demo):
    """A small run with years, charger types, a grid and rules: it has every place that a map can have."""
    return read_finished_run(staged_demo)


def simplify(text):
    """Undo what the page does to words of data: a capital first, spaces for underscores."""
    return text.replace("_", " ").casefold()


def count_shown(found, text):
    return sum(simplify(one).count(simplify(text)) for one in found["texts"])


@pytest.fixture(scope="module")
def look(browser, staged, tmp_path_factory):
    """Make the map of the run with a text at every place, open all of it, and return what was found."""
    folder = tmp_path_factory.mktemp("pages")
    context = browser.new_context(offline=True, viewport={"width": 1280, "height": 800})
    context.set_default_timeout(20_000)

    def look_at(text):
        path = folder / "index.html"
        page, faults = context.new_page(), []
        url = path.as_uri()
        page.on("request", lambda one: faults.append(f"request {one.url[:80]}") if one.url != url else None)
        page.on("pageerror", lambda error: faults.append(f"error {error}"))
        page.on("dialog", lambda one: (faults.append("dialog"), one.dismiss()))
        page.on("popup", lambda one: faults.append(f"window {one.url}"))
        page.on("console", lambda one: faults.append(one.text) if one.type in {"error", "warning"} else None)
        try:
            path.write_text(map_page.build_map_page(fill_places(staged, text)), encoding="utf-8", newline="")
            page.goto(url)
            page.wait_for_selector("html[data-map=ready]", state="attached", timeout=6_000)
            found = page.evaluate(OPEN_EVERYTHING)
            page.wait_for_timeout(30)  # late events
        except Exception as error:  # a page that is broken says so in many ways
            found = {"texts": [], "shape": {}, "suspects": [], "ran": False, "title": "", "state": str(error)}
        faults += ["ran"] * bool(found["ran"]) + found["suspects"]
        if found["state"] != "ready":
            faults.append(f"state {found['state']}")
        faults += [f"invisible in {text!r}" for text in found["texts"] if INVISIBLE.search(text)][:3]
        page.close()
        return found | {"faults": faults}

    yield look_at
    context.close()


@pytest.fixture(scope="module")
def plain(look):
    found = look(PLAIN)
    assert found["faults"] == []
    return found


def find_faults(found, plain, text):
    """Say what is wrong with a page that holds a text at every place; nothing when all is well."""
    faults, clean = list(found["faults"]), clean_text(text)
    if not clean:
        return faults
    if found["title"] != clean:
        faults.append(f"the title is {found['title']!r}")
    if found["shape"] != plain["shape"]:
        faults.append(f"elements differ: {set(found['shape'].items()) ^ set(plain['shape'].items())}")
    shown, expected = count_shown(found, clean[:STRICT_LENGTH]), count_shown(plain, PLAIN)
    # To tell sites apart only the first part of a name is used, and of a long one its beginning.
    is_kept_whole = len(clean) <= STRICT_LENGTH and shorten_name(clean) == clean
    if is_kept_whole and shown != expected:
        faults.append(f"shown {shown} times, a plain text {expected} times")
    elif shown < expected // 2:
        faults.append(f"shown {shown} times only")
    return faults


def test_there_are_forty_attacks_and_many_places(plain):
    assert len(PAYLOADS) == len(set(PAYLOADS.values())) == 40
    assert count_shown(plain, PLAIN) > 100
    assert plain["title"] == PLAIN


@pytest.mark.parametrize("attack", PAYLOADS)
def test_an_attack_is_shown_as_text_and_never_runs(look, plain, attack):
    assert find_faults(look(PAYLOADS[attack]), plain, PAYLOADS[attack]) == []


def escape_no_script(data):
    return to_json(data, indent=None)


def keep(value):
    return value


def keep_text(value, longest=300):
    return str(value)


# Module, name, what stands in for it, and the attack that must get through.
PYTHON_ESCAPES = [
    ("map_page", "to_script_json", escape_no_script, "end of a script"),
    ("map_page", "to_script_json", escape_no_script, "comment in a script"),
    ("map_page", "protect_from_jinja", keep, "Jinja expression"),
    ("map_page", "protect_from_jinja", keep, "Jinja statement"),
    ("map_page", "safe_html", keep, "end of a title"),
    ("map_data", "clean_text", keep_text, "reading order"),
    ("map_data", "clean_text", keep_text, "control characters"),
    ("stage_results", "clean_text", keep_text, "line separators"),
    ("attribution", "clean_text", keep_text, "line separators"),
]


@pytest.mark.parametrize(("module", "name", "stand_in", "attack"), PYTHON_ESCAPES)
def test_without_one_escape_of_python_an_attack_is_noticed(
    look, plain, monkeypatch, module, name, stand_in, attack
):
    monkeypatch.setattr(f"chargeplan.publish.{module}.{name}", stand_in)
    assert find_faults(look(PAYLOADS[attack]), plain, PAYLOADS[attack]) != []


@pytest.mark.parametrize("place", ["title", "description"])
def test_each_text_of_the_head_needs_its_escape(look, plain, monkeypatch, place):
    escape = map_page.safe_html
    is_meant = {"title": lambda value: not value.startswith("Charging plan: ")}.get(
        place, lambda value: value.startswith("Charging plan: ")
    )
    monkeypatch.setattr(map_page, "safe_html", lambda value: value if is_meant(value) else escape(value))
    attack = PAYLOADS["end of a title" if place == "title" else "image, quoted out"]
    assert find_faults(look(attack), plain, attack) != []


def test_the_page_needs_text_content(look, plain, monkeypatch):
    read = map_page.read_template
    right, wrong = "node.textContent = settings.text", "node.innerHTML = settings.text"
    assert right in read("core.js")
    monkeypatch.setattr(map_page, "read_template", lambda name: read(name).replace(right, wrong))
    attack = PAYLOADS["image that fails"]
    assert find_faults(look(attack), plain, attack) != []
