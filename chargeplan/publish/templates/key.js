// The key is the legend and the layer control in one: what each sign is, and a switch for it.
chargeplan.KEY = [
  ["open-candidate", "New stations", "candidate"],
  ["open-required", "New stations, required", "required"],
  ["open-existing", "Existing stations", "existing"],
  ["competitors", "Competitors", "competitor"],
  ["notChosen", "Candidates not chosen", "ring"],
  ["forbidden", "Forbidden sites", "barred"],
  ["removed", "Sites not offered, with the reason", "cross"],
  ["rules", "Squares of the rules, kept or broken", "square"],
  ["demand", "Charging demand", "ramp"],
  ["unserved", "Demand not served", "dots"],
  ["zones", "Zones by the share served", "share"],
  ["grid", "Grid: load after the plan", "gauge"],
  ["roads", "Roads", "road"],
  ["labels", "Names", "name"],
  ["tiles", "Online background (needs a network)", "frame"],
];

// Drawn from when its tab is first opened, or printed.
chargeplan.drawKey = function () {
  if (!chargeplan.state.filledSheets.key) { chargeplan.drawLegend(); return; }
  var state = chargeplan.state, make = chargeplan.make, list = document.getElementById("key-list"), isSynthetic = state.plan.grid && state.plan.grid.is_synthetic;
  list.replaceChildren();
  chargeplan.KEY.forEach(function (entry) {
    var layer = state.layers[entry[0]];
    if (!layer) return;
    var box = make("input", { attributes: { type: "checkbox", id: "layer-" + entry[0] } });
    box.checked = state.map.hasLayer(layer);
    box.toggleAttribute("data-on", box.checked);
    box.addEventListener("change", function () {
      if (box.checked) layer.addTo(state.map); else layer.remove();
      box.toggleAttribute("data-on", box.checked);
      chargeplan.drawLegend();
    });
    var sample = make("span", { className: "sample", attributes: { "aria-hidden": "true" } }, [chargeplan.drawSample(entry[2])]);
    var words = make("span", { text: entry[1] + (entry[0] === "grid" && isSynthetic ? " (SYNTHETIC)" : "") });
    list.appendChild(make("li", {}, [make("label", {}, [box, sample, words])]));
  });
  if (chargeplan.hasUnknownHeadroom()) {
    list.appendChild(make("li", { className: "on-paper" }, [make("label", {}, [
      make("span", { className: "sample", attributes: { "aria-hidden": "true" } }, [chargeplan.drawSample("striped")]), make("span", { text: "Headroom of the grid not known" }),
    ])]));
  }
  chargeplan.drawDemandKey();
};

chargeplan.hasUnknownHeadroom = function () {
  return chargeplan.state.plan.openSites.some(function (site) { return site.headroomUnknown; });
};

// One small drawing for each line of the key, with the colours of the map.
chargeplan.drawSample = function (kind) {
  var colours = chargeplan.getColours(), draw = chargeplan.makeDrawing;
  function line(path, colour, width, dash) { return ["path", path, { fill: "none", stroke: colour, "stroke-width": width, "stroke-dasharray": dash || "none" }]; }
  function fill(path, colour) { return ["path", path, { fill: colour }]; }
  function box(x, y, w, h) { return "M" + x + " " + y + "h" + w + "v" + h + "h" + -w + "z"; }
  function disc(x, y, r) { return chargeplan.describeMark("candidate", x, y, r); }
  if (colours.status[kind]) {
    var size = kind === "competitor" ? 7 : 9.5, number = { x: 15, y: 16, "text-anchor": "middle", "font-size": 11, "font-weight": 700, fill: colours.onMark };
    return draw(30, 24, [fill(chargeplan.describeMark(kind, 15, 12, size), colours.status[kind])].concat(kind === "competitor" ? [] : [["text", "1", number]]));
  }
  var drawings = {
    ring: [["path", disc(15, 12, 4), { fill: colours.dotFill, stroke: colours.notChosen, "stroke-width": 1.6 }]],
    striped: [fill(disc(15, 12, 8), colours.status.candidate), line("M10 16L18 7M13 18L21 9", colours.halo, 1.5)],
    barred: [["path", disc(15, 12, 6), { fill: colours.dotFill, stroke: colours.forbidden, "stroke-width": 2.2 }], line("M11 8L19 16", colours.forbidden, 2.2)],
    cross: [line("M12 9L18 15M18 9L12 15", colours.removed, 1.8)],
    square: [line(box(5, 5, 20, 14), colours.broken, 1.5, "4 3")],
    ramp: [1, 3, 5].map(function (step, at) { return fill(box(2 + 9 * at, 6, 9, 12), colours.ramp[step]); }),
    dots: [fill(disc(5, 12, 2), colours.unserved), fill(disc(13, 12, 4), colours.unserved), fill(disc(23.5, 12, 5.5), colours.unserved)],
    share: [0, 2, 4].map(function (step, at) { return fill(box(2 + 9 * at, 6, 9, 12), colours.share[step]); }),
    gauge: [fill(box(7, 4, 16, 16), colours.dotFill), fill(box(7, 11, 16, 9), colours.grid[1]), line(box(7, 4, 16, 16), colours.grid[1], 1.4)],
    road: [line("M1 15C9 15 19 9 29 9", colours.roadCasing, 6), line("M1 15C9 15 19 9 29 9", colours.roadMajor, 4)],
    name: [["text", "Aa", { x: 15, y: 17, "text-anchor": "middle", "font-size": 13, "font-weight": 600, fill: colours.label }]],
    frame: [line(box(5, 5, 20, 14), colours.notChosen, 1.5)],
  };
  return draw(30, 24, drawings[kind]);
};

