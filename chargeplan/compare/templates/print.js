// On paper: a printed page has its own size and white ground, so the map is sized and drawn for it just before.
compare.PAPER = { wideMm: 189, mapMm: 118, pxPerMm: 96 / 25.4, pixelRatio: 4 };  // A4 upright, margins of 10 mm; why 4: PRINT_PIXEL_RATIOS

compare.addPrint = function () {
  window.addEventListener("beforeprint", compare.beginPrint);
  window.addEventListener("afterprint", compare.endPrint);
};

compare.listCodes = function () {
  return [compare.base].concat(compare.sides.map(function (side) { return side.code; }));
};

compare.beginPrint = function () {
  var map = compare.map, paper = compare.PAPER, frame = document.getElementById("map-frame"), plan = compare.data.plan.bounds;
  if (compare.beforePrint) return;
  var view = map.getBounds(), isWhole = view.contains(L.latLngBounds([[plan[1], plan[0]], [plan[3], plan[2]]]));
  compare.beforePrint = { centre: map.getCenter(), zoom: map.getZoom(), dark: compare.base.state.dark };
  map.closePopup();
  frame.style.width = Math.round(paper.wideMm * paper.pxPerMm) + "px";
  frame.style.height = Math.round(paper.mapMm * paper.pxPerMm) + "px";
  compare.listCodes().forEach(function (code) { code.state.pixelRatio = paper.pixelRatio; });
  map.invalidateSize({ animate: false, pan: false });
  if (isWhole) compare.fit(map, compare.data);
  else map.fitBounds(view, { animate: false });
  compare.cutSides();
  compare.setDark(false);
  compare.listCodes().forEach(function (code) { code.finishDrawing(); });
};

compare.endPrint = function () {
  var map = compare.map, before = compare.beforePrint, frame = document.getElementById("map-frame");
  if (!before) return;
  compare.beforePrint = null;
  frame.style.width = frame.style.height = "";
  compare.listCodes().forEach(function (code) { code.state.pixelRatio = null; });
  map.invalidateSize({ animate: false, pan: false });
  map.setView(before.centre, before.zoom, { animate: false });
  compare.cutSides();
  compare.setDark(before.dark);
};
