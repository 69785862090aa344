// The hexagons of demand, as they stand in the year that is shown. Seen from far, larger hexagons sum up the cells.
chargeplan.LEAST_RADIUS_PX = 4.4;  // of a hexagon that is drawn

chargeplan.addCells = function (map, id) {
  var data = chargeplan.readJson(id), state = chargeplan.state, names = ["demand", "unserved", "reach"];
  state.cellData = data;
  function hasCells() { return state.cells !== null; }
  state.layers.demand = new chargeplan.CanvasLayer("cells", chargeplan.drawDemand, hasCells);
  state.layers.unserved = new chargeplan.CanvasLayer("unserved", chargeplan.drawUnserved, hasCells);
  state.layers.reach = new chargeplan.CanvasLayer("reach", chargeplan.drawReach, function () {
    return hasCells() && state.selected !== null;
  });
  names.forEach(function (name) { state.layers[name].addTo(map); });
  state.pending.push((async function () {
    await state.areMarksDrawn;
    state.cellLines = await chargeplan.unpackHexagons(data.outlines, data.count);
    state.cellValues = await chargeplan.unpackIntegers(data.values);
    state.cellYears = await Promise.all(data.years.map(chargeplan.unpackIntegers));
    state.reachYears = (await Promise.all(state.plan.reachByYear.concat([state.plan.reach]).map(chargeplan.unpackIntegers)))
      .map(function (numbers) { return chargeplan.buildReach(numbers, state.plan.openSites.length); });
    await chargeplan.unpackLevels(data.levels);
    await chargeplan.startSlice();
    chargeplan.buildCells();
    names.forEach(function (name) { state.layers[name].redraw(); });
    chargeplan.drawDemandKey();
  })());
  map.on("zoomend", chargeplan.drawDemandKey);
  map.on("click", function (event) { chargeplan.showPlace(map, event.latlng); });
};

chargeplan.unpackLevels = async function (levels) {
  chargeplan.state.parentLevels = await Promise.all(levels.map(async function (level) {
    var parents = await chargeplan.unpackIntegers(level.parents);
    for (var cell = 1; cell < parents.length; cell += 1) parents[cell] += parents[cell - 1];
    return { lines: await chargeplan.unpackHexagons(level.outlines, level.count), parents: parents, data: level };
  }));
};

// Outlines of hexagons with the middle and the radius of each.
chargeplan.unpackHexagons = async function (packed, count) {
  var lines = await chargeplan.unpackLines(packed, count), points = lines.points;
  lines.x = new Float32Array(count);
  lines.y = new Float32Array(count);
  lines.radius = new Float32Array(count);
  for (var row = 0; row < count; row += 1) {
    if (row % 512 === 0 && chargeplan.isSliceOver()) await chargeplan.startSlice();
    var first = lines.starts[row], n = lines.starts[row + 1] - first, x = 0, y = 0;
    for (var p = first; p < first + n; p += 1) { x += points[2 * p] / n; y += points[2 * p + 1] / n; }
    lines.x[row] = x;
    lines.y[row] = y;
    lines.radius[row] = Math.hypot(points[2 * first] - x, points[2 * first + 1] - y);
  }
  return lines;
};

// Row of the year that is shown among those of the plan; 0 for a plan of one year.
chargeplan.getYearPosition = function () {
  var state = chargeplan.state;
  return state.year === undefined ? Math.max(state.plan.years.length - 1, 0) : state.year;
};

// Figures of the shown year for every cell and for every larger hexagon.
chargeplan.buildCells = function () {
  var state = chargeplan.state, data = state.cellData, count = data.count, values = state.cellValues;
  if (!state.parentLevels) return;  // not read yet
  var earlier = state.cellYears[chargeplan.getYearPosition()], energy = earlier || values, from = earlier ? 0 : 2;
  var cells = chargeplan.makeHexagons(state.cellLines, count);
  for (var row = 0; row < count; row += 1) {
    var cell = cells[row];
    cell.zone = values[row];
    cell.people = values[count + row];
    cell.demand = energy[from * count + row] / 100;
    cell.competitor = energy[(from + 1) * count + row] / 100;
    cell.served = energy[(from + 2) * count + row] / 100;
    cell.left = Math.max(cell.demand - cell.competitor - cell.served, 0);
    cell.hindrance = values[5 * count + row];
    cell.out = cell.hindrance ? cell.left : 0;
  }
  state.cells = cells;
  state.levels = [{ cells: cells, lines: state.cellLines, breaks: data.breaks, areaKm2: data.areaKm2, fullDot: data.fullDot }]
    .concat(state.parentLevels.map(function (level) { return chargeplan.sumLevel(level, cells); }));
};

