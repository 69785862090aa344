// Stations on one canvas. Each is a disc with its rank where there is room, else a small dot; near, a disc
// shows the kind of site and a plate its rank. A ring tells how its power is made up of charger types.
chargeplan.FAR_BELOW_ZOOM = 10.75;
chargeplan.NEAR_FROM_ZOOM = 13;
chargeplan.FAR_SCALE = 0.78;
chargeplan.CROWD = { count: 100, scale: 0.8, gap_px: 9 };  // so many in view keep more room between them, that the demand is seen
chargeplan.TYPE_COLOURS = ["#7cc4ea", "#f2c744", "#8457b3", "#3fa37c", "#8a8a8a"];

chargeplan.addMarks = function (map) {
  var state = chargeplan.state;
  state.layers.marks = new chargeplan.CanvasLayer("marks", chargeplan.drawMarks, function () {
    return chargeplan.listShownSites().length > 0;
  }, { isSharpOnly: true });
  state.layers.marks.addTo(map);
};

// The power of a mark's station decides its area.
chargeplan.measureMark = function (powerKw) { return Math.min(7.5 + 0.38 * Math.sqrt(Math.max(powerKw, 0)), 22); };

// Stations of the shown year whose layer is switched on, best rank first.
chargeplan.listShownSites = function () {
  var state = chargeplan.state, shown = [];
  (state.markers || []).forEach(function (marker, position) {
    var layer = state.layers["open-" + state.plan.openSites[position].status];
    if (layer && state.map.hasLayer(layer) && layer.hasLayer(marker)) shown.push(position);
  });
  return shown;
};

// What a station has in the shown year: chargers, power, and number, name and power of each type.
chargeplan.getEquipment = function (position) {
  var state = chargeplan.state, site = state.plan.openSites[position];
  if (!site.byYear.length) return { chargers: site.chargers, powerKw: site.powerKw, types: [] };
  var year = state.plan.years[chargeplan.getYearPosition()][0], types = [];
  site.byYear.forEach(function (entry) {
    if (entry[0] === year) types = entry[1].map(function (type) { return [type[0], type[1], type[1] * type[2]]; });
  });
  return {
    chargers: types.reduce(function (sum, type) { return sum + type[1]; }, 0),
    powerKw: types.reduce(function (sum, type) { return sum + type[2]; }, 0), types: types,
  };
};

// Where each mark lies on the screen and how it looks there: the chosen station first, then by rank, those
// that would cover a better one as dots.
chargeplan.placeMarks = function (view) {
  var state = chargeplan.state, taken = [], placed = [], isNear = view.zoom >= chargeplan.NEAR_FROM_ZOOM;
  var scale = view.zoom < chargeplan.FAR_BELOW_ZOOM ? chargeplan.FAR_SCALE : 1, order = chargeplan.listShownSites();
  var paper = state.isPrinting ? chargeplan.PAPER_MARK[state.paper.name] : null, least = paper && !isNear ? paper.least_px : isNear ? 11 : 8;
  var inView = order.filter(function (position) {
    var site = state.plan.openSites[position], local = chargeplan.toLocal(site.lon, site.lat);
    return local[0] >= view.left && local[0] <= view.right && local[1] >= view.top && local[1] <= view.bottom;
  });
  var isCrowd = inView.length > chargeplan.CROWD.count && !isNear && !paper, gap = isCrowd ? chargeplan.CROWD.gap_px : 0;
  if (isCrowd) scale *= chargeplan.CROWD.scale;
  if (paper && !isNear) scale = paper.scale;
  var frame = paper ? chargeplan.findScreen(view) : null;
  inView.sort(function (a, b) { return (b === state.selected) - (a === state.selected) || a - b; });
  inView.forEach(function (position) {
    var site = state.plan.openSites[position], local = chargeplan.toLocal(site.lon, site.lat), equipment = chargeplan.getEquipment(position);
    var x = local[0] * view.factor + view.shift[0], y = local[1] * view.factor + view.shift[1];
    var radius = Math.max(chargeplan.measureMark(equipment.powerKw) * scale, least), outer = radius + (equipment.types.length > 1 ? 5 : 2);
    var box = [x - outer, y - outer, x + outer, y + outer + (isNear ? 7 : 0)];
    var isFull = position === state.selected || !chargeplan.overlaps(box, taken);
    if (paper) isFull = isFull && box[0] > frame[0] && box[1] > frame[1] && box[2] < frame[2] && box[3] < frame[3];  // no number is cut
    if (isFull) taken.push([box[0] - gap, box[1] - gap, box[2] + gap, box[3] + gap]);
    else { radius = 3 + radius / 8; box = [x - radius - 1.5, y - radius - 1.5, x + radius + 1.5, y + radius + 1.5]; }
    placed.push({ position: position, site: site, x: x, y: y, radius: radius, isFull: isFull, isNear: isNear, box: box, types: equipment.types });
  });
  if (paper) chargeplan.placeCallouts(placed, frame);
  return placed;
};

