"use strict";
// One map; what the plans share is drawn once, what differs once for each side and cut at the divider.
var compare = { base: makePlanCode(), data: null, map: null, sides: [], share: 0.5 };

compare.SIDES = ["left", "right"];
compare.SIGNS = { added: "+", dropped: "−", larger: "▲", smaller: "▼", refitted: "≠", kept: "" };
compare.WORDS = {
  added: "Added", dropped: "Dropped", larger: "Larger", smaller: "Smaller", refitted: "Other chargers", kept: "Kept",
};

compare.start = function () {
  var data = compare.data = compare.base.readJson("compare-data"), base = compare.base, box = data.plan.bounds;
  var scheme = window.matchMedia("(prefers-color-scheme: dark)");
  var map = compare.map = L.map("compare-map", {
    center: [(box[1] + box[3]) / 2, (box[0] + box[2]) / 2], zoom: 11, zoomSnap: 0.25, minZoom: 8, maxZoom: 18,
    zoomControl: false, attributionControl: false, scrollWheelZoom: false,
  });
  base.state.map = map;
  base.state.pending = base.canDraw ? [] : [Promise.reject(new Error("this browser cannot draw it"))];
  base.state.dark = scheme.matches;
  base.state.origin = base.toWorld((box[0] + box[2]) / 2, (box[1] + box[3]) / 2);
  base.state.plan = Object.assign({ openSites: compare.listPlaces(data.stations, [0, 1]), years: [] }, data.plan);
  base.placeMarks = compare.placeMarks;
  scheme.addEventListener("change", function (event) { compare.setDark(event.matches); });
  [["ground", 310], ["left-unserved", 335], ["right-unserved", 336], ["labels", 350],
    ["left-stations", 610], ["right-stations", 611]].forEach(function (pane) { map.createPane(pane[0]).style.zIndex = pane[1]; });
  compare.addControls(map, data.plan);
  base.addBoundary(map);
  compare.addDemand(map, data);
  base.addRoads(map, "roads-data");
  base.addLabels(map, "names-data");
  compare.sides = compare.SIDES.map(function (name, pos) { return compare.makeSide(map, name, pos); });
  compare.fit(map, data);
  map.on("move zoom viewreset resize", compare.cutSides);
  map.on("zoomend", function () { base.markFar(map); });
  base.markFar(map);
  document.addEventListener("keydown", function (event) { if (event.key === "Escape") map.closePopup(); });
};

// A narrow screen shows the stations, a wide one the whole study area.
compare.fit = function (map, data) {
  var box = data.plan.bounds, bounds = L.latLngBounds([[box[1], box[0]], [box[3], box[2]]]);
  if (map.getSize().x < 600 && data.stations.length > 1) {
    bounds = L.latLngBounds(data.stations.map(function (station) { return [station.lat, station.lon]; })).pad(0.04);
  }
  map.fitBounds(bounds, { animate: false, padding: [14, 24], maxZoom: 13 });
};

// The wheel scrolls the page until the map was asked for.
compare.addControls = function (map, plan) {
  L.control.zoom({ position: "bottomleft" }).addTo(map);
  var credit = L.control.attribution({ position: "bottomright", prefix: false }).addTo(map);
  credit.getContainer().appendChild(compare.base.make("span", { text: plan.attribution, attributes: { dir: "auto" } }));
  L.control.scale({ position: "bottomright", imperial: false, maxWidth: 120 }).addTo(map);
  map.on("focus click", function () { map.scrollWheelZoom.enable(); });
  map.on("blur mouseout", function () { map.scrollWheelZoom.disable(); });
};

compare.setDark = function (isDark) {
  compare.base.state.dark = isDark;
  compare.base.redrawAll();
  compare.sides.forEach(function (side) { side.code.state.dark = isDark; side.layer.redraw(); });
};

// Demand is the same in all runs; what stays unserved is drawn by each side with its own figures.
compare.addDemand = function (map, data) {
  var base = compare.base, state = base.state;
  state.layers.demand = new base.CanvasLayer("cells", base.drawDemand, function () { return state.cells !== null; });
  state.layers.demand.addTo(map);
  state.pending.push((async function () {
    state.cellData = data.cells;
    state.cellYears = [];
    state.cellLines = await base.unpackHexagons(data.cells.outlines, data.cells.count);
    await base.unpackLevels(data.cells.levels);
    compare.values = await Promise.all(data.runs.map(function (run) { return base.unpackIntegers(run.cellValues); }));
    compare.fillCells(base, 0);
    state.layers.demand.redraw();
    compare.sides.forEach(compare.showRun);
  })());
};

// The figures of a run in the hexagons that all share, for one copy of the map's code.
compare.fillCells = function (code, run) {
  var shared = compare.base.state;
  ["cellLines", "parentLevels", "cellData", "cellYears"].forEach(function (key) { code.state[key] = shared[key]; });
  code.state.cellValues = compare.values[run];
  code.buildCells();
};

compare.makeSide = function (map, name, pos) {
  var code = makePlanCode(), shared = compare.base.state;
  var side = { name: name, code: code, run: pos, markers: L.layerGroup().addTo(map) };
  ["map", "plan", "origin", "dark"].forEach(function (key) { code.state[key] = shared[key]; });
  side.layer = new code.CanvasLayer(name + "-unserved", code.drawUnserved, function () { return code.state.cells !== null; });
  side.layer.addTo(map);
  return side;
};

compare.showRun = function (side) {
  if (!compare.values) return;
  compare.fillCells(side.code, side.run);
  side.layer.redraw();
};

compare.listPlaces = function (stations, runs) {
  return stations.filter(function (station) { return runs.some(function (run) { return station.sizes[run]; }); })
    .map(function (station) {
      var chargers = Math.max.apply(null, runs.map(function (run) { return station.sizes[run] ? station.sizes[run].chargers : 0; }));
      return { lon: station.lon, lat: station.lat, chargers: chargers };
    });
};

// The area of a mark grows with the number of chargers.
compare.measureMark = function (chargers) { return Math.round(Math.min(18 + 5.2 * Math.sqrt(chargers), 46)); };

// Boxes of the marks of both sides on the screen, which names must not cover.
compare.placeMarks = function (view) {
  return compare.base.state.plan.openSites.map(function (place) {
    var local = compare.base.toLocal(place.lon, place.lat), half = compare.measureMark(place.chargers) / 2 + 1;
    var x = local[0] * view.factor + view.shift[0], y = local[1] * view.factor + view.shift[1];
    return { box: [x - half, y - half, x + half, y + half], isFull: true };
  });
};

// Panes have no size of their own: each is cut along the divider, in the points of the map's own layer.
compare.cutSides = function () {
  var map = compare.map, size = map.getSize(), corner = map.containerPointToLayerPoint([0, 0]);
  var cut = Math.round(compare.share * size.x);
  [[0, cut], [cut, size.x]].forEach(function (range, pos) {
    var left = corner.x + range[0], right = corner.x + range[1], top = corner.y, bottom = corner.y + size.y;
    var shape = "polygon(" + [[left, top], [right, top], [right, bottom], [left, bottom]].map(function (at) {
      return at[0] + "px " + at[1] + "px";
    }).join(",") + ")";
    ["unserved", "stations"].forEach(function (kind) { map.getPane(compare.SIDES[pos] + "-" + kind).style.clipPath = shape; });
  });
};
