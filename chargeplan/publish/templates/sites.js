// Sites: stations as focusable markers over their drawn marks; other sites as signs on a canvas.
chargeplan.STATUS_WORDS = {
  existing: "Existing station", required: "New station, required", candidate: "New station",
  competitor: "Competitor", forbidden: "Forbidden site",
};
chargeplan.MOST_MARKERS = 150;  // in view at a time; beyond it the Stations table names them, and a click finds them

chargeplan.addSites = function (map) {
  var state = chargeplan.state, plan = state.plan;
  state.markers = plan.openSites.map(function (site, position) { return chargeplan.makeMarker(site, position); });
  ["existing", "required", "candidate"].forEach(function (status) {
    var chosen = state.markers.filter(function (_, position) { return plan.openSites[position].status === status; });
    if (chosen.length) state.layers["open-" + status] = new chargeplan.MarkerGroup(chosen).addTo(map);
  });
  chargeplan.addMarks(map);
  chargeplan.addOtherSites(map);
  chargeplan.addGrid(map);
  chargeplan.addZones(map);
  map.on("moveend", chargeplan.showMarkers);
  map.on("zoomend", function () { chargeplan.markFar(map); });
  chargeplan.markFar(map);
  chargeplan.drawSites();  // names keep clear of marks, which are known now
  chargeplan.drawKey();
  if (!chargeplan.listShownSites().length) state.tellMarks();
  Promise.all(state.pending).then(function () {
    state.isReading = false;
    chargeplan.getSheet("cells").redraw();
    return chargeplan.whenDrawn();
  }).then(function () {
    document.documentElement.setAttribute("data-map", "ready");
  }, function (error) {
    state.isReading = false;
    chargeplan.getSheet("cells").redraw();  // what could be read
    document.documentElement.setAttribute("data-map", "failed");
    chargeplan.tell("The map data could not be read: " + error.message
      + ". Open the file in a browser of 2023 or later (Chrome, Edge, Firefox or Safari).");
  });
};

// The stations of one status. On the map are the markers in view, while they are few; all have their drawn mark.
chargeplan.MarkerGroup = L.LayerGroup.extend({
  onAdd: function () { chargeplan.drawSites(); },
  onRemove: function (map) {
    this.eachLayer(function (marker) { map.removeLayer(marker); });
    setTimeout(chargeplan.drawSites);  // when Leaflet has forgotten the group
  },
  addLayer: function (marker) { this._layers[this.getLayerId(marker)] = marker; return this; },
  removeLayer: function (marker) {
    delete this._layers[this.getLayerId(marker)];
    if (this._map) this._map.removeLayer(marker);
    return this;
  },
});

// Marks, markers and the names that keep clear of them.
chargeplan.drawSites = function () {
  var layers = chargeplan.state.layers;
  chargeplan.showMarkers();
  [layers.marks, layers.labels].forEach(function (layer) { if (layer) layer.redraw(); });
};

chargeplan.showMarkers = function () {
  var state = chargeplan.state, map = state.map, view = map.getBounds().pad(0.1), shown = chargeplan.listShownSites();
  var inView = shown.filter(function (position) { return view.contains(state.markers[position].getLatLng()); });
  var isFew = inView.length <= chargeplan.MOST_MARKERS;
  (state.markers || []).forEach(function (marker, position) {
    var isOpen = marker.isPopupOpen();
    if (shown.indexOf(position) >= 0 && (isOpen || (isFew && inView.indexOf(position) >= 0))) map.addLayer(marker);
    else if (!isOpen) map.removeLayer(marker);
  });
};

// Seen from far the marks are smaller, so that a city's stations do not cover it; what can be touched is not.
chargeplan.markFar = function (map) {
  map.getContainer().classList.toggle("far", map.getZoom() < chargeplan.FAR_BELOW_ZOOM);
};

chargeplan.Marker = L.Marker.extend({
  openPopup: function (latlng) {
    if (!this._map) chargeplan.state.map.addLayer(this);  // not in view, or one of too many
    return L.Marker.prototype.openPopup.call(this, latlng);
  },
});

chargeplan.makeMarker = function (site, position) {
  var size = Math.max(2 * chargeplan.measureMark(site.powerKw), 26);
  var icon = L.divIcon({
    className: "station station-" + site.status, html: chargeplan.make("span", { className: "station-face" }),
    iconSize: [size, size], iconAnchor: [size / 2, size / 2], popupAnchor: [0, -size / 2],
  });
  var marker = new chargeplan.Marker([site.lat, site.lon], { icon: icon, keyboard: true, riseOnHover: true, zIndexOffset: 1000 - site.rank });
  marker.bindPopup(function () { return chargeplan.makeSiteCard(position); }, { maxWidth: 310, minWidth: 250 });
  marker.on("popupopen", function () { chargeplan.selectSite(position); });
  marker.on("popupclose", function () {
    if (chargeplan.state.selected === position) chargeplan.selectSite(null);
    setTimeout(chargeplan.showMarkers);
  });
  marker.on("add", function () { chargeplan.nameMarker(marker.getElement(), site, position); });
  return marker;
};

chargeplan.nameMarker = function (node, site, position) {
  var equipment = chargeplan.getEquipment(position);
  var text = chargeplan.STATUS_WORDS[site.status] + " no. " + site.rank + ", " + equipment.chargers + (equipment.chargers === 1 ? " charger" : " chargers");
  node.setAttribute("aria-label", site.name + ", " + text);
  node.title = site.name + "\n" + text + ", " + chargeplan.formatNumber(equipment.powerKw) + " kW";
  node.setAttribute("data-site", String(position));
  node.classList.toggle("chosen", chargeplan.state.selected === position);
};

chargeplan.selectSite = function (position) {
  var state = chargeplan.state;
  if (state.selected === position) return;
  if (state.whyYear && state.whyYear.site === state.selected) state.whyYear = null;
  state.selected = position;
  state.layers.reach.redraw();
  if (state.layers.marks) state.layers.marks.redraw();
  if (state.layers.grid && state.map.hasLayer(state.layers.grid)) state.layers.grid.redraw();
  document.querySelectorAll("[data-row]").forEach(function (row) {
    row.classList.toggle("chosen", position !== null && row.getAttribute("data-row") === String(position));
  });
  document.querySelectorAll("[data-site]").forEach(function (node) {
    node.classList.toggle("chosen", position !== null && node.getAttribute("data-site") === String(position));
  });
  chargeplan.tellReach();
};

chargeplan.tellReach = function () {
  var state = chargeplan.state, years = state.plan.years;
  var why = state.whyYear && state.whyYear.site === state.selected ? state.whyYear.text : "";
  if (state.selected === null || !state.reachYears) { chargeplan.tell(why); return; }
  var count = chargeplan.getReach(state.selected).length, year = years.length > 1 ? " in " + years[chargeplan.getYearPosition()][0] : "";
  chargeplan.tell((why ? why + ". " : "") + "Lit: the " + count + (count === 1 ? " cell" : " cells") + " that this station serves" + year);
};

chargeplan.tell = function (text) {
  var note = document.getElementById("reach-note");
  note.textContent = text;
  note.hidden = !text;
  chargeplan.refitPopup();
};
