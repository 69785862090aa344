"use strict";
// Everything of the page hangs on this one object. Text from data reaches the page through
// `make` (textContent) or a canvas, never as HTML.
var chargeplan = {
  state: { selected: null, layers: {}, plan: null, cells: null, dark: false, listeners: [], filledSheets: {} },
};

chargeplan.make = function (tag, options, children) {
  var node = document.createElement(tag);
  var settings = options || {};
  if (settings.text !== undefined) node.textContent = settings.text;
  if (settings.className) node.className = settings.className;
  Object.keys(settings.attributes || {}).forEach(function (name) {
    node.setAttribute(name, settings.attributes[name]);
  });
  (children || []).forEach(function (child) { if (child) node.appendChild(child); });
  return node;
};

chargeplan.readJson = function (id) {
  return JSON.parse(document.getElementById(id).textContent);
};

chargeplan.readStream = async function (readable) {
  var reader = readable.getReader(), pieces = [], size = 0;
  for (var piece = await reader.read(); !piece.done; piece = await reader.read()) {
    pieces.push(piece.value);
    size += piece.value.length;
  }
  var bytes = new Uint8Array(size), at = 0;
  pieces.forEach(function (one) { bytes.set(one, at); at += one.length; });
  return bytes;
};

// Reads what publish/encode.py writes: base64, deflate, variable-length zigzag numbers.
chargeplan.unpackIntegers = async function (packed) {
  var inflater = new DecompressionStream("deflate"), writer = inflater.writable.getWriter();
  // What fails here fails the reading below, where it is told.
  chargeplan.writeBytes(writer, packed).catch(function (fault) { writer.abort(fault).catch(function () {}); });
  var bytes = await chargeplan.readStream(inflater.readable);
  var numbers = new Float64Array(bytes.length), position = 0, value = 0, factor = 1;
  for (var i = 0; i < bytes.length; i += 1) {
    if (i % 8192 === 0 && chargeplan.isSliceOver()) await chargeplan.startSlice();
    var octet = bytes[i];
    if (octet < 128 && factor === 1) {  // most numbers are one octet long
      numbers[position++] = (octet & 1) === 0 ? octet >> 1 : -((octet + 1) >> 1);
      continue;
    }
    value += (octet & 127) * factor;
    if (octet < 128) {
      numbers[position++] = value % 2 === 0 ? value / 2 : -(value + 1) / 2;
      value = 0;
      factor = 1;
    } else {
      factor *= 128;
    }
  }
  return numbers.subarray(0, position);
};

// A long text is decoded in parts, for the page's sake; four letters are three octets.
chargeplan.LETTERS_AT_ONCE = 1 << 16;
chargeplan.writeBytes = async function (writer, packed) {
  for (var from = 0; from < packed.length; from += chargeplan.LETTERS_AT_ONCE) {
    if (chargeplan.isSliceOver()) await chargeplan.startSlice();
    var text = atob(packed.slice(from, from + chargeplan.LETTERS_AT_ONCE)), raw = new Uint8Array(text.length);
    for (var letter = 0; letter < text.length; letter += 1) raw[letter] = text.charCodeAt(letter);
    writer.write(raw).catch(function () {});
  }
  await writer.close();
};

// Flat arrays for the canvas layers: where each line starts, and its points in local units.
chargeplan.unpackLines = async function (packed, lineCount) {
  var numbers = await chargeplan.unpackIntegers(packed);
  var total = 0, lines = lineCount;
  if (lines === undefined) {
    // The counts come first, and their sum is what is left, twice.
    lines = 0;
    while (lines < numbers.length && lines + 2 * total < numbers.length) { total += numbers[lines]; lines += 1; }
  }
  var starts = new Uint32Array(lines + 1);
  for (var i = 0; i < lines; i += 1) starts[i + 1] = starts[i] + numbers[i];
  total = starts[lines];
  var points = new Float32Array(2 * total);
  var lon = 0, lat = 0, origin = chargeplan.state.origin;
  var size = 256 * Math.pow(2, chargeplan.LOCAL_ZOOM), radian = Math.PI / 180;
  for (var p = 0; p < total; p += 1) {
    if (p % 4096 === 0 && chargeplan.isSliceOver()) await chargeplan.startSlice();
    lon += numbers[lines + p];
    lat += numbers[lines + total + p];
    var sine = Math.sin(lat / 1e5 * radian);  // as toWorld, without an array for each point
    points[2 * p] = ((lon / 1e5 + 180) / 360) * size - origin[0];
    points[2 * p + 1] = (0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)) * size - origin[1];
  }
  return { count: lines, starts: starts, points: points };
};

