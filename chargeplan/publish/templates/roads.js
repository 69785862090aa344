// Width of each class in pixels at zoom 13, how it grows, and the zoom it appears at.
chargeplan.ROADS = {
  service: { width: 0.5, from: 15, far: false },
  living_street: { width: 0.7, from: 12.75 },
  residential: { width: 0.75, from: 12.25 },
  unclassified: { width: 0.9, from: 11.75 },
  tertiary: { width: 1.5, from: 10.5 },
  secondary: { width: 2.4, from: 9 },
  primary: { width: 3.3, from: 8 },
  trunk: { width: 3.9, from: 8 },
  motorway: { width: 4.2, from: 8 },
};
chargeplan.MAJOR_ROADS = ["secondary", "primary", "trunk", "motorway"];

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
  chargeplan.state.pending.push(unpackShown());
  map.on("zoomend", unpackShown);
};

chargeplan.drawRoads = function* (pen, view, groups) {
  var colours = chargeplan.getColours();
  pen.lineJoin = "round";
  pen.lineCap = "round";
  var shown = groups.filter(function (group) { return group.paths !== null && view.zoom >= group.style.from; }).map(function (group) {
    var width = group.style.width * Math.pow(1.5, view.zoom - 13);
    return {
      major: chargeplan.MAJOR_ROADS.indexOf(group.name) >= 0,
      width: Math.max(width, 0.5),
      paths: group.paths.filter(function (run) { return chargeplan.isInView(run.box, view); }),
    };
  });
  function* stroke(road, width, colour) {
    pen.lineWidth = width / view.factor;
    pen.strokeStyle = colour;
    for (var run of road.paths) {
      pen.stroke(run.path);
      yield;
    }
  }
  // Casings first, so that crossings of one level run into each other.
  for (var road of shown) {
    if (road.width >= 1.8) yield* stroke(road, road.width + (road.major ? 1.7 : 1.2), colours.roadCasing);
    else yield* stroke(road, road.major ? Math.max(road.width, 1) : road.width, road.major ? colours.roadFar : colours.roadMinor);
  }
  for (var above of shown) {
    if (above.width >= 1.8) yield* stroke(above, above.width, above.major ? colours.roadMajor : colours.roadFill);
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
