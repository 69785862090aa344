// The card of a place on the map: a kind, names, and rows of facts; null rows are left out. A row is a word, what
// is said, and true where that is a name of the data, which stays as it is in every language.
chargeplan.makeCard = function (title, names, rows) {
  var make = chargeplan.make;
  return make("div", { className: "popup-card" }, [
    make("p", { className: "popup-kind", text: title }),
  ].concat(
    names.map(function (name, position) {
      return make(position ? "p" : "h3", { text: name, className: "popup-name", attributes: { dir: "auto", "data-name": position ? "other" : "" } });
    }),
    [chargeplan.makeFacts(rows)]
  ));
};

chargeplan.makeFacts = function (rows) {
  var make = chargeplan.make;
  return make("dl", {}, rows.filter(Boolean).reduce(function (list, row) {
    return list.concat([make("dt", { text: row[0] }), make("dd", {
      text: row[1], attributes: row[2] ? { dir: "auto", "data-kept": "", "data-name": "" } : { dir: "auto" },
    })]);
  }, []));
};

// Answers of a station, in the order a planner asks: what stands there, what it does, what it costs, why it is
// there. In an earlier year what is known of the last year alone stands by itself.
chargeplan.makeSiteCard = function (position) {
  var make = chargeplan.make, number = chargeplan.formatNumber, site = chargeplan.getStation(position), isEarlier = chargeplan.isEarlierYear();
  var kind = chargeplan.STATUS_WORDS[site.status] + " · " + chargeplan.formatWord(site.kind);
  var wait = chargeplan.listWait(site), reasons = chargeplan.listReasons(site), connection = chargeplan.listConnection(site);
  var card = chargeplan.makeCard("No. " + site.rank + " · " + kind, [site.name].concat(site.otherNames), [
    ["Chargers", site.chargers + " (" + number(site.powerKw) + " kW)"],
  ].concat(chargeplan.listTypes(site), [
    ["Energy", number(site.servedKwhDay) + " kWh/day"],
    ["In use", chargeplan.formatShare(site.utilisation) + " of opening hours"],
  ], isEarlier ? [] : wait, [
    ["Cost", site.costText || (site.status === "existing" ? "already built" : "none")],
  ]));
  [
    ["Why here", isEarlier ? reasons.byYear.concat(reasons.always) : reasons.byYear.concat(reasons.last, reasons.always)],
    ["Grid and plot", isEarlier ? connection.byYear : connection.last.concat(connection.byYear)],
    [isEarlier ? chargeplan.nameLastYear() : "", isEarlier ? wait.concat(reasons.last, connection.last) : []],
  ].forEach(function (part) {
    if (!part[1].some(Boolean)) return;
    card.appendChild(make("h4", { text: part[0] }));
    card.appendChild(chargeplan.makeFacts(part[1]));
  });
  card.appendChild(make("p", { className: "popup-id", text: "Site " + site.id }));
  card.setAttribute("data-card", String(position));
  return card;
};

chargeplan.isKnown = function (value) { return value !== undefined && value !== null; };

chargeplan.listWait = function (site) {
  if (!chargeplan.isKnown(site.peakWaitMin)) return [];
  var busy = chargeplan.isKnown(site.peakBusyShare) ? ", " + chargeplan.formatShare(site.peakBusyShare) + " of drivers wait" : "";
  return [["Wait at the peak", chargeplan.formatNumber(site.peakWaitMin, 1) + " min" + busy]];
};

// Apart: what is known by year, and what is known of the last year alone.
chargeplan.listReasons = function (site) {
  var number = chargeplan.formatNumber, has = chargeplan.isKnown;
  return {
    byYear: [["Serves", number(site.cells) + (site.cells === 1 ? " cell" : " cells") + (site.meanDriveMin === null ? "" : ", mean drive " + number(site.meanDriveMin, 1) + " min")]],
    last: [
      has(site.aloneKwhDay) ? ["Only it reaches", chargeplan.formatEnergy(site.aloneKwhDay) + " kWh/day"] : null,
      has(site.droppedLossKwhDay) ? ["If it were dropped", chargeplan.tellLoss(site)] : null,
    ],
    always: [site.zone ? ["Zone", site.zone, true] : null],
  };
};

// Energy below 10 keeps a digit, so that a little does not look like nothing.
chargeplan.formatEnergy = function (kwhDay) { return chargeplan.formatNumber(kwhDay, kwhDay >= 0.05 && kwhDay < 9.95 ? 1 : 0); };

// What is no longer served without a station. More than it alone reaches: others reach the rest and have no room.
chargeplan.tellLoss = function (site) {
  if (site.droppedLossKwhDay < 0.05) return site.servedKwhDay > 0 ? "nothing: other stations take its drivers" : "nothing";
  var isCrowded = chargeplan.isKnown(site.aloneKwhDay) && site.droppedLossKwhDay > site.aloneKwhDay + 0.5;
  return "−" + chargeplan.formatEnergy(site.droppedLossKwhDay) + " kWh/day served" + (isCrowded ? ": others are full" : "");
};

// Rows that only some plans have: charger types by year, year of opening.
chargeplan.listTypes = function (site) {
  var number = chargeplan.formatNumber, rows = [], before = "";
  site.byYear.forEach(function (year) {
    var text = year[1].map(function (type) { return type[1] + " × " + type[0] + ", " + number(type[2], type[2] % 1 ? 1 : 0) + " kW"; }).join("; ");
    if (text !== before) rows.push([site.status === "existing" ? "Counts as" : "By " + year[0], text]);
    before = text;
  });
  if (site.openedYear !== null && site.byYear.length) rows.push(["Opens", String(site.openedYear)]);
  return rows;
};

chargeplan.listConnection = function (site) {
  var number = chargeplan.formatNumber, has = chargeplan.isKnown, last = [], rows = [];
  if (site.connection) last.push(["Connection", site.connection]);
  if (has(site.loadKva)) last.push(["Load", number(site.loadKva) + " kVA" + (has(site.bays) ? ", " + number(site.bays) + (site.bays === 1 ? " bay" : " bays") : "")]);
  if (site.headroomUnknown === null) return { byYear: rows, last: last };
  if (has(site.feederLeftKw) && site.feeder) {
    rows.push(["Feeder", site.feeder, true]);
    rows.push(["Headroom left", number(site.feederLeftKw) + (has(site.feederHeadroomKw) ? " of " + number(site.feederHeadroomKw) : "") + " kW"]);
  } else if (site.asset) {
    var limit = site.asset[2] === null ? "" : " of " + number(site.asset[2]);
    rows.push(["Grid", site.asset[0] + ": " + number(site.asset[1], site.asset[1] % 1 ? 1 : 0) + limit + " kW new load"]);
  }
  if (site.headroomUnknown) rows.push([has(site.feederLeftKw) ? "Headroom above it" : "Headroom", "not known"]);
  if (site.riskText) rows.push(["Risk charge", site.riskText + ", not spent, beside the cost"]);
  return { byYear: rows, last: last };
};
