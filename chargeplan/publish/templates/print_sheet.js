// The first printed page: how it is shared out between the map, the texts and a list of the stations by number. The
// texts stand above and below the map, or beside it, whichever leaves the plan larger; what its shape cannot use goes
// to the list.
chargeplan.SIDES_MM = { A4: [60, 72, 86], A3: [76, 90, 110] };  // the narrowest that holds its texts
chargeplan.SHEET_GAP_PX = 14;
chargeplan.USUAL_TEXTS_PX = { head: 88, foot: 76, sides: [420] };  // before they are measured
chargeplan.LIST = { row_px: 13.5, head_px: 34, column_px: 190, narrow_px: 150, least_rows: 3 };

// The texts of the page at their width, measured where nobody sees them.
chargeplan.arrangeSheet = function (count) {
  var paper = chargeplan.state.paper;
  var parts = chargeplan.makeSheetParts(0, 1), holder = chargeplan.make("div", { className: "print-part measured" }, [parts.head, parts.foot]);
  document.documentElement.classList.toggle("print-portrait", paper.turn === "portrait");
  document.body.appendChild(holder);
  chargeplan.sayParts(holder);
  function measure(width, isSide) {
    holder.style.width = width + "px";
    holder.classList.toggle("print-side", isSide);
    return [parts.head.offsetHeight, parts.foot.offsetHeight];
  }
  var band = measure(chargeplan.measurePaper(paper)[0], false);
  var sides = chargeplan.SIDES_MM[paper.name].map(function (mm) {
    var side = measure(mm * chargeplan.PX_PER_MM, true);
    return side[0] + side[1] + 10;
  });
  holder.remove();
  return chargeplan.arrangePaper(paper, { head: band[0] + 10, foot: band[1] + 8, sides: sides }, count);
};

// What can be printed on, in pixels; a little less than the page, that no line is cut or goes to a page of its own.
chargeplan.measurePaper = function (paper) {
  var size = chargeplan.PAPERS[paper.name].map(function (mm) { return Math.floor((mm - 2 * chargeplan.PAPER_MARGIN_MM) * chargeplan.PX_PER_MM) - 4; });
  return paper.turn === "portrait" ? [size[1], size[0]] : size;
};

// Width and height of the plan, the one as a multiple of the other.
chargeplan.measureShape = function () {
  var looked = chargeplan.state.beforePrint && chargeplan.state.beforePrint.looked, box = looked || chargeplan.boundPlan();
  var from = chargeplan.toLocal(box.getWest(), box.getNorth()), to = chargeplan.toLocal(box.getEast(), box.getSouth());
  return (to[0] - from[0]) / (to[1] - from[1]);
};

chargeplan.arrangePaper = function (paper, texts, stations) {
  var page = chargeplan.measurePaper(paper), shape = chargeplan.measureShape(), gap = chargeplan.SHEET_GAP_PX;
  var padX = 2 * chargeplan.PRINT_PADDING_PX + 2, padY = chargeplan.PRINT_PADDING_PX + chargeplan.CREDIT_PX + 2;
  function scale(box) { return Math.min((box[0] - padX) / shape, box[1] - padY); }
  var fitting = texts.sides.findIndex(function (high) { return high <= page[1]; }), list = chargeplan.LIST;
  var side = Math.round(chargeplan.SIDES_MM[paper.name][Math.max(fitting, 0)] * chargeplan.PX_PER_MM);
  var band = [page[0], page[1] - texts.head - texts.foot], beside = [page[0] - side - gap, page[1]];
  var isSide = fitting >= 0 && scale(beside) > scale(band), box = isSide ? beside : band, best = scale(box);
  var arranged = { isSide: isSide, scale: best, page: page, map: box, side: side, rows: 0, columns: 1, isUnder: true };
  function fill(columns, room) {  // as many rows as there are stations for
    var rows = Math.min(Math.floor((room - list.head_px) / list.row_px), Math.ceil(stations / columns));
    return { columns: columns, rows: rows >= list.least_rows || rows * columns >= stations ? Math.max(rows, 0) : 0 };
  }
  var under = fill(Math.max(Math.floor((box[0] + gap) / (list.column_px + gap)), 1), box[1] - best - padY), more = 0;
  if (isSide) {
    var spare = Math.max(Math.floor((box[0] - best * shape - padX) / (list.narrow_px + gap)), 0), column = fill(1, page[1] - texts.sides[fitting]);
    more = column.rows ? Math.min(spare, Math.ceil(stations / column.rows) - 1) : 0;
    var wider = fill(1 + more, page[1] - texts.sides[fitting]);
    if (wider.rows * wider.columns >= under.rows * under.columns) { under = wider; arranged.isUnder = false; } else more = 0;
  }
  arranged.side += more * (list.narrow_px + gap);
  Object.assign(arranged, under);
  if (isSide) arranged.map = [page[0] - arranged.side - gap, page[1]];
  if (arranged.isUnder && under.rows) arranged.map = [arranged.map[0], Math.floor(box[1] - list.head_px - under.rows * list.row_px)];
  return arranged;
};

