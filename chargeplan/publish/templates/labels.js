// Names of roads written along them, of places and of zones, on one canvas (so names are never HTML).
chargeplan.ROAD_NAMES_FROM = 10.5;
chargeplan.ROAD_NAME_ZOOMS = [99, 99, 99, 99, 14.25, 13, 11.25, 10.75, 10.5];  // of each class, see map_roads.py
chargeplan.addLabels = function (map, id) {
  var data = chargeplan.readJson(id), lines = null, packed = data.lines;
  var layer = new chargeplan.CanvasLayer("labels", function (pen, view) {
    return chargeplan.drawLabels(pen, view, data, lines);
  }, function () { return lines !== null || data.places.length > 0 || !chargeplan.state.plan.zonesAreCells; });
  async function unpackShown() {
    if (packed === null || map.getZoom() < chargeplan.ROAD_NAMES_FROM) return;
    var text = packed;
    packed = null;
    lines = await chargeplan.unpackLines(text, data.names.length);
    layer.redraw();
  }
  chargeplan.state.layers.labels = layer;
  chargeplan.state.places = data.places;
  layer.addTo(map);
  chargeplan.state.pending.push(Promise.resolve(chargeplan.state.areMarksDrawn).then(unpackShown));
  map.on("zoomend", unpackShown);
};

chargeplan.drawLabels = function* (pen, view, data, lines) {
  var colours = chargeplan.getColours(), taken = [];
  pen.setTransform(view.ratio, 0, 0, view.ratio, 0, 0);
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.lineJoin = "round";
  if (!chargeplan.state.plan.zonesAreCells) yield* chargeplan.drawZoneNames(pen, view, colours, taken);
  yield* chargeplan.drawPlaceNames(pen, view, colours, taken, data.places);
  if (!lines || view.zoom < chargeplan.ROAD_NAMES_FROM) return;
  chargeplan.placeMarks(view).forEach(function (mark) {
    if (mark.isFull) taken.push(mark.box);
    if (mark.callout) taken.push(mark.callout);
  });
  var seen = {};
  lines.boxes = lines.boxes || chargeplan.boxLines(lines);
  for (var line = 0; line < lines.count; line += 1) {
    var rank = data.ranks[line];
    if (line % 300 === 299) yield;
    if (view.zoom < chargeplan.ROAD_NAME_ZOOMS[rank]) continue;
    if (!chargeplan.isInView(lines.boxes[line], view)) continue;
    chargeplan.drawRoadName(pen, view, { text: data.names[line], rank: rank, line: line }, lines, taken, seen);
    yield;
  }
};

// A name along its road, where it covers no mark and no other name and is not said again nearby.
chargeplan.drawRoadName = function (pen, view, name, lines, taken, seen) {
  var colours = chargeplan.getColours();
  pen.fillStyle = colours.label;
  pen.strokeStyle = colours.labelHalo;
  pen.lineWidth = 3.2;
  pen.font = "500 " + (name.rank >= 6 ? 11.5 : 10.5) + "px system-ui, \"Noto Nastaliq Urdu\", sans-serif";
  var text = chargeplan.nameOf(name.text), width = pen.measureText(text).width + 8, place = chargeplan.findStraightRun(lines, name.line, width, view);
  if (!place) return;
  var key = "=" + name.text, near = (seen[key] || []).some(function (other) {
    return Math.hypot(other.x - place.x, other.y - place.y) < 380;
  });
  // A slanting name takes the room of boxes strung along it, not of the one box round it all.
  var count = Math.max(Math.ceil(width / 16), 1), boxes = [];
  for (var part = 0; part < count; part += 1) {
    var away = (part + 0.5) / count * width - width / 2, x = place.x + away * Math.cos(place.angle), y = place.y + away * Math.sin(place.angle);
    boxes.push([x - 9, y - 9, x + 9, y + 9]);
  }
  if (near || boxes.some(function (box) { return chargeplan.overlaps(box, taken); })) return;
  boxes.forEach(function (box) { taken.push(box); });
  (seen[key] = seen[key] || []).push(place);
  pen.save();
  pen.translate(place.x, place.y);
  pen.rotate(place.angle);
  pen.strokeText(text, 0, 0);
  pen.fillText(text, 0, 0);
  pen.restore();
};

