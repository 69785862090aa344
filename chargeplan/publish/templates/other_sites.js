// Sites that are not stations of the plan: candidates not chosen, competitors, forbidden and refused places.
// Each kind has a shape of its own.
chargeplan.addOtherSites = function (map) {
  var state = chargeplan.state, plan = state.plan, canvas = L.canvas({ pane: "dots", padding: 0.12 });
  var groups = {
    notChosen: plan.otherSites.filter(function (site) { return site[4] === "candidate" || site[4] === "required"; }),
    competitors: plan.otherSites.filter(function (site) { return site[4] === "competitor"; }),
    removed: plan.removedSites.filter(function (site) { return !site[6]; }),
    forbidden: plan.removedSites.filter(function (site) { return site[6]; })
      .concat(plan.otherSites.filter(function (site) { return site[4] === "forbidden"; }).map(function (site) {
        return [site[0], site[1], site[2], site[3], "forbidden by the planner", "", true];
      })),
  };
  var makers = { notChosen: chargeplan.makeNotChosen, competitors: chargeplan.makeCompetitor, removed: chargeplan.makeRemoved, forbidden: chargeplan.makeRemoved };
  Object.keys(groups).forEach(function (name) {
    if (groups[name].length) chargeplan.fillWhenShown(name, groups[name], function (site) { return makers[name](site, canvas); });
  });
  if (plan.rules && plan.rules.squares.length) {
    chargeplan.fillWhenShown("rules", plan.rules.squares, function (square) { return chargeplan.makeRuleSquare(square, canvas); });
    state.layers.rules.on("add", function () {  // squares lie below the dots
      state.layers.rules.eachLayer(function (square) { square.bringToBack(); });
    });
  }
  // One of a group that is switched off: it stands on the map as long as its card is open.
  state.showOther = function (name, site) {
    var colours = chargeplan.getColours(), sign = makers[name](site, canvas);
    if (sign.setStyle) sign.setStyle({ color: colours[name], fillColor: colours.dotFill });
    sign.on("popupclose", function () { sign.remove(); });
    sign.addTo(map).openPopup();
  };
  chargeplan.redrawDots = function () {
    var colours = chargeplan.getColours();
    chargeplan.renewSquares();
    Object.keys(makers).forEach(function (name) {
      if (state.layers[name]) state.layers[name].eachLayer(function (sign) { if (sign.setStyle) sign.setStyle({ color: colours[name], fillColor: colours.dotFill }); });
    });
  };
  state.layers.dots = { redraw: chargeplan.redrawDots };
  ["competitors", "forbidden"].forEach(function (name) { if (state.layers[name]) state.layers[name].addTo(map); });
};

// Hundreds of signs that are hidden at first are made when they are switched on.
chargeplan.fillWhenShown = function (name, sites, makeOne) {
  var layer = chargeplan.state.layers[name] = L.layerGroup();
  layer.once("add", function () {
    sites.forEach(function (site) { layer.addLayer(makeOne(site)); });
    chargeplan.redrawDots();
  });
};

// A sign on a Leaflet canvas: `shape` is ring, cross, barred or diamond.
chargeplan.Sign = L.CircleMarker.extend({
  _updatePath: function () {
    var renderer = this._renderer, pen = renderer._ctx, at = this._point, r = this._radius, shape = this.options.shape;
    if (!renderer._drawing || this._empty()) return;
    pen.beginPath();
    if (shape === "diamond") { [[0, -1.2], [1.2, 0], [0, 1.2], [-1.2, 0], [0, -1.2]].forEach(function (step) { pen.lineTo(at.x + step[0] * r, at.y + step[1] * r); }); }
    else if (shape !== "cross") pen.arc(at.x, at.y, r, 0, 2 * Math.PI);
    if (shape !== "cross") renderer._fillStroke(pen, this);
    if (shape === "cross" || shape === "barred") {
      var reach = shape === "cross" ? 0.9 * r : 0.7 * r;
      pen.beginPath();
      pen.moveTo(at.x - reach, at.y - reach); pen.lineTo(at.x + reach, at.y + reach);
      if (shape === "cross") { pen.moveTo(at.x + reach, at.y - reach); pen.lineTo(at.x - reach, at.y + reach); }
      pen.strokeStyle = this.options.color;
      pen.lineWidth = this.options.weight;
      pen.stroke();
    }
  },
});
chargeplan.makeSign = function (site, canvas, options) {
  return new chargeplan.Sign([site[1], site[0]], L.extend({ renderer: canvas, radius: 4, weight: 1.5, fillOpacity: 0.95, bubblingMouseEvents: false }, options));
};