// Local units: Web Mercator pixels of zoom 12, counted from the middle of the plan, so that
// 32-bit numbers keep a hundredth of a pixel at every zoom.
chargeplan.LOCAL_ZOOM = 12;
chargeplan.toWorld = function (lon, lat) {
  var size = 256 * Math.pow(2, chargeplan.LOCAL_ZOOM);
  var sine = Math.sin((lat * Math.PI) / 180);
  return [((lon + 180) / 360) * size, (0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)) * size];
};
chargeplan.toLocal = function (lon, lat) {
  var world = chargeplan.toWorld(lon, lat), origin = chargeplan.state.origin;
  return [world[0] - origin[0], world[1] - origin[1]];
};
chargeplan.fromLocal = function (point) {
  var origin = chargeplan.state.origin, scale = Math.pow(2, -chargeplan.LOCAL_ZOOM);
  return L.CRS.EPSG3857.pointToLatLng(L.point((point[0] + origin[0]) * scale, (point[1] + origin[1]) * scale), 0);
};
chargeplan.measureLocalMetre = function (lat) {  // metres of a local unit
  return 2 * Math.PI * L.CRS.EPSG3857.R * Math.cos((lat * Math.PI) / 180) / (256 * Math.pow(2, chargeplan.LOCAL_ZOOM));
};

