// What is served, built and spent by each year; one year needs neither table nor slider.
chargeplan.fillYears = function (plan) {
  var make = chargeplan.make, number = chargeplan.formatNumber, years = plan.years, choice = document.getElementById("year-choice");
  if (years.length < 2) {
    document.getElementById("years").remove();
    choice.remove();
    return;
  }
  chargeplan.makeTable(document.getElementById("year-table"), [
    ["By", ""], ["Served", "n"], ["kWh/day", "n"], ["Stations", "n"], ["Chargers", "n"], ["PKR M", "n"],
  ], years.map(function (year, position) {
    return make("tr", { attributes: { "data-year": String(position) } }, [
      make("th", { attributes: { scope: "row" }, text: String(year[0]) }),
      make("td", { className: "n", text: chargeplan.formatShare(year[1]) }),
      make("td", { className: "n", text: number(year[6]) }),
      make("td", { className: "n", text: number(year[2]) }),
      make("td", { className: "n", text: number(year[3]) }),
      make("td", { className: "n" }, [
        make("span", { text: number(year[4] / 1e6, 1) }),
        year[5] === null ? null : make("span", { className: "kind", text: "of " + number(year[5] / 1e6, 1) }),
      ]),
    ]);
  }));
  document.getElementById("years").appendChild(make("p", { className: "hint", text: "New stations and chargers that stand by then, and all that the plan takes from the money until then." }));
  chargeplan.makeYearSlider(choice, years);
  chargeplan.state.year = years.length - 1;
  chargeplan.markYear(years.length - 1);
};

// A slider over the years, on the map, with the year and a tick for each; arrow keys step through them.
chargeplan.makeYearSlider = function (choice, years) {
  var make = chargeplan.make, last = years.length - 1;
  var slider = make("input", { attributes: { type: "range", id: "year-slider", min: "0", max: String(last), step: "1", value: String(last), "aria-label": "Year shown on the map" } });
  slider.addEventListener("input", function () { chargeplan.showYear(Number(slider.value)); });
  var ticks = make("div", { className: "year-ticks" }, years.map(function (year, position) {
    var tick = make("button", { text: String(year[0]), attributes: { type: "button", tabindex: "-1", "aria-hidden": "true", "data-tick": String(position) } });
    tick.style.insetInlineStart = (100 * position / last) + "%";
    tick.addEventListener("click", function () { chargeplan.showYear(position); });
    return tick;
  }));
  chargeplan.markWholePlan();
  choice.replaceChildren(make("legend", { className: "hidden", text: "Year" }), slider, ticks);
  document.body.appendChild(choice);  // over the map, where a phone has it without opening a tab
  document.documentElement.classList.add("has-years");
  L.DomEvent.disableClickPropagation(choice);
};

// What is reckoned for the plan as a whole says so beside it: the proof, the value of the money; and the last
// year says so where figures are of it alone.
chargeplan.markWholePlan = function () {
  var make = chargeplan.make;
  function mark() { return make("span", { className: "whole-plan", text: "whole plan" }); }
  document.querySelector("#plan-outcome .outcome-note").after(mark());
  ["#money-title", "#proof summary"].forEach(function (place) {
    var node = document.querySelector(place);
    if (node) node.appendChild(mark());
  });
  document.querySelector("#demand summary").after(make("p", { className: "year-note", text: chargeplan.nameLastYear() }));
};

chargeplan.nameLastYear = function () {
  var years = chargeplan.state.plan.years;
  return "Figures of " + years[years.length - 1][0];
};

chargeplan.isEarlierYear = function () {
  var state = chargeplan.state;
  return state.year !== undefined && state.year < state.plan.years.length - 1;
};

// The position of the first year in which a station stands; of the last where none is.
chargeplan.findOpenYear = function (position) {
  var years = chargeplan.state.plan.years, site = chargeplan.state.plan.openSites[position];
  var at = years.findIndex(function (year) {
    return site.byYear.some(function (entry) { return entry[0] === year[0] && entry[1].length > 0; });
  });
  return at < 0 ? years.length - 1 : at;
};

