// What is served, built and spent by each year; one year needs neither table nor choice.
chargeplan.fillYears = function (plan) {
  var make = chargeplan.make, number = chargeplan.formatNumber, years = plan.years;
  if (years.length < 2) {
    document.getElementById("years").remove();
    document.getElementById("year-choice").remove();
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
  var choice = document.getElementById("year-choice");
  years.forEach(function (year, position) {
    var radio = make("input", { attributes: { type: "radio", name: "year", id: "year-" + year[0] } });
    radio.checked = position === years.length - 1;
    radio.addEventListener("change", function () { chargeplan.showYear(position); });
    choice.appendChild(make("label", {}, [radio, make("span", { text: String(year[0]) })]));
  });
  chargeplan.state.year = years.length - 1;
  chargeplan.markYear(years.length - 1);
};

// Figures and stations as they stand by a year. Cells, zones and the tables stay those of the last year.
chargeplan.showYear = function (position) {
  var state = chargeplan.state, plan = state.plan, year = plan.years[position][0];
  var isLast = position === plan.years.length - 1;
  state.map.closePopup();
  state.year = position;
  document.getElementById("year-" + year).checked = true;
  chargeplan.fillFigures("figures", plan.figuresByYear[position]);
  document.getElementById("plan-year").textContent = String(year);
  state.markers.forEach(function (marker, at) {
    var site = plan.openSites[at], layer = state.layers["open-" + site.status];
    var chargers = chargeplan.countChargers(site, year);
    layer.removeLayer(marker);
    if (chargers === 0) return;
    marker.options.icon = chargeplan.makeStationIcon(site, chargers);  // setIcon would bind the popup anew
    layer.addLayer(marker);
  });
  chargeplan.markYear(position);
  chargeplan.tell(isLast ? "" : "Stations as of " + year + "; demand and cells as of " + plan.years[plan.years.length - 1][0]);
};

chargeplan.markYear = function (position) {
  document.querySelectorAll("[data-year]").forEach(function (row) {
    row.classList.toggle("chosen", row.getAttribute("data-year") === String(position));
  });
};

chargeplan.countChargers = function (site, year) {
  var found = site.byYear.filter(function (entry) { return entry[0] === year; });
  return found.length ? found[0][1].reduce(function (sum, type) { return sum + type[1]; }, 0) : 0;
};
