// Names of cities, sectors, suburbs and villages, by which a reader knows where the map is.
// What of them is written at which zoom, in the order of their kinds: city, town, suburb, village, quarter,
// neighbourhood, hamlet, locality.
chargeplan.PLACE_LOOKS = [
  { from: 0, to: 12.75, size: 16, weight: 650 }, { from: 9.5, to: 15, size: 13.5, weight: 600 }, { from: 9.25, to: 19, size: 12, weight: 600 },
  { from: 10.25, to: 19, size: 11, weight: 500 }, { from: 12, to: 19, size: 11, weight: 500 }, { from: 11.75, to: 19, size: 11, weight: 500 },
  { from: 13, to: 19, size: 10.5, weight: 500 }, { from: 13, to: 19, size: 10.5, weight: 500 },
];
chargeplan.PLACE_WORDS = ["City", "Town", "Suburb", "Village", "Quarter", "Neighbourhood", "Hamlet", "Locality"];
chargeplan.PLACE_ZOOMS = [11.5, 13, 14, 14, 14.5, 14.5, 15, 15];  // where a search goes
chargeplan.PLACE_ROOM_PX2 = 14000;  // of the view for each name, so that names stay a background
chargeplan.PLACE_STEPS = [[0, 0], [0, -1], [0, 1], [0, -1.7], [0, 1.7]];
chargeplan.CITY_STEPS = [1, 2, 3, 4, 5, 6].reduce(function (steps, row) {
  return [0, 0.4, -0.4, 0.8, -0.8].reduce(function (all, side) { return all.concat([[side, -row], [side, row]]); }, steps);
}, [[0, 0]]);
chargeplan.PLACE_GAP_PX = 7;
chargeplan.FARTHEST_CITY_M = 4000;  // from the point of a city to the middle of its name: farther off it would name another place

chargeplan.getPlaceText = function (place) {
  return chargeplan.state.language === "ur" && place[1] ? place[1] : place[0];
};

// The important ones take their room first; the one that was searched for goes before all.
chargeplan.drawPlaceNames = function* (pen, view, colours, taken, places) {
  var state = chargeplan.state, sought = state.soughtPlace, seen = {};
  var blocked = taken.concat(chargeplan.listMarkBoxes(view));
  var look = {
    stretch: Math.max(-1, Math.min(3, (view.zoom - 12) * 0.7)), colours: colours, seen: seen, measured: 0,
    room: Math.round((view.right - view.left) * (view.bottom - view.top) * view.factor * view.factor / chargeplan.PLACE_ROOM_PX2),
  };
  (state.zoneNames || []).forEach(function (zone) { seen["=" + zone.name] = true; });
  state.placeNames = [];
  if (sought) chargeplan.drawPlaceName(pen, view, sought, look, blocked, taken);
  for (var row = 0, before = 0; row < places.length && look.room > 0; row += 1) {
    if (row % 200 === 199 || look.measured >= before + 5) { before = look.measured; yield; }
    var shown = chargeplan.PLACE_LOOKS[places[row][2]];
    if (places[row] === sought || view.zoom < shown.from || view.zoom > shown.to) continue;
    chargeplan.drawPlaceName(pen, view, places[row], look, blocked, taken);
  }
};

chargeplan.drawPlaceName = function (pen, view, place, look, blocked, taken) {
  var local = place.local || (place.local = chargeplan.toLocal(place[3], place[4]));
  if (!chargeplan.isInView([local[0], local[1], local[0], local[1]], view)) return;
  var text = chargeplan.getPlaceText(place), shown = chargeplan.PLACE_LOOKS[place[2]], size = shown.size + look.stretch, isUrdu = text === place[1];
  if (look.seen["=" + text]) return;
  var x = local[0] * view.factor + view.shift[0], y = local[1] * view.factor + view.shift[1];
  look.measured += 1;
  pen.font = shown.weight + " " + size.toFixed(1) + "px system-ui, \"Noto Nastaliq Urdu\", sans-serif";
  var half = pen.measureText(text).width / 2 + 2, high = size * (isUrdu ? 0.9 : 0.5) + 2;
  // A city is large enough for its name to move far.
  var steps = place[2] === 0 ? chargeplan.CITY_STEPS : place === chargeplan.state.soughtPlace ? chargeplan.NAME_STEPS : chargeplan.PLACE_STEPS;
  var farthest = place[2] === 0 ? chargeplan.FARTHEST_CITY_M / chargeplan.measureLocalMetre(place[4]) * view.factor : Infinity;
  for (var step = 0; step < steps.length; step += 1) {
    var across = x + steps[step][0] * 2 * half, at = y + steps[step][1] * (high + 6);
    if (Math.hypot(across - x, at - y) > farthest) continue;
    var box = [across - half, at - high, across + half, at + high];
    if (chargeplan.overlaps(box, blocked)) continue;
    var gap = chargeplan.PLACE_GAP_PX, room = [box[0] - gap, box[1] - gap / 2, box[2] + gap, box[3] + gap / 2];
    blocked.push(room);
    taken.push(room);
    look.seen["=" + text] = true;
    look.room -= 1;
    chargeplan.state.placeNames.push({ name: text, box: box });
    pen.fillStyle = place[2] < 3 ? look.colours.zone : look.colours.label;
    pen.strokeStyle = look.colours.labelHalo;
    pen.lineWidth = 3;
    pen.strokeText(text, across, at);
    pen.fillText(text, across, at);
    return;
  }
};

// Where a search leads: the place in the middle, its name written whatever else is near.
chargeplan.goToPlace = function (map, place) {
  chargeplan.state.soughtPlace = place;
  if (chargeplan.isPhone()) chargeplan.openTab(null);
  map.setView([place[4], place[3]], Math.max(map.getZoom(), chargeplan.PLACE_ZOOMS[place[2]]), { animate: false });
  if (map.hasLayer(chargeplan.state.layers.labels)) { chargeplan.state.layers.labels.redraw(); return; }
  var names = [place[0], place[1]].filter(Boolean);
  L.popup({ maxWidth: 260 }).setLatLng([place[4], place[3]]).setContent(chargeplan.makeCard(chargeplan.PLACE_WORDS[place[2]], names, [])).openOn(map);
};
