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
  var data = chargeplan.readJson(id), groups = [];
  var layer = new chargeplan.CanvasLayer("roads", function (pen, view) { chargeplan.drawRoads(pen, view, groups); });
  chargeplan.state.layers.roads = layer;
  layer.addTo(map);
  chargeplan.state.pending.push((async function () {
    var total = data.classes.reduce(function (sum, group) { return sum + group[1]; }, 0);
    var lines = await chargeplan.unpackLines(data.lines, total);
    var first = 0;
    data.classes.forEach(function (group) {
      groups.push({ name: group[0], style: chargeplan.ROADS[group[0]], paths: chargeplan.buildPaths(lines, first, first + group[1], false) });
      first += group[1];
    });
    layer.redraw();
  })());
};

chargeplan.drawRoads = function (pen, view, groups) {
  var colours = chargeplan.getColours();
  pen.lineJoin = "round";
  pen.lineCap = "round";
  var shown = groups.filter(function (group) { return view.zoom >= group.style.from; }).map(function (group) {
    var width = group.style.width * Math.pow(1.5, view.zoom - 13);
    return {
      major: chargeplan.MAJOR_ROADS.indexOf(group.name) >= 0,
      width: Math.max(width, 0.5),
      paths: group.paths.filter(function (run) { return chargeplan.isInView(run.box, view); }),
    };
  });
  function stroke(road, width, colour) {
    pen.lineWidth = width / view.factor;
    pen.strokeStyle = colour;
    road.paths.forEach(function (run) { pen.stroke(run.path); });
  }
  // Casings first, so that crossings of one level run into each other.
  shown.forEach(function (road) {
    if (road.width >= 1.8) stroke(road, road.width + (road.major ? 1.7 : 1.2), colours.roadCasing);
    else stroke(road, road.major ? Math.max(road.width, 1) : road.width, road.major ? colours.roadFar : colours.roadMinor);
  });
  shown.forEach(function (road) {
    if (road.width >= 1.8) stroke(road, road.width, road.major ? colours.roadMajor : colours.roadFill);
  });
};

chargeplan.addBoundary = function (map) {
  var paths = [];
  var layer = new chargeplan.CanvasLayer("labels", function (pen, view) {
    pen.strokeStyle = chargeplan.getColours().boundary;
    pen.lineWidth = 1.3 / view.factor;
    pen.setLineDash([7 / view.factor, 5 / view.factor]);
    paths.forEach(function (run) { pen.stroke(run.path); });
    pen.setLineDash([]);
  });
  chargeplan.state.layers.boundary = layer;
  layer.addTo(map);
  chargeplan.state.pending.push((async function () {
    var lines = await chargeplan.unpackLines(chargeplan.state.plan.boundary);
    paths = chargeplan.buildPaths(lines, 0, lines.count, true);
    layer.redraw();
  })());
};
