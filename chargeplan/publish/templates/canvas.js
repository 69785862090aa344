// A canvas that covers the view and a margin, drawn anew when the map comes to rest and scaled while it
// zooms. `draw(pen, view)` gets a pen whose units are local units; it may be a generator, whose every
// yield is a place to stop at when its part of a frame is used up: what was drawn before stays on the
// screen until the new drawing is whole. It is called, and the canvas takes memory, only while `hasContent()`.
chargeplan.MOST_PIXEL_RATIO = 2;  // a finer screen shows no more of a map, and costs the time of its pixels
chargeplan.MARGIN = 0.12;  // of the view, on each side
chargeplan.SLICE_MS = 8;
chargeplan.CanvasLayer = L.Layer.extend({
  initialize: function (pane, draw, hasContent) {
    this.options = { pane: pane };
    this._draw = draw;
    this._hasContent = hasContent;
  },
  onAdd: function () {
    this._canvas = this._canvas || this._makeCanvas();
    this.getPane().appendChild(this._canvas);
    this.redraw();
  },
  onRemove: function () {
    chargeplan.dropJob(this);
    this._canvas.remove();
  },
  getEvents: function () {
    var events = { viewreset: this.redraw, moveend: this.redraw, resize: this.redraw };
    if (this._map.options.zoomAnimation) events.zoomanim = this._scale;
    return events;
  },
  _makeCanvas: function () {
    return chargeplan.make("canvas", { className: "plan-canvas leaflet-zoom-animated", attributes: { "aria-hidden": "true" } });
  },
  _scale: function (event) {
    if (!this._bounds) return;
    var scale = this._map.getZoomScale(event.zoom, this._zoom);
    var offset = this._map._latLngBoundsToNewLayerBounds(this._bounds, event.zoom, event.center).min;
    L.DomUtil.setTransform(this._canvas, offset, scale);
  },
  redraw: function () {
    var map = this._map;
    if (!map) return;
    chargeplan.dropJob(this);
    if (!this._hasContent()) {
      this._bounds = null;
      this._canvas.width = this._canvas.height = 1;
      return;
    }
    if (this._bounds) this._scale({ zoom: map.getZoom(), center: map.getCenter() });
    chargeplan.addJob(this);
  },
  // Makes the canvas that will replace the one on the screen, and the steps that paint it.
  begin: function () {
    var layer = this, next = this._makeCanvas(), place = this._measurePlace();
    next.width = Math.round(place.extent.x * place.ratio);
    next.height = Math.round(place.extent.y * place.ratio);
    next.style.width = place.extent.x + "px";
    next.style.height = place.extent.y + "px";
    // Such a canvas is painted when it is read, so that the time of painting falls into slices too.
    var pen = next.getContext("2d", { willReadFrequently: true }), scale = place.ratio * place.view.factor;
    pen.setTransform(scale, 0, 0, scale, place.ratio * place.view.shift[0], place.ratio * place.view.shift[1]);
    var steps = this._draw(pen, place.view) || [].values();
    return { steps: steps, pen: pen, finish: function () { layer._show(next, place); } };
  },
  _measurePlace: function () {
    var map = this._map, size = map.getSize(), margin = size.multiplyBy(chargeplan.MARGIN).round(), zoom = map.getZoom();
    var ratio = chargeplan.state.pixelRatio || Math.min(window.devicePixelRatio || 1, chargeplan.MOST_PIXEL_RATIO);
    var corner = map.containerPointToLayerPoint([-margin.x, -margin.y]).round(), extent = size.add(margin.multiplyBy(2));
    var factor = Math.pow(2, zoom - chargeplan.LOCAL_ZOOM), origin = chargeplan.state.origin, pixel = map.getPixelOrigin();
    var shift = [origin[0] * factor - pixel.x - corner.x, origin[1] * factor - pixel.y - corner.y];
    return {
      corner: corner, extent: extent, ratio: ratio, zoom: zoom,
      bounds: L.latLngBounds(map.layerPointToLatLng(corner), map.layerPointToLatLng(corner.add(extent))),
      view: {
        zoom: zoom, factor: factor, ratio: ratio, shift: shift, left: -shift[0] / factor, top: -shift[1] / factor,
        right: (extent.x - shift[0]) / factor, bottom: (extent.y - shift[1]) / factor,
      },
    };
  },
  _show: function (next, place) {
    L.DomUtil.setTransform(next, place.corner, 1);
    this._canvas.replaceWith(next);
    this._canvas.width = this._canvas.height = 1;  // gives its memory back at once
    this._canvas = next;
    this._bounds = place.bounds;
    this._zoom = place.zoom;
  },
});

// Drawings that wait for their next slice, in the order they were asked for. To hand a canvas to the screen
// takes time as well: one is handed over in a frame.
chargeplan.jobs = [];
chargeplan.isSliceAsked = false;
chargeplan.addJob = function (layer) {
  if (chargeplan.state.isPrinting) {  // a print waits for nobody
    var work = layer.begin();
    while (!work.steps.next().done);
    work.finish();
    return;
  }
  chargeplan.jobs.push({ layer: layer, work: null });
  chargeplan.askForSlice();
};
chargeplan.dropJob = function (layer) {
  chargeplan.jobs = chargeplan.jobs.filter(function (job) { return job.layer !== layer; });
};
chargeplan.askForSlice = function () {
  if (chargeplan.isSliceAsked || !chargeplan.jobs.length) return;
  chargeplan.isSliceAsked = true;
  requestAnimationFrame(chargeplan.runJobs);
};
chargeplan.runJobs = function () {
  chargeplan.isSliceAsked = false;
  var job = chargeplan.jobs[0], end = performance.now() + chargeplan.SLICE_MS;
  if (job) {
    job.work = job.work || job.layer.begin();
    if (chargeplan.runSteps(job.work, end)) {
      chargeplan.jobs.shift();
      job.work.finish();
    }
  }
  chargeplan.askForSlice();
};
chargeplan.PAINT_AFTER_MS = 0.3;
chargeplan.PAINT_AFTER_STEPS = 4;
chargeplan.runSteps = function (work, end) {
  var isDone = false;
  while (!isDone && performance.now() < end) {
    var pause = performance.now() + chargeplan.PAINT_AFTER_MS, steps = 0;
    while (!isDone && steps < chargeplan.PAINT_AFTER_STEPS && performance.now() < pause) {
      isDone = work.steps.next().done;
      steps += 1;
    }
    work.pen.getImageData(0, 0, 1, 1);
  }
  return isDone;
};
chargeplan.whenDrawn = function () {
  return new Promise(function (resolve) {
    (function look() { if (chargeplan.jobs.length) setTimeout(look, 8); else resolve(); })();
  });
};

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
chargeplan.buildPaths = function (lines, first, last, closed) {
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
  }
  return paths;
};
chargeplan.isInView = function (box, view) {
  return box[2] >= view.left && box[0] <= view.right && box[3] >= view.top && box[1] <= view.bottom;
};
