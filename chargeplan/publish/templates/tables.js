// The tables of stations and zones: each column sorts, each row leads to the map.
chargeplan.makeTable = function (table, captions, rows) {
  var make = chargeplan.make;
  table.appendChild(make("thead", {}, [make("tr", {}, captions.map(function (caption) {
    return make("th", { className: caption[1], attributes: { scope: "col" }, text: caption[0] });
  }))]));
  table.appendChild(make("tbody", {}, rows));
};

chargeplan.sortables = new Map();  // the rows of each table that sorts

// `rows` are pairs of a row and its values to sort by, names by what is shown; what has no value comes last. A table that is made anew stays
// in the order that its reader chose.
chargeplan.makeSortable = function (table, captions, rows) {
  var make = chargeplan.make, before = chargeplan.readOrder(table);
  if (!table.tHead) chargeplan.followRows(table);
  table.replaceChildren();
  chargeplan.makeTable(table, captions.map(function (caption) { return ["", caption[1]]; }), rows.map(function (row) { return row.node; }));
  Array.from(table.tHead.rows[0].cells).forEach(function (head, column) {
    var button = make("button", { text: captions[column][0], attributes: { type: "button" } });
    if (captions[column][2]) button.setAttribute("title", captions[column][2]);
    button.addEventListener("click", function () { chargeplan.sortRows(table, rows, column); });
    head.appendChild(button);
  });
  chargeplan.sortables.set(table, rows);
  if (before) chargeplan.orderRows(table, rows, before.column, before.isUp);
};

// In another language names have another order.
chargeplan.sortAgain = function () {
  chargeplan.sortables.forEach(function (rows, table) {
    var order = chargeplan.readOrder(table);
    if (order) chargeplan.orderRows(table, rows, order.column, order.isUp);
  });
};

// The column that a table is sorted by, and whether upwards; null for the order it was made in.
chargeplan.readOrder = function (table) {
  var heads = table.tHead ? Array.from(table.tHead.rows[0].cells) : [];
  var column = heads.findIndex(function (head) { return head.hasAttribute("aria-sort"); });
  return column < 0 ? null : { column: column, isUp: heads[column].getAttribute("aria-sort") === "ascending" };
};

chargeplan.isNumberColumn = function (rows, column) {
  return rows.some(function (row) { return typeof row.values[column] === "number"; });
};

// A click anywhere in a row does what the button in it does, which the keyboard reaches.
chargeplan.followRows = function (table) {
  table.addEventListener("click", function (event) {
    var row = event.target.closest("tbody tr");
    if (row && !event.target.closest("button") && !String(window.getSelection())) row.querySelector("button").click();
  });
};

// Numbers begin with the largest, words with the first; a second click turns the order.
chargeplan.sortRows = function (table, rows, column) {
  var before = table.tHead.rows[0].cells[column].getAttribute("aria-sort");
  chargeplan.orderRows(table, rows, column, before ? before === "descending" : !chargeplan.isNumberColumn(rows, column));
};

chargeplan.orderRows = function (table, rows, column, isUp) {
  var head = table.tHead.rows[0].cells[column], isNumber = chargeplan.isNumberColumn(rows, column);
  var words = new Intl.Collator(chargeplan.state.language, { numeric: true });
  function compare(a, b) {
    var x = a.values[column], y = b.values[column];
    if (x === null || y === null) return (x === null) - (y === null);
    return (isUp ? 1 : -1) * (isNumber ? x - y : words.compare(chargeplan.nameOf(x), chargeplan.nameOf(y)));
  }
  Array.from(table.tHead.rows[0].cells).forEach(function (cell) { cell.removeAttribute("aria-sort"); });
  head.setAttribute("aria-sort", isUp ? "ascending" : "descending");
  table.tBodies[0].append.apply(table.tBodies[0], rows.slice().sort(compare).map(function (row) { return row.node; }));
};

// Every station of the plan, as it is in the shown year; one that does not stand yet says when it opens.
chargeplan.fillStations = function (map, plan) {
  var rows = plan.openSites.map(function (site, position) { return chargeplan.makeStationRow(map, site, position); });
  chargeplan.makeSortable(document.getElementById("station-table"), [
    ["#", "n", "Rank"], ["Station", ""], ["Chargers", "n"], ["kWh/day", "n"], ["In use", "n"], ["PKR M", "n"],
  ], rows);
  chargeplan.fillFilter(rows);
};

chargeplan.makeStationRow = function (map, site, position) {
  var make = chargeplan.make, number = chargeplan.formatNumber, now = chargeplan.getStation(position), cost = now.costPkr > 0 ? now.costPkr : null;
  var button = make("button", { attributes: { type: "button", dir: "auto", title: site.name, "data-name": "" }, className: "short", text: site.name });
  button.addEventListener("click", function () { chargeplan.goToSite(map, position); });
  var words = site.otherNames.map(function (name) { return make("span", { className: "other-name", text: name, attributes: { dir: "auto", "data-name": "other" } }); });
  words.push(make("span", { className: "kind", text: chargeplan.formatWord(site.kind) }));
  if (site.status !== "candidate") words.push(make("span", { className: "kind", text: chargeplan.formatWord(site.status) }));
  if (!now.stands) words.push(make("span", { className: "kind", text: "Opens in " + chargeplan.state.plan.years[chargeplan.findOpenYear(position)][0] }));
  function cell(text) { return make("td", { className: "n", text: now.stands ? text : "–" }); }
  return {
    site: site,
    values: [site.rank, site.name].concat(now.stands ? [now.chargers, now.servedKwhDay, now.utilisation, cost] : [null, null, null, null]),
    node: make("tr", { className: position === chargeplan.state.selected ? "chosen" : "", attributes: { "data-row": String(position) } }, [
      make("td", { className: "n", text: String(site.rank) }),
      make("th", { attributes: { scope: "row" } }, [button].concat(words)),
      cell(String(now.chargers)), cell(number(now.servedKwhDay)), cell(chargeplan.formatShare(now.utilisation)),
      cell(cost === null ? "–" : number(cost / 1e6, 1)),
    ]),
  };
};

