// The page is written in English; in Urdu each of its texts is replaced by the entry of a dictionary.
// Texts from data (dir="auto") and what is marked as another language stay as they are.
chargeplan.LANGUAGES = { en: { dir: "ltr", other: "اردو", otherLang: "ur" }, ur: { dir: "rtl", other: "English", otherLang: "en" } };
chargeplan.KEPT = "[dir=auto]:not(dd):not(input), [lang=en]:not(html), [lang=ur]:not(html), [data-kept], script, noscript, .leaflet-control-scale, .leaflet-control-attribution";
chargeplan.SAID_ATTRIBUTES = ["aria-label", "title", "placeholder"];
chargeplan.NAMES = "[data-name]";  // an element that holds a name of the data and nothing else
chargeplan.HAS_WORDS = /[A-Za-z]{2}/;

// First call of the page: which language it begins with.
chargeplan.addWords = function (map, id) {
  var data = chargeplan.readJson(id), state = chargeplan.state;
  state.words = {
    entries: new Map(Object.entries(data.words)), patterns: null, said: new Map(),
    texts: new WeakMap(), attributes: new WeakMap(), names: new WeakMap(), missing: new Set(), observer: null, title: document.title,
  };
  state.language = "en";
  var browser = String(navigator.language || "").toLowerCase().indexOf("ur") === 0 ? "ur" : data.language;
  chargeplan.setLanguage(chargeplan.readFragment(window.location.hash).lang || browser);
};

