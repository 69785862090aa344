"""Steps that several tests of the map take."""

import re

PHONE = {
    "viewport": {"width": 360, "height": 640},
    "is_mobile": True,
    "has_touch": True,
    "device_scale_factor": 2,
}
COUNT_PAINTED = """async pane => {
  await chargeplan.whenDrawn();
  const canvas = chargeplan.state.map.getPane(pane).querySelector("canvas");
  if (!canvas) return -1;
  const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  let count = 0;
  for (let i = 3; i < data.length; i += 4) if (data[i] > 0) count += 1;
  return count;
}"""


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
