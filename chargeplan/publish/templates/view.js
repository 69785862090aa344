// The part of the map that nothing covers: where the plan is fitted in and popups open.

// On a phone the panel lies across the top of the map, else at its left.
chargeplan.isPhone = function () { return window.innerWidth <= 720; };

// What the panel covers, of a phone with its tabs closed: width at the side where lines begin and height at the top.
chargeplan.getPanelPadding = function () {
  var panel = document.getElementById("panel");
  if (!chargeplan.isPhone()) return [document.documentElement.dir === "rtl" ? 20 : panel.offsetLeft + panel.offsetWidth + 12, 20];
  var bottom = panel.offsetTop + document.getElementById("card").offsetHeight + document.getElementById("tabs").offsetHeight;
  return [8, Math.min(bottom + 12, window.innerHeight / 2)];
};

// In a language written from the right the panel lies at the right.
chargeplan.getFarPadding = function () {
  var panel = document.getElementById("panel");
  if (chargeplan.isPhone()) return [8, 70];
  return [document.documentElement.dir === "rtl" ? window.innerWidth - panel.offsetLeft + 12 : 20, 28];
};

chargeplan.getViewPadding = function () {
  return { paddingTopLeft: chargeplan.getPanelPadding(), paddingBottomRight: chargeplan.getFarPadding() };
};

chargeplan.boundPlan = function () {
  var box = chargeplan.state.plan.bounds;
  return L.latLngBounds([[box[1], box[0]], [box[3], box[2]]]);
};

// The legend has no room of its own but where it would cover stations.
chargeplan.fitPlan = function (map) {
  var state = chargeplan.state;
  map.fitBounds(chargeplan.boundPlan(), Object.assign({ animate: false }, chargeplan.padPlan(state.legendRoom || [0, 0])));
  state.fitted = { centre: map.getCenter(), zoom: map.getZoom() };
};

// The padding of the view with this much more at the side of the legend and below.
chargeplan.padPlan = function (room) {
  var padding = chargeplan.getViewPadding(), far = padding.paddingBottomRight;
  (document.documentElement.dir === "rtl" ? padding.paddingTopLeft : far)[0] += room[0];
  far[1] = Math.max(far[1], room[1]);
  return padding;
};

// Whether the map still shows what it was fitted to: no link and no reader has moved it.
chargeplan.isFitted = function (map) {
  var fitted = chargeplan.state.fitted;
  return map.getZoom() === fitted.zoom && map.getCenter().equals(fitted.centre);
};

// Leaflet moves the map so that a popup is in view; what the panel covers is not. All popups share
// these options and ask when they open, for the panel's size may have changed.
chargeplan.keepPopupsClear = function (map) {
  var options = L.Popup.prototype.options, layOut = L.Popup.prototype._updateLayout;
  Object.defineProperty(options, "autoPanPaddingTopLeft", { get: chargeplan.getPanelPadding });
  Object.defineProperty(options, "autoPanPaddingBottomRight", { get: chargeplan.getLowerPadding });
  Object.defineProperty(options, "maxHeight", { get: chargeplan.getRoomForPopup });
  L.Popup.include({
    _updateContent: function () {  // its size is measured in the chosen language
      L.DivOverlay.prototype._updateContent.call(this);
      if (chargeplan.state.language !== "en") chargeplan.sayTree(this._contentNode);
    },
    _updateLayout: function () {
      layOut.call(this);
      if (this._contentNode.classList.contains("leaflet-popup-scrolled")) this._contentNode.tabIndex = 0;
      else this._contentNode.removeAttribute("tabindex");
    },
  });
  map.on("popupopen popupclose", function (event) {
    document.documentElement.classList.toggle("has-card", event.type === "popupopen");
    if (event.type === "popupopen" && chargeplan.isPhone()) chargeplan.openTab(null);
  });
};

// Also what lies low on the map: the slider of the years and what the page tells.
chargeplan.getLowerPadding = function () {
  var far = chargeplan.getFarPadding();
  return [far[0], ["year-choice", "reach-note"].reduce(function (least, id) {
    var node = document.getElementById(id), top = node ? node.getBoundingClientRect() : { height: 0 };
    return top.height ? Math.max(least, window.innerHeight - top.top + 8) : least;
  }, far[1])];
};

// How high the text of a popup may be; 50 are its margins and its tip.
chargeplan.getRoomForPopup = function () {
  return Math.max(window.innerHeight - chargeplan.getPanelPadding()[1] - chargeplan.getLowerPadding()[1] - 50, 120);
};

// Fits an open popup to what lies around it now.
chargeplan.refitPopup = function () {
  var map = chargeplan.state.map, popup = map && map._popup;
  if (!popup || !popup.isOpen()) return;
  popup._updateLayout();
  popup._updatePosition();
  popup._adjustPan();
};
