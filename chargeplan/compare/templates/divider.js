// The divider: dragged, touched, or moved with the keys of a slider.
compare.setShare = function (share) {
  compare.share = Math.min(Math.max(share, 0), 1);
  var divider = document.getElementById("divider"), percent = Math.round(100 * compare.share);
  divider.style.left = 100 * compare.share + "%";
  divider.setAttribute("aria-valuenow", String(percent));
  var letters = compare.sides.map(function (side) { return compare.data.runs[side.run].letter; });
  divider.setAttribute("aria-valuetext", percent + " % of the map shows " + letters[0] + ", the rest " + letters[1]);
  compare.cutSides();
};

compare.addDivider = function () {
  var divider = document.getElementById("divider"), frame = document.getElementById("map-frame"), held = null;
  divider.addEventListener("pointerdown", function (event) {
    if (event.button > 0) return;
    held = event.clientX - divider.getBoundingClientRect().left - divider.offsetWidth / 2;
    divider.setPointerCapture(event.pointerId);
    divider.focus({ preventScroll: true });
    event.preventDefault();
  });
  divider.addEventListener("pointermove", function (event) {
    if (held === null) return;
    var box = frame.getBoundingClientRect();
    compare.setShare((event.clientX - held - box.left) / box.width);
  });
  ["pointerup", "pointercancel", "lostpointercapture"].forEach(function (name) {
    divider.addEventListener(name, function () { held = null; });
  });
  divider.addEventListener("keydown", function (event) {
    var step = { ArrowLeft: -0.02, ArrowDown: -0.02, ArrowRight: 0.02, ArrowUp: 0.02, PageDown: -0.1, PageUp: 0.1 }[event.key];
    if (event.key === "Home") compare.setShare(0);
    else if (event.key === "End") compare.setShare(1);
    else if (step) compare.setShare(compare.share + step);
    else return;
    event.preventDefault();
  });
  compare.setShare(0.5);
};

// Which run lies at which side; with two runs there is nothing to choose.
compare.addLabels = function () {
  var make = compare.base.make, runs = compare.data.runs;
  compare.sides.forEach(function (side, pos) {
    var holder = document.getElementById("label-" + side.name), run = runs[side.run];
    if (runs.length === 2) {
      holder.replaceChildren(make("span", { className: "letter", text: run.letter }), make("span", { text: run.variant || run.label, attributes: { dir: "auto" } }));
      return;
    }
    var choice = make("select", { attributes: { "aria-label": pos ? "Plan at the right" : "Plan at the left" } }, runs.map(function (each, number) {
      var option = make("option", { text: each.letter + " · " + (each.variant || each.label), attributes: { value: String(number) } });
      option.selected = number === side.run;
      return option;
    }));
    choice.addEventListener("change", function () { compare.choose(pos, Number(choice.value)); });
    holder.replaceChildren(choice);
  });
};

// A run that is taken from the other side changes places with it.
compare.choose = function (pos, run) {
  var other = compare.sides[1 - pos];
  if (other.run === run) other.run = compare.sides[pos].run;
  compare.sides[pos].run = run;
  document.querySelectorAll(".side-label select").forEach(function (choice, at) { choice.value = String(compare.sides[at].run); });
  compare.showPair();
};
