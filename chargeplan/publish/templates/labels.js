// Names of roads written along them, and names of zones, on one canvas (so names are never HTML).
chargeplan.ROAD_NAMES_FROM = 12;
chargeplan.addLabels = function (map, id) {
  var data = chargeplan.readJson(id), lines = null, packed = data.lines;
  var layer = new chargeplan.CanvasLayer("labels", function (pen, view) {
    return chargeplan.drawLabels(pen, view, data, lines);
  }, function () { return lines !== null || !chargeplan.state.plan.zonesAreCells; });
  async function unpackShown() {
    if (packed === null || map.getZoom() < chargeplan.ROAD_NAMES_FROM) return;
    var text = packed;
    packed = null;
    lines = await chargeplan.unpackLines(text, data.names.length);
    layer.redraw();
  }
  chargeplan.state.layers.labels = layer;
  layer.addTo(map);
  chargeplan.state.pending.push(unpackShown());
  map.on("zoomend", unpackShown);
};

chargeplan.drawLabels = function* (pen, view, data, lines) {
  var colours = chargeplan.getColours(), taken = [];
  pen.setTransform(view.ratio, 0, 0, view.ratio, 0, 0);
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.lineJoin = "round";
  if (!chargeplan.state.plan.zonesAreCells) chargeplan.drawZoneNames(pen, view, colours, taken);
  yield;
  if (!lines || view.zoom < chargeplan.ROAD_NAMES_FROM) return;
  var seen = {};
  pen.fillStyle = colours.label;
  pen.strokeStyle = colours.labelHalo;
  pen.lineWidth = 3;
  for (var line = 0; line < lines.count; line += 1) {
    if (line % 25 === 24) yield;
    var rank = data.ranks[line];  // 4 tertiary ... 8 motorway
    if (rank < 6 && view.zoom < 13 + (6 - rank) * 0.75) continue;
    pen.font = "500 " + (rank >= 6 ? 11.5 : 10.5) + "px system-ui, sans-serif";
    var width = pen.measureText(data.names[line]).width + 8;
    var place = chargeplan.findStraightRun(lines, line, width, view);
    if (!place) continue;
    var near = (seen[data.names[line]] || []).some(function (other) {
      return Math.hypot(other.x - place.x, other.y - place.y) < 380;
    });
    var reach = [Math.abs(Math.cos(place.angle)) * width / 2 + 7, Math.abs(Math.sin(place.angle)) * width / 2 + 7];
    var box = [place.x - reach[0], place.y - reach[1], place.x + reach[0], place.y + reach[1]];
    if (near || chargeplan.overlaps(box, taken)) continue;
    taken.push(box);
    (seen[data.names[line]] = seen[data.names[line]] || []).push(place);
    pen.save();
    pen.translate(place.x, place.y);
    pen.rotate(place.angle);
    pen.strokeText(data.names[line], 0, 0);
    pen.fillText(data.names[line], 0, 0);
    pen.restore();
  }
};

chargeplan.overlaps = function (box, taken) {
  return taken.some(function (other) {
    return box[0] < other[2] && box[2] > other[0] && box[1] < other[3] && box[3] > other[1];
  });
};