chargeplan.boxLines = function (lines) {
  var boxes = [];
  for (var line = 0; line < lines.count; line += 1) {
    var box = [Infinity, Infinity, -Infinity, -Infinity];
    for (var p = lines.starts[line]; p < lines.starts[line + 1]; p += 1) {
      var x = lines.points[2 * p], y = lines.points[2 * p + 1];
      box = [Math.min(box[0], x), Math.min(box[1], y), Math.max(box[2], x), Math.max(box[3], y)];
    }
    boxes.push(box);
  }
  return boxes;
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
    if (inside && Math.hypot(b[0] - a[0], b[1] - a[1]) > 0.97 * width) {
      var angle = Math.atan2(b[1] - a[1], b[0] - a[0]);
      if (angle > Math.PI / 2) angle -= Math.PI;
      if (angle < -Math.PI / 2) angle += Math.PI;
      return { x: middle[0], y: middle[1], angle: angle };
    }
  }
  return null;
};

// The part of the canvas that is on the screen, without its margin.
chargeplan.findScreen = function (view) {
  var extent = [(view.right - view.left) * view.factor, (view.bottom - view.top) * view.factor];
  var part = chargeplan.MARGIN / (1 + 2 * chargeplan.MARGIN);
  return [part * extent[0], part * extent[1], (1 - part) * extent[0], (1 - part) * extent[1]];
};

// The room that stations and their numbers take.
chargeplan.listMarkBoxes = function (view) {
  return chargeplan.placeMarks(view).reduce(function (boxes, mark) { return boxes.concat(mark.callout ? [mark.box, mark.callout] : [mark.box]); }, []);
};

// A name stands at the middle of its zone, or as near as the stations and the names of larger zones leave room;
// where they leave none nearby it is left out, for elsewhere it would name another zone.
chargeplan.NAME_STEPS = [[0, 0], [0, -1], [0, 1], [0, -1.5], [0, 1.5], [0.5, -1], [-0.5, -1], [0.5, 1], [-0.5, 1], [0.75, 0], [-0.75, 0], [0, -2], [0, 2]];
chargeplan.FARTHEST_NAME_PX = { far: 18, near: 26 };  // from the middle of the zone to the edge of the name
chargeplan.drawZoneNames = function* (pen, view, colours, taken) {
  var isFar = view.zoom < chargeplan.FAR_BELOW_ZOOM, size = view.zoom >= 13 ? 14 : isFar ? 11 : 12;
  var stations = chargeplan.listMarkBoxes(view);
  pen.font = "600 " + size + "px system-ui, \"Noto Nastaliq Urdu\", sans-serif";
  pen.fillStyle = colours.zone;
  pen.strokeStyle = colours.labelHalo;
  pen.lineWidth = 3;
  chargeplan.state.zoneNames = [];
  var screen = chargeplan.findScreen(view);
  var zones = chargeplan.state.plan.zones.slice().sort(function (a, b) { return b[1] - a[1]; });
  for (var row = 0; row < zones.length; row += 1) {
    if (row % 25 === 24) yield;
    if (zones[row][0] !== "(no zone)") chargeplan.drawZoneName(pen, view, zones[row], { size: size, isFar: isFar, screen: screen, stations: stations }, taken);
  }  // what is left over has no place of its own
};

chargeplan.drawZoneName = function (pen, view, zone, look, taken) {
  var local = chargeplan.toLocal(zone[4], zone[5]), size = look.size;
  var x = local[0] * view.factor + view.shift[0], y = local[1] * view.factor + view.shift[1];
  var text = chargeplan.nameOf(zone[0]), half = pen.measureText(text).width / 2 + 2, high = size / 2 + 2;
  for (var step = 0; step < chargeplan.NAME_STEPS.length; step += 1) {
    var at = [x + chargeplan.NAME_STEPS[step][0] * 2 * half, y + chargeplan.NAME_STEPS[step][1] * 1.4 * size];
    var box = [at[0] - half, at[1] - high, at[0] + half, at[1] + high];
    var away = Math.hypot(Math.max(Math.abs(at[0] - x) - half, 0), Math.max(Math.abs(at[1] - y) - high, 0));
    if (away > (look.isFar ? chargeplan.FARTHEST_NAME_PX.far : chargeplan.FARTHEST_NAME_PX.near)) continue;
    var screen = look.screen, isCut = box[0] < screen[0] || box[2] > screen[2] || box[1] < screen[1] || box[3] > screen[3];
    if (isCut && chargeplan.overlaps([x, y, x + 1, y + 1], [screen])) continue;
    if (chargeplan.overlaps(box, taken) || chargeplan.overlaps(box, look.stations)) continue;
    taken.push(box);
    chargeplan.state.zoneNames.push({ name: text, box: box });
    pen.strokeText(text, at[0], at[1]);
    pen.fillText(text, at[0], at[1]);
    return;
  }
};
