// On paper: the map with title, figures and legend on the first page, the tables on the pages after it.
// A printed page has its own size, so the map is sized and drawn for the paper just before.
chargeplan.PAPERS = { A4: { wide_mm: 277, map_mm: 127 }, A3: { wide_mm: 400, map_mm: 213 } };  // margins of 10 mm
chargeplan.PX_PER_MM = 96 / 25.4;
chargeplan.PRINT_PIXEL_RATIO = 3;

chargeplan.addPrint = function (map) {
  chargeplan.choosePaper("A4");
  window.addEventListener("beforeprint", function () { chargeplan.beginPrint(map); });
  window.addEventListener("afterprint", function () { chargeplan.endPrint(map); });
  document.querySelectorAll("[data-paper]").forEach(function (button) {
    button.addEventListener("click", function () {
      chargeplan.choosePaper(button.getAttribute("data-paper"));
      window.print();
    });
  });
};

chargeplan.choosePaper = function (paper) {
  var style = document.getElementById("paper-style") || document.head.appendChild(chargeplan.make("style", { attributes: { id: "paper-style" } }));
  chargeplan.state.paper = paper;
  style.textContent = "@page { size: " + paper + " landscape; margin: 10mm; }";
};

chargeplan.beginPrint = function (map) {
  var state = chargeplan.state, paper = chargeplan.PAPERS[state.paper], box = map.getContainer();
  if (state.isPrinting) return;
  state.isPrinting = true;
  state.beforePrint = { centre: map.getCenter(), zoom: map.getZoom(), bounds: map.getBounds(), dark: state.dark, details: [] };
  state.dark = false;
  state.pixelRatio = chargeplan.PRINT_PIXEL_RATIO;
  document.querySelectorAll("#panel details").forEach(function (node) {
    state.beforePrint.details.push([node, node.open]);
    node.open = true;
  });
  document.documentElement.classList.add("printing");
  box.style.width = Math.round(paper.wide_mm * chargeplan.PX_PER_MM) + "px";
  box.style.height = Math.round(paper.map_mm * chargeplan.PX_PER_MM) + "px";
  map.invalidateSize({ animate: false, pan: false });
  chargeplan.frameForPrint(map);
  chargeplan.redrawAll();
  chargeplan.finishDrawing();
  chargeplan.copyCanvases(map.getPane("mapPane"));
  chargeplan.TABS.forEach(chargeplan.fillSheet);
  chargeplan.drawKey();
  chargeplan.sayTree(document.getElementById("sheet-key"));
  chargeplan.writeSheet();
};

// The whole plan as it opens; else what the reader looks at, without what the panel covers on the screen.
chargeplan.frameForPrint = function (map) {
  var state = chargeplan.state, whole = chargeplan.boundPlan();
  var isWhole = state.beforePrint.bounds.contains(whole);
  if (isWhole) map.fitBounds(whole, { animate: false, padding: [10, 10] });
  else map.setView(state.beforePrint.centre, state.beforePrint.zoom, { animate: false });
};

// Title, outcome and figures above the map, the legend below it: copies, taken away after printing.
chargeplan.writeSheet = function () {
  var make = chargeplan.make, map = chargeplan.state.map.getContainer();
  function copy(id) {
    var node = document.getElementById(id).cloneNode(true);
    [node].concat(Array.from(node.querySelectorAll("[id]"))).forEach(function (one) { one.removeAttribute("id"); });
    node.removeAttribute("aria-live");
    node.classList.add("copy-" + id);
    return node;
  }
  var key = copy("key-list");
  Array.from(key.children).forEach(function (entry) {
    if (!entry.querySelector("input").hasAttribute("data-on")) entry.remove();
    else entry.querySelector("input").remove();
  });
  var outcome = copy("plan-outcome"), cautions = make("div", { className: "print-cautions" }, Array.from(outcome.querySelectorAll(".schematic")));
  if (chargeplan.state.isReading) cautions.appendChild(make("p", { className: "schematic", text: "Printed before the map was drawn whole: print it again" }));
  var head = make("div", { className: "print-head", attributes: { "data-kept": "" } }, [
    make("div", { className: "print-title" }, [copy("print-eyebrow"), copy("plan-title"), outcome]), copy("figures"), cautions,
  ]);
  var foot = make("div", { className: "print-foot", attributes: { "data-kept": "" } }, [key, copy("key-demand")]);
  map.before(head);
  map.after(foot);
};

chargeplan.endPrint = function (map) {
  var state = chargeplan.state, box = map.getContainer(), before = state.beforePrint;
  if (!state.isPrinting) return;
  document.querySelectorAll(".print-head, .print-foot, .print-copy").forEach(function (node) { node.remove(); });
  document.documentElement.classList.remove("printing");
  before.details.forEach(function (pair) { pair[0].open = pair[1]; });
  box.style.width = box.style.height = "";
  state.dark = before.dark;
  state.pixelRatio = null;
  map.invalidateSize({ animate: false, pan: false });
  map.setView(before.centre, before.zoom, { animate: false });
  state.isPrinting = false;
  chargeplan.redrawAll();
  chargeplan.drawKey();
};
