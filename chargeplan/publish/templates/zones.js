// Zones coloured by the share of their demand that is served in the shown year.
chargeplan.SHARE_BREAKS = [0.2, 0.4, 0.6, 0.8];

chargeplan.addZones = function (map) {
  var state = chargeplan.state, packed = state.plan.zoneOutlines;
  var count = packed.rings.reduce(function (sum, rings) { return sum + rings; }, 0);
  if (!count) return;
  var layer = state.layers.zones = new chargeplan.CanvasLayer("zones", chargeplan.drawZones, function () { return Boolean(state.zonePaths); });
  layer.once("add", async function () {
    var lines = await chargeplan.unpackLines(packed.lines, count), at = 0;
    state.zonePaths = packed.rings.map(function (rings) {
      var path = new Path2D();
      for (var ring = 0; ring < rings; ring += 1, at += 1) chargeplan.traceLine(path, lines, at, true);
      return path;
    });
    layer.redraw();
  });
  layer.on("add remove", chargeplan.drawDemandKey);
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

chargeplan.showZone = function (map, latlng, at) {
  var state = chargeplan.state, pen = document.createElement("canvas").getContext("2d");
  var row = (state.zonePaths || []).findIndex(function (path) { return pen.isPointInPath(path, at[0], at[1], "evenodd"); });
  if (row < 0) return;
  L.popup({ maxWidth: 260 }).setLatLng(latlng).setContent(function () { return chargeplan.makeZoneCard(row); }).openOn(map);
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
