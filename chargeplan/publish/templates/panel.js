// The frame around the map: title, figures, tables.
chargeplan.fillFrame = function (map) {
  var plan = chargeplan.state.plan, make = chargeplan.make;
  document.getElementById("plan-title").textContent = plan.title;
  document.getElementById("plan-year").textContent = String(plan.year);
  var outcome = document.getElementById("plan-outcome");
  outcome.appendChild(make("span", { className: plan.outcome.is_proven ? "badge proven" : "badge", text: plan.outcome.outcome_text }));
  outcome.appendChild(make("span", {
    className: "outcome-note",
    text: plan.outcome.proof,
  }));
  if (plan.isSchematic) document.getElementById("card").appendChild(make("p", { className: "schematic", text: "Schematic streets: drawn from the city's plan, not surveyed." }));
  if (plan.grid && plan.grid.is_synthetic) {
    document.getElementById("card").appendChild(make("p", { className: "schematic", text: "SYNTHETIC grid: its headroom is made up, no utility's figures." }));
  }
  chargeplan.fillFigures("figures", plan.figures);
  chargeplan.fillFigures("economics", plan.economics);
  if (!plan.economics.length) document.getElementById("economics").remove();
  chargeplan.fillYears(plan);
  chargeplan.fillRules(plan.rules);
  chargeplan.fillNotes(plan);
  chargeplan.fillDemand(plan.demand);
  chargeplan.fillStations(map, plan);
  chargeplan.fillZones(map, plan);
  chargeplan.fillTabs();
};

chargeplan.fillFigures = function (id, figures) {
  var make = chargeplan.make;
  document.getElementById(id).replaceChildren.apply(document.getElementById(id), figures.map(function (figure) {
    return make("div", {}, [
      make("dt", { text: figure[0] }), make("dd", { text: figure[1] }), figure[2] ? make("dd", { className: "small", text: figure[2] }) : null,
    ]);
  }));
};

chargeplan.fillNotes = function (plan) {
  var make = chargeplan.make, notes = document.getElementById("notes");
  plan.proofs.concat(plan.warnings).forEach(function (text) { notes.appendChild(make("li", { text: text, attributes: { dir: "auto" } })); });
  var list = document.querySelector("#sources ul");
  plan.sources.forEach(function (source) {
    var parts = [source.attribution, source.licence, source.data_date ? "data of " + source.data_date : "", source.endpoint ? "from " + source.endpoint : ""];
    var text = source.file_name + ": " + parts.filter(Boolean).join(", ");
    list.appendChild(make("li", { attributes: { dir: "auto" }, text: [text].concat(source.limits).join("; ") }));
  });
};

// How people became energy: a line of figures for each vehicle class, and below it what led there.
chargeplan.fillDemand = function (demand) {
  var make = chargeplan.make, table = make("table", { attributes: { id: "demand-table" } }), rows = [];
  demand.rows.forEach(function (row) {
    var isTotal = row["km/day"] === "";
    rows.push(make("tr", { className: isTotal ? "total" : "" }, [
      make("th", { attributes: { scope: "row", dir: "auto" }, text: chargeplan.formatWord(row["class"]) }),
      make("td", { className: "n", text: row["EVs"] }),
      make("td", { className: "n", text: row["kWh/day"] }),
      make("td", { className: "n", text: row["public"] }),
    ]));
    var chain = row["vehicles"] + " vehicles, " + row["per 1000"] + " per 1,000 people, " + row["electric"] + " electric"
      + (isTotal ? "" : ", " + row["km/day"] + " km/day, " + row["kWh/km"] + " kWh/km");
    var uses = ["overnight", "destination", "fast", "depots", "swapped", "home"].map(function (use) {
      return use + " " + row[use];
    }).join(", ");
    rows.push(make("tr", { className: "chain" }, [make("td", { attributes: { colspan: "4" } }, [
      make("span", { text: chain }), make("span", { text: uses }), make("span", { text: row["assumed"] }),
    ])]));
  });
  chargeplan.makeTable(table, [["Class", ""], ["Electric", "n"], ["kWh/day", "n"], ["Public", "n"]], rows);
  var holder = document.getElementById("demand");
  function addLines(lines) {
    lines.forEach(function (line) {
      holder.appendChild(make("p", { attributes: { dir: "auto" }, text: chargeplan.formatWord(line) + "." }));
    });
  }
  addLines([demand.heading].concat(demand.people));
  holder.appendChild(table);
  addLines([demand.legend.replace("*/all: how many of the figures behind the line are assumptions. ", ""), demand.sums]
    .concat(demand.hours, demand.plugs, demand.policy));
};

