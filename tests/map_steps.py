"""Steps that several tests of the map take."""

import re

PHONE = {
    "viewport": {"width": 360, "height": 640},
    "is_mobile": True,
    "has_touch": True,
    "device_scale_factor": 2,
}
# Pixels of a pane's canvas that are not empty, or of a layer that shares its canvas: drawn alone, where it is shown.
COUNT_PAINTED = """async name => {
  await chargeplan.whenDrawn();
  const map = chargeplan.state.map, alone = chargeplan.ON_GROUND.includes(name);
  const shown = alone ? map.getPane("ground").querySelector("canvas") : map.getPane(name).querySelector("canvas");
  if (!shown) return -1;
  const copy = new OffscreenCanvas(shown.width, shown.height), pen = copy.getContext("2d");
  pen.drawImage(shown, 0, 0);
  let data = pen.getImageData(0, 0, copy.width, copy.height).data;
  if (alone) {
    const sheet = chargeplan.getSheet(name), layer = sheet._layers.find(one => one.name === name);
    if (!layer) return -1;
    if (!layer.hasContent() || !data.some(value => value > 0)) return 0;
    const others = sheet._layers, begun = (sheet._layers = [layer], sheet._begin());
    while (!begun.pieces.next().done);
    sheet._layers = others;
    data = begun.pen.getImageData(0, 0, begun.pen.canvas.width, begun.pen.canvas.height).data;
  }
  let count = 0;
  for (let i = 3; i < data.length; i += 4) if (data[i] > 0) count += 1;
  return count;
}"""

# Whether map, cards and transitions stand still for some frames: a busy machine draws them late.
STANDS_STILL = """async () => {
  const map = (window.compare || chargeplan.state).map, until = performance.now() + 10000;
  const frame = () => new Promise(resolve => requestAnimationFrame(resolve));
  const look = () => [map.getCenter(), map.getZoom(), map._getMapPanePos()].join();
  const moves = () => map._animatingZoom || map._panAnim && map._panAnim._inProgress
    || document.getAnimations().some(one => one.playState === "running");
  for (let still = 0, before = look(); still < 4;) {
    if (performance.now() > until) return false;
    await frame();
    const now = look();
    still = now === before && !moves() ? still + 1 : 0;
    before = now;
  }
  return true;
}"""


def wait_for_rest(page):
    """Wait until the map has moved what it moves and no card fades in or out."""
    assert page.evaluate(STANDS_STILL), "the map does not come to rest"


def find_popup(page, title):
    """Wait for the popup with this heading; one that is fading out may still be beside it."""
    heading = page.locator("h3", has_text=re.compile(f"^{re.escape(title)}$"))
    popup = page.locator(".leaflet-popup-content", has=heading)
    popup.wait_for()
    return popup


def close_popup(page):
    """Close it by the keyboard and wait until it is gone."""
    from playwright.sync_api import expect

    page.keyboard.press("Escape")
    expect(page.locator(".leaflet-popup")).to_have_count(0)