// One choice of what the table shows: a status or a kind of place; the map keeps every station.
chargeplan.fillFilter = function (rows) {
  var make = chargeplan.make, select = document.getElementById("station-filter"), options = [["", "All stations"]], before = select.value;
  [["status", chargeplan.STATUS_WORDS], ["kind", {}]].forEach(function (group) {
    var values = Array.from(new Set(rows.map(function (row) { return row.site[group[0]]; }))).sort();
    if (values.length > 1) values.forEach(function (value) {
      options.push([group[0] + ":" + value, group[1][value] || chargeplan.formatWord(value)]);
    });
  });
  select.replaceChildren.apply(select, options.map(function (option) {
    return make("option", { text: option[1], attributes: { value: option[0] } });
  }));
  select.value = before;
  document.getElementById("station-choice").hidden = options.length < 3;
  select.onchange = function () {
    var chosen = select.value.split(":");
    rows.forEach(function (row) { row.node.hidden = select.value !== "" && row.site[chosen[0]] !== chosen[1]; });
  };
  select.onchange();
};

chargeplan.goToSite = function (map, position) {
  var plan = chargeplan.state.plan, site = plan.openSites[position], marker = chargeplan.state.markers[position];
  var layer = chargeplan.state.layers["open-" + site.status];
  if (!layer.hasLayer(marker)) {  // not open in the year that was chosen
    var year = chargeplan.findOpenYear(position);
    chargeplan.showYear(year);
    chargeplan.state.whyYear = { site: position, text: "Now the year " + plan.years[year][0] + ", in which this station opens" };
  }
  if (!map.hasLayer(layer)) { layer.addTo(map); chargeplan.drawKey(); }
  if (chargeplan.isPhone()) chargeplan.openTab(null);
  map.setView([site.lat, site.lon], Math.max(map.getZoom(), 13), { animate: false });
  marker.openPopup();
};

chargeplan.goToZone = function (map, row) {
  var zone = chargeplan.state.plan.zones[row];
  if (chargeplan.isPhone()) chargeplan.openTab(null);
  map.setView([zone[5], zone[4]], Math.max(map.getZoom(), 12.5), { animate: false });
  chargeplan.selectSite(null);
  chargeplan.openZoneAbove(map, row);
};

chargeplan.fillZones = function (map, plan) {
  var make = chargeplan.make, zones = plan.zones.map(function (_, row) { return chargeplan.getZone(row); });
  var order = Array.from(zones.keys()).filter(function (row) { return zones[row][2] > 0; }).sort(function (a, b) { return zones[b][2] - zones[a][2]; });
  var isStaged = order.some(function (row) { return zones[row][6] !== null; }), captions = [["Zone", ""], ["People", "n"], ["kWh/day", "n"], ["Served", "n"]];
  chargeplan.makeSortable(document.getElementById("zone-table"), isStaged ? captions.concat([["Of usable", "n"]]) : captions, order.map(function (row) {
    return chargeplan.makeZoneRow(map, row, isStaged);
  }));
  var hints = [];
  if (isStaged) hints.push("Of usable: of the demand that competitors leave, of vehicle classes that can use a charger of the plan. Floors are about it.");
  if (plan.zonesAreCells) hints.push("No zone layer was given; these zones are H3 cells of resolution 6.");
  document.getElementById("zone-hints").replaceChildren.apply(document.getElementById("zone-hints"), hints.map(function (hint) {
    return make("p", { className: "hint", text: hint });
  }));
};

chargeplan.makeZoneRow = function (map, row, isStaged) {
  var make = chargeplan.make, zone = chargeplan.getZone(row), number = chargeplan.formatNumber;
  var button = make("button", { attributes: { type: "button", dir: "auto", title: zone[0], "data-name": "" }, className: "short", text: zone[0] });
  button.addEventListener("click", function () { chargeplan.goToZone(map, row); });
  var bar = make("span", { className: "bar" }, [make("span", {})]);
  bar.firstChild.style.width = (100 * Math.min(zone[3], 1)).toFixed(1) + "%";
  return { values: [zone[0], zone[1], zone[2], zone[3], zone[6]], node: make("tr", {}, [
    make("th", { attributes: { scope: "row" } }, [button]),
    make("td", { className: "n", text: number(zone[1]) }),
    make("td", { className: "n", text: number(zone[2]) }),
    make("td", { className: "n" }, [make("span", { text: chargeplan.formatShare(zone[3]) }), bar]),
    isStaged ? make("td", { className: "n" }, [
      make("span", { text: chargeplan.formatShare(zone[6]) }),
      zone[7] === null ? null : make("span", { className: "kind", text: "floor " + chargeplan.formatShare(zone[7]) }),
    ]) : null,
  ]) };
};
