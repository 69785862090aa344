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
    state.cellLines = await chargeplan.unpackLines(data.outlines, data.count);
    state.cellValues = await chargeplan.unpackIntegers(data.values);
    state.cellYears = await Promise.all(data.years.map(chargeplan.unpackIntegers));
    state.reachYears = (await Promise.all(state.plan.reachByYear.concat([state.plan.reach]).map(chargeplan.unpackIntegers)))
      .map(function (numbers) { return chargeplan.buildReach(numbers, state.plan.openSites.length); });
    await chargeplan.unpackLevels(data.levels);
    chargeplan.measureDots();
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
    return { lines: await chargeplan.unpackLines(level.outlines, level.count), parents: parents, data: level };
  }));
};

// Row of the year that is shown among those of the plan; 0 for a plan of one year.
chargeplan.getYearPosition = function () {
  var state = chargeplan.state;
  return state.year === undefined ? Math.max(state.plan.years.length - 1, 0) : state.year;
};

// Figures of the shown year for every cell and for every larger hexagon.
chargeplan.buildCells = function () {
  var state = chargeplan.state;
  state.levels = chargeplan.buildLevels(chargeplan.getYearPosition());
  state.cells = state.levels[0].cells;
  state.levels.forEach(function (level, row) { level.fullDot = state.fullDots[row]; });
};

chargeplan.buildLevels = function (year) {
  var state = chargeplan.state, count = state.cellData.count, values = state.cellValues;
  var earlier = state.cellYears[year], energy = earlier || values, from = earlier ? 0 : 2;
  var cells = chargeplan.measureHexagons(state.cellLines, count);
  cells.forEach(function (cell, row) {
    cell.zone = values[row];
    cell.people = values[count + row];
    cell.demand = energy[from * count + row] / 100;
    cell.competitor = energy[(from + 1) * count + row] / 100;
    cell.served = energy[(from + 2) * count + row] / 100;
    cell.left = Math.max(cell.demand - cell.competitor - cell.served, 0);
  });
  return [{ cells: cells, lines: state.cellLines, breaks: state.cellData.breaks, areaKm2: state.cellData.areaKm2 }]
    .concat(state.parentLevels.map(function (level) { return chargeplan.sumLevel(level, cells); }));
};

chargeplan.measureHexagons = function (lines, count) {
  var cells = [];
  for (var row = 0; row < count; row += 1) {
    var x = 0, y = 0, first = lines.starts[row], n = lines.starts[row + 1] - first;
    for (var p = first; p < first + n; p += 1) { x += lines.points[2 * p] / n; y += lines.points[2 * p + 1] / n; }
    cells.push({
      row: row, x: x, y: y, radius: Math.hypot(lines.points[2 * first] - x, lines.points[2 * first + 1] - y),
      people: 0, demand: 0, competitor: 0, served: 0, left: 0, parts: 0,
    });
  }
  return cells;
};

chargeplan.sumLevel = function (level, cells) {
  var sums = chargeplan.measureHexagons(level.lines, level.data.count);
  cells.forEach(function (cell, row) {
    var sum = sums[level.parents[row]];
    ["people", "demand", "competitor", "served", "left"].forEach(function (name) { sum[name] += cell[name]; });
    sum.parts += 1;
  });
  return { cells: sums, lines: level.lines, breaks: level.data.breaks, areaKm2: level.data.areaKm2 };
};

// What the largest dot of unserved demand stands for at each level, the same in all years: a figure with one
// digit that few hexagons exceed.
chargeplan.measureDots = function () {
  var state = chargeplan.state, full = [];
  for (var year = 0; year <= state.cellYears.length; year += 1) {
    chargeplan.buildLevels(year).forEach(function (level, row) {
      var left = Float64Array.from(level.cells, function (cell) { return cell.left; }).filter(function (kwh) { return kwh > 0.01; }).sort();
      var high = left.length ? left[Math.floor(0.97 * (left.length - 1))] : 0.01, power = Math.pow(10, Math.floor(Math.log10(high)));
      full[row] = Math.max(full[row] || 0, Math.ceil(high / power) * power);
    });
  }
  state.fullDots = full;
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
    ["Not served", number(cell.left, 1) + " kWh/day"],
    ["People", number(cell.people)],
  ];
  if (cell.competitor > 0) rows.splice(2, 0, ["To competitors", number(cell.competitor, 1) + " kWh/day"]);
  return chargeplan.makeCard(cell.parts > 1 ? number(cell.parts) + " demand cells" : "Demand cell", zone ? [zone[0]] : [], rows);
};