chargeplan.drawMarks = function* (pen, view) {
  var placed = chargeplan.placeMarks(view), colours = chargeplan.getColours();
  pen.setTransform(view.ratio, 0, 0, view.ratio, 0, 0);
  chargeplan.state.placedMarks = placed;
  placed.sort(function (a, b) { return a.isFull - b.isFull || b.position - a.position; });  // the best on top
  var last = placed.findIndex(function (mark) { return mark.position === chargeplan.state.selected; });
  if (last >= 0) placed.push(placed.splice(last, 1)[0]);
  chargeplan.drawLeaders(pen, placed, colours);
  for (var at = 0; at < placed.length; at += 1) {
    if (at % 8 === 7) yield;
    if (placed[at].isFull) chargeplan.drawMark(pen, placed[at], colours);
    else chargeplan.drawDot(pen, placed[at], colours);
  }
  placed.forEach(function (mark) { if (mark.callout) chargeplan.drawCallout(pen, mark, colours); });
};

chargeplan.drawDot = function (pen, mark, colours) {
  pen.fillStyle = colours.halo;
  pen.fill(chargeplan.traceMark(mark.site.status, mark.x, mark.y, mark.radius + 1.3));
  pen.fillStyle = colours.status[mark.site.status];
  pen.fill(chargeplan.traceMark(mark.site.status, mark.x, mark.y, mark.radius));
};

chargeplan.drawMark = function (pen, mark, colours) {
  var site = mark.site, isChosen = mark.position === chargeplan.state.selected, hasRing = mark.types.length > 1;
  var outer = mark.radius + (hasRing ? 5 : 2);
  [[1.6, 1.6, 0.16], [0.6, 0.9, 0.22]].forEach(function (shade) {  // a blurred shadow costs a millisecond each
    pen.fillStyle = "rgba(0,0,0," + shade[2] + ")";
    pen.fill(chargeplan.traceMark(site.status, mark.x, mark.y + shade[1], outer + shade[0] + (isChosen ? 3 : 0)));
  });
  pen.fillStyle = isChosen ? colours.ink : colours.halo;
  pen.fill(chargeplan.traceMark(site.status, mark.x, mark.y, outer + (isChosen ? 3 : 0)));
  if (isChosen) {
    pen.fillStyle = colours.halo;
    pen.fill(chargeplan.traceMark(site.status, mark.x, mark.y, outer));
  }
  if (hasRing) chargeplan.drawTypeRing(pen, mark.x, mark.y, mark.radius + 2.7, mark.types, colours);
  var face = chargeplan.traceMark(site.status, mark.x, mark.y, mark.radius);
  pen.fillStyle = colours.status[site.status];
  pen.fill(face);
  if (site.headroomUnknown) chargeplan.drawStripes(pen, face, mark, colours);
  if (mark.isNear) {
    chargeplan.drawGlyph(pen, site.kind, mark.x, mark.y - 1, 1.22 * mark.radius, colours.onMark);
    chargeplan.drawPlate(pen, mark, outer, colours);
  } else {
    chargeplan.drawText(pen, String(site.rank), mark.x, mark.y, Math.min((chargeplan.state.isPrinting ? 1.1 : 0.95) * mark.radius, 13), mark.radius * 1.7, colours.onMark);
  }
};

