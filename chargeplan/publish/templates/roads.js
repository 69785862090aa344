// Width of each class in pixels at zoom 13, the zoom it appears at, its place in the order of colours.
chargeplan.ROADS = {
  service: { width: 0.5, from: 15, tone: "small" },
  living_street: { width: 0.65, from: 13.25, tone: "small" },
  residential: { width: 0.7, from: 13, tone: "small" },
  unclassified: { width: 0.8, from: 12, tone: "small" },
  tertiary: { width: 1.25, from: 10.75, tone: "small" },
  secondary: { width: 1.9, from: 9.5, tone: "main" },
  primary: { width: 2.5, from: 8, tone: "main" },
  trunk: { width: 2.9, from: 8, tone: "great" },
  motorway: { width: 3.1, from: 8, tone: "great" },
};
chargeplan.ROAD_GROWTH = 1.44;  // of the width, with each zoom
chargeplan.CASED_FROM_PX = 1.7;

chargeplan.addRoads = function (map, id) {
  var data = chargeplan.readJson(id);
  var groups = data.classes.map(function (entry, position) {
    return { name: entry[0], count: entry[1], packed: data.lines[position], style: chargeplan.ROADS[entry[0]], paths: null };
  });
  var layer = new chargeplan.CanvasLayer("roads", function (pen, view) {
    return chargeplan.drawRoads(pen, view, groups);
  }, function () { return groups.some(function (group) { return group.paths !== null; }); });
  // Most roads are small ones, which the first view does not show: a class is unpacked when it is to be seen.
  async function unpackShown() {
    var wanted = groups.filter(function (group) { return group.packed !== null && map.getZoom() >= group.style.from; });
    if (!wanted.length) return;
    await Promise.all(wanted.map(async function (group) {
      var packed = group.packed;
      group.packed = null;
      var lines = await chargeplan.unpackLines(packed, group.count);
      group.paths = await chargeplan.buildPaths(lines, 0, lines.count, false);
    }));
    layer.redraw();
  }
  chargeplan.state.layers.roads = layer;
  layer.addTo(map);
  chargeplan.state.pending.push(Promise.resolve(chargeplan.state.areMarksDrawn).then(unpackShown));
  map.on("zoomend", unpackShown);
};

chargeplan.drawRoads = function* (pen, view, groups) {
  var colours = chargeplan.getColours();
  var shown = groups.filter(function (group) { return group.paths !== null && view.zoom >= group.style.from; }).map(function (group) {
    var width = Math.max(group.style.width * Math.pow(chargeplan.ROAD_GROWTH, view.zoom - 13), 0.5);
    return {
      width: width, tone: group.style.tone, isCased: width >= chargeplan.CASED_FROM_PX,
      paths: group.paths.filter(function (run) { return chargeplan.isInView(run.box, view); }),
    };
  });
  function* stroke(road, width, colour) {
    for (var at = 0; at < road.paths.length; at += 1) {
      pen.lineWidth = width / view.factor;
      pen.lineJoin = width < 2.2 ? "bevel" : "round";  // nobody sees the joins of thin lines
      pen.lineCap = width < 2.2 ? "butt" : "round";
      pen.strokeStyle = colour;
      pen.stroke(road.paths[at].path);
      yield;
    }
  }
  // Casings first, so that crossings of one level run into each other.
  for (var under = 0; under < shown.length; under += 1) {
    var low = shown[under], thin = low.tone === "small" ? colours.roadMinor : colours.roadFar;
    if (low.isCased) yield* stroke(low, low.width + 1.4, low.tone === "great" ? colours.roadGreatCasing : colours.roadCasing);
    else yield* stroke(low, low.tone === "small" ? low.width : Math.max(low.width, 0.9), thin);
  }
  for (var over = 0; over < shown.length; over += 1) {
    var high = shown[over];
    if (high.isCased) yield* stroke(high, high.width, { small: colours.roadFill, main: colours.roadMajor, great: colours.roadGreat }[high.tone]);
  }
};

chargeplan.addBoundary = function (map) {
  var paths = [];
  var layer = new chargeplan.CanvasLayer("labels", function (pen, view) {
    pen.strokeStyle = chargeplan.getColours().boundary;
    pen.lineWidth = 1.3 / view.factor;
    pen.setLineDash([7 / view.factor, 5 / view.factor]);
    paths.forEach(function (run) { pen.stroke(run.path); });
    pen.setLineDash([]);
  }, function () { return paths.length > 0; });
  chargeplan.state.layers.boundary = layer;
  layer.addTo(map);
  chargeplan.state.pending.push((async function () {
    var lines = await chargeplan.unpackLines(chargeplan.state.plan.boundary);
    paths = await chargeplan.buildPaths(lines, 0, lines.count, true);
    layer.redraw();
  })());
};
