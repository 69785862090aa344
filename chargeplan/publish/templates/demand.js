// Demand as fills, demand that is not served as dots whose area is its energy: the one never hides the other.
chargeplan.DOT_PART = 0.66;  // of a hexagon's radius, for the largest dot
chargeplan.MOST_DOT_PX = 12;
chargeplan.LEAST_DOT_PX = 0.8;  // less is not drawn

chargeplan.findClass = function (demand, breaks) {
  var found = 0;
  while (found < breaks.length && demand >= breaks[found]) found += 1;
  // With fewer classes than colours the ramp is stretched over them.
  return breaks.length ? Math.round((found * 5) / breaks.length) : 3;
};

chargeplan.drawDemand = function* (pen, view) {
  var level = chargeplan.chooseLevel(view.zoom), colours = chargeplan.getColours();
  var paths = colours.ramp.map(function () { return new Path2D(); }), radius = level.cells.length ? level.cells[0].radius * view.factor : 0;
  for (var row = 0; row < level.cells.length; row += 1) {
    var cell = level.cells[row];
    if (row % 500 === 499) yield;
    if (cell.demand > 0 && chargeplan.isCellInView(cell, view)) {
      chargeplan.traceLine(paths[chargeplan.findClass(cell.demand, level.breaks)], level.lines, row, true);
    }
  }
  pen.globalAlpha = colours.rampAlpha;
  pen.strokeStyle = colours.paper;
  pen.lineWidth = Math.min(1, radius / 14) / view.factor;
  for (var step = 0; step < paths.length; step += 1) {
    pen.fillStyle = colours.ramp[step];
    pen.fill(paths[step]);
    if (radius > 6) pen.stroke(paths[step]);
    yield;
  }
  pen.globalAlpha = 1;
};

// Radius on the screen of the dot for an energy, in pixels.
chargeplan.measureDot = function (level, kwhDay, zoom) {
  var radius = level.cells[0].radius * Math.pow(2, zoom - chargeplan.LOCAL_ZOOM);
  return Math.min(chargeplan.DOT_PART * radius, chargeplan.MOST_DOT_PX) * Math.sqrt(Math.min(kwhDay / level.fullDot, 1));
};

chargeplan.drawUnserved = function* (pen, view) {
  var level = chargeplan.chooseLevel(view.zoom), colours = chargeplan.getColours(), path = new Path2D();
  for (var row = 0; row < level.cells.length; row += 1) {
    var cell = level.cells[row];
    if (row % 500 === 499) yield;
    if (cell.left < 0.01 || !chargeplan.isCellInView(cell, view)) continue;
    var radius = chargeplan.measureDot(level, cell.left, view.zoom);
    if (radius < chargeplan.LEAST_DOT_PX) continue;
    path.moveTo(cell.x + radius / view.factor, cell.y);
    path.arc(cell.x, cell.y, radius / view.factor, 0, 2 * Math.PI);
  }
  yield;
  pen.strokeStyle = colours.labelHalo;
  pen.lineWidth = 1.2 / view.factor;
  pen.globalAlpha = 0.7;
  pen.stroke(path);
  pen.globalAlpha = 0.92;
  pen.fillStyle = colours.unserved;
  pen.fill(path);
  pen.globalAlpha = 1;
};

// The chosen station's cells keep their colours; a line runs round them, and everything else steps back.
chargeplan.drawReach = function (pen, view) {
  var state = chargeplan.state, colours = chargeplan.getColours(), served = chargeplan.getReach(state.selected);
  var site = state.plan.openSites[state.selected], centre = chargeplan.toLocal(site.lon, site.lat), lit = new Path2D();
  served.forEach(function (pair) { chargeplan.traceLine(lit, state.cellLines, state.cells[pair.cell].row, true); });
  pen.fillStyle = colours.paper;
  pen.globalAlpha = colours.veilAlpha;
  pen.fillRect(view.left, view.top, view.right - view.left, view.bottom - view.top);
  pen.globalAlpha = 1;
  pen.globalCompositeOperation = "destination-out";
  pen.fill(lit);
  pen.globalCompositeOperation = "source-over";
  pen.strokeStyle = colours.reachLine;
  pen.lineWidth = 0.8 / view.factor;
  served.forEach(function (pair) {
    var cell = state.cells[pair.cell];
    pen.globalAlpha = 0.06 + 0.2 * pair.share;
    pen.beginPath();
    pen.moveTo(centre[0], centre[1]);
    pen.lineTo(cell.x, cell.y);
    pen.stroke();
  });
  var border = chargeplan.traceBorder(served.map(function (pair) { return pair.cell; }));
  pen.globalAlpha = 1;
  pen.lineJoin = pen.lineCap = "round";
  [[colours.labelHalo, 5.5], [colours.reach, 2.6]].forEach(function (line) {
    pen.strokeStyle = line[0];
    pen.lineWidth = line[1] / view.factor;
    pen.stroke(border);
  });
};

chargeplan.getReach = function (position) {
  var reach = chargeplan.state.reachYears;
  return reach ? reach[Math.min(chargeplan.getYearPosition(), reach.length - 1)][position] : [];
};

// The sides of hexagons that no other one of them shares.
chargeplan.traceBorder = function (rows) {
  var lines = chargeplan.state.cellLines, points = lines.points, sides = new Map(), path = new Path2D();
  rows.forEach(function (row) {
    for (var p = lines.starts[row]; p < lines.starts[row + 1]; p += 1) {
      var q = p + 1 === lines.starts[row + 1] ? lines.starts[row] : p + 1;
      var a = points[2 * p] + " " + points[2 * p + 1], b = points[2 * q] + " " + points[2 * q + 1], key = a < b ? a + "|" + b : b + "|" + a;
      if (sides.has(key)) sides.delete(key); else sides.set(key, [p, q]);
    }
  });
  sides.forEach(function (side) {
    path.moveTo(points[2 * side[0]], points[2 * side[0] + 1]);
    path.lineTo(points[2 * side[1]], points[2 * side[1] + 1]);
  });
  return path;
};