// Each policy rule with what became of it; rules that the plan must keep say so.
chargeplan.fillRules = function (rules) {
  var make = chargeplan.make, holder = document.getElementById("rules");
  if (!rules || !rules.rules.length) { holder.remove(); return; }
  var count = function (state, must) {
    return rules.rules.filter(function (rule) { return rule[3] === state && (must === undefined || rule[2] === must); }).length;
  };
  var broken = count("broken"), mustBroken = count("broken", true), unknown = count("not known");
  var told = "Rules in " + rules.year + ": " + count("kept") + " of " + rules.rules.length + " kept";
  if (broken) told += ", " + broken + " broken" + (mustBroken === broken ? "" : mustBroken ? " (" + mustBroken + " must be kept)" : " (reported only)");
  if (unknown) told += ", " + unknown + " not known";
  holder.open = broken > 0;
  holder.classList.toggle("has-broken", mustBroken > 0);
  holder.querySelector("summary").textContent = told;
  rules.rules.forEach(function (rule) {
    holder.querySelector("ul").appendChild(make("li", {}, [
      make("span", { className: "rule-state rule-" + rule[3].replace(" ", "-") + (rule[2] ? "" : " rule-reported"), text: rule[3] }),
      make("span", { className: "rule-name", attributes: { dir: "auto" }, text: rule[0] + (rule[2] ? ", must be kept" : ", reported only") }),
      make("p", { attributes: { dir: "auto" }, text: rule[1] }),
      make("p", { className: "rule-detail", attributes: { dir: "auto" }, text: rule[4] }),
    ]));
  });
};

chargeplan.makeTable = function (table, captions, rows) {
  var make = chargeplan.make;
  table.appendChild(make("thead", {}, [make("tr", {}, captions.map(function (caption) {
    return make("th", { className: caption[1], attributes: { scope: "col" }, text: caption[0] });
  }))]));
  table.appendChild(make("tbody", {}, rows));
};

chargeplan.fillStations = function (map, plan) {
  var make = chargeplan.make, number = chargeplan.formatNumber;
  chargeplan.makeTable(document.getElementById("station-table"), [
    ["#", "n"], ["Station", ""], ["Chargers", "n"], ["kWh/day", "n"], ["In use", "n"], ["PKR M", "n"],
  ], plan.openSites.map(function (site, position) {
    var button = make("button", { attributes: { type: "button", dir: "auto" }, text: site.name });
    button.addEventListener("click", function () { chargeplan.goToSite(map, position); });
    var kind = chargeplan.formatWord(site.kind) + (site.status === "candidate" ? "" : " · " + site.status);
    return make("tr", { attributes: { "data-row": String(position) } }, [
      make("td", { className: "n", text: String(site.rank) }),
      make("th", { attributes: { scope: "row" } }, [button, make("span", { className: "kind", text: kind })]),
      make("td", { className: "n", text: String(site.chargers) }),
      make("td", { className: "n", text: number(site.servedKwhDay) }),
      make("td", { className: "n", text: chargeplan.formatShare(site.utilisation) }),
      make("td", { className: "n", text: site.costPkr > 0 ? number(site.costPkr / 1e6, 1) : "–" }),
    ]);
  }));
};

