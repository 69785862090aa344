"""Reads a whole map page in Urdu, for what it says in no Urdu words."""

import json
import re
from typing import Any

SEE_EVERYTHING = """async () => {
  const map = chargeplan.state.map, layers = chargeplan.state.layers, box = document.getElementById("search-box");
  const rest = () => new Promise(done => setTimeout(done, 0));
  for (const name of ["notChosen", "removed", "competitors", "rules"]) {
    if (!layers[name]) continue;
    layers[name].addTo(map);
    for (const dot of layers[name].getLayers().slice(0, 40)) { dot.openPopup(); await rest(); }
  }
  for (const marker of chargeplan.state.markers) {
    if (!map.hasLayer(marker)) continue;
    marker.openPopup();
    await rest();
  }
  for (const zone of chargeplan.state.plan.zones) {
    map.fire("click", { latlng: L.latLng(zone[5], zone[4]) });
    await rest();
  }
  for (const text of ["a", "zzzzz", "12", "sample"]) {
    box.value = text;
    box.dispatchEvent(new Event("input"));
    await rest();
  }
  for (const tab of ["stations", "zones", "key", "summary"]) { chargeplan.openTab(tab); await rest(); }
  for (const box of document.querySelectorAll("#key-list input")) { if (!box.checked) box.click(); }
  for (const part of document.querySelectorAll("details")) part.open = true;
  await rest();
  for (let year = 0; year < chargeplan.state.plan.years.length; year += 1) {
    if (chargeplan.state.plan.years.length > 1) {
      chargeplan.showYear(year);
      for (const tab of ["stations", "zones"]) { chargeplan.openTab(tab); await rest(); }
      for (const at of chargeplan.listShownSites()) { chargeplan.state.markers[at].openPopup(); await rest(); }
    }
    for (const asset of chargeplan.state.assets || []) {
      map.openPopup(chargeplan.makeAssetCard(asset), [asset.lat, asset.lon]);
      await rest();
    }
  }
  await chargeplan.copyLink();
  await rest();
  map.closePopup();
  return [...chargeplan.state.words.missing];
}"""


def find_missing(page: Any) -> list[str]:
    """List what the page says in no Urdu words, without the names and texts of the data."""
    plan = page.evaluate("chargeplan.state.plan")
    data = {
        name: plan[name] for name in ("openSites", "otherSites", "removedSites", "zones", "rules", "grid")
    }
    known = set(re.findall(r'"((?:[^"\\]|\\.)*)"', json.dumps(data, ensure_ascii=False)))
    return [
        text
        for text in page.evaluate(SEE_EVERYTHING)
        if json.dumps(text, ensure_ascii=False)[1:-1] not in known
    ]
