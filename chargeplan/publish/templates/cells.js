// Demand, unserved demand and the reach of the chosen station, on three canvases that share
// one set of hexagons.
chargeplan.PART_UNSERVED = 0.05;
chargeplan.MOST_UNSERVED = 0.5;

chargeplan.addCells = function (map, id) {
  var data = chargeplan.readJson(id), state = chargeplan.state;
  state.breaks = data.breaks;
  function hasCells() { return state.cells !== null; }
  state.layers.demand = new chargeplan.CanvasLayer("cells", chargeplan.drawDemand, hasCells);
  state.layers.unserved = new chargeplan.CanvasLayer("unserved", chargeplan.drawUnserved, hasCells);
  state.layers.reach = new chargeplan.CanvasLayer("reach", chargeplan.drawReach, function () {
    return hasCells() && state.selected !== null;
  });
  ["demand", "unserved", "reach"].forEach(function (name) { state.layers[name].addTo(map); });
  state.pending.push((async function () {
    var lines = await chargeplan.unpackLines(data.outlines, data.count);
    var values = await chargeplan.unpackIntegers(data.values);
    var reach = await chargeplan.unpackIntegers(state.plan.reach);
    state.cellLines = lines;
    state.cells = chargeplan.buildCells(lines, values, data.count);
    state.reach = chargeplan.buildReach(reach, state.plan.openSites.length);
    ["demand", "unserved", "reach"].forEach(function (name) { state.layers[name].redraw(); });
  })());
  map.on("click", function (event) { chargeplan.showCell(map, event.latlng); });
};

chargeplan.buildCells = function (lines, values, count) {
  var cells = [];
  for (var cell = 0; cell < count; cell += 1) {
    var demand = values[2 * count + cell] / 100, competitor = values[3 * count + cell] / 100;
    var served = values[4 * count + cell] / 100;
    var left = Math.max(demand - competitor - served, 0);
    var x = 0, y = 0, n = lines.starts[cell + 1] - lines.starts[cell];
    for (var p = lines.starts[cell]; p < lines.starts[cell + 1]; p += 1) {
      x += lines.points[2 * p] / n;
      y += lines.points[2 * p + 1] / n;
    }
    var corner = 2 * lines.starts[cell];
    cells.push({
      row: cell, zone: values[cell], people: values[count + cell], demand: demand, competitor: competitor, served: served,
      left: left, leftShare: demand > 0 ? left / demand : 0, x: x, y: y,
      radius: Math.hypot(lines.points[corner] - x, lines.points[corner + 1] - y),
    });
  }
  return cells;
};

chargeplan.buildReach = function (numbers, siteCount) {
  var total = 0, sites = [], cell = 0, at = 0;
  for (var s = 0; s < siteCount; s += 1) total += numbers[s];
  for (var site = 0; site < siteCount; site += 1) {
    var served = [];
    for (var k = 0; k < numbers[site]; k += 1, at += 1) {
      cell += numbers[siteCount + at];
      served.push({ cell: cell, share: numbers[siteCount + total + at] / 1000, seconds: numbers[siteCount + 2 * total + at] });
    }
    sites.push(served);
  }
  return sites;
};

chargeplan.findClass = function (demand) {
  var breaks = chargeplan.state.breaks, found = 0;
  while (found < breaks.length && demand >= breaks[found]) found += 1;
  // With fewer classes than colours the ramp is stretched over them.
  return breaks.length ? Math.round((found * 5) / breaks.length) : 3;
};

chargeplan.traceCell = function (path, cell) {
  chargeplan.traceLine(path, chargeplan.state.cellLines, cell.row, true);
};

chargeplan.isCellInView = function (cell, view) {
  return cell.x + cell.radius >= view.left && cell.x - cell.radius <= view.right
    && cell.y + cell.radius >= view.top && cell.y - cell.radius <= view.bottom;
};

// Cells in pieces of some milliseconds; neighbours mostly share a piece, for their ids are in order.
chargeplan.CELLS_OF_PIECE = 500;
chargeplan.cutCells = function* (view) {
  var cells = chargeplan.state.cells.filter(function (cell) { return chargeplan.isCellInView(cell, view); });
  for (var from = 0; from < cells.length; from += chargeplan.CELLS_OF_PIECE) yield cells.slice(from, from + chargeplan.CELLS_OF_PIECE);
};