// Entries with places for numbers {n}, for texts that are said too {*} and for names {=}.
chargeplan.buildPatterns = function (entries) {
  var patterns = [], number = "([-+−]?\\d[\\d,]*(?:\\.\\d+)?\\s?%?|–)";
  var places = { "{n}": number, "{*}": "(.+?)", "{=}": "([^]+)" };
  entries.forEach(function (urdu, english) {
    var kinds = english.match(/\{[n*=]\}/g);
    if (!kinds) return;
    var parts = english.split(/\{[n*=]\}/).map(function (part) { return part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"); });
    var source = parts.reduce(function (text, part, at) { return text + (at ? places[kinds[at - 1]] : "") + part; }, "");
    patterns.push({ test: new RegExp("^" + source + "$"), kinds: kinds, urdu: urdu });
  });
  return patterns;
};

// What a text of the page is in the chosen language. Numbers keep Latin digits, each in its own direction.
chargeplan.say = function (english) {
  var state = chargeplan.state, words = state.words;
  if (!words || state.language === "en" || !chargeplan.HAS_WORDS.test(english)) return english;
  if (words.said.has(english)) return words.said.get(english);
  var found = words.entries.get(english);
  if (found === undefined) {
    if (!words.patterns) words.patterns = chargeplan.buildPatterns(words.entries);
    for (var at = 0; at < words.patterns.length && found === undefined; at += 1) {
      found = chargeplan.fillPattern(words.patterns[at], english);
    }
  }
  if (found === undefined) words.missing.add(english);
  var said = found === undefined ? english : found;
  words.said.set(english, said);
  return said;
};

chargeplan.fillPattern = function (pattern, english) {
  var match = pattern.test.exec(english);
  if (!match) return undefined;
  return pattern.urdu.replace(/\{(\d)\}/g, function (_, place) {
    var text = match[Number(place) + 1], kind = pattern.kinds[Number(place)];
    if (kind === "{n}") return "\u2066" + text + "\u2069";  // from the left, its sign and percent too
    return "\u2068" + (kind === "{*}" ? chargeplan.say(text) : chargeplan.nameOf(text)) + "\u2069";
  });
};

// What a name of the data is in the chosen language; where it has no Urdu one, it stays as it is.
chargeplan.nameOf = function (name) {
  return (chargeplan.state.language === "ur" && chargeplan.findUrduName(name)) || name;
};

// A name of the data may be that of something every object has.
chargeplan.findUrduName = function (name) {
  var names = (chargeplan.state.plan && chargeplan.state.plan.urduNames) || {};
  return Object.prototype.hasOwnProperty.call(names, name) ? names[name] : "";
};

// The name changes with the language. Beside it stand others of the same thing (data-name="other"): the Urdu one
// gives its place to the English one.
chargeplan.sayName = function (node) {
  var own = chargeplan.keepName(node), first = node.parentElement && node.parentElement.querySelector("[data-name='']");
  var main = first && node.getAttribute("data-name") ? chargeplan.keepName(first).text : own.text, shown = chargeplan.nameOf(main);
  var text = own.text === main ? shown : own.text === shown ? main : own.text;
  if (node.textContent !== text) node.textContent = text;
  if (own.title) node.setAttribute("title", chargeplan.nameOf(own.title));
};

chargeplan.keepName = function (node) {
  var names = chargeplan.state.words.names;
  if (!names.has(node)) names.set(node, { text: node.textContent, title: node.getAttribute("title") });
  return names.get(node);
};

chargeplan.sayNames = function (root) {
  if (root.nodeType !== Node.ELEMENT_NODE) return;
  if (root.matches(chargeplan.NAMES)) chargeplan.sayName(root);
  root.querySelectorAll(chargeplan.NAMES).forEach(chargeplan.sayName);
};

chargeplan.sayNode = function (node) {
  var words = chargeplan.state.words;
  var english = words.texts.has(node) ? words.texts.get(node) : node.data;
  var trimmed = english.trim();
  if (!trimmed || !chargeplan.HAS_WORDS.test(trimmed)) return;
  if (!words.texts.has(node)) words.texts.set(node, english);
  var said = english.replace(trimmed, function () { return chargeplan.say(trimmed); });
  if (node.data !== said) node.data = said;
};

chargeplan.sayAttribute = function (node, name) {
  var words = chargeplan.state.words, now = node.getAttribute(name);
  if (!now) return;
  if (!words.attributes.has(node)) words.attributes.set(node, {});
  var known = words.attributes.get(node), last = known[name];
  var english = last && last.said === now ? last.english : now;
  known[name] = { english: english, said: chargeplan.say(english) };
  if (known[name].said !== now) node.setAttribute(name, known[name].said);
};

chargeplan.sayTree = function (root) {
  if (chargeplan.state.language === "en" && !chargeplan.state.words.observer) return;  // never said otherwise yet
  chargeplan.sayNames(root);
  if (root.nodeType === Node.TEXT_NODE) {
    if (root.parentElement && !root.parentElement.closest(chargeplan.KEPT)) chargeplan.sayNode(root);
    return;
  }
  if (root.nodeType !== Node.ELEMENT_NODE) return;
  var walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT, function (node) {
    return node.nodeType === Node.ELEMENT_NODE && node.matches(chargeplan.KEPT) ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT;
  });
  if (root.closest(chargeplan.KEPT)) return;
  for (var node = root; node; node = walker.nextNode()) {
    if (node.nodeType === Node.TEXT_NODE) chargeplan.sayNode(node);
    else chargeplan.SAID_ATTRIBUTES.forEach(chargeplan.sayAttribute.bind(null, node));
  }
};

// What other parts of the page write later, in English, is said in the chosen language before it is painted.
chargeplan.watchTexts = function () {
  var words = chargeplan.state.words;
  if (words.observer) return;
  words.observer = new MutationObserver(function (changes) {
    changes.forEach(function (change) {
      if (change.type === "childList") change.addedNodes.forEach(chargeplan.sayTree);
      else if (!change.target.closest(chargeplan.KEPT)) chargeplan.sayAttribute(change.target, change.attributeName);
    });
  });
  words.observer.observe(document.body, {
    childList: true, subtree: true, attributes: true, attributeFilter: chargeplan.SAID_ATTRIBUTES,
  });
};

chargeplan.setLanguage = function (language) {
  var state = chargeplan.state, root = document.documentElement, button = document.getElementById("language");
  if (!chargeplan.LANGUAGES[language] || language === state.language) return;
  state.language = language;
  state.words.said.clear();
  root.lang = language;
  root.dir = chargeplan.LANGUAGES[language].dir;
  button.textContent = chargeplan.LANGUAGES[language].other;
  button.lang = chargeplan.LANGUAGES[language].otherLang;
  document.title = (language === "en" ? "" : chargeplan.say("Charging plan") + ": ") + state.words.title;
  chargeplan.sayTree(document.body);
  if (language === "ur") chargeplan.watchTexts();
  if (state.map && state.map.getBounds().contains(chargeplan.boundPlan())) {  // panel and legend change sides
    chargeplan.fitPlan(state.map);
    chargeplan.placeLegend();
  }
  chargeplan.refitPopup();
  if (state.layers.labels) state.layers.labels.redraw();
  if (chargeplan.sortAgain) chargeplan.sortAgain();
};
