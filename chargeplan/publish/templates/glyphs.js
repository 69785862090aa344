// Signs for the kinds of sites, drawn for this map in a box of 24 by 24; holes by the even-odd rule.
chargeplan.GLYPHS = {
  fuel: "M4.5 3.5h9v17h1.2v1.5H3.3v-1.5h1.2zM6.5 5.8v5h5v-5zM15.6 7l1.2-1.1 3.6 3.4v8a2 2 0 0 1-4 0v-3.1h-1.5v-1.7h3.2v4.8a.3.3 0 0 0 .6 0v-7z",
  parking: "M7 3.5h6.5a5.2 5.2 0 0 1 0 10.4h-3v6.6H7zM10.5 6.7v4h2.8a2 2 0 0 0 0-4z",
  mall: "M5 8h14l1 13H4zM8.2 8V7a3.8 3.8 0 0 1 7.6 0v1h-2V7a1.8 1.8 0 0 0-3.6 0v1z",
  supermarket: "M2.5 4.2H6l.7 2.6h14.8l-2.2 8.7H8.1L5 6H2.5zM9.2 17a2 2 0 1 1 0 4a2 2 0 1 1 0-4zM17.2 17a2 2 0 1 1 0 4a2 2 0 1 1 0-4z",
  hospital: "M9 3.5h6V9h5.5v6H15v5.5H9V15H3.5V9H9z",
  university: "M12 3.5L23.2 9.3 12 15 .8 9.3zM5.5 13.3v4c2 1.7 4.3 2.4 6.5 2.4s4.5-.7 6.5-2.4v-4L12 16.7z",
  bus_station: "M5 3.5h14a1.6 1.6 0 0 1 1.6 1.6v13h-2v2.4h-3v-2.4H8.4v2.4h-3v-2.4h-2v-13A1.6 1.6 0 0 1 5 3.5zM5.6 6v6h12.8V6zM7.2 13.8a1.3 1.3 0 1 0 0 2.6a1.3 1.3 0 1 0 0-2.6zM16.8 13.8a1.3 1.3 0 1 0 0 2.6a1.3 1.3 0 1 0 0-2.6z",
  hotel: "M2 5.5h2.4V13H11V8.6h7a4 4 0 0 1 4 4v6.9h-2.4v-3H4.4v3H2zM7.7 7.6a2.3 2.3 0 1 1 0 4.6a2.3 2.3 0 1 1 0-4.6z",
  charging_station: "M13.6 2L5 13.6h5.4L9 22l9.2-12.2h-6.1z",
  market: "M4 3.5h16l1.6 5.6a2.7 2.7 0 0 1-2.1 2.6v8.8h-15v-8.8a2.7 2.7 0 0 1-2.1-2.6zM9.6 13v7.5h4.8V13z",
  school: "M2.5 5.2c3-1.6 6.2-1.6 8.6 0v15.3c-2.4-1.4-5.6-1.4-8.6 0zM12.9 5.2c2.4-1.6 5.6-1.6 8.6 0v15.3c-3-1.4-6.2-1.4-8.6 0z",
  office: "M5 2.8h14v18.7h-5.4v-4.6h-3.2v4.6H5zM8 5.8v2.5h2.6V5.8zM13.4 5.8v2.5H16V5.8zM8 10.8v2.5h2.6v-2.5zM13.4 10.8v2.5H16v-2.5z",
  bank: "M12 2.8l9.2 5v2.4H2.8V7.8zM4.4 11.4h3v6.4h-3zM10.5 11.4h3v6.4h-3zM16.6 11.4h3v6.4h-3zM2.8 19.2h18.4v2.3H2.8z",
  restaurant: "M6.6 2.8h1.6v6h1.2v-6H11v7.6a2.7 2.7 0 0 1-1.9 2.6v8.5H6.9V13A2.7 2.7 0 0 1 5 10.4V2.8zM14.6 2.8c2.6.6 4.2 3.4 4.2 7v4h-1.9v7.7h-2.3z",
  cinema: "M3 4.8h18v14.4H3zM5 7v2h2V7zM5 11v2h2v-2zM5 15v2h2v-2zM17 7v2h2V7zM17 11v2h2v-2zM17 15v2h2v-2zM9 7.5v9h6v-9z",
  worship: "M12 2l1.1 2.3c3.6 1.5 6 4.4 6 8.2v9h-4.6V17a2.5 2.5 0 0 0-5 0v4.5H4.9v-9c0-3.8 2.4-6.7 6-8.2z",
  park: "M12 2.2l6.2 8.2h-3l4.6 6.4h-6.5v4.8h-2.6v-4.8H4.2l4.6-6.4h-3z",
  taxi_stand: "M10 3h4v2.6h3.6l2.4 6v8h-3v-2H7v2H4v-8l2.4-6H10zM8 8l-1.4 3.6h10.8L16 8zM7.3 13.3a1.3 1.3 0 1 0 0 2.6a1.3 1.3 0 1 0 0-2.6zM16.7 13.3a1.3 1.3 0 1 0 0 2.6a1.3 1.3 0 1 0 0-2.6z",
  truck_terminal: "M1.2 6h12.6v10.2h-1.2a2.9 2.9 0 0 0-4.4 0h-7zM15 9h4.2l3.6 4.2v3h-2.3a2.9 2.9 0 0 0-4.4 0H15zM10.4 16a2.1 2.1 0 1 1 0 4.2a2.1 2.1 0 1 1 0-4.2zM18.3 16a2.1 2.1 0 1 1 0 4.2a2.1 2.1 0 1 1 0-4.2z",
  industrial_estate: "M2.8 21V10.2l5.6 3.6v-3.6L14 13.8v-3.6h2l.7-7.4h2.7l.7 7.4h1.1V21z",
  other: "M12 6.5a5.5 5.5 0 1 1 0 11a5.5 5.5 0 1 1 0-11z",
};
chargeplan.GLYPHS.fleet_yard = chargeplan.GLYPHS.truck_terminal;

