// Drawing in slices: what is long is cut by `yield` into pieces, and after some milliseconds of pieces the
// page gets its turn, so that a hand on the map never waits for the drawing.
chargeplan.SLICE_MS = 10;
chargeplan.drawing = { jobs: [], waiting: [], isPlanned: false };
chargeplan.FIRST_DRAWN = ["marks", "reach", "ground", "grid", "labels"];  // what is looked at first

// Lets the browser do what is more urgent: input, then frames. A message comes back sooner than a timer.
chargeplan.giveWay = (function () {
  var channel = new MessageChannel(), waiting = [];
  channel.port1.onmessage = function () { waiting.shift()(); };
  return function () {
    return new Promise(function (resolve) { waiting.push(resolve); channel.port2.postMessage(null); });
  };
})();

// To hand a canvas to the screen takes some milliseconds as well: one goes in a frame. A page out of sight has none.
chargeplan.waitForFrame = function () {
  return new Promise(function (resolve) { requestAnimationFrame(function () { setTimeout(resolve); }); setTimeout(resolve, 60); });
};

// For loops over many numbers: `if (chargeplan.isSliceOver()) await chargeplan.startSlice();`
chargeplan.sliceEnd = 0;
chargeplan.isSliceOver = function () { return performance.now() > chargeplan.sliceEnd; };
chargeplan.startSlice = async function () {
  await chargeplan.giveWay();
  if (chargeplan.isSliceOver()) chargeplan.sliceEnd = performance.now() + chargeplan.SLICE_MS;
};

// `begin` is called when the drawing's turn has come, and returns the pen, the pieces and what to do at the end.
chargeplan.drawLater = function (sheet, begin) {
  var drawing = chargeplan.drawing;
  drawing.jobs.push({ sheet: sheet, begin: begin, begun: null, place: chargeplan.FIRST_DRAWN.indexOf(sheet.options.pane) });
  drawing.jobs.sort(function (a, b) { return a.place - b.place; });
  if (drawing.isPlanned) return;
  drawing.isPlanned = true;
  chargeplan.giveWay().then(chargeplan.drawSlice);
};
chargeplan.stopDrawing = function (sheet) {
  chargeplan.drawing.jobs = chargeplan.drawing.jobs.filter(function (job) { return job.sheet !== sheet; });
};
// What goes wrong in one drawing is told and ends that one alone.
chargeplan.drawPiece = function () {
  var job = chargeplan.drawing.jobs[0];
  try {
    chargeplan.drawJob(job);
  } catch (fault) {
    chargeplan.drawing.jobs = chargeplan.drawing.jobs.filter(function (other) { return other !== job; });
    setTimeout(function () { throw fault; });
  }
};
chargeplan.drawJob = function (job) {
  var begun = job.begun || (job.begun = job.begin());
  var isDone = begun.pieces.next().done;
  begun.pen.getImageData(0, 0, 1, 1);  // paints now what is else put off to the end of the frame
  if (!isDone) return;
  chargeplan.drawing.jobs.shift();
  begun.finish();
  chargeplan.drawing.isHanded = true;
};
chargeplan.drawSlice = function () {
  var drawing = chargeplan.drawing, end = performance.now() + chargeplan.SLICE_MS;
  drawing.isHanded = false;
  while (drawing.jobs.length && !drawing.isHanded && performance.now() < end) chargeplan.drawPiece();
  drawing.isPlanned = drawing.jobs.length > 0;
  if (drawing.isPlanned) (drawing.isHanded ? chargeplan.waitForFrame() : chargeplan.giveWay()).then(chargeplan.drawSlice);
  else drawing.waiting.splice(0).forEach(function (resolve) { resolve(); });
};
// All that is left at once: for paper, and for tests that count pixels.
chargeplan.finishDrawing = function () {
  while (chargeplan.drawing.jobs.length) chargeplan.drawPiece();
};
chargeplan.whenDrawn = function () {
  return new Promise(function (resolve) {
    if (chargeplan.drawing.isPlanned) chargeplan.drawing.waiting.push(resolve);
    else resolve();
  });
};
window.addEventListener("beforeprint", chargeplan.finishDrawing);

chargeplan.canDraw = typeof OffscreenCanvas === "function" && document.createElement("canvas").getContext("bitmaprenderer") !== null;

// What lies on one another shares a sheet, in this order: each sheet costs time with every view.
chargeplan.ON_GROUND = ["cells", "zones", "roads", "unserved"];

