// A canvas that covers the view and a margin, drawn anew when the map comes to rest and
// scaled while it zooms. `draw(pen, view)` gets a pen whose units are local units; it is called, and
// the canvas takes memory, only while `hasContent()`.
chargeplan.MOST_PIXEL_RATIO = 2;  // a finer screen shows no more of a map, and costs the time of its pixels
chargeplan.CanvasLayer = L.Layer.extend({
  initialize: function (pane, draw, hasContent) {
    this.options = { pane: pane };
    this._draw = draw;
    this._hasContent = hasContent;
  },
  onAdd: function () {
    if (!this._canvas) {
      this._canvas = chargeplan.make("canvas", {
        className: "plan-canvas leaflet-zoom-animated", attributes: { "aria-hidden": "true" },
      });
    }
    this.getPane().appendChild(this._canvas);
    this.redraw();
  },
  onRemove: function () { this._canvas.remove(); },
  getEvents: function () {
    var events = { viewreset: this.redraw, moveend: this.redraw, resize: this.redraw };
    if (this._map.options.zoomAnimation) events.zoomanim = this._scale;
    return events;
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
    if (!this._hasContent()) {
      this._bounds = null;
      this._canvas.width = this._canvas.height = 1;
      return;
    }
    var size = map.getSize(), margin = size.multiplyBy(0.12).round();
    var ratio = chargeplan.state.pixelRatio || Math.min(window.devicePixelRatio || 1, chargeplan.MOST_PIXEL_RATIO);
    var corner = map.containerPointToLayerPoint([-margin.x, -margin.y]).round();
    var extent = size.add(margin.multiplyBy(2));
    this._zoom = map.getZoom();
    this._bounds = L.latLngBounds(map.layerPointToLatLng(corner), map.layerPointToLatLng(corner.add(extent)));
    this._canvas.width = Math.round(extent.x * ratio);
    this._canvas.height = Math.round(extent.y * ratio);
    this._canvas.style.width = extent.x + "px";
    this._canvas.style.height = extent.y + "px";
    L.DomUtil.setTransform(this._canvas, corner, 1);
    var factor = Math.pow(2, this._zoom - chargeplan.LOCAL_ZOOM);
    var origin = chargeplan.state.origin, pixel = map.getPixelOrigin();
    var shift = [origin[0] * factor - pixel.x - corner.x, origin[1] * factor - pixel.y - corner.y];
    var pen = this._canvas.getContext("2d");
    pen.setTransform(ratio * factor, 0, 0, ratio * factor, ratio * shift[0], ratio * shift[1]);
    this._draw(pen, {
      zoom: this._zoom, factor: factor, ratio: ratio, shift: shift,
      left: -shift[0] / factor, top: -shift[1] / factor,
      right: (extent.x - shift[0]) / factor, bottom: (extent.y - shift[1]) / factor,
    });
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
chargeplan.buildPaths = function (lines, first, last, closed) {
  var runLength = 250, paths = [];
  for (var from = first; from < last; from += runLength) {
    var to = Math.min(from + runLength, last), path = new Path2D();
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

// Slanted lines that stay fixed to the map and keep their spacing on the screen.
chargeplan.makeHatch = function (pen, view, colour, spacing, width) {
  var tile = document.createElement("canvas");
  tile.width = tile.height = Math.round(spacing * view.ratio);
  var brush = tile.getContext("2d"), size = tile.width;
  brush.strokeStyle = colour;
  brush.lineWidth = width * view.ratio;
  brush.beginPath();
  [-size, 0, size].forEach(function (at) { brush.moveTo(at - 2, size + 2); brush.lineTo(at + size + 2, -2); });
  brush.stroke();
  var pattern = pen.createPattern(tile, "repeat");
  pattern.setTransform(new DOMMatrix().scale(1 / (view.factor * view.ratio)));
  return pattern;
};
