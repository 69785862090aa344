// On paper: the map with title, figures and legend fills the first page, the tables stand on the pages after it.
// A printed page has its own size, so the map is sized and drawn for the paper just before.
chargeplan.PAPERS = { A4: [297, 210], A3: [420, 297] };
chargeplan.PAPER_MARGIN_MM = 8;
chargeplan.PX_PER_MM = 96 / 25.4;
// Chromium prints a canvas some two per cent too small unless its pixels are a power of two of those of the page.
chargeplan.PRINT_PIXEL_RATIOS = { A4: 4, A3: 2 };

chargeplan.addPrint = function (map) {
  chargeplan.choosePaper("A4");
  window.addEventListener("beforeprint", function () { chargeplan.beginPrint(map); });
  window.addEventListener("afterprint", function () { chargeplan.endPrint(map); });
  document.querySelectorAll("[data-paper]").forEach(function (button) {
    button.addEventListener("click", function () {
      chargeplan.choosePaper(button.getAttribute("data-paper"), button.getAttribute("data-turn"));
      window.print();
    });
  });
};

// `turn` is portrait or landscape; without it the one on which the plan is larger.
chargeplan.choosePaper = function (name, turn) {
  var style = document.getElementById("paper-style") || document.head.appendChild(chargeplan.make("style", { attributes: { id: "paper-style" } }));
  if (!turn) {
    var scales = ["landscape", "portrait"].map(function (one) { return chargeplan.arrangePaper({ name: name, turn: one }, chargeplan.USUAL_TEXTS_PX, 0).scale; });
    turn = scales[1] > scales[0] ? "portrait" : "landscape";
  }
  chargeplan.state.paper = { name: name, turn: turn };
  style.textContent = "@page { size: " + name + " " + turn + "; margin: " + chargeplan.PAPER_MARGIN_MM + "mm; }";
};

chargeplan.beginPrint = function (map) {
  var state = chargeplan.state;
  if (state.isPrinting) return;
  state.isPrinting = true;
  state.beforePrint = { centre: map.getCenter(), zoom: map.getZoom(), snap: map.options.zoomSnap, looked: chargeplan.boundLooked(map), dark: state.dark, details: [] };
  state.dark = false;
  state.pixelRatio = chargeplan.PRINT_PIXEL_RATIOS[state.paper.name];
  document.querySelectorAll("#panel details").forEach(function (node) {
    state.beforePrint.details.push([node, node.open]);
    node.open = true;
  });
  document.documentElement.classList.add("printing");
  chargeplan.TABS.forEach(chargeplan.fillSheet);
  chargeplan.drawKey();
  chargeplan.sayTree(document.getElementById("sheet-key"));
  var arranged = null;
  [state.beforePrint.looked || chargeplan.boundPlan(), null].forEach(function (box) {  // again for all that the frame holds
    arranged = chargeplan.arrangeSheet(chargeplan.listPrintedSites(box || map.getBounds()).length);
    chargeplan.sizeMap(map, arranged.map);
    chargeplan.frameForPrint(map);
  });
  chargeplan.drawKey();  // of the paper's zoom
  chargeplan.sayTree(document.getElementById("sheet-key"));
  chargeplan.writeSheet(arranged);
  chargeplan.redrawAll();
  chargeplan.finishDrawing();
};

chargeplan.sizeMap = function (map, size) {
  map.getContainer().style.width = size[0] + "px";
  map.getContainer().style.height = size[1] + "px";
  map.invalidateSize({ animate: false, pan: false });
};

// What the reader looks at, without what the panel covers on the screen; null when that is the whole plan.
chargeplan.boundLooked = function (map) {
  if (map.getBounds().contains(chargeplan.boundPlan())) return null;
  var padding = chargeplan.getPanelPadding(), size = map.getSize(), isRight = document.documentElement.dir === "rtl" && !chargeplan.isPhone();
  var left = chargeplan.isPhone() || isRight ? 0 : padding[0], right = isRight ? size.x - chargeplan.getFarPadding()[0] : size.x;
  var top = chargeplan.isPhone() ? padding[1] : 0;
  return L.latLngBounds(map.containerPointToLatLng([left, top]), map.containerPointToLatLng([right, size.y]));
};

chargeplan.PRINT_PADDING_PX = 14;
chargeplan.CREDIT_PX = 20;  // the line below that says whose the data are
chargeplan.frameForPrint = function (map) {
  var pad = chargeplan.PRINT_PADDING_PX, looked = chargeplan.state.beforePrint.looked;
  map.options.zoomSnap = 0;
  map.fitBounds(looked || chargeplan.boundPlan(), { animate: false, paddingTopLeft: [pad, pad], paddingBottomRight: [pad, chargeplan.CREDIT_PX] });
};

chargeplan.endPrint = function (map) {
  var state = chargeplan.state, box = map.getContainer(), before = state.beforePrint;
  if (!state.isPrinting) return;
  document.querySelectorAll(".print-part").forEach(function (node) { node.remove(); });
  document.documentElement.classList.remove("printing");
  before.details.forEach(function (pair) { pair[0].open = pair[1]; });
  box.style.width = box.style.height = "";
  state.dark = before.dark;
  state.pixelRatio = null;
  state.isPrinting = false;
  map.options.zoomSnap = before.snap;
  map.invalidateSize({ animate: false, pan: false });
  map.setView(before.centre, before.zoom, { animate: false });
  chargeplan.redrawAll();
  chargeplan.drawKey();
};