chargeplan.makeNotChosen = function (site, canvas) {
  return chargeplan.makeSign(site, canvas, { shape: "ring", radius: 3.6 }).bindPopup(function () {
    return chargeplan.makeCard(site[4] === "required" ? "Required, not open" : "Candidate, not chosen", site[2] ? [site[2]] : [], [
      ["Kind", chargeplan.formatWord(site[3])], ["Room for", site[5] + " chargers"],
    ].concat(chargeplan.listWhyClosed(site)));
  });
};

// What the records of the run tell of it; see publish/closed_sites.py.
chargeplan.listWhyClosed = function (site) {
  var years = chargeplan.state.plan.years, share = site[8] / 1000, shown = share > 0.9 && share < 1 ? (100 * share).toFixed(1) + " %" : chargeplan.formatShare(share);
  var demand = chargeplan.formatNumber(site[7]) + " kWh/day" + (years.length > 1 ? " in " + years[years.length - 1][0] : "");
  return [
    site[7] > 0 ? ["Demand that may use it", demand + ", " + shown + " of it served by open stations"] : null,
    site[9] ? ["Smallest station", site[9]] : null,
    ["Why not", site[10] || "these figures alone do not tell; the command chargeplan why does"],
  ];
};

chargeplan.makeCompetitor = function (site) {
  var icon = L.divIcon({ className: "station station-competitor", html: chargeplan.make("span", { className: "station-face" }), iconSize: [20, 20], iconAnchor: [10, 10] });
  var marker = L.marker([site[1], site[0]], { icon: icon });
  marker.on("add", function () { marker.getElement().setAttribute("aria-label", (site[2] || "Competitor") + ", competitor"); });
  return marker.bindPopup(function () {
    return chargeplan.makeCard("Competitor", site[2] ? [site[2]] : [], [
      ["Kind", chargeplan.formatWord(site[3])], ["Chargers", String(site[6])],
    ]);
  });
};

chargeplan.makeRemoved = function (site, canvas) {
  var options = site[6] ? { shape: "barred", radius: 6, weight: 2.2 } : { shape: "cross", radius: 3.6 };
  return chargeplan.makeSign(site, canvas, options).bindPopup(function () {
    return chargeplan.makeCard(site[6] ? "Forbidden" : "Not offered", [site[2]], [
      ["Kind", chargeplan.formatWord(site[3])], ["Reason", site[4]],
    ].concat(site[5] ? [["Detail", site[5]]] : []));
  });
};

chargeplan.makeRuleSquare = function (square, canvas) {
  var polygon = L.polygon(square[0], { renderer: canvas, weight: 1.2, fillOpacity: 0.12, bubblingMouseEvents: false, position: chargeplan.state.plan.rules.squares.indexOf(square) });
  return polygon.bindPopup(function () {
    var now = chargeplan.getRules().squares[polygon.options.position];
    return chargeplan.makeCard("Square of a rule", [now[1]], [
      ["Rule", now[2], true], ["State", now[3]], ["Stations", now[4] + " of " + now[5] + " asked for"],
    ]);
  });
};

// Kept or broken in the shown year.
chargeplan.renewSquares = function () {
  var state = chargeplan.state, colours = chargeplan.getColours();
  if (!state.layers.rules) return;
  var squares = chargeplan.getRules().squares;
  state.layers.rules.eachLayer(function (square) {
    var isKept = squares[square.options.position][3] === "kept", colour = isKept ? colours.kept : colours.broken;
    square.setStyle({ color: colour, fillColor: colour, dashArray: isKept ? null : "4 3" });
  });
};
