// Stations of both sides: marks on the map, whose sign and shape tell what becomes of them, and the table.
compare.showPair = function () {
  var map = compare.map, data = compare.data, left = compare.sides[0].run, right = compare.sides[1].run;
  map.closePopup();
  compare.base.state.plan.openSites = compare.listPlaces(data.stations, [left, right]);
  compare.sides.forEach(function (side, pos) {
    compare.showRun(side);
    side.markers.clearLayers();
    data.stations.forEach(function (station) {
      var change = station.changes[left][right];
      if (change && !(pos === 0 && change === "added")) side.markers.addLayer(compare.makeMark(station, side, change));
    });
  });
  compare.base.state.layers.labels.redraw();
  compare.setShare(compare.share);
  compare.fillKey(left, right);
  compare.fillTable(left, right);
  document.getElementById("pair-verdict").textContent = data.runs.length > 2 ? data.verdicts[left][right] : "";
};

// At the right a dropped station leaves an empty mark. The table is the way in for keyboards and readers.
compare.makeMark = function (station, side, change) {
  var base = compare.base, make = base.make, size = station.sizes[side.run], chargers = size ? size.chargers : 0;
  var width = compare.measureMark(size ? chargers : 4);
  var face = make("span", { className: "mark-face", text: size ? String(chargers) : "" });
  var sign = compare.SIGNS[change] ? make("span", { className: "mark-sign", text: compare.SIGNS[change] }) : null;
  var icon = L.divIcon({
    className: "mark mark-" + change + (size ? "" : " mark-gone") + (size && size.isExisting ? " mark-existing" : ""),
    html: make("span", { className: "mark-body", attributes: { "aria-hidden": "true" } }, [face, sign]),
    iconSize: [width, width], iconAnchor: [width / 2, width / 2],
  });
  var marker = L.marker([station.lat, station.lon], {
    icon: icon, pane: side.name + "-stations", keyboard: false, zIndexOffset: change === "kept" ? 0 : 1000,
  });
  marker.on("click", function () { compare.openStation(station); });
  return marker;
};

compare.openStation = function (station) {
  var base = compare.base, runs = compare.sides.map(function (side) { return side.run; });
  var change = station.changes[runs[0]][runs[1]], number = base.formatNumber;
  var rows = [["Kind", base.formatWord(station.kind)]];
  runs.forEach(function (run) {
    var size = station.sizes[run], letter = compare.data.runs[run].letter;
    if (!size) { rows.push([letter, "no station"]); return; }
    rows.push([letter, size.chargers + " chargers, " + number(size.powerKw) + " kW"]);
    if (size.types) rows.push(["", size.types]);
    rows.push(["", number(size.servedKwhDay) + " kWh/day, " + (size.utilisation === null ? "no chargers in use" : base.formatShare(size.utilisation) + " in use")]);
    rows.push(["", size.isExisting ? "stands already" : (size.costText || "no cost") + (size.openedYear ? ", opens " + size.openedYear : "")]);
  });
  rows.push(["Site", station.id]);
  L.popup({ maxWidth: 300, minWidth: 220, autoPanPaddingTopLeft: [10, 50] }).setLatLng([station.lat, station.lon])
    .setContent(base.makeCard(compare.WORDS[change], [station.name], rows)).openOn(compare.map);
};