// What a station has and does in the shown year: its figures, in an earlier year those that are known of it then.
chargeplan.getStation = function (position) {
  var state = chargeplan.state, site = state.plan.openSites[position], isEarlier = chargeplan.isEarlierYear();
  if (!isEarlier) return Object.assign({ stands: true }, site);
  var now = state.plan.stationsByYear[state.year][position];
  if (!now) return { stands: false, site: site };
  var equipment = chargeplan.getEquipment(position);
  return Object.assign({ stands: true }, site, {
    chargers: equipment.chargers, powerKw: equipment.powerKw, servedKwhDay: now[0], utilisation: now[1], costPkr: now[2], costText: now[3],
    meanDriveMin: now[4], cells: now[5], feederLeftKw: now[7] === null ? null : now[7] - now[6],
    asset: site.asset && [site.asset[0], now[6] === null ? 0 : now[6], now[7]], riskText: now[8],
  });
};

// A zone in the shown year: name, people, kWh/day, served share, place, share of usable, floor.
chargeplan.getZone = function (row) {
  var state = chargeplan.state, zone = state.plan.zones[row];
  if (!chargeplan.isEarlierYear()) return zone;
  var now = state.plan.zonesByYear[state.year][row];
  return [zone[0], zone[1], now[0], now[1], zone[4], zone[5], now[2], zone[7]];
};

// The rules and their squares as they stand in the shown year; null without any.
chargeplan.getRules = function () {
  var state = chargeplan.state, last = state.plan.rules;
  if (!last || !chargeplan.isEarlierYear()) return last;
  var now = last.byYear[state.year];
  return {
    year: state.plan.years[state.year][0],
    rules: last.rules.map(function (rule, at) { return rule.slice(0, 2).concat(now.rules[at]); }),
    squares: last.squares.map(function (square, at) { return square.slice(0, 3).concat(now.squares[at]); }),
  };
};

// Everything that has figures by year, as they stand by a year.
chargeplan.showYear = function (position) {
  var state = chargeplan.state, plan = state.plan, year = plan.years[position][0];
  var selected = state.selected;
  state.year = position;
  state.whyYear = null;
  chargeplan.fillFigures("figures", plan.figuresByYear[position]);
  document.getElementById("plan-year").textContent = String(year);
  state.markers.forEach(function (marker, at) {
    var layer = state.layers["open-" + plan.openSites[at].status], isOpen = chargeplan.getEquipment(at).chargers > 0;
    if (!isOpen) layer.removeLayer(marker);
    else if (!layer.hasLayer(marker)) layer.addLayer(marker);
    if (marker.getElement()) chargeplan.nameMarker(marker.getElement(), plan.openSites[at], at);
  });
  if (state.cellValues) chargeplan.buildCells();
  if (selected !== null && chargeplan.getEquipment(selected).chargers === 0) state.map.closePopup();
  else if (state.map._popup && state.map._popup.isOpen()) state.map._popup.update();  // a card says the year's figures
  chargeplan.markYear(position);
  chargeplan.showMarkers();
  chargeplan.fillRules();
  chargeplan.renewSquares();
  chargeplan.renewSheets();
  ["demand", "unserved", "reach", "marks", "labels", "zones", "grid"].forEach(function (name) { if (state.layers[name]) state.layers[name].redraw(); });
  chargeplan.drawDemandKey();
  if (state.selected !== null) chargeplan.tellReach();
  else chargeplan.tell(position === plan.years.length - 1 ? "" : "Map, figures and tables as of " + year);
};

chargeplan.markYear = function (position) {
  var slider = document.getElementById("year-slider");
  slider.value = String(position);
  var year = String(chargeplan.state.plan.years[position][0]);
  slider.setAttribute("aria-valuetext", year);
  [["stations", "Stations"], ["zones", "Zones"]].forEach(function (sheet) {  // what a screen reader and paper have
    document.querySelector("#sheet-" + sheet[0] + " h2").textContent = sheet[1] + " in " + year;
  });
  document.querySelectorAll("[data-year]").forEach(function (row) {
    row.classList.toggle("chosen", row.getAttribute("data-year") === String(position));
  });
  document.querySelectorAll("[data-tick]").forEach(function (tick) {
    tick.classList.toggle("chosen", tick.getAttribute("data-tick") === String(position));
  });
};
