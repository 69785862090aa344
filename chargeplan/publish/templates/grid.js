// Grid assets with a place: a gauge for each, filled by the part of its limit that the plan loads; a line to
// the stations that hang on it.
chargeplan.IDLE_FEEDERS_FROM = 13;
chargeplan.addGrid = function (map) {
  var state = chargeplan.state, assets = state.plan.assets;
  if (!assets || !assets.assets.length) return;
  var isAbove = {}, layer = state.layers.grid = new chargeplan.CanvasLayer("grid", chargeplan.drawGrid, function () { return true; });
  assets.assets.forEach(function (asset) { isAbove[asset[3]] = true; });
  state.assets = assets.assets.map(function (asset, row) {
    return { row: row, name: asset[0], lon: asset[1], lat: asset[2], parent: asset[3], headroom: asset[4], isSynthetic: asset[5], years: asset[6], isTop: asset[3] < 0 && isAbove[row] === true };
  });
  layer.on("remove", function () { map.closePopup(); });
};

chargeplan.getAssetYear = function (asset) {
  var year = asset.years[Math.min(chargeplan.getYearPosition(), asset.years.length - 1)];
  return { load: year[0], limit: year[1] === null ? asset.headroom : year[1], steps: year[2] };
};

// Colour and fill of a gauge: below half of the limit, below nine tenths, above; none where nobody knows the limit.
chargeplan.gradeAsset = function (asset) {
  var now = chargeplan.getAssetYear(asset);
  if (now.limit === null) return { share: null, step: 0 };
  var share = now.limit > 0 ? Math.min(now.load / now.limit, 1) : now.load > 0 ? 1 : 0;
  return { share: share, step: share < 0.5 ? 0 : share < 0.9 ? 1 : 2 };
};

chargeplan.sizeAsset = function (asset, zoom) {
  var near = Math.max(0.7, Math.min(1.25, 1 + (zoom - 12) * 0.12));
  return asset.isTop ? [15 * near, 15 * near] : [7 * near, 10 * near];
};

chargeplan.drawGrid = function* (pen, view) {
  var state = chargeplan.state, colours = chargeplan.getColours(), isClose = view.zoom >= chargeplan.IDLE_FEEDERS_FROM;
  function place(lon, lat) {
    var local = chargeplan.toLocal(lon, lat);
    return [local[0] * view.factor + view.shift[0], local[1] * view.factor + view.shift[1]];
  }
  pen.setTransform(view.ratio, 0, 0, view.ratio, 0, 0);
  chargeplan.drawFeederLines(pen, place, colours);
  yield;
  for (var row = 0; row < state.assets.length; row += 1) {
    var asset = state.assets[row], grade = chargeplan.gradeAsset(asset);
    if (!isClose && !asset.isTop && chargeplan.getAssetYear(asset).load === 0) continue;  // an idle feeder tells nothing from far
    chargeplan.drawGauge(pen, place(asset.lon, asset.lat), chargeplan.sizeAsset(asset, view.zoom), grade, colours);
    if (row % 100 === 99) yield;
  }
};

chargeplan.drawFeederLines = function (pen, place, colours) {
  var state = chargeplan.state;
  pen.strokeStyle = colours.gridInk;
  chargeplan.listShownSites().forEach(function (position) {
    var row = state.plan.assets.siteAsset[position], site = state.plan.openSites[position], from = place(site.lon, site.lat), isChosen = position === state.selected;
    while (row >= 0) {
      var asset = state.assets[row], to = place(asset.lon, asset.lat);
      pen.globalAlpha = isChosen ? 0.95 : 0.45;
      pen.lineWidth = isChosen ? 2 : 1;
      pen.setLineDash(isChosen ? [] : [4, 3]);
      pen.beginPath();
      pen.moveTo(from[0], from[1]);
      pen.lineTo(to[0], to[1]);
      pen.stroke();
      from = to;
      row = isChosen ? asset.parent : -1;
    }
  });
  pen.setLineDash([]);
  pen.globalAlpha = 1;
};

chargeplan.drawGauge = function (pen, at, size, grade, colours) {
  var left = at[0] - size[0] / 2, top = at[1] - size[1] / 2;
  pen.fillStyle = colours.halo;
  pen.fillRect(left - 1.5, top - 1.5, size[0] + 3, size[1] + 3);
  pen.fillStyle = colours.dotFill;
  pen.fillRect(left, top, size[0], size[1]);
  if (grade.share !== null) {
    pen.fillStyle = colours.grid[grade.step];
    pen.fillRect(left, top + size[1] * (1 - grade.share), size[0], size[1] * grade.share);
  }
  pen.strokeStyle = grade.share === null ? colours.removed : grade.share > 0 ? colours.grid[grade.step] : colours.gridInk;
  pen.lineWidth = 1.3;
  pen.setLineDash(grade.share === null ? [2, 2] : []);
  pen.strokeRect(left, top, size[0], size[1]);
  pen.setLineDash([]);
};

// The asset under a point in local units, grid stations first; null where there is none.
chargeplan.findAsset = function (at, zoom) {
  var state = chargeplan.state, factor = Math.pow(2, zoom - chargeplan.LOCAL_ZOOM), best = null, bestDistance = 11;
  if (!state.layers.grid || !state.map.hasLayer(state.layers.grid)) return null;
  state.assets.forEach(function (asset) {
    var local = chargeplan.toLocal(asset.lon, asset.lat), distance = Math.hypot(local[0] - at[0], local[1] - at[1]) * factor - (asset.isTop ? 3 : 0);
    if (distance < bestDistance) { best = asset; bestDistance = distance; }
  });
  return best;
};

chargeplan.makeAssetCard = function (asset) {
  var state = chargeplan.state, number = chargeplan.formatNumber, now = chargeplan.getAssetYear(asset), above = state.assets[asset.parent];
  var year = state.plan.years.length > 1 ? " by " + state.plan.years[chargeplan.getYearPosition()][0] : "";
  return chargeplan.makeCard((asset.isTop ? "Grid station" : "Feeder or transformer") + (asset.isSynthetic ? " · SYNTHETIC" : ""), [asset.name], [
    ["New load" + year, number(now.load) + " kW"],
    ["Headroom", asset.headroom === null ? "not known" : number(asset.headroom) + " kW"],
    now.steps > 0 ? ["Upgrades bought", number(now.steps) + ", up to " + number(now.limit) + " kW"] : null,
    now.limit === null ? null : ["Left", number(Math.max(now.limit - now.load, 0)) + " kW"],
    above ? ["Fed by", above.name, true] : null,
  ]);
};