// By hand: the first number format of a page takes the browser as long as all the rest of the panel.
chargeplan.formatNumber = function (value, digits) {
  if (value === null || value === undefined) return "–";
  var parts = value.toFixed(digits || 0).split(".");
  parts[0] = parts[0].replace(/\B(?=(\d{3})+$)/g, ",");
  return parts.join(".");
};
chargeplan.formatShare = function (share) {
  if (share === null) return "–";
  if (share < 1 && share >= 0.995) return chargeplan.formatNumber(Math.min(Math.round(1000 * share), 999) / 10, 1) + " %";  // all is said of all alone
  return chargeplan.formatNumber(100 * share, share > 0 && share < 0.0995 ? 1 : 0) + " %";
};
chargeplan.formatWord = function (word) {
  var words = String(word).replace(/_/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
};

chargeplan.COLOURS = {
  // Demand ramps: steps of equal lightness in OKLCH at one hue, told apart in every kind of
  // colour vision; dark mode runs the other way.
  light: {
    paper: "#f6f3ec", roadCasing: "#c3bbac", roadFill: "#ffffff", roadMajor: "#fffdf6", roadFar: "#968c7a",
    roadMinor: "#d6cfc2", roadGreat: "#fbe9bf", roadGreatCasing: "#b9a071", boundary: "#7d7666", label: "#5d584d", labelHalo: "rgba(250,248,243,.92)",
    zone: "rgba(52,48,41,.85)", ramp: ["#d0e9f4", "#a8ccdb", "#80b0c3", "#5894ac", "#2a7994", "#005e7d"],
    rampAlpha: 0.72, unserved: "#a8145f", reach: "#e8710c", reachLine: "#a34f00",
    notChosen: "#7b7466", dotFill: "#fdfcf9", removed: "#8f8879", competitors: "#5c6670", forbidden: "#b3261e", kept: "#1d6b45", broken: "#b3261e",
    status: { candidate: "#c2410c", required: "#7d2a6b", existing: "#26323b", competitor: "#5c6670" },
    ink: "#20262c", halo: "#ffffff", onMark: "#ffffff", stripe: "rgba(255,255,255,.4)", veilAlpha: 0.6,
    share: ["#f6eebd", "#c9dfa3", "#88c694", "#42a587", "#0f7b72"], grid: ["#3d6fb4", "#e0a100", "#c2281d"], gridInk: "#22303c",
  },
  dark: {
    paper: "#12181f", roadCasing: "#0b1015", roadFill: "#3a4753", roadMajor: "#56656f", roadFar: "#4a5863",
    roadMinor: "#2a3641", roadGreat: "#7d7256", roadGreatCasing: "#0b1015", boundary: "#7e8b96", label: "#b9c3cb", labelHalo: "rgba(14,19,24,.9)",
    zone: "rgba(214,223,230,.85)", ramp: ["#173239", "#274d56", "#376975", "#488695", "#5aa5b7", "#6cc5da"],
    rampAlpha: 0.66, unserved: "#ff8cc8", reach: "#ffb347", reachLine: "#ffd9a0",
    notChosen: "#a3b0bb", dotFill: "#1a222a", removed: "#8a96a1", competitors: "#aab4bd", forbidden: "#ff8a80", kept: "#67c797", broken: "#ff8a80",
    status: { candidate: "#ff8552", required: "#e08fd0", existing: "#dfe6ec", competitor: "#aab4bd" },
    ink: "#f2f5f7", halo: "#0f151b", onMark: "#12181f", stripe: "rgba(18,24,31,.42)", veilAlpha: 0.66,
    share: ["#3a3a1f", "#3f5a37", "#3f7d55", "#45a27a", "#6fd0a8"], grid: ["#7eaef0", "#f0bf3c", "#ff7a6e"], gridInk: "#dfe7ee",
  },
};
chargeplan.getColours = function () {
  return chargeplan.state.dark ? chargeplan.COLOURS.dark : chargeplan.COLOURS.light;
};

chargeplan.redrawAll = function () {
  Object.keys(chargeplan.state.layers).forEach(function (name) {
    var layer = chargeplan.state.layers[name];
    if (layer.redraw) layer.redraw();
  });
};

// North is up; the arrow stands beside the scale bar.
chargeplan.addNorth = function (map) {
  var arrow = chargeplan.make("span", { className: "north", attributes: { role: "img", "aria-label": "North is up" } });
  arrow.appendChild(chargeplan.makeDrawing(14, 24, [
    ["path", "M7 0L12 13 7 10.4 2 13Z", { fill: "currentColor" }],
    ["text", "N", { x: 7, y: 23, "text-anchor": "middle", "font-size": 10, "font-weight": 700, fill: "currentColor" }],
  ]));
  map.getContainer().querySelector(".leaflet-control-scale").prepend(arrow);
};

chargeplan.LONGEST_WAIT_MS = 1000;  // of the rest for the stations

// First call of the page: panes, controls, the frame around the map.
chargeplan.start = function (map, id) {
  var plan = chargeplan.readJson(id);
  var scheme = window.matchMedia("(prefers-color-scheme: dark)");
  var state = chargeplan.state;
  var box = plan.bounds;
  state.map = map;
  state.plan = plan;
  state.pending = [];
  state.isReading = true;  // the packed data of the page, after the stations are drawn and can be clicked
  state.areMarksDrawn = new Promise(function (resolve) {
    state.tellMarks = resolve;
    setTimeout(resolve, chargeplan.LONGEST_WAIT_MS);
  });
  if (!chargeplan.canDraw) state.pending.push(Promise.reject(new Error("this browser cannot draw it")));
  state.origin = chargeplan.toWorld((box[0] + box[2]) / 2, (box[1] + box[3]) / 2);
  state.dark = scheme.matches;
  scheme.addEventListener("change", function (event) {
    state.dark = event.matches;
    chargeplan.redrawAll();
    chargeplan.drawKey();
  });
  [["ground", 310], ["reach", 340], ["labels", 350], ["grid", 410], ["dots", 420], ["marks", 430]].forEach(
    function (pane) { map.createPane(pane[0]).style.zIndex = pane[1]; }
  );
  L.control.zoom({ position: "topright" }).addTo(map);
  var credit = L.control.attribution({ position: "bottomright", prefix: false }).addTo(map);
  credit.getContainer().appendChild(chargeplan.make("span", { text: plan.attribution, attributes: { dir: "auto" } }));
  L.control.scale({ position: "bottomright", imperial: false, maxWidth: 120 }).addTo(map);
  chargeplan.addNorth(map);
  if (plan.onlineTiles) {
    state.layers.tiles = L.tileLayer(plan.onlineTiles.url, { maxZoom: 19, opacity: 0.6 });
    state.layers.tiles.on("add", function () {
      credit.addAttribution(plan.onlineTiles.attribution);  // a fixed text of ours
    });
  }
  // Leaflet hears Escape only while the map itself has the focus, not a marker or a row.
  document.addEventListener("keydown", function (event) { if (event.key === "Escape") map.closePopup(); });
  chargeplan.addBoundary(map);
  chargeplan.fillFrame(map);
  chargeplan.keepPopupsClear(map);
  chargeplan.fitPlan(map);
};
