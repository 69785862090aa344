// The tables of stations and zones: each column sorts, each row leads to the map.
chargeplan.makeTable = function (table, captions, rows) {
  var make = chargeplan.make;
  table.appendChild(make("thead", {}, [make("tr", {}, captions.map(function (caption) {
    return make("th", { className: caption[1], attributes: { scope: "col" }, text: caption[0] });
  }))]));
  table.appendChild(make("tbody", {}, rows));
};

// `rows` are pairs of a row and its values to sort by; what has no value comes last.
chargeplan.makeSortable = function (table, captions, rows) {
  var make = chargeplan.make;
  table.replaceChildren();
  chargeplan.makeTable(table, captions.map(function (caption) { return ["", caption[1]]; }), rows.map(function (row) { return row.node; }));
  chargeplan.followRows(table);
  Array.from(table.tHead.rows[0].cells).forEach(function (head, column) {
    var button = make("button", { text: captions[column][0], attributes: { type: "button" } });
    if (captions[column][2]) button.setAttribute("title", captions[column][2]);
    button.addEventListener("click", function () { chargeplan.sortRows(table, rows, column); });
    head.appendChild(button);
  });
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
  var head = table.tHead.rows[0].cells[column], isNumber = rows.some(function (row) { return typeof row.values[column] === "number"; });
  var before = head.getAttribute("aria-sort");
  var isUp = before ? before === "descending" : !isNumber, words = new Intl.Collator(undefined, { numeric: true });
  function compare(a, b) {
    var x = a.values[column], y = b.values[column];
    if (x === null || y === null) return (x === null) - (y === null);
    return (isUp ? 1 : -1) * (isNumber ? x - y : words.compare(x, y));
  }
  Array.from(table.tHead.rows[0].cells).forEach(function (cell) { cell.removeAttribute("aria-sort"); });
  head.setAttribute("aria-sort", isUp ? "ascending" : "descending");
  table.tBodies[0].append.apply(table.tBodies[0], rows.slice().sort(compare).map(function (row) { return row.node; }));
};

chargeplan.fillStations = function (map, plan) {
  var make = chargeplan.make, number = chargeplan.formatNumber;
  var rows = plan.openSites.map(function (site, position) {
    var button = make("button", { attributes: { type: "button", dir: "auto", title: site.name }, className: "short", text: site.name });
    button.addEventListener("click", function () { chargeplan.goToSite(map, position); });
    var kind = make("span", { className: "kind", text: chargeplan.formatWord(site.kind) });
    var status = site.status === "candidate" ? null : make("span", { className: "kind", text: chargeplan.formatWord(site.status) });
    return { site: site, values: [site.rank, site.name, site.chargers, site.servedKwhDay, site.utilisation, site.costPkr > 0 ? site.costPkr : null], node: make("tr", { attributes: { "data-row": String(position) } }, [
      make("td", { className: "n", text: String(site.rank) }),
      make("th", { attributes: { scope: "row" } }, [button].concat(site.otherNames.map(function (name) {
        return make("span", { className: "other-name", text: name, attributes: { dir: "auto" } });
      }), [kind, status])),
      make("td", { className: "n", text: String(site.chargers) }),
      make("td", { className: "n", text: number(site.servedKwhDay) }),
      make("td", { className: "n", text: chargeplan.formatShare(site.utilisation) }),
      make("td", { className: "n", text: site.costPkr > 0 ? number(site.costPkr / 1e6, 1) : "–" }),
    ]) };
  });
  chargeplan.makeSortable(document.getElementById("station-table"), [
    ["#", "n", "Rank"], ["Station", ""], ["Chargers", "n"], ["kWh/day", "n"], ["In use", "n"], ["PKR M", "n"],
  ], rows);
  chargeplan.fillFilter(rows);
};

// One choice of what the table shows: a status or a kind of place; the map keeps every station.
chargeplan.fillFilter = function (rows) {
  var make = chargeplan.make, select = document.getElementById("station-filter"), options = [["", "All stations"]];
  [["status", chargeplan.STATUS_WORDS], ["kind", {}]].forEach(function (group) {
    var values = Array.from(new Set(rows.map(function (row) { return row.site[group[0]]; }))).sort();
    if (values.length > 1) values.forEach(function (value) {
      options.push([group[0] + ":" + value, group[1][value] || chargeplan.formatWord(value)]);
    });
  });
  select.replaceChildren.apply(select, options.map(function (option) {
    return make("option", { text: option[1], attributes: { value: option[0] } });
  }));
  document.getElementById("station-choice").hidden = options.length < 3;
  select.addEventListener("change", function () {
    var chosen = select.value.split(":");
    rows.forEach(function (row) { row.node.hidden = select.value !== "" && row.site[chosen[0]] !== chosen[1]; });
  });
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

chargeplan.goToZone = function (map, zone) {
  if (chargeplan.isPhone()) chargeplan.openTab(null);
  map.setView([zone[5], zone[4]], Math.max(map.getZoom(), 12.5), { animate: false });
};

chargeplan.fillZones = function (map, plan) {
  var make = chargeplan.make, number = chargeplan.formatNumber, sheet = document.getElementById("sheet-zones");
  var order = plan.zones.filter(function (zone) { return zone[2] > 0; }).sort(function (a, b) { return b[2] - a[2]; });
  var isStaged = order.some(function (zone) { return zone[6] !== null; });
  var captions = [["Zone", ""], ["People", "n"], ["kWh/day", "n"], ["Served", "n"]];
  chargeplan.makeSortable(document.getElementById("zone-table"), isStaged ? captions.concat([["Of usable", "n"]]) : captions, order.map(function (zone) {
    var button = make("button", { attributes: { type: "button", dir: "auto", title: zone[0] }, className: "short", text: zone[0] });
    button.addEventListener("click", function () { chargeplan.goToZone(map, zone); });
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
  }));
  if (isStaged) {
    sheet.appendChild(make("p", { className: "hint", text: "Of usable: of the demand that competitors leave, of vehicle classes that can use a charger of the plan. Floors are about it." }));
  }
  if (plan.zonesAreCells) {
    sheet.appendChild(make("p", { className: "hint", text: "No zone layer was given; these zones are H3 cells of resolution 6." }));
  }
};