chargeplan.drawText = function (pen, text, x, y, size, most, colour) {
  pen.font = "700 " + size.toFixed(1) + "px system-ui, sans-serif";
  var width = pen.measureText(text).width;
  if (width > most) pen.font = "700 " + (size * most / width).toFixed(1) + "px system-ui, sans-serif";
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillStyle = colour;
  pen.fillText(text, x, y + 0.5);
};

// The rank, on a plate at the foot of a mark that shows a glyph.
chargeplan.drawPlate = function (pen, mark, outer, colours) {
  pen.font = "700 10.5px system-ui, sans-serif";
  var text = String(mark.site.rank), width = Math.max(pen.measureText(text).width + 8, 15), y = mark.y + outer;
  [[colours.halo, 1.5], [colours.ink, 0]].forEach(function (part) {
    pen.fillStyle = part[0];
    pen.beginPath();
    pen.roundRect(mark.x - width / 2 - part[1], y - 7 - part[1], width + 2 * part[1], 13 + 2 * part[1], 4 + part[1]);
    pen.fill();
  });
  chargeplan.drawText(pen, text, mark.x, y - 0.5, 10.5, width, colours.paper);
};

// Parts of the ring are parts of the power.
chargeplan.drawTypeRing = function (pen, x, y, radius, types, colours) {
  var total = types.reduce(function (sum, type) { return sum + type[2]; }, 0), from = -Math.PI / 2;
  pen.lineCap = "butt";
  [[4.6, null], [3.4, true]].forEach(function (pass) {
    pen.lineWidth = pass[0];
    types.forEach(function (type) {
      var to = from + 2 * Math.PI * type[2] / (total || 1);
      pen.strokeStyle = pass[1] ? chargeplan.getTypeColour(type[0]) : colours.ink;
      pen.beginPath();
      pen.arc(x, y, radius, from, to);
      pen.stroke();
      from = to;
    });
  });
};
chargeplan.getTypeColour = function (name) {
  var position = Math.max(chargeplan.state.plan.types.indexOf(name), 0);
  return chargeplan.TYPE_COLOURS[Math.min(position, chargeplan.TYPE_COLOURS.length - 1)];
};

chargeplan.drawStripes = function (pen, face, mark, colours) {
  pen.save();
  pen.clip(face);
  pen.strokeStyle = colours.stripe;
  pen.lineWidth = 1.6;
  pen.beginPath();
  for (var at = -2 * mark.radius; at <= 2 * mark.radius; at += 5) {
    pen.moveTo(mark.x + at - mark.radius * 1.2, mark.y + mark.radius * 1.2);
    pen.lineTo(mark.x + at + mark.radius * 1.2, mark.y - mark.radius * 1.2);
  }
  pen.stroke();
  pen.restore();
};

// The mark under a point given in local units, as last drawn; null where there is none.
chargeplan.findMark = function (at, zoom) {
  var best = null, bestDistance = Infinity, factor = Math.pow(2, zoom - chargeplan.LOCAL_ZOOM);
  (chargeplan.state.placedMarks || []).forEach(function (mark) {
    var local = chargeplan.toLocal(mark.site.lon, mark.site.lat);
    var distance = Math.hypot(local[0] - at[0], local[1] - at[1]) * factor;
    if (distance <= mark.radius + 4 && distance < bestDistance) { best = mark.position; bestDistance = distance; }
  });
  return best;
};