chargeplan.glyphPaths = {};
chargeplan.getGlyph = function (kind) {
  var name = Object.prototype.hasOwnProperty.call(chargeplan.GLYPHS, kind) ? kind : "other";
  return chargeplan.glyphPaths[name] = chargeplan.glyphPaths[name] || new Path2D(chargeplan.GLYPHS[name]);
};

// Outlines by status, so that no reader needs the colours: round is new, square is required, six-sided exists.
chargeplan.describeMark = function (status, x, y, r) {
  function join(corners) { return "M" + corners.map(function (c) { return (x + r * c[0]).toFixed(2) + " " + (y + r * c[1]).toFixed(2); }).join("L") + "Z"; }
  if (status === "existing") return join([[1.1, 0], [0.55, 0.95], [-0.55, 0.95], [-1.1, 0], [-0.55, -0.95], [0.55, -0.95]]);
  if (status === "competitor") return join([[0, -1.15], [1.15, 0], [0, 1.15], [-1.15, 0]]);
  if (status === "required") return join([[-0.6, -0.93], [0.6, -0.93], [0.93, -0.6], [0.93, 0.6], [0.6, 0.93], [-0.6, 0.93], [-0.93, 0.6], [-0.93, -0.6]]);
  return "M" + (x + r) + " " + y + "A" + r + " " + r + " 0 1 1 " + (x - r) + " " + y + "A" + r + " " + r + " 0 1 1 " + (x + r) + " " + y + "Z";
};
chargeplan.traceMark = function (status, x, y, r) { return new Path2D(chargeplan.describeMark(status, x, y, r)); };

chargeplan.drawGlyph = function (pen, kind, x, y, size, colour) {
  pen.save();
  pen.translate(x - size / 2, y - size / 2);
  pen.scale(size / 24, size / 24);
  pen.fillStyle = colour;
  pen.fill(chargeplan.getGlyph(kind), "evenodd");
  pen.restore();
};

// A small drawing for the key: shapes are path texts with their SVG attributes, or a text with a place.
chargeplan.makeDrawing = function (width, height, shapes) {
  var space = "http://www.w3.org/2000/svg", node = document.createElementNS(space, "svg");
  function set(one, attributes) { Object.keys(attributes).forEach(function (name) { one.setAttribute(name, attributes[name]); }); }
  set(node, { viewBox: "0 0 " + width + " " + height, width: width, height: height, "aria-hidden": "true", focusable: "false" });
  shapes.forEach(function (shape) {
    var one = document.createElementNS(space, shape[0] === "text" ? "text" : "path");
    if (shape[0] === "text") one.textContent = shape[1]; else one.setAttribute("d", shape[1]);
    set(one, shape[2]);
    node.appendChild(one);
  });
  return node;
};
