// What the summary says: key figures first, then what they rest on.
chargeplan.fillFigures = function (id, figures) {
  var make = chargeplan.make;
  document.getElementById(id).replaceChildren.apply(document.getElementById(id), figures.map(function (figure) {
    return make("div", {}, [
      make("dt", { text: figure[0] }), make("dd", { text: figure[1] }), figure[2] ? make("dd", { className: "small", text: figure[2] }) : null,
    ]);
  }));
};

chargeplan.countWarnings = function (count) { return count + (count === 1 ? " warning" : " warnings"); };

// Warnings are free text and stay English; their count stands in the card and leads here.
chargeplan.fillNotes = function (plan) {
  var make = chargeplan.make, warnings = document.getElementById("warnings");
  plan.proofs.forEach(function (text) { document.getElementById("proofs").appendChild(make("li", { text: text })); });
  plan.warnings.forEach(function (text) {
    document.getElementById("notes").appendChild(make("li", { text: text, attributes: { lang: "en", dir: "ltr" } }));
  });
  warnings.hidden = !plan.warnings.length;
  warnings.querySelector("summary").textContent = chargeplan.countWarnings(plan.warnings.length);
  var list = document.querySelector("#sources ul");
  plan.sources.forEach(function (source) {
    var parts = [source.attribution, source.licence, source.data_date ? "data of " + source.data_date : "", source.endpoint ? "from " + source.endpoint : ""];
    var text = source.file_name + ": " + parts.filter(Boolean).join(", ");
    list.appendChild(make("li", { attributes: { dir: "auto" }, text: [text].concat(source.limits).join("; ") }));
  });
};

chargeplan.openWarnings = function () {
  chargeplan.openTab("summary");
  var warnings = document.getElementById("warnings");
  warnings.open = true;
  warnings.scrollIntoView({ block: "start" });
  warnings.querySelector("summary").focus();
};

// Links to the files beside the page, which open from a disk too; their names are ours, never from data.
chargeplan.fillFiles = function (files) {
  var make = chargeplan.make;
  document.querySelector("#files ul").replaceChildren.apply(document.querySelector("#files ul"), files.map(function (file) {
    return make("li", {}, [
      make("a", { text: file[0], attributes: { href: file[0], lang: "en", dir: "ltr" } }), make("span", { text: file[1] }),
    ]);
  }));
  document.getElementById("files").hidden = !files.length;
};

// How people became energy: a line of figures for each vehicle class, and below it what led there.
chargeplan.fillDemand = function (demand) {
  var make = chargeplan.make, table = make("table", { attributes: { id: "demand-table" } }), rows = [];
  demand.rows.forEach(function (row) {
    var isTotal = row["km/day"] === "", word = chargeplan.formatWord(row["class"]), isOurs = chargeplan.state.words.entries.has(word);
    rows.push(make("tr", { className: isTotal ? "total" : "" }, [
      make("th", { attributes: isOurs ? { scope: "row" } : { scope: "row", dir: "auto" }, text: word }),  // not a planner's own
      make("td", { className: "n", text: row["EVs"] }),
      make("td", { className: "n", text: row["kWh/day"] }),
      make("td", { className: "n", text: row["public"] }),
    ]));
    var chain = row["vehicles"] + " vehicles, " + row["per 1000"] + " per 1,000 people, " + row["electric"] + " electric"
      + (isTotal ? "" : ", " + row["km/day"] + " km/day, " + row["kWh/km"] + " kWh/km");
    var uses = ["overnight", "destination", "fast", "depots", "swapped", "home"].map(function (use) {
      return use + " " + row[use];
    }).join(", ");
    rows.push(make("tr", { className: "chain" }, [make("td", { attributes: { colspan: "4", lang: "en", dir: "ltr" } }, [
      make("span", { text: chain }), make("span", { text: uses }), make("span", { text: row["assumed"] }),
    ])]));
  });
  chargeplan.makeTable(table, [["Class", ""], ["Electric", "n"], ["kWh/day", "n"], ["Public", "n"]], rows);
  var holder = document.getElementById("demand");
  function addLines(lines) {
    lines.forEach(function (line) {
      holder.appendChild(make("p", { attributes: { lang: "en", dir: "ltr" }, text: chargeplan.formatWord(line) + "." }));
    });
  }
  addLines([demand.heading].concat(demand.people));
  holder.appendChild(table);
  addLines([demand.legend.replace("*/all: how many of the figures behind the line are assumptions. ", ""), demand.sums]
    .concat(demand.hours, demand.plugs, demand.policy));
};

// Each policy rule with what became of it; rules that the plan must keep say so.
chargeplan.fillRules = function () {
  var make = chargeplan.make, holder = document.getElementById("rules"), rules = chargeplan.getRules();
  if (!holder) return;
  if (!rules || !rules.rules.length) { holder.remove(); return; }
  var count = function (state, must) {
    return rules.rules.filter(function (rule) { return rule[3] === state && (must === undefined || rule[2] === must); }).length;
  };
  var broken = count("broken"), mustBroken = count("broken", true), unknown = count("not known");
  var told = "Rules in " + rules.year + ": " + count("kept") + " of " + rules.rules.length + " kept";
  if (broken) told += ", " + broken + " broken" + (mustBroken === broken ? "" : mustBroken ? " (" + mustBroken + " must be kept)" : " (reported only)");
  if (unknown) told += ", " + unknown + " not known";
  holder.classList.toggle("has-broken", mustBroken > 0);
  holder.querySelector("summary").textContent = told;
  if (!holder.querySelector("li")) holder.open = broken > 0;  // later as its reader leaves it
  holder.querySelector("ul").replaceChildren.apply(holder.querySelector("ul"), rules.rules.map(function (rule) {
    return make("li", {}, [
      make("span", { className: "rule-state rule-" + rule[3].replace(" ", "-") + (rule[2] ? "" : " rule-reported"), text: rule[3] }),
      make("span", { className: "rule-name", attributes: { dir: "auto" }, text: rule[0] }),
      make("span", { className: "rule-must", text: rule[2] ? "must be kept" : "reported only" }),
      make("p", { attributes: { lang: "en", dir: "ltr" }, text: rule[1] }),
      make("p", { className: "rule-detail", attributes: { lang: "en", dir: "ltr" }, text: rule[4] }),
    ]);
  }));
};