// Copies of title, outcome, figures and legend, taken away after printing.
chargeplan.makeSheetParts = function (listRows, columns) {
  var make = chargeplan.make;
  function copy(id) {
    var node = document.getElementById(id).cloneNode(true);
    [node].concat(Array.from(node.querySelectorAll("[id]"))).forEach(function (one) { one.removeAttribute("id"); });
    node.removeAttribute("aria-live");
    node.classList.add("copy-" + id);
    return node;
  }
  var key = copy("key-list");
  Array.from(key.children).forEach(function (entry) {
    var box = entry.querySelector("input");
    if (box && !box.hasAttribute("data-on")) entry.remove();
    else if (box) box.remove();
  });
  var outcome = copy("plan-outcome"), cautions = make("div", { className: "print-cautions" }, Array.from(outcome.querySelectorAll(".schematic")));
  outcome.querySelectorAll(".to-warnings").forEach(function (node) { node.remove(); });
  if (chargeplan.state.isReading) cautions.appendChild(make("p", { className: "schematic", text: "Printed before the map was drawn whole: print it again", attributes: { "data-say": "" } }));
  return {
    head: make("div", { className: "print-head", attributes: { "data-kept": "" } }, [
      make("div", { className: "print-title" }, [copy("print-eyebrow"), copy("plan-title"), outcome]), copy("figures"), cautions,
    ]),
    foot: make("div", { className: "print-foot", attributes: { "data-kept": "" } }, [key, copy("key-demand")]),
    list: listRows ? chargeplan.makeNumberList(listRows, columns) : null,
  };
};

// The copies are said already; what is new on paper is said here.
chargeplan.sayParts = function (holder) {
  holder.querySelectorAll("[data-say]").forEach(function (node) {
    node.textContent = chargeplan.say(node.textContent);
    node.removeAttribute("data-say");
  });
};

// Stations on the printed map by rank.
chargeplan.listPrintedSites = function (bounds) {
  return chargeplan.listShownSites().filter(function (position) {
    var site = chargeplan.state.plan.openSites[position];
    return bounds.contains([site.lat, site.lon]);
  }).sort(function (a, b) { return a - b; });
};

// Which station a number is, as many as there is room for.
chargeplan.makeNumberList = function (rows, columns) {
  var make = chargeplan.make, shown = chargeplan.listPrintedSites(chargeplan.state.map.getBounds()), some = shown.slice(0, rows * columns);
  var head = some.length === shown.length ? "Stations" : "The first " + some.length + " of " + shown.length + " stations; all of them on the next pages";
  var list = make("ol", {}, some.map(function (position) {
    var site = chargeplan.state.plan.openSites[position];
    return make("li", {}, [make("b", { text: String(site.rank) }), make("span", { text: chargeplan.nameOf(site.name), attributes: { dir: "auto" } })]);
  }));
  list.style.gridTemplateRows = "repeat(" + Math.min(rows, some.length) + ", " + chargeplan.LIST.row_px + "px)";
  return make("div", { className: "print-list", attributes: { "data-kept": "" } }, [make("h2", { text: head, attributes: { "data-say": "" } }), list]);
};

chargeplan.writeSheet = function (arranged) {
  var make = chargeplan.make, map = chargeplan.state.map.getContainer(), parts = chargeplan.makeSheetParts(arranged.rows, arranged.columns);
  [parts.head, parts.foot, parts.list].forEach(function (part) { if (part) part.classList.add("print-part"); });
  if (parts.list) {
    parts.list.style.width = arranged.isUnder ? arranged.map[0] + "px" : "";
    map.after(parts.list);
  }
  if (arranged.isSide) {
    var side = make("div", { className: "print-part print-side" }, [parts.head, parts.foot, arranged.isUnder ? null : parts.list]);
    side.style.width = arranged.side + "px";
    side.style.height = arranged.page[1] + "px";
    map.before(side);
  } else {
    map.before(parts.head);
    map.after(parts.foot);
  }
  document.querySelectorAll(".print-part").forEach(chargeplan.sayParts);
};