compare.fillKey = function (left, right) {
  var make = compare.base.make, counts = {}, letters = [compare.data.runs[left].letter, compare.data.runs[right].letter];
  compare.data.stations.forEach(function (station) {
    var change = station.changes[left][right];
    if (change) counts[change] = (counts[change] || 0) + 1;
  });
  var items = Object.keys(compare.WORDS).filter(function (change) { return counts[change]; }).map(function (change) {
    var mark = make("span", { className: "mark mark-" + change, attributes: { "aria-hidden": "true" } }, [
      make("span", { className: "mark-body" }, [make("span", { className: "mark-face" }), compare.SIGNS[change] ? make("span", { className: "mark-sign", text: compare.SIGNS[change] }) : null]),
    ]);
    var where = { added: " in " + letters[1], dropped: " from " + letters[0] }[change] || "";
    return make("li", {}, [mark, make("span", { text: counts[change] + " " + compare.WORDS[change].toLowerCase() + where })]);
  });
  items.push(make("li", {}, [make("span", { className: "key-swatch key-dots", attributes: { "aria-hidden": "true" } }), make("span", { text: "demand left over, larger is more" })]));
  items.push(make("li", {}, [make("span", { className: "key-swatch key-demand", attributes: { "aria-hidden": "true" } }), make("span", { text: "demand, darker is more" })]));
  document.getElementById("change-key").replaceChildren.apply(document.getElementById("change-key"), items);
};

compare.fillTable = function (left, right) {
  var make = compare.base.make, number = compare.base.formatNumber, table = document.getElementById("stations");
  var letters = [compare.data.runs[left].letter, compare.data.runs[right].letter];
  function cell(text, kind) { return make("td", { className: kind || "n", text: text }); }
  function show(size, key) { return size ? number(size[key]) : "–"; }
  var hasYears = compare.data.stations.some(function (station) {
    var pair = [station.sizes[left], station.sizes[right]];
    return pair[0] && pair[1] && pair[0].openedYear !== pair[1].openedYear;
  });
  var heads = [["Station", ""], ["Chargers " + letters[0], "n"], ["Chargers " + letters[1], "n"], ["kW " + letters[0], "n wide-only"], ["kW " + letters[1], "n wide-only"], ["kWh/day " + letters[0], "n"], ["kWh/day " + letters[1], "n"]];
  if (hasYears) heads.push(["Opens " + letters[0], "n"], ["Opens " + letters[1], "n"]);
  var head = make("thead", {}, [make("tr", {}, heads.map(function (entry) {
    return make("th", { className: entry[1], text: entry[0], attributes: { scope: "col" } });
  }))]);
  var bodies = Object.keys(compare.WORDS).map(function (change) {
    var found = compare.data.stations.filter(function (station) { return station.changes[left][right] === change; });
    if (!found.length) return null;
    var title = compare.WORDS[change] + ", " + found.length;
    var group = make("tr", { className: "group" }, [make("th", { attributes: { scope: "rowgroup", colspan: String(heads.length) } }, [
      make("span", { className: "group-sign", text: compare.SIGNS[change] || "=", attributes: { "aria-hidden": "true" } }), make("span", { text: title }),
    ])]);
    return make("tbody", { attributes: { "data-change": change } }, [group].concat(found.map(function (station) {
      var a = station.sizes[left], b = station.sizes[right];
      var button = make("button", { text: station.name, attributes: { type: "button", dir: "auto" } });
      button.addEventListener("click", function () { compare.goTo(station); });
      var cells = [cell(show(a, "chargers")), cell(show(b, "chargers")), cell(show(a, "powerKw"), "n wide-only"), cell(show(b, "powerKw"), "n wide-only"), cell(show(a, "servedKwhDay")), cell(show(b, "servedKwhDay"))];
      if (hasYears) [a, b].forEach(function (size) { cells.push(cell(size && size.openedYear ? String(size.openedYear) : "–")); });
      return make("tr", {}, [make("th", { attributes: { scope: "row" } }, [button, make("span", { className: "kind", text: compare.base.formatWord(station.kind) })])].concat(cells));
    })));
  });
  table.replaceChildren.apply(table, [head].concat(bodies.filter(Boolean)));
};

compare.goTo = function (station) {
  var calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  document.getElementById("map-frame").scrollIntoView({ block: "center", behavior: calm ? "auto" : "smooth" });
  compare.map.setView([station.lat, station.lon], Math.max(compare.map.getZoom(), 13), { animate: false });
  compare.openStation(station);
};