// A layer that is drawn on a sheet: on that of the ground or on one of its own name. `draw(pen, view)` gets a
// pen whose units are local units, and may yield after each piece of some milliseconds; it is called only
// while `hasContent()`.
chargeplan.CanvasLayer = L.Layer.extend({
  initialize: function (name, draw, hasContent, options) {
    this.name = name;
    this.draw = draw;
    this.hasContent = hasContent;
    this.isSharpOnly = Boolean(options && options.isSharpOnly);
  },
  onAdd: function (map) { chargeplan.getSheet(this.name).put(this, map); },
  onRemove: function () { chargeplan.getSheet(this.name).take(this); },
  redraw: function () { if (this._map) chargeplan.getSheet(this.name).redraw(); },
});

chargeplan.sheets = {};
chargeplan.getSheet = function (layerName) {
  var pane = chargeplan.ON_GROUND.indexOf(layerName) >= 0 ? "ground" : layerName;
  return chargeplan.sheets[pane] || (chargeplan.sheets[pane] = new chargeplan.CanvasSheet({ pane: pane }));
};

// A picture of some layers that covers the view and a margin. When the map comes to rest a new one is drawn
// out of sight and then takes the place of the old, which is moved and scaled until then. It takes memory only
// while a layer has content. The canvas on the page shows pictures and is never drawn on: one that is drawn on
// is copied anew with every frame, also while the map only moves.
chargeplan.MOST_PIXEL_RATIO = 2;  // a finer screen shows no more of a map, and costs the time of its pixels
chargeplan.MARGIN = 0.08;  // of the view, on each side: more is copied longer whenever the map comes to rest
chargeplan.CanvasSheet = L.Layer.extend({
  initialize: function (options) {
    L.setOptions(this, options);
    this._layers = [];
  },
  put: function (layer, map) {
    this._layers.push(layer);
    this._layers.sort(function (a, b) { return chargeplan.ON_GROUND.indexOf(a.name) - chargeplan.ON_GROUND.indexOf(b.name); });
    if (this._map) this.redraw();
    else map.addLayer(this);
  },
  take: function (layer) {
    this._layers = this._layers.filter(function (other) { return other !== layer; });
    if (this._layers.length) this.redraw();
    else this.remove();
  },
  onAdd: function () {
    if (!this._canvas) this._makeCanvas();
    this.getPane().appendChild(this._canvas);
    this.redraw();
  },
  onRemove: function () {
    chargeplan.stopDrawing(this);
    this._clear();
    this._canvas.remove();
  },
  getEvents: function () {
    var events = { viewreset: this.redraw, moveend: this.redraw, resize: this.redraw, zoom: this._follow };
    if (this._map.options.zoomAnimation) events.zoomanim = this._scale;
    return events;
  },
  _makeCanvas: function () {
    var canvas = chargeplan.make("canvas", {
      className: "plan-canvas leaflet-zoom-animated", attributes: { "aria-hidden": "true" },
    });
    this._canvas = canvas;
    this._screen = canvas.getContext("bitmaprenderer");
    this._show(null);
  },
  _show: function (picture) {
    if (!this._screen) return;
    this._canvas.width = picture ? picture.width : 1;
    this._canvas.height = picture ? picture.height : 1;
    this._screen.transferFromImageBitmap(picture);
  },
  _scale: function (event) {
    chargeplan.stopDrawing(this);  // of a view that is left already
    this._place(event.zoom, event.center);
  },
  _follow: function () { this._scale({ zoom: this._map.getZoom(), center: this._map.getCenter() }); },  // fingers that pinch
  _place: function (zoom, center) {
    if (!this._bounds) return;
    // Marks of another scale would be read as of this one: better none for the moment.
    if (this._layers.some(function (layer) { return layer.isSharpOnly; })) this._canvas.style.visibility = zoom === this._zoom ? "" : "hidden";
    var scale = this._map.getZoomScale(zoom, this._zoom);
    var offset = this._map._latLngBoundsToNewLayerBounds(this._bounds, zoom, center).min;
    L.DomUtil.setTransform(this._canvas, offset, scale);
  },
  _listShown: function () { return this._layers.filter(function (layer) { return layer.hasContent(); }); },
  _clear: function () {
    this._bounds = null;
    this._show(null);
  },
  redraw: function () {
    var map = this._map;
    if (!map) return;
    chargeplan.stopDrawing(this);
    var state = chargeplan.state, size = map.getSize();
    if (state.isReading && !state.isPrinting && this.options.pane === "ground") return;  // once is enough
    if (!size.x || !size.y || !chargeplan.canDraw) return;  // a page that is not shown; it is drawn when it gets a size
    if (!this._listShown().length) { this._clear(); return; }
    this._place(map.getZoom(), map.getCenter());
    chargeplan.drawLater(this, this._begin.bind(this));
  },
  _drawLayers: function* (pen, view) {
    var shown = this._listShown();
    for (var at = 0; at < shown.length; at += 1) {
      pen.save();
      var pieces = shown[at].draw(pen, view);
      if (pieces) yield* pieces;
      else yield;
      pen.restore();
    }
  },
  _begin: function () {
    var map = this._map, size = map.getSize(), margin = size.multiplyBy(chargeplan.MARGIN).round();
    var ratio = chargeplan.state.pixelRatio || Math.min(window.devicePixelRatio || 1, chargeplan.MOST_PIXEL_RATIO);
    var corner = map.containerPointToLayerPoint([-margin.x, -margin.y]).round();
    var extent = size.add(margin.multiplyBy(2)), zoom = map.getZoom();
    var bounds = L.latLngBounds(map.layerPointToLatLng(corner), map.layerPointToLatLng(corner.add(extent)));
    var fresh = new OffscreenCanvas(Math.round(extent.x * ratio), Math.round(extent.y * ratio));
    var factor = Math.pow(2, zoom - chargeplan.LOCAL_ZOOM);
    var origin = chargeplan.state.origin, pixel = map.getPixelOrigin();
    var shift = [origin[0] * factor - pixel.x - corner.x, origin[1] * factor - pixel.y - corner.y];
    // Painted by the processor: then a piece takes the same time on every machine, and ends when it seems to.
    var pen = fresh.getContext("2d", { willReadFrequently: true });
    pen.setTransform(ratio * factor, 0, 0, ratio * factor, ratio * shift[0], ratio * shift[1]);
    var pieces = this._drawLayers(pen, {
      zoom: zoom, factor: factor, ratio: ratio, shift: shift,
      left: -shift[0] / factor, top: -shift[1] / factor,
      right: (extent.x - shift[0]) / factor, bottom: (extent.y - shift[1]) / factor,
    });
    return { pen: pen, pieces: pieces, finish: function () {
      if (this.options.pane === "marks" && chargeplan.state.tellMarks) chargeplan.state.tellMarks();
      this._zoom = zoom;
      this._bounds = bounds;
      this._canvas.style.width = extent.x + "px";
      this._canvas.style.height = extent.y + "px";
      this._canvas.style.visibility = "";
      L.DomUtil.setTransform(this._canvas, corner, 1);
      this._show(fresh.transferToImageBitmap());
    }.bind(this) };
  },
});

