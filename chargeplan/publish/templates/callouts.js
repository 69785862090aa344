// Paper cannot be come nearer to: there a station without room for its number stays a dot, and its number stands on a
// plate in the nearest free place, a line between the two.
chargeplan.CALLOUT = { size_px: 8.2, high_px: 11, gap_px: 1.5, angles: 24, step_px: 4, farthest_px: 92, neighbours_px: 120 };
chargeplan.PAPER_MARK = { A4: { scale: 0.72, least_px: 7.4 }, A3: { scale: 0.85, least_px: 8.4 } };

// Gives `callout`, the box of the plate, to each mark that is a dot; `frame` is the part of the canvas that is printed.
chargeplan.placeCallouts = function (placed, frame) {
  var boxes = placed.map(function (mark) { return mark.box; }).concat(chargeplan.listControlBoxes(frame)), lines = [];
  placed.forEach(function (mark, row) {
    if (mark.isFull || !chargeplan.overlaps(mark.box, [frame])) return;
    var near = chargeplan.CALLOUT.neighbours_px;
    function isNear(box) { return box[0] < mark.x + near && box[2] > mark.x - near && box[1] < mark.y + near && box[3] > mark.y - near; }
    var others = boxes.filter(function (box, at) { return at !== row && isNear(box); }), nearLines = lines.filter(isNear);
    // Better a line across another, or across a dot, than no number.
    mark.callout = chargeplan.findCallout(mark, frame, others, nearLines, true) || chargeplan.findCallout(mark, frame, others, [], false);
    if (!mark.callout) return;
    boxes.push(mark.callout);
    lines.push(chargeplan.traceLeader(mark, mark.callout));
  });
};

// The place that costs least: near its dot and not close to other marks.
chargeplan.findCallout = function (mark, frame, others, lines, isClear) {
  var look = chargeplan.CALLOUT, wide = 5 + 5.2 * String(mark.site.rank).length, high = look.high_px, best = null, least = Infinity;
  for (var away = mark.radius + 7; away <= look.farthest_px && away < least; away += look.step_px) {
    for (var turn = 0; turn < look.angles; turn += 1) {
      var angle = 2 * Math.PI * turn / look.angles;
      var x = mark.x + Math.cos(angle) * (away + wide / 2), y = mark.y + Math.sin(angle) * (away + high / 2);
      var box = [x - wide / 2, y - high / 2, x + wide / 2, y + high / 2];
      if (box[0] < frame[0] + 2 || box[1] < frame[1] + 2 || box[2] > frame[2] - 2 || box[3] > frame[3] - 2) continue;
      if (chargeplan.overlaps(chargeplan.growBox(box, look.gap_px), others)) continue;
      var leader = chargeplan.traceLeader(mark, box), crossed = others.filter(function (other) { return chargeplan.crossesBox(leader, other); }).length;
      if (isClear && (crossed || lines.some(function (line) { return chargeplan.crosses(line, leader); }))) continue;
      var cost = away + 8 * crossed + 3 * others.filter(function (other) { return chargeplan.overlaps(chargeplan.growBox(box, 7), [other]); }).length;
      if (cost < least) { least = cost; best = box; }
    }
  }
  return best;
};

chargeplan.growBox = function (box, by) { return [box[0] - by, box[1] - by, box[2] + by, box[3] + by]; };

// From the dot to the nearest point of its plate.
chargeplan.traceLeader = function (mark, box) {
  return [mark.x, mark.y, Math.min(Math.max(mark.x, box[0]), box[2]), Math.min(Math.max(mark.y, box[1]), box[3])];
};

chargeplan.crosses = function (a, b) {
  function side(line, x, y) { return Math.sign((line[2] - line[0]) * (y - line[1]) - (line[3] - line[1]) * (x - line[0])); }
  return side(a, b[0], b[1]) !== side(a, b[2], b[3]) && side(b, a[0], a[1]) !== side(b, a[2], a[3]);
};
chargeplan.crossesBox = function (line, box) {
  var isInside = line[2] > box[0] && line[2] < box[2] && line[3] > box[1] && line[3] < box[3];
  return isInside || chargeplan.crosses(line, [box[0], box[1], box[2], box[3]]) || chargeplan.crosses(line, [box[0], box[3], box[2], box[1]]);
};

// What of the map's own signs lies on the canvas, in its pixels.
chargeplan.listControlBoxes = function (frame) {
  var container = chargeplan.state.map.getContainer(), edge = container.getBoundingClientRect();
  return Array.from(container.querySelectorAll(".leaflet-control-scale, .leaflet-control-attribution")).map(function (node) {
    var box = node.getBoundingClientRect();
    return [box.left - edge.left + frame[0], box.top - edge.top + frame[1], box.right - edge.left + frame[0], box.bottom - edge.top + frame[1]];
  });
};

chargeplan.drawLeaders = function (pen, placed, colours) {
  placed.forEach(function (mark) {
    if (!mark.callout) return;
    var line = chargeplan.traceLeader(mark, mark.callout);
    [[colours.halo, 2.6], [colours.ink, 0.9]].forEach(function (pass) {
      pen.strokeStyle = pass[0];
      pen.lineWidth = pass[1];
      pen.beginPath();
      pen.moveTo(line[0], line[1]);
      pen.lineTo(line[2], line[3]);
      pen.stroke();
    });
  });
};

chargeplan.drawCallout = function (pen, mark, colours) {
  var box = mark.callout;
  pen.fillStyle = colours.halo;
  pen.strokeStyle = colours.status[mark.site.status];
  pen.lineWidth = 1;
  pen.beginPath();
  pen.roundRect(box[0] + 0.5, box[1] + 0.5, box[2] - box[0] - 1, box[3] - box[1] - 1, 2.5);
  pen.fill();
  pen.stroke();
  chargeplan.drawText(pen, String(mark.site.rank), (box[0] + box[2]) / 2, (box[1] + box[3]) / 2, chargeplan.CALLOUT.size_px, box[2] - box[0] - 2, colours.ink);
};
