// Stations as focusable markers with their number of chargers; other sites as dots on a canvas.
chargeplan.STATUS_WORDS = {
  existing: "Existing station", required: "New station, required", candidate: "New station",
  competitor: "Competitor", forbidden: "Forbidden site",
};

chargeplan.makeCard = function (title, names, rows) {
  var make = chargeplan.make;
  return make("div", { className: "popup-card" }, [
    make("p", { className: "popup-kind", text: title }),
  ].concat(
    names.map(function (name, position) {
      return make(position ? "p" : "h3", { text: name, className: "popup-name", attributes: { dir: "auto" } });
    }),
    [make("dl", {}, rows.reduce(function (list, row) {
      return list.concat([make("dt", { text: row[0] }), make("dd", { text: row[1], attributes: { dir: "auto" } })]);
    }, []))]
  ));
};

chargeplan.addSites = function (map) {
  var state = chargeplan.state, plan = state.plan, canvas = L.canvas({ pane: "dots", padding: 0.2 });
  state.markers = plan.openSites.map(function (site, position) { return chargeplan.makeMarker(site, position); });
  ["existing", "required", "candidate"].forEach(function (status) {
    var chosen = state.markers.filter(function (_, position) { return plan.openSites[position].status === status; });
    if (chosen.length) state.layers["open-" + status] = L.layerGroup(chosen).addTo(map);
  });
  [["candidate", "notChosen"], ["competitor", "competitors"], ["required", "notChosen"]].forEach(function (group) {
    var sites = plan.otherSites.filter(function (site) { return site[4] === group[0]; });
    if (!sites.length) return;
    var layer = state.layers[group[1]] = state.layers[group[1]] || L.layerGroup();
    chargeplan.fillWhenShown(layer, sites, function (site) {
      return group[0] === "competitor" ? chargeplan.makeCompetitor(site) : chargeplan.makeDot(site, canvas);
    });
  });
  if (plan.removedSites.length) {
    state.layers.removed = L.layerGroup();
    chargeplan.fillWhenShown(state.layers.removed, plan.removedSites, function (site) { return chargeplan.makeRemoved(site, canvas); });
  }
  if (plan.rules && plan.rules.squares.length) {
    state.layers.rules = L.layerGroup();
    chargeplan.fillWhenShown(state.layers.rules, plan.rules.squares, function (square) { return chargeplan.makeRuleSquare(square, canvas); });
    state.layers.rules.on("add", function () {  // squares lie below the dots
      state.layers.rules.eachLayer(function (square) { square.bringToBack(); });
    });
  }
  map.on("zoomend", function () { chargeplan.markFar(map); });
  chargeplan.markFar(map);
  chargeplan.redrawDots = function () {
    var colours = chargeplan.getColours();
    if (state.layers.rules) state.layers.rules.eachLayer(function (square) { square.setStyle({ color: colours[square.options.state], fillColor: colours[square.options.state] }); });
    [["notChosen", colours.dot], ["removed", colours.removed]].forEach(function (group) {
      var layer = state.layers[group[0]];
      if (layer) layer.eachLayer(function (dot) { dot.setStyle({ color: group[1], fillColor: colours.dotFill }); });
    });
  };
  state.layers.dots = { redraw: chargeplan.redrawDots };
  if (state.layers.competitors) state.layers.competitors.addTo(map);
  chargeplan.drawKey();
  Promise.all(state.pending).then(chargeplan.whenDrawn).then(function () {
    document.documentElement.setAttribute("data-map", "ready");
  }, function (error) {
    document.documentElement.setAttribute("data-map", "failed");
    chargeplan.tell("The map data could not be read: " + error.message
      + ". Open the file in a browser of 2023 or later (Chrome, Edge, Firefox or Safari).");
  });
};

// Hundreds of dots that are hidden at first are made when they are switched on.
chargeplan.fillWhenShown = function (layer, sites, makeOne) {
  layer.once("add", function () {
    sites.forEach(function (site) { layer.addLayer(makeOne(site)); });
    chargeplan.redrawDots();
  });
};

// The area of the mark grows with the number of chargers.
chargeplan.measureStation = function (chargers) { return Math.round(Math.min(18 + 5.2 * Math.sqrt(chargers), 46)); };

// Seen from far the marks are smaller, so that a city's stations do not cover it; what can be touched is not.
chargeplan.FAR_BELOW_ZOOM = 10.75;
chargeplan.FAR_SCALE = 0.74;
chargeplan.markFar = function (map) {
  map.getContainer().classList.toggle("far", map.getZoom() < chargeplan.FAR_BELOW_ZOOM);
};

chargeplan.makeStationIcon = function (site, chargers) {
  var size = chargeplan.measureStation(chargers);
  var face = chargeplan.make("span", { className: "station-face", text: String(chargers) });
  return L.divIcon({
    className: "station station-" + site.status + (site.headroomUnknown ? " station-unknown" : ""), html: face, iconSize: [size, size], iconAnchor: [size / 2, size / 2],
    popupAnchor: [0, -size / 2],
  });
};

chargeplan.makeMarker = function (site, position) {
  var icon = chargeplan.makeStationIcon(site, site.chargers);
  var marker = L.marker([site.lat, site.lon], { icon: icon, keyboard: true, riseOnHover: true, zIndexOffset: 1000 - site.rank });
  marker.bindPopup(function () { return chargeplan.makeSiteCard(site); }, { maxWidth: 290, minWidth: 220 });
  marker.on("popupopen", function () { chargeplan.selectSite(position); });
  marker.on("popupclose", function () { if (chargeplan.state.selected === position) chargeplan.selectSite(null); });
  marker.on("add", function () {
    var node = marker.getElement();
    node.setAttribute("aria-label", site.name + ", " + chargeplan.STATUS_WORDS[site.status] + ", " + node.textContent + " chargers");
    node.setAttribute("data-site", String(position));
  });
  return marker;
};