// Adds line number `line` to a path, or to what a pen draws next. A ring goes back to its first point:
// Chromium measures the whole path at every closePath, which takes seconds for thousands of rings.
chargeplan.traceLine = function (path, lines, line, isRing) {
  var points = lines.points, first = 2 * lines.starts[line], last = 2 * lines.starts[line + 1];
  path.moveTo(points[first], points[first + 1]);
  for (var p = first + 2; p < last; p += 2) path.lineTo(points[p], points[p + 1]);
  if (isRing) path.lineTo(points[first], points[first + 1]);
};

// Runs of neighbouring lines as one path with its box, so that what is out of view is skipped.
chargeplan.RUN_LENGTH = 40;
chargeplan.buildPaths = async function (lines, first, last, closed) {
  var paths = [];
  for (var from = first; from < last; from += chargeplan.RUN_LENGTH) {
    var to = Math.min(from + chargeplan.RUN_LENGTH, last), path = new Path2D();
    var left = Infinity, top = Infinity, right = -Infinity, bottom = -Infinity;
    for (var line = from; line < to; line += 1) {
      chargeplan.traceLine(path, lines, line, closed);
      for (var p = lines.starts[line]; p < lines.starts[line + 1]; p += 1) {
        var x = lines.points[2 * p], y = lines.points[2 * p + 1];
        if (x < left) left = x;
        if (x > right) right = x;
        if (y < top) top = y;
        if (y > bottom) bottom = y;
      }
    }
    paths.push({ path: path, box: [left, top, right, bottom] });
    if (chargeplan.isSliceOver()) await chargeplan.startSlice();
  }
  return paths;
};
chargeplan.isInView = function (box, view) {
  return box[2] >= view.left && box[0] <= view.right && box[3] >= view.top && box[1] <= view.bottom;
};
