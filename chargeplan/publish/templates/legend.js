// The small legend that lies on the map from the first moment: what is on the screen now, in a few lines.
// All of it, with the switches, stands in the tab of the layers; paper has that one.
chargeplan.LEGEND_SIGNS = [
  ["open-candidate", "New station; the number is its rank by energy, the area its power", "candidate"],
  ["open-required", "New station, required", "required"],
  ["open-existing", "Existing station", "existing"],
  ["competitors", "Competitor", "competitor"],
  ["notChosen", "Candidate, not chosen", "ring"],
  ["forbidden", "Forbidden site", "barred"],
  ["removed", "Site not offered", "cross"],
  ["rules", "Squares of the rules, kept or broken", "square"],
  ["zones", "Zones by the share served", "share"],
  ["grid", "Grid: load after the plan", "gauge"],
];

chargeplan.drawLegend = function () {
  var state = chargeplan.state, make = chargeplan.make, body = document.getElementById("legend-body"), rows = [];
  if (!state.levels) return;
  function isOn(name) { return state.layers[name] && state.map.hasLayer(state.layers[name]); }
  if (isOn("demand")) rows.push(chargeplan.makeLegendRamp(chargeplan.chooseLevel(state.map.getZoom())));
  var signs = chargeplan.LEGEND_SIGNS.filter(function (sign) { return isOn(sign[0]); });
  if (isOn("open-candidate") && chargeplan.hasUnknownHeadroom()) signs.push(["open-candidate", "Headroom of the grid not known", "striped"]);
  if (isOn("unserved")) signs.unshift(["unserved", "Demand not served", "dots"]);
  rows.push(make("ul", {}, signs.map(function (sign) {
    return make("li", {}, [make("span", { className: "sample", attributes: { "aria-hidden": "true" } }, [chargeplan.drawSample(sign[2])]), make("span", { text: sign[1] })]);
  })));
  if (state.map.getZoom() >= chargeplan.NEAR_FROM_ZOOM) rows.push(chargeplan.makeKindKey());
  rows.push(chargeplan.makeTypeKey());
  body.replaceChildren.apply(body, rows.filter(Boolean));
  if (!state.hasLegendPlace) chargeplan.placeLegend();
};

// In a corner where it covers no station of the map as it opens, below right if that will do. Where both corners have
// stations the plan is fitted beside or above the legend; where that leaves too little, the legend is folded.
chargeplan.LEAST_MAP_PX = 360;

chargeplan.placeLegend = function () {
  var state = chargeplan.state, map = state.map, legend = document.getElementById("legend");
  if (chargeplan.isPhone() || !state.levels) return;
  var isFirst = !state.hasLegendPlace;  // later the reader folds it, or not
  state.hasLegendPlace = true;
  var isFitted = chargeplan.isFitted(map);
  if (isFitted && state.legendRoom) fitBeside(null);
  if (!legend.open || isFree()) return;
  legend.classList.remove("above");
  if (!isFitted) return;
  var rooms = [[legend.offsetWidth + 12, 0], [0, window.innerHeight - legend.getBoundingClientRect().top + 18]].filter(hasMap);
  rooms.sort(function (one, other) { return zoomTo(other) - zoomTo(one); });
  if (rooms.length) fitBeside(rooms[0]);
  else if (isFirst) legend.open = false;

  function fitBeside(room) {
    state.legendRoom = room;
    chargeplan.fitPlan(map);
  }
  function getFree(room) {
    var padding = chargeplan.padPlan(room);
    return map.getSize().subtract(padding.paddingTopLeft).subtract(padding.paddingBottomRight);
  }
  function hasMap(room) { return Math.min(getFree(room).x, getFree(room).y) >= chargeplan.LEAST_MAP_PX; }
  function zoomTo(room) {
    var padding = chargeplan.padPlan(room);
    return map.getBoundsZoom(chargeplan.boundPlan(), false, L.point(padding.paddingTopLeft).add(padding.paddingBottomRight));
  }
  function isFree() {
    var points = state.plan.openSites.map(function (site) { return map.latLngToContainerPoint([site.lat, site.lon]); });
    return [false, true].some(function (isAbove) {
      legend.classList.toggle("above", isAbove);
      var box = legend.getBoundingClientRect();
      return !points.some(function (point) {
        return point.x > box.left - 18 && point.x < box.right + 18 && point.y > box.top - 18 && point.y < box.bottom + 26;
      });
    });
  }
};

// The ramp in one bar, with the figures at its ends.
chargeplan.makeLegendRamp = function (level) {
  var make = chargeplan.make, colours = chargeplan.getColours().ramp, breaks = level.breaks, steps = [];
  function number(value) { return chargeplan.formatNumber(value, value < 10 && value % 1 ? 1 : 0); }
  for (var step = 0; step <= breaks.length; step += 1) {
    var swatch = make("span", {});
    swatch.style.background = colours[breaks.length ? Math.round((step * 5) / breaks.length) : 3];
    steps.push(swatch);
  }
  var ends = breaks.length ? [make("span", { text: "below " + number(breaks[0]) }), make("span", { text: "from " + number(breaks[breaks.length - 1]) })] : [];
  return make("div", { className: "legend-ramp" }, [
    make("p", { text: "kWh/day in a hexagon" }),
    make("div", { className: "legend-bar", attributes: { "aria-hidden": "true" } }, steps), make("div", { className: "legend-ends" }, ends),
  ]);
};

// A phone has little room: there it is a button until it is asked for.
chargeplan.fillLegend = function () {
  var legend = document.getElementById("legend");
  legend.open = !chargeplan.isPhone();
  document.getElementById("legend-more").addEventListener("click", function () {
    if (chargeplan.isPhone()) legend.open = false;
    chargeplan.openTab("key");
    document.getElementById("tab-key").focus();
  });
};
