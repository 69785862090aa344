// Zones coloured by the share of their demand that is served in the shown year.
chargeplan.SHARE_BREAKS = [0.2, 0.4, 0.6, 0.8];

chargeplan.addZones = function (map) {
  var state = chargeplan.state;
  state.chosenZone = null;
  if (!state.plan.zoneOutlines.rings.some(Boolean)) return;
  var layer = state.layers.zones = new chargeplan.CanvasLayer("zones", chargeplan.drawZones, function () { return Boolean(state.zonePaths); });
  layer.once("add", async function () {
    await chargeplan.readZones();
    layer.redraw();
  });
  layer.on("add remove", chargeplan.drawDemandKey);
  state.layers.chosenZone = new chargeplan.CanvasLayer("reach", chargeplan.drawChosenZone, function () {
    return state.chosenZone !== null && Boolean(state.zonePaths);
  }).addTo(map);
};

// The outlines are read when the first of them is looked at.
chargeplan.readZones = async function () {
  var state = chargeplan.state, packed = state.plan.zoneOutlines, at = 0;
  var lines = await chargeplan.unpackLines(packed.lines, packed.rings.reduce(function (sum, rings) { return sum + rings; }, 0));
  if (state.zonePaths) return;
  state.zoneTops = [];
  state.zonePaths = packed.rings.map(function (rings) {
    var path = new Path2D(), top = [0, Infinity];
    for (var ring = 0; ring < rings; ring += 1, at += 1) {
      chargeplan.traceLine(path, lines, at, true);
      for (var p = lines.starts[at]; p < lines.starts[at + 1]; p += 1) if (lines.points[2 * p + 1] < top[1]) top = [lines.points[2 * p], lines.points[2 * p + 1]];
    }
    state.zoneTops.push(top);
    return path;
  });
};

chargeplan.getShareColour = function (share) {
  var colours = chargeplan.getColours().share, step = 0;
  while (step < chargeplan.SHARE_BREAKS.length && share >= chargeplan.SHARE_BREAKS[step]) step += 1;
  return colours[step];
};

chargeplan.drawZones = function (pen, view) {
  var state = chargeplan.state, colours = chargeplan.getColours();
  state.zonePaths.forEach(function (path, row) {
    var zone = chargeplan.getZone(row);
    if (zone[3] !== null && zone[2] > 0) {
      pen.globalAlpha = 0.86;
      pen.fillStyle = chargeplan.getShareColour(zone[3]);
      pen.fill(path, "evenodd");
    }
    pen.globalAlpha = 0.9;
    pen.strokeStyle = colours.boundary;
    pen.lineWidth = 1.1 / view.factor;
    pen.stroke(path);
  });
  pen.globalAlpha = 1;
};

chargeplan.drawChosenZone = function (pen, view) {
  var state = chargeplan.state, colours = chargeplan.getColours();
  pen.lineJoin = "round";
  [[colours.labelHalo, 5.5], [colours.reach, 2.6]].forEach(function (line) {
    pen.strokeStyle = line[0];
    pen.lineWidth = line[1] / view.factor;
    pen.stroke(state.zonePaths[state.chosenZone]);
  });
};

chargeplan.showZone = function (map, latlng, at) {
  var state = chargeplan.state, pen = document.createElement("canvas").getContext("2d");
  var row = (state.zonePaths || []).findIndex(function (path) { return pen.isPointInPath(path, at[0], at[1], "evenodd"); });
  if (row >= 0) chargeplan.openZone(map, latlng, row);
};

// The card stands at the top of its zone and leaves the rest to see.
chargeplan.openZoneAbove = async function (map, row) {
  var state = chargeplan.state, zone = state.plan.zones[row], place = [zone[5], zone[4]];
  if (state.layers.chosenZone) {
    await chargeplan.readZones();
    if (Number.isFinite(state.zoneTops[row][1])) place = chargeplan.fromLocal(state.zoneTops[row]);
  }
  chargeplan.openZone(map, place, row);
};

// The card of a zone, which has a line round it while the card is open.
chargeplan.openZone = function (map, latlng, row) {
  var popup = L.popup({ maxWidth: 260 }).setLatLng(latlng).setContent(function () { return chargeplan.makeZoneCard(row); });
  popup.on("remove", function () { if (chargeplan.state.chosenZone === row) chargeplan.chooseZone(null); });
  popup.openOn(map);
  chargeplan.chooseZone(row);
};

chargeplan.chooseZone = async function (row) {
  var state = chargeplan.state, layer = state.layers.chosenZone;
  state.chosenZone = row;
  if (layer && row !== null && !state.zonePaths) await chargeplan.readZones();
  if (layer) layer.redraw();
};

chargeplan.makeZoneCard = function (row) {
  var zone = chargeplan.getZone(row), number = chargeplan.formatNumber;
  return chargeplan.makeCard("Zone", [zone[0]], [
    ["Served", chargeplan.formatShare(zone[3])],
    zone[6] !== null ? ["Of usable demand", chargeplan.formatShare(zone[6])] : null,
    zone[7] !== null ? ["Floor", chargeplan.formatShare(zone[7])] : null,
    ["Demand", number(zone[2]) + " kWh/day"], ["People", number(zone[1])],
  ]);
};
