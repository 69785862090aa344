// The frame around the map: title, outcome, tabs, key.
chargeplan.fillFrame = function (map) {
  var plan = chargeplan.state.plan;
  document.getElementById("plan-title").textContent = plan.title;
  document.getElementById("plan-year").textContent = String(plan.year);
  chargeplan.fillOutcome(plan);
  chargeplan.fillFigures("figures", plan.figures);
  chargeplan.fillFigures("economics", plan.economics);
  if (!plan.economics.length) document.getElementById("money").remove();
  chargeplan.fillYears(plan);
  chargeplan.fillRules();
  chargeplan.fillNotes(plan);
  chargeplan.fillDemand(plan.demand);
  chargeplan.fillFiles(plan.files);
  chargeplan.fillTabs();
  chargeplan.fillLegend();
  chargeplan.fillTools();
  chargeplan.fillSearch(map, plan);
  chargeplan.sayTree(document.getElementById("panel"));  // before the map is fitted beside it
};

// The badge, what is proven, what to be careful about, and how many warnings there are.
chargeplan.fillOutcome = function (plan) {
  var make = chargeplan.make, holder = document.getElementById("plan-outcome");
  holder.appendChild(make("span", { className: plan.outcome.is_proven ? "badge proven" : "badge", text: plan.outcome.outcome_text }));
  holder.appendChild(make("span", { className: "outcome-note", text: plan.outcome.proof }));
  var cautions = [];
  if (plan.isSchematic) cautions.push(["Schematic streets", "Drawn from the city's plan, not surveyed."]);
  if (plan.grid && plan.grid.is_synthetic) cautions.push(["SYNTHETIC grid", "Its headroom is made up, no utility's figures."]);
  cautions.forEach(function (caution) {
    holder.appendChild(make("details", { className: "schematic" }, [make("summary", { text: caution[0] }), make("p", { text: caution[1] })]));
  });
  if (!plan.warnings.length) return;
  var button = make("button", { className: "to-warnings", attributes: { type: "button" }, text: chargeplan.countWarnings(plan.warnings.length) });
  button.addEventListener("click", chargeplan.openWarnings);
  holder.appendChild(button);
};

chargeplan.fillTools = function () {
  var language = document.getElementById("language");
  language.addEventListener("click", function () { chargeplan.setLanguage(language.lang); });
  var find = document.getElementById("open-search"), card = document.getElementById("card");
  find.addEventListener("click", function () {  // a phone folds the search away
    var isOpen = card.classList.toggle("searching");
    find.setAttribute("aria-expanded", String(isOpen));
    if (isOpen) document.getElementById("search-box").focus();
  });
  document.getElementById("skip").addEventListener("click", function (event) {
    event.preventDefault();  // the fragment holds the view
    document.getElementById("panel").focus();
  });
};

// One tab is open at a time; on a phone a second tap closes it, so that the map is free.
chargeplan.openTab = function (name) {
  chargeplan.TABS.forEach(function (tab) {
    document.getElementById("tab-" + tab).setAttribute("aria-selected", String(tab === name));
    document.getElementById("sheet-" + tab).hidden = tab !== name;
  });
  if (name !== null) chargeplan.fillSheet(name);
  document.getElementById("panel").classList.toggle("closed", name === null);
};

// A tab's tables and the key are built when it is first opened or printed, and again for another year: most readers
// never open some of them, and a city has two thousand rows.
chargeplan.fillSheet = function (name) {
  var state = chargeplan.state, fill = { stations: chargeplan.fillStations, zones: chargeplan.fillZones, key: chargeplan.drawKey }[name];
  if (!fill || state.filledSheets[name]) return;
  state.filledSheets[name] = true;
  fill(state.map, state.plan);
  if (state.language !== "en") chargeplan.sayTree(document.getElementById("sheet-" + name));
};

// Tables of another year: the open one at once, the others when they are opened. Who was on a row stays on it.
chargeplan.renewSheets = function () {
  var row = document.activeElement && document.activeElement.closest("#station-table [data-row]");
  ["stations", "zones"].forEach(function (name) {
    chargeplan.state.filledSheets[name] = false;
    if (!document.getElementById("sheet-" + name).hidden) chargeplan.fillSheet(name);
  });
  if (row) document.querySelector("#station-table [data-row='" + row.getAttribute("data-row") + "'] button").focus({ preventScroll: true });
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