chargeplan.goToSite = function (map, position) {
  var plan = chargeplan.state.plan, site = plan.openSites[position], marker = chargeplan.state.markers[position];
  var layer = chargeplan.state.layers["open-" + site.status];
  if (!layer.hasLayer(marker)) chargeplan.showYear(plan.years.length - 1);  // not open in the year that was chosen
  if (!map.hasLayer(layer)) { layer.addTo(map); chargeplan.drawKey(); }
  if (chargeplan.isPhone()) chargeplan.openTab(null);
  map.setView([site.lat, site.lon], Math.max(map.getZoom(), 13), { animate: false });
  marker.openPopup();
};

chargeplan.fillZones = function (map, plan) {
  var make = chargeplan.make, number = chargeplan.formatNumber;
  var order = plan.zones.filter(function (zone) { return zone[2] > 0; }).sort(function (a, b) { return b[2] - a[2]; });
  var isStaged = order.some(function (zone) { return zone[6] !== null; });
  var captions = [["Zone", ""], ["People", "n"], ["kWh/day", "n"], ["Served", "n"]];
  chargeplan.makeTable(document.getElementById("zone-table"), isStaged ? captions.concat([["Of usable", "n"]]) : captions, order.map(function (zone) {
    var button = make("button", { attributes: { type: "button", dir: "auto" }, text: zone[0] });
    button.addEventListener("click", function () {
      if (chargeplan.isPhone()) chargeplan.openTab(null);
      map.setView([zone[5], zone[4]], Math.max(map.getZoom(), 12.5), { animate: false });
    });
    var bar = make("span", { className: "bar" }, [make("span", {})]);
    bar.firstChild.style.width = (100 * Math.min(zone[3], 1)).toFixed(1) + "%";
    return make("tr", {}, [
      make("th", { attributes: { scope: "row" } }, [button]),
      make("td", { className: "n", text: number(zone[1]) }),
      make("td", { className: "n", text: number(zone[2]) }),
      make("td", { className: "n" }, [make("span", { text: chargeplan.formatShare(zone[3]) }), bar]),
      isStaged ? make("td", { className: "n" }, [
        make("span", { text: chargeplan.formatShare(zone[6]) }),
        zone[7] === null ? null : make("span", { className: "kind", text: "floor " + chargeplan.formatShare(zone[7]) }),
      ]) : null,
    ]);
  }));
  if (isStaged) {
    document.getElementById("sheet-zones").appendChild(make("p", { className: "hint", text: "Of usable: of the demand that competitors leave, of vehicle classes that can use a charger of the plan. Floors are about it." }));
  }
  if (plan.zonesAreCells) {
    document.getElementById("sheet-zones").appendChild(make("p", { className: "hint", text: "No zone layer was given; these zones are H3 cells of resolution 6." }));
  }
};

// One tab is open at a time; on a phone a second tap closes it, so that the map is free.
chargeplan.openTab = function (name) {
  ["summary", "stations", "zones", "key"].forEach(function (tab) {
    document.getElementById("tab-" + tab).setAttribute("aria-selected", String(tab === name));
    document.getElementById("sheet-" + tab).hidden = tab !== name;
  });
  document.getElementById("panel").classList.toggle("closed", name === null);
};

chargeplan.fillTabs = function () {
  var tabs = Array.from(document.querySelectorAll("#tabs [role=tab]"));
  tabs.forEach(function (tab, position) {
    tab.addEventListener("click", function () {
      var isOpen = tab.getAttribute("aria-selected") === "true";
      chargeplan.openTab(isOpen ? null : tab.id.slice(4));
    });
    tab.addEventListener("keydown", function (event) {
      var step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (step) tabs[(position + step + tabs.length) % tabs.length].focus();
    });
  });
  chargeplan.openTab(chargeplan.isPhone() ? null : "summary");
  L.DomEvent.disableClickPropagation(document.getElementById("panel"));
};
