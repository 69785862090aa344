// Search by name: stations, places, zones, roads and other sites, in any script, without accents, case or hyphens.
chargeplan.MOST_FOUND = 8;
chargeplan.LETTERS = { "\u064A": "\u06CC", "\u0649": "\u06CC", "\u0643": "\u06A9", "\u0623": "\u0627", "\u0625": "\u0627", "\u0622": "\u0627", "\u0629": "\u06C1", "\u0647": "\u06C1", "\u06BE": "\u06C1", "\u0624": "\u0648" };

// The same name in one spelling: Arabic and Urdu forms of a letter are one, marks above and below are left out.
chargeplan.simplify = function (text) {
  return String(text).toLowerCase().normalize("NFKD").replace(/[\p{M}\u0640\u200B-\u200F]/gu, "")
    .replace(/[\u0622-\u06FF]/g, function (letter) { return chargeplan.LETTERS[letter] || letter; })
    .replace(/['’`]/g, "").replace(/[^\p{L}\p{N}]+/gu, " ").trim();
};

chargeplan.buildIndex = function (map, plan) {
  var index = [];
  function add(group, names, go) {
    var urdu = chargeplan.findUrduName(names[0]), shown = names.filter(Boolean);
    if (urdu && shown.indexOf(urdu) < 0) shown.splice(1, 0, urdu);
    if (shown.length) index.push({ group: group, names: shown, keys: shown.map(chargeplan.simplify), go: go });
  }
  plan.openSites.forEach(function (site, position) {
    add(chargeplan.STATUS_WORDS[site.status], [site.name].concat(site.otherNames), function () { chargeplan.goToSite(map, position); });
  });
  var data = chargeplan.readJson("names-data"), roads = new Map();
  (chargeplan.state.places || []).forEach(function (place) {
    add(chargeplan.PLACE_WORDS[place[2]], [place[0], place[1] === place[0] ? "" : place[1]], function () { chargeplan.goToPlace(map, place); });
  });
  plan.zones.forEach(function (zone, row) {
    if (zone[0] !== "(no zone)") add("Zone", [zone[0]], function () { chargeplan.goToZone(map, row); });
  });
  // A road is many lines, and its name is not always spelt alike; the first line is the longest.
  data.names.forEach(function (name, line) {
    var key = chargeplan.simplify(name).replace(/ /g, "") || name;
    if (roads.has(key)) roads.get(key).lines.push(line); else roads.set(key, { name: name, lines: [line] });
  });
  roads.forEach(function (road) {
    add("Road", [road.name], function () { return chargeplan.goToRoad(map, data, road.lines); });
  });
  plan.otherSites.forEach(function (site) {
    var isCompetitor = site[4] === "competitor";
    add(isCompetitor ? "Competitor" : "Candidate, not chosen", [site[2]], function () {
      chargeplan.goToOther(map, site, isCompetitor ? "competitors" : "notChosen");
    });
  });
  return index;
};

// The name in the chosen language first. What Urdu puts together of a kind and a road is found in English too, and
// shown in Urdu alone.
chargeplan.orderNames = function (names) {
  var first = chargeplan.nameOf(names[0]);
  return [first].concat(names.filter(function (name) { return name !== first && name.indexOf("\u060C") < 0; }));
};

// 0: the name itself, 1: it begins so, 2: words of it begin so, 3: it holds the letters; else null.
chargeplan.rankMatch = function (key, query) {
  var squeezed = query.replace(/ /g, ""), whole = key.replace(/ /g, "");
  if (whole === squeezed) return 0;
  if (whole.indexOf(squeezed) === 0) return 1;
  var words = key.split(" ");
  var all = query.split(" ").every(function (part) { return words.some(function (word) { return word.indexOf(part) === 0; }); });
  if (all || words.some(function (_, at) { return words.slice(at).join("").indexOf(squeezed) === 0; })) return 2;
  return squeezed.length > 2 && whole.indexOf(squeezed) > 0 ? 3 : null;
};

chargeplan.findNames = function (index, text) {
  var query = chargeplan.simplify(text), found = [];
  if (!query) return found;
  index.forEach(function (entry, order) {
    var best = null;
    entry.keys.forEach(function (key) {
      var rank = key ? chargeplan.rankMatch(key, query) : null;
      if (rank !== null && (best === null || rank < best)) best = rank;
    });
    if (best !== null) found.push({ entry: entry, rank: best, order: order });
  });
  found.sort(function (a, b) { return a.rank - b.rank || a.order - b.order; });
  return found.map(function (one) { return one.entry; });
};

chargeplan.goToOther = function (map, site, name) {
  var layer = chargeplan.state.layers[name];
  if (chargeplan.isPhone()) chargeplan.openTab(null);
  map.setView([site[1], site[0]], Math.max(map.getZoom(), 14), { animate: false });
  if (!map.hasLayer(layer)) { chargeplan.state.showOther(name, site); return; }
  layer.eachLayer(function (mark) {
    var at = mark.getLatLng();
    if (at.lat === site[1] && at.lng === site[0]) mark.openPopup();
  });
};

// The pieces of a road that bear one name, all in view.
chargeplan.goToRoad = async function (map, data, wanted) {
  var lines = await chargeplan.unpackLines(data.lines, data.names.length), box = L.bounds([]);
  wanted.forEach(function (line) {
    for (var p = lines.starts[line]; p < lines.starts[line + 1]; p += 1) box.extend([lines.points[2 * p], lines.points[2 * p + 1]]);
  });
  if (chargeplan.isPhone()) chargeplan.openTab(null);
  map.fitBounds(L.latLngBounds([box.min, box.max].map(function (corner) { return chargeplan.fromLocal([corner.x, corner.y]); })), Object.assign({ animate: false, maxZoom: 15 }, chargeplan.getViewPadding()));
};

// A combobox with a list, after the pattern of the ARIA Authoring Practices: the focus stays in the box.
chargeplan.fillSearch = function (map, plan) {
  var make = chargeplan.make, box = document.getElementById("search-box"), list = document.getElementById("search-list");
  var note = document.getElementById("search-note"), index = null, found = [], active = -1;
  function close() {
    list.hidden = true;
    active = -1;
    found = [];
    box.setAttribute("aria-expanded", "false");
    box.removeAttribute("aria-activedescendant");
  }
  function mark(position) {
    active = position;
    Array.from(list.children).forEach(function (option, at) { option.setAttribute("aria-selected", String(at === active)); });
    if (active < 0) { box.removeAttribute("aria-activedescendant"); return; }
    box.setAttribute("aria-activedescendant", "found-" + active);
    list.children[active].scrollIntoView({ block: "nearest" });
  }
  function pick(position) {
    var entry = found[position];
    box.value = chargeplan.orderNames(entry.names)[0];
    close();
    note.textContent = "";
    chargeplan.state.soughtPlace = null;
    entry.go();
  }
  function show() {
    index = index || chargeplan.buildIndex(map, plan);
    var all = chargeplan.findNames(index, box.value);
    found = all.slice(0, chargeplan.MOST_FOUND);
    list.replaceChildren.apply(list, found.map(function (entry, at) {
      var names = chargeplan.orderNames(entry.names);
      var option = make("li", { attributes: { role: "option", id: "found-" + at, "aria-selected": "false" } }, [
        make("span", { className: "found-name", text: names[0], attributes: { dir: "auto" } }),
      ].concat(names.slice(1).map(function (name) {
        return make("span", { className: "other-name", text: name, attributes: { dir: "auto" } });
      }), [make("span", { className: "kind", text: entry.group })]));
      option.addEventListener("mousedown", function (event) { event.preventDefault(); });  // the focus stays in the box
      option.addEventListener("click", function () { pick(at); });
      return option;
    }));
    active = -1;
    box.removeAttribute("aria-activedescendant");
    list.hidden = !found.length;
    box.setAttribute("aria-expanded", String(found.length > 0));
    note.textContent = !chargeplan.simplify(box.value) ? "" : !all.length ? "Nothing of this name is on the map"
      : all.length > found.length ? "The first " + found.length + " of " + all.length + " names" : all.length === 1 ? "1 name" : all.length + " names";
    note.classList.toggle("hidden", all.length > 0 || !note.textContent);
  }
  box.addEventListener("input", show);
  box.addEventListener("blur", close);
  box.addEventListener("keydown", function (event) {
    var step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      if (list.hidden) show();
      if (found.length) mark((active + step + found.length + (active < 0 && step < 0 ? 1 : 0)) % found.length);
    } else if (event.key === "Enter" && found.length) {
      event.preventDefault();
      pick(Math.max(active, 0));
    } else if (event.key === "Escape" && (!list.hidden || box.value)) {
      event.stopPropagation();
      if (list.hidden) { box.value = ""; show(); }
      close();
    }
  });
};
