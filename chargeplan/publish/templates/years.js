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
  ["station-table", "zone-table", "economics"].forEach(function (id) {
    var table = document.getElementById(id);
    if (table) table.before(chargeplan.makeYearNote());
  });
  choice.replaceChildren(make("legend", { className: "hidden", text: "Year" }), slider, ticks);
  document.body.appendChild(choice);  // over the map, where a phone has it without opening a tab
  document.documentElement.classList.add("has-years");
  L.DomEvent.disableClickPropagation(choice);
};

// Beside what stays at the last year while the map shows an earlier one: money, tables, zones, cards.
chargeplan.makeYearNote = function () {
  var years = chargeplan.state.plan.years;
  if (years.length < 2) return null;
  var note = chargeplan.make("p", { className: "year-note", text: "Figures of " + years[years.length - 1][0] });
  note.hidden = !chargeplan.isEarlierYear();
  return note;
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

// Figures, stations, demand and who serves it as they stand by a year. Zones and tables stay those of the last year.
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
  chargeplan.markYear(position);
  chargeplan.showMarkers();
  ["demand", "unserved", "reach", "marks", "labels", "grid"].forEach(function (name) { if (state.layers[name]) state.layers[name].redraw(); });
  chargeplan.drawDemandKey();
  if (state.selected !== null) chargeplan.tellReach();
  else chargeplan.tell(position === plan.years.length - 1 ? "" : "Map and figures as of " + year + "; zones and tables as of " + plan.years[plan.years.length - 1][0]);
};

chargeplan.markYear = function (position) {
  var slider = document.getElementById("year-slider");
  slider.value = String(position);
  slider.setAttribute("aria-valuetext", String(chargeplan.state.plan.years[position][0]));
  document.querySelectorAll(".year-note").forEach(function (note) { note.hidden = !chargeplan.isEarlierYear(); });
  document.querySelectorAll("[data-year]").forEach(function (row) {
    row.classList.toggle("chosen", row.getAttribute("data-year") === String(position));
  });
  document.querySelectorAll("[data-tick]").forEach(function (tick) {
    tick.classList.toggle("chosen", tick.getAttribute("data-tick") === String(position));
  });
};