chargeplan.makeSiteCard = function (site) {
  var number = chargeplan.formatNumber;
  var rows = [
    ["Kind", chargeplan.formatWord(site.kind)],
    ["Chargers", site.chargers + " (" + number(site.powerKw) + " kW)"],
  ].concat(chargeplan.listStages(site), [
    ["Energy", number(site.servedKwhDay) + " kWh/day"],
    ["In use", chargeplan.formatShare(site.utilisation) + " of opening hours"],
    ["Mean drive", site.meanDriveMin === null ? "–" : number(site.meanDriveMin, 1) + " min"],
    ["Serves", number(site.cells) + (site.cells === 1 ? " cell" : " cells")],
    ["Cost", site.costText || (site.status === "existing" ? "already built" : "none")],
    ["Site", site.id],
  ]);
  return chargeplan.makeCard(
    "No. " + site.rank + " · " + chargeplan.STATUS_WORDS[site.status], [site.name].concat(site.otherNames), rows
  );
};

// Rows of a station's card that only some plans have: charger types by year, year of opening, grid.
chargeplan.listStages = function (site) {
  var number = chargeplan.formatNumber, rows = [], before = "";
  site.byYear.forEach(function (year) {
    var text = year[1].map(function (type) { return type[1] + " × " + type[0] + ", " + number(type[2], type[2] % 1 ? 1 : 0) + " kW"; }).join("; ");
    if (text !== before) rows.push([site.status === "existing" ? "Counts as" : "By " + year[0], text]);
    before = text;
  });
  if (site.openedYear !== null && site.byYear.length) rows.push(["Opens", String(site.openedYear)]);
  if (site.headroomUnknown === null) return rows;
  if (site.asset) {
    var limit = site.asset[2] === null ? "" : " of " + number(site.asset[2]);
    rows.push(["Grid", site.asset[0] + ": " + number(site.asset[1], site.asset[1] % 1 ? 1 : 0) + limit + " kW new load"]);
  }
  if (site.headroomUnknown) rows.push(["Headroom", "not known"]);
  if (site.riskText) rows.push(["Risk charge", site.riskText + ", not spent, beside the cost"]);
  return rows;
};

chargeplan.makeRuleSquare = function (square, canvas) {
  var state = square[3] === "kept" ? "kept" : "broken";
  var polygon = L.polygon(square[0], { renderer: canvas, state: state, weight: 1.2, fillOpacity: 0.12, dashArray: state === "kept" ? null : "4 3", bubblingMouseEvents: false });
  return polygon.bindPopup(function () {
    return chargeplan.makeCard("Square of a rule", [square[1]], [
      ["Rule", square[2]], ["State", square[3]], ["Stations", square[4] + " of " + square[5] + " asked for"],
    ]);
  });
};

chargeplan.makeDot = function (site, canvas) {
  var dot = L.circleMarker([site[1], site[0]], { renderer: canvas, radius: 3.5, weight: 1.4, fillOpacity: 0.95, bubblingMouseEvents: false });
  return dot.bindPopup(function () {
    return chargeplan.makeCard("Candidate, not chosen", site[2] ? [site[2]] : [], [
      ["Kind", chargeplan.formatWord(site[3])], ["Room for", site[5] + " chargers"],
    ]);
  });
};

chargeplan.makeCompetitor = function (site) {
  var face = chargeplan.make("span", { className: "station-face", text: String(site[6]) });
  var icon = L.divIcon({ className: "station station-competitor", html: face, iconSize: [22, 22], iconAnchor: [11, 11] });
  var marker = L.marker([site[1], site[0]], { icon: icon });
  marker.on("add", function () { marker.getElement().setAttribute("aria-label", (site[2] || "Competitor") + ", competitor"); });
  return marker.bindPopup(function () {
    return chargeplan.makeCard("Competitor", site[2] ? [site[2]] : [], [
      ["Kind", chargeplan.formatWord(site[3])], ["Chargers", String(site[6])],
    ]);
  });
};

chargeplan.makeRemoved = function (site, canvas) {
  var dot = L.circleMarker([site[1], site[0]], { renderer: canvas, radius: 3, weight: 1, dashArray: "2 2", fillOpacity: 0.2, bubblingMouseEvents: false });
  return dot.bindPopup(function () {
    return chargeplan.makeCard("Not offered", [site[2]], [
      ["Kind", chargeplan.formatWord(site[3])], ["Reason", site[4]],
    ].concat(site[5] ? [["Detail", site[5]]] : []));
  });
};

chargeplan.selectSite = function (position) {
  var state = chargeplan.state;
  if (state.selected === position) return;
  state.selected = position;
  state.layers.reach.redraw();
  document.querySelectorAll("[data-row]").forEach(function (row) {
    row.classList.toggle("chosen", position !== null && row.getAttribute("data-row") === String(position));
  });
  document.querySelectorAll("[data-site]").forEach(function (node) {
    node.classList.toggle("chosen", position !== null && node.getAttribute("data-site") === String(position));
  });
  var served = position === null ? null : state.reach && state.reach[position];
  var years = state.plan.years, isEarlier = state.year !== undefined && state.year < years.length - 1;
  chargeplan.tell(served ? "Lit: the " + served.length + " cells that this station serves" + (isEarlier ? " in " + years[years.length - 1][0] : "") : "");
};

chargeplan.tell = function (text) {
  var note = document.getElementById("reach-note");
  note.textContent = text;
  note.hidden = !text;
};