chargeplan.makeHexagons = function (lines, count) {
  var cells = new Array(count);
  for (var row = 0; row < count; row += 1) {
    cells[row] = {
      row: row, x: lines.x[row], y: lines.y[row], radius: lines.radius[row], zone: -1,
      hindrance: 0, out: 0, people: 0, demand: 0, competitor: 0, served: 0, left: 0, parts: 0,
    };
  }
  return cells;
};

chargeplan.sumLevel = function (level, cells) {
  var data = level.data, sums = chargeplan.makeHexagons(level.lines, data.count);
  for (var row = 0; row < cells.length; row += 1) {
    var cell = cells[row], sum = sums[level.parents[row]];
    sum.people += cell.people;
    sum.demand += cell.demand;
    sum.competitor += cell.competitor;
    sum.served += cell.served;
    sum.left += cell.left;
    sum.out += cell.out;
    sum.parts += 1;
  }
  return { cells: sums, lines: level.lines, breaks: data.breaks, areaKm2: data.areaKm2, fullDot: data.fullDot };
};

// The finest level whose hexagons can be told apart at a zoom.
chargeplan.chooseLevel = function (zoom) {
  var levels = chargeplan.state.levels, factor = Math.pow(2, zoom - chargeplan.LOCAL_ZOOM), chosen = 0;
  while (chosen < levels.length - 1 && levels[chosen].cells[0].radius * factor < chargeplan.LEAST_RADIUS_PX) chosen += 1;
  return levels[chosen];
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

chargeplan.isCellInView = function (cell, view) {
  return cell.x + cell.radius >= view.left && cell.x - cell.radius <= view.right
    && cell.y + cell.radius >= view.top && cell.y - cell.radius <= view.bottom;
};

// A click beside every mark tells about what is drawn there: a station without a marker, a hexagon, a zone.
chargeplan.showPlace = function (map, latlng) {
  var state = chargeplan.state, at = chargeplan.toLocal(latlng.lng, latlng.lat);
  var mark = chargeplan.findMark(at, map.getZoom());
  if (mark !== null) { state.markers[mark].openPopup(); return; }
  chargeplan.selectSite(null);
  var asset = chargeplan.findAsset(at, map.getZoom());
  if (asset !== null) {
    L.popup({ maxWidth: 280 }).setLatLng([asset.lat, asset.lon]).setContent(function () { return chargeplan.makeAssetCard(asset); }).openOn(map);
    return;
  }
  if (!state.cells) return;
  if (map.hasLayer(state.layers.demand) || map.hasLayer(state.layers.unserved)) chargeplan.showCell(map, latlng, at);
  else if (state.layers.zones && map.hasLayer(state.layers.zones)) chargeplan.showZone(map, latlng, at);
};

// The card of the drawn hexagon at a point in local units; it follows the year.
chargeplan.showCell = function (map, latlng, at) {
  var state = chargeplan.state, level = chargeplan.chooseLevel(map.getZoom()), depth = state.levels.indexOf(level), best = null, bestDistance = Infinity;
  level.cells.forEach(function (cell) {
    var distance = Math.hypot(cell.x - at[0], cell.y - at[1]);
    if (distance < bestDistance) { best = cell; bestDistance = distance; }
  });
  if (!best || bestDistance > best.radius) return;
  L.popup({ maxWidth: 260 }).setLatLng(latlng).setContent(function () { return chargeplan.makeCellCard(state.levels[depth].cells[best.row]); }).openOn(map);
};

chargeplan.makeCellCard = function (cell) {
  var number = chargeplan.formatNumber, zone = cell.parts ? null : chargeplan.state.plan.zones[cell.zone];
  var rows = [
    ["Demand", number(cell.demand, 1) + " kWh/day"],
    ["Served", number(cell.served, 1) + " kWh/day"],
    ["People", number(cell.people)],
    ["Not served", number(cell.left, 1) + " kWh/day"],
  ];
  if (cell.competitor > 0) rows.splice(2, 0, ["To competitors", number(cell.competitor, 1) + " kWh/day"]);
  if (cell.parts > 1 && cell.out >= 0.05) rows.push(["Of it out of reach", number(cell.out, 1) + " kWh/day"]);
  else if (cell.out >= 0.05) {
    var limit = number(chargeplan.state.plan.limits.travel_limit_min);
    rows.push(["Why not", cell.hindrance === 1 ? "no site within " + limit + " min" : "too far from every road"]);
  }
  return chargeplan.makeCard(cell.parts > 1 ? number(cell.parts) + " demand cells" : "Demand cell", zone ? [zone[0]] : [], rows);
};