// A stretch of the line as long as the text and nearly straight, as near its middle as possible.
chargeplan.findStraightRun = function (lines, line, width, view) {
  var first = lines.starts[line], last = lines.starts[line + 1] - 1, lengths = [0], points = [];
  for (var p = first; p <= last; p += 1) {
    points.push([lines.points[2 * p] * view.factor + view.shift[0], lines.points[2 * p + 1] * view.factor + view.shift[1]]);
    var n = points.length - 1;
    if (n) lengths.push(lengths[n - 1] + Math.hypot(points[n][0] - points[n - 1][0], points[n][1] - points[n - 1][1]));
  }
  var total = lengths[lengths.length - 1];
  if (total < width) return null;
  function locate(at) {
    var k = 1;
    while (k < lengths.length - 1 && lengths[k] < at) k += 1;
    var share = (at - lengths[k - 1]) / (lengths[k] - lengths[k - 1] || 1);
    return [points[k - 1][0] + share * (points[k][0] - points[k - 1][0]), points[k - 1][1] + share * (points[k][1] - points[k - 1][1])];
  }
  var extent = [(view.right - view.left) * view.factor, (view.bottom - view.top) * view.factor];
  var shares = [0.5, 0.35, 0.65, 0.2, 0.8, 0.1, 0.9];
  for (var s = 0; s < shares.length; s += 1) {
    var start = shares[s] * (total - width), a = locate(start), b = locate(start + width);
    var middle = [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
    var inside = middle[0] > 30 && middle[1] > 30 && middle[0] < extent[0] - 30 && middle[1] < extent[1] - 30;
    if (inside && Math.hypot(b[0] - a[0], b[1] - a[1]) > 0.985 * width) {
      var angle = Math.atan2(b[1] - a[1], b[0] - a[0]);
      if (angle > Math.PI / 2) angle -= Math.PI;
      if (angle < -Math.PI / 2) angle += Math.PI;
      return { x: middle[0], y: middle[1], angle: angle };
    }
  }
  return null;
};

// Boxes of the stations on the screen, which lie above the names.
chargeplan.boxStations = function (view) {
  var scale = view.zoom < chargeplan.FAR_BELOW_ZOOM ? chargeplan.FAR_SCALE : 1;
  return chargeplan.state.plan.openSites.map(function (site) {
    var local = chargeplan.toLocal(site.lon, site.lat), half = chargeplan.measureStation(site.chargers) * scale / 2 + 1;
    var x = local[0] * view.factor + view.shift[0], y = local[1] * view.factor + view.shift[1];
    return [x - half, y - half, x + half, y + half];
  });
};

// The part of the canvas that is on the screen, without its margin.
chargeplan.findScreen = function (view) {
  var extent = [(view.right - view.left) * view.factor, (view.bottom - view.top) * view.factor];
  var part = 0.12 / 1.24;  // the margin of `CanvasLayer`
  return [part * extent[0], part * extent[1], (1 - part) * extent[0], (1 - part) * extent[1]];
};

// A name stands at the middle of its zone, or as near as the stations and the names of larger zones leave room;
// where they leave none nearby it is left out, for elsewhere it would name another zone.
chargeplan.NAME_STEPS = [[0, 0], [0, -1], [0, 1], [0, -1.5], [0, 1.5], [0.5, -1], [-0.5, -1], [0.5, 1], [-0.5, 1], [0.75, 0], [-0.75, 0], [0, -2], [0, 2]];
chargeplan.FARTHEST_NAME_PX = { far: 18, near: 26 };  // from the middle of the zone to the edge of the name
chargeplan.drawZoneNames = function (pen, view, colours, taken) {
  var isFar = view.zoom < chargeplan.FAR_BELOW_ZOOM, size = view.zoom >= 13 ? 14 : isFar ? 11 : 12;
  var stations = chargeplan.boxStations(view);
  pen.font = "600 " + size + "px system-ui, sans-serif";
  pen.fillStyle = colours.zone;
  pen.strokeStyle = colours.labelHalo;
  pen.lineWidth = 3;
  chargeplan.state.zoneNames = [];
  var screen = chargeplan.findScreen(view);
  var zones = chargeplan.state.plan.zones.slice().sort(function (a, b) { return b[1] - a[1]; });
  zones.forEach(function (zone) {
    if (zone[0] === "(no zone)") return;  // what is left over has no place of its own
    var local = chargeplan.toLocal(zone[4], zone[5]);
    var x = local[0] * view.factor + view.shift[0], y = local[1] * view.factor + view.shift[1];
    var half = pen.measureText(zone[0]).width / 2 + 2, high = size / 2 + 2;
    for (var step = 0; step < chargeplan.NAME_STEPS.length; step += 1) {
      var at = [x + chargeplan.NAME_STEPS[step][0] * 2 * half, y + chargeplan.NAME_STEPS[step][1] * 1.4 * size];
      var box = [at[0] - half, at[1] - high, at[0] + half, at[1] + high];
      var away = Math.hypot(Math.max(Math.abs(at[0] - x) - half, 0), Math.max(Math.abs(at[1] - y) - high, 0));
      if (away > (isFar ? chargeplan.FARTHEST_NAME_PX.far : chargeplan.FARTHEST_NAME_PX.near)) continue;
      var isCut = box[0] < screen[0] || box[2] > screen[2] || box[1] < screen[1] || box[3] > screen[3];
      if (isCut && chargeplan.overlaps([x, y, x + 1, y + 1], [screen])) continue;
      if (chargeplan.overlaps(box, taken) || chargeplan.overlaps(box, stations)) continue;
      taken.push(box);
      chargeplan.state.zoneNames.push({ name: zone[0], box: box });
      pen.strokeText(zone[0], at[0], at[1]);
      pen.fillText(zone[0], at[0], at[1]);
      return;
    }
  });
};
