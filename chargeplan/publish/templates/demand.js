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

chargeplan.CELLS_AT_ONCE = 250;

// Calls `draw` with the rows of each run of cells that has any in view.
chargeplan.walkCells = function* (level, view, draw) {
  for (var from = 0; from < level.cells.length; from += chargeplan.CELLS_AT_ONCE) {
    var shown = level.cells.slice(from, from + chargeplan.CELLS_AT_ONCE).filter(function (cell) { return chargeplan.isCellInView(cell, view); });
    if (shown.length) { draw(shown); yield; }
  }
};

chargeplan.drawDemand = function* (pen, view) {
  var level = chargeplan.chooseLevel(view.zoom), colours = chargeplan.getColours();
  var radius = level.cells.length ? level.cells[0].radius * view.factor : 0;
  pen.globalAlpha = colours.rampAlpha;
  pen.strokeStyle = colours.paper;
  pen.lineWidth = Math.min(1, radius / 14) / view.factor;
  yield* chargeplan.walkCells(level, view, function (cells) {
    var paths = colours.ramp.map(function () { return null; });
    cells.forEach(function (cell) {
      if (!(cell.demand > 0)) return;
      var step = chargeplan.findClass(cell.demand, level.breaks);
      paths[step] = paths[step] || new Path2D();
      chargeplan.traceLine(paths[step], level.lines, cell.row, true);
    });
    paths.forEach(function (path, step) {
      if (!path) return;
      pen.fillStyle = colours.ramp[step];
      pen.fill(path);
      if (radius > 6) pen.stroke(path);
    });
  });
};

// Radius on the screen of the dot for an energy, in pixels.
chargeplan.measureDot = function (level, kwhDay, zoom) {
  var radius = level.cells[0].radius * Math.pow(2, zoom - chargeplan.LOCAL_ZOOM);
  return Math.min(chargeplan.DOT_PART * radius, chargeplan.MOST_DOT_PX) * Math.sqrt(Math.min(kwhDay / level.fullDot, 1));
};

chargeplan.drawUnserved = function* (pen, view) {
  var level = chargeplan.chooseLevel(view.zoom), colours = chargeplan.getColours();
  pen.strokeStyle = colours.labelHalo;
  pen.lineWidth = 1.2 / view.factor;
  pen.fillStyle = colours.unserved;
  yield* chargeplan.walkCells(level, view, function (cells) {
    var path = new Path2D();
    cells.forEach(function (cell) {
      var radius = cell.left < 0.01 ? 0 : chargeplan.measureDot(level, cell.left, view.zoom);
      if (radius < chargeplan.LEAST_DOT_PX) return;
      path.moveTo(cell.x + radius / view.factor, cell.y);
      path.arc(cell.x, cell.y, radius / view.factor, 0, 2 * Math.PI);
    });
    pen.globalAlpha = 0.7;
    pen.stroke(path);
    pen.globalAlpha = 0.92;
    pen.fill(path);
  });
};

// The chosen station's cells keep their colours; a line runs round them, and everything else steps back.
chargeplan.drawReach = function* (pen, view) {
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
  yield;
  pen.strokeStyle = colours.reachLine;
  pen.lineWidth = 0.8 / view.factor;
  for (var at = 0; at < served.length; at += 1) {
    var cell = state.cells[served[at].cell];
    pen.globalAlpha = 0.06 + 0.2 * served[at].share;
    pen.beginPath();
    pen.moveTo(centre[0], centre[1]);
    pen.lineTo(cell.x, cell.y);
    pen.stroke();
    if (at % 40 === 39) yield;
  }
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