chargeplan.drawDemand = function* (pen, view) {
  var colours = chargeplan.getColours();
  pen.globalAlpha = colours.rampAlpha;
  for (var piece of chargeplan.cutCells(view)) {
    var paths = colours.ramp.map(function () { return new Path2D(); });
    piece.forEach(function (cell) {
      if (cell.demand > 0) chargeplan.traceCell(paths[chargeplan.findClass(cell.demand)], cell);
    });
    paths.forEach(function (path, level) { pen.fillStyle = colours.ramp[level]; pen.fill(path); });
    yield;
  }
};

chargeplan.drawUnserved = function* (pen, view) {
  for (var piece of chargeplan.cutCells(view)) {
    chargeplan.hatchCells(pen, view, piece);
    yield;
  }
};
chargeplan.hatchCells = function (pen, view, cells) {
  var colour = chargeplan.getColours().unserved;
  var part = new Path2D(), most = new Path2D(), little = new Path2D();
  // The eye adds up area, the plan adds up energy: cells of the lowest class are hatched faintly.
  var low = chargeplan.state.breaks.length ? chargeplan.state.breaks[0] : 0;
  cells.forEach(function (cell) {
    if (cell.left < 0.01) return;
    if (cell.leftShare >= chargeplan.MOST_UNSERVED) chargeplan.traceCell(cell.demand < low ? little : most, cell);
    else if (cell.leftShare >= chargeplan.PART_UNSERVED) chargeplan.traceCell(part, cell);
  });
  pen.globalAlpha = 0.4;
  pen.fillStyle = chargeplan.makeHatch(pen, view, colour, 9, 0.6);
  pen.fill(little);
  pen.globalAlpha = 1;
  pen.fillStyle = chargeplan.makeHatch(pen, view, colour, 9, 0.7);
  pen.fill(part);
  pen.fillStyle = chargeplan.makeHatch(pen, view, colour, 6, 1.1);
  pen.fill(most);
  pen.strokeStyle = colour;
  pen.globalAlpha = 0.55;
  pen.lineWidth = 0.7 / view.factor;
  pen.stroke(most);
  pen.globalAlpha = 1;
};

chargeplan.drawReach = function* (pen, view) {
  var state = chargeplan.state, colours = chargeplan.getColours(), count = 0;
  var site = state.plan.openSites[state.selected], centre = chargeplan.toLocal(site.lon, site.lat);
  pen.strokeStyle = colours.reachLine;
  for (var pair of state.reach[state.selected]) {
    count += 1;
    if (count % 50 === 0) yield;
    var cell = state.cells[pair.cell];
    pen.beginPath();
    chargeplan.traceCell(pen, cell);
    pen.fillStyle = colours.reach;
    pen.globalAlpha = 0.22 + 0.5 * pair.share;
    pen.fill();
    pen.globalAlpha = 0.5;
    pen.lineWidth = 0.6 / view.factor;
    pen.stroke();
    pen.globalAlpha = 0.35;
    pen.beginPath();
    pen.moveTo(centre[0], centre[1]);
    pen.lineTo(cell.x, cell.y);
    pen.stroke();
  }
};

// A click beside every station tells about the cell under it.
chargeplan.showCell = function (map, latlng) {
  var state = chargeplan.state;
  chargeplan.selectSite(null);
  if (!state.cells || !map.hasLayer(state.layers.demand)) return;
  var at = chargeplan.toLocal(latlng.lng, latlng.lat), best = null, bestDistance = Infinity;
  state.cells.forEach(function (cell) {
    var distance = Math.hypot(cell.x - at[0], cell.y - at[1]);
    if (distance < bestDistance) { best = cell; bestDistance = distance; }
  });
  if (!best || bestDistance > best.radius) return;
  var number = chargeplan.formatNumber, zone = state.plan.zones[best.zone];
  var rows = [
    ["Demand", number(best.demand, 1) + " kWh/day"],
    ["Served", number(best.served, 1) + " kWh/day"],
    ["Not served", number(best.left, 1) + " kWh/day"],
    ["People", number(best.people)],
  ];
  if (best.competitor > 0) rows.splice(2, 0, ["To competitors", number(best.competitor, 1) + " kWh/day"]);
  L.popup({ maxWidth: 260 }).setLatLng(latlng).setContent(chargeplan.makeCard("Demand cell", zone ? [zone[0]] : [], rows)).openOn(map);
};