// The figures behind colours and sizes, of the hexagons and the year that are on the screen.
chargeplan.drawDemandKey = function () {
  chargeplan.drawLegend();
  var state = chargeplan.state, holder = document.getElementById("key-demand"), make = chargeplan.make;
  if (!state.levels || !state.filledSheets.key) return;
  var level = chargeplan.chooseLevel(state.map.getZoom()), parts = [
    make("h3", { text: "Demand of a hexagon of " + chargeplan.formatNumber(level.areaKm2, level.areaKm2 < 10 ? 2 : 0) + " km², kWh/day" }),
    chargeplan.makeRamp(level.breaks), chargeplan.makeDotKey(level),
  ];
  if (state.layers.zones && state.map.hasLayer(state.layers.zones)) parts.push(make("h3", { text: "Zones: share of demand served" }), chargeplan.makeShareRamp());
  parts.push(make("h3", { text: "Stations" }), make("p", { className: "hint", text: "The number is the rank by the energy served in the last year; the area grows with the power. Dots are stations without room for their number: come nearer. Choose one to light the cells it serves." }));
  parts.push(chargeplan.makeTypeKey(), chargeplan.makeKindKey());
  if (state.plan.grid) parts.push(make("p", { className: "hint", text: "A striped station: what the grid above it can take is not known. Gauges: a square is a grid station, a narrow one a feeder; filled by load, amber from 50 %, red from 90 % of the limit, dashed where it is not known." }));
  holder.replaceChildren.apply(holder, parts.filter(Boolean));
};

chargeplan.makeSteps = function (steps) {
  var make = chargeplan.make;
  return make("div", { className: "ramp" }, steps.map(function (step) {
    var swatch = make("span", { className: "ramp-step" });
    swatch.style.background = step[0];
    return make("div", {}, [swatch, make("span", { text: step[1] })]);
  }));
};

chargeplan.makeRamp = function (breaks) {
  var colours = chargeplan.getColours(), steps = [], number = function (value) { return chargeplan.formatNumber(value, value < 10 && value % 1 ? 1 : 0); };
  for (var step = 0; step <= breaks.length; step += 1) {
    var level = breaks.length ? Math.round((step * 5) / breaks.length) : 3;
    steps.push([colours.ramp[level], !breaks.length ? "all" : step === 0 ? "below " + number(breaks[0]) : "from " + number(breaks[step - 1])]);
  }
  return chargeplan.makeSteps(steps);
};

chargeplan.makeShareRamp = function () {
  var colours = chargeplan.getColours().share;
  return chargeplan.makeSteps(colours.map(function (colour, step) {
    return [colour, step === 0 ? "below 20 %" : "from " + 20 * step + " %"];
  }));
};

// Dots as large as they are on the map.
chargeplan.makeDotKey = function (level) {
  var make = chargeplan.make, zoom = chargeplan.state.map.getZoom(), colours = chargeplan.getColours();
  return make("div", { className: "dot-key" }, [make("span", { text: "Not served" })].concat([0.1, 0.4, 1].map(function (part) {
    var kwhDay = part * level.fullDot, r = Math.max(chargeplan.measureDot(level, kwhDay, zoom), chargeplan.LEAST_DOT_PX);
    var dot = chargeplan.makeDrawing(26, 26, [["path", chargeplan.describeMark("candidate", 13, 13, r), { fill: colours.unserved }]]);
    return make("span", {}, [dot, make("span", { text: chargeplan.formatNumber(kwhDay, kwhDay < 10 && kwhDay % 1 ? 1 : 0) + (part === 1 ? "+ kWh/day" : "") })]);
  })));
};

chargeplan.makeTypeKey = function () {
  var make = chargeplan.make, colours = chargeplan.getColours(), types = chargeplan.state.plan.types;
  if (types.length < 2) return null;
  return make("ul", { className: "kind-key type-key" }, types.map(function (type) {
    var ring = ["path", chargeplan.describeMark("candidate", 10, 10, 6.5), { fill: "none", stroke: chargeplan.getTypeColour(type), "stroke-width": 4 }];
    var edge = ["path", chargeplan.describeMark("candidate", 10, 10, 8.5), { fill: "none", stroke: colours.ink, "stroke-width": 0.6 }];
    return make("li", {}, [chargeplan.makeDrawing(20, 20, [ring, edge]), make("span", { text: "part of power: " }), make("span", { text: type, attributes: { dir: "auto" } })]);
  }));
};

chargeplan.makeKindKey = function () {
  var make = chargeplan.make, kinds = Array.from(new Set(chargeplan.state.plan.openSites.map(function (site) { return site.kind; }))).sort();
  return make("ul", { className: "kind-key" }, kinds.map(function (kind) {
    var path = chargeplan.GLYPHS[kind] || chargeplan.GLYPHS.other, glyph = chargeplan.makeDrawing(24, 24, [["path", path, { fill: "currentColor", "fill-rule": "evenodd" }]]);
    return make("li", {}, [glyph, make("span", { text: chargeplan.formatWord(kind) })]);
  }));
};
