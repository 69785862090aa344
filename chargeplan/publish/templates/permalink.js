// The view in the fragment of the address: what a link to this page shows. Nothing is stored, nothing is sent.
// What a fragment asks for is taken only where the page knows it; the rest is left out in silence.
chargeplan.LONGEST_FRAGMENT = 2000;
chargeplan.LINK_ZOOMS = [5, 19];
chargeplan.TABS = ["summary", "stations", "zones", "key"];

// Reads without knowing the plan: numbers within the world, words of closed lists, texts to compare.
chargeplan.readFragment = function (hash) {
  var read = {}, text = String(hash || "").replace(/^#/, "");
  if (!text || text.length > chargeplan.LONGEST_FRAGMENT) return read;
  var fields = new URLSearchParams(text), view = /^(\d{1,2}(?:\.\d{1,4})?)\/(-?\d{1,2}(?:\.\d{1,7})?)\/(-?\d{1,3}(?:\.\d{1,7})?)$/.exec(fields.get("map") || "");
  if (view) read.view = { zoom: Number(view[1]), lat: Number(view[2]), lon: Number(view[3]) };
  if (["en", "ur"].indexOf(fields.get("lang")) >= 0) read.lang = fields.get("lang");
  if (chargeplan.TABS.concat("none").indexOf(fields.get("tab")) >= 0) read.tab = fields.get("tab");
  if (/^\d{4}$/.test(fields.get("year") || "")) read.year = Number(fields.get("year"));
  if (fields.has("layers")) read.layers = fields.get("layers").split(",");
  if (fields.get("site")) read.site = fields.get("site");
  if (fields.get("zone")) read.zone = fields.get("zone");
  return read;
};

chargeplan.listShownLayers = function () {
  var state = chargeplan.state;
  return chargeplan.KEY.map(function (entry) { return entry[0]; }).filter(function (name) {
    return state.layers[name] && state.map.hasLayer(state.layers[name]);
  });
};

chargeplan.listAllLayers = function () {
  return chargeplan.KEY.map(function (entry) { return entry[0]; }).filter(function (name) { return chargeplan.state.layers[name]; });
};

chargeplan.findOpenTab = function () {
  return chargeplan.TABS.filter(function (tab) { return document.getElementById("tab-" + tab).getAttribute("aria-selected") === "true"; })[0] || "none";
};

// What differs from the page as it opens is written, and always the place.
chargeplan.writeFragment = function () {
  var state = chargeplan.state, map = state.map, centre = map.getCenter(), first = state.firstView, fields = [];
  fields.push("map=" + [Number(map.getZoom().toFixed(2)), centre.lat.toFixed(5), centre.lng.toFixed(5)].join("/"));
  if (state.selected !== null) fields.push("site=" + encodeURIComponent(state.plan.openSites[state.selected].id));
  var tab = chargeplan.findOpenTab(), layers = chargeplan.listShownLayers().join(",");
  if (state.chosenZone !== null) fields.push("zone=" + encodeURIComponent(state.plan.zones[state.chosenZone][0]));
  if (tab !== first.tab) fields.push("tab=" + tab);
  if (layers !== first.layers) fields.push("layers=" + layers);
  if (state.plan.years.length > 1 && state.year !== state.plan.years.length - 1) fields.push("year=" + state.plan.years[state.year][0]);
  if (state.language !== first.language) fields.push("lang=" + state.language);
  return "#" + fields.join("&");
};

chargeplan.applyFragment = function (map, read) {
  var state = chargeplan.state, plan = state.plan, box = plan.bounds;
  if (read.lang) chargeplan.setLanguage(read.lang);
  if (read.layers) chargeplan.listAllLayers().forEach(function (name) {
    var layer = state.layers[name], isAsked = read.layers.indexOf(name) >= 0;
    if (isAsked && !map.hasLayer(layer)) layer.addTo(map);
    if (!isAsked && map.hasLayer(layer)) layer.remove();
  });
  if (read.layers) chargeplan.drawKey();
  if (read.year && plan.years.length > 1) plan.years.forEach(function (year, position) {
    if (year[0] === read.year && state.year !== position) chargeplan.showYear(position);
  });
  var position = -1;
  if (read.site) plan.openSites.forEach(function (site, at) { if (site.id === read.site) position = at; });
  if (position >= 0) chargeplan.goToSite(map, position);
  var zone = read.zone ? plan.zones.findIndex(function (one) { return one[0] === read.zone; }) : -1;
  if (zone >= 0) chargeplan.goToZone(map, zone);
  var view = read.view, isNear = view && view.lon > box[0] - 1 && view.lon < box[2] + 1 && view.lat > box[1] - 1 && view.lat < box[3] + 1;
  if (isNear && view.zoom >= chargeplan.LINK_ZOOMS[0] && view.zoom <= chargeplan.LINK_ZOOMS[1]) {
    map.setView([view.lat, view.lon], view.zoom, { animate: false });
  }
  if (read.tab) chargeplan.openTab(read.tab === "none" ? null : read.tab);
};

// Last call of the page: shows what the link asks for, then writes the address as the reader moves on.
chargeplan.addPermalink = function (map) {
  var state = chargeplan.state, timer = null, written = window.location.hash;
  state.firstView = { tab: chargeplan.findOpenTab(), layers: chargeplan.listShownLayers().join(","), language: chargeplan.readJson("words-data").language };
  function write() {
    timer = null;
    if (state.isPrinting) return;
    written = chargeplan.writeFragment();
    if (written === window.location.hash) return;
    try { window.history.replaceState(null, "", written); } catch (error) { return; }  // a browser may forbid it for files
  }
  function later() { if (timer === null) timer = window.setTimeout(write, 300); }
  Promise.all(state.pending).then(function () {
    chargeplan.applyFragment(map, chargeplan.readFragment(window.location.hash));
    map.on("moveend popupopen popupclose layeradd layerremove", later);
    ["click", "change", "keyup"].forEach(function (event) { document.addEventListener(event, later); });
    window.addEventListener("hashchange", function () {
      if (window.location.hash !== written) chargeplan.applyFragment(map, chargeplan.readFragment(window.location.hash));
    });
  }, function () {});  // the page says itself that its data could not be read
  document.getElementById("copy-link").addEventListener("click", chargeplan.copyLink);
};

chargeplan.copyLink = async function () {
  var link = window.location.href.split("#")[0] + chargeplan.writeFragment();
  try {
    await navigator.clipboard.writeText(link);
  } catch (error) {
    var holder = chargeplan.make("textarea", { className: "hidden", attributes: { "aria-hidden": "true" } });
    holder.value = link;
    document.body.appendChild(holder);
    holder.select();
    var isCopied = document.execCommand("copy");
    holder.remove();
    if (!isCopied) { chargeplan.tell("The browser does not let pages copy; copy the address instead"); return; }
  }
  chargeplan.tell("A link to this view is copied");
};
