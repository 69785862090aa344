"""Styles of layers as SLD 1.0, which GeoServer and other programs read where they do not know QML."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as Xml

from chargeplan.publish.style_rules import LINE_COLOUR, SERVED_OF_DEMAND

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chargeplan.publish.style_rules import Condition, StyleRule

_SLD = "http://www.opengis.net/sld"
_OGC = "http://www.opengis.net/ogc"
_COMPARISONS = {
    "=": "PropertyIsEqualTo",
    ">=": "PropertyIsGreaterThanOrEqualTo",
    "<": "PropertyIsLessThan",
    ">": "PropertyIsGreaterThan",
}
_SMALL_PX, _USUAL_PX = "6", "12"


def write_sld(layer: str, rules: Sequence[StyleRule], *, is_point: bool) -> str:
    """Write the rules of a layer; without rules, an outline."""
    root = Xml.Element("StyledLayerDescriptor", {"version": "1.0.0", "xmlns": _SLD, "xmlns:ogc": _OGC})
    named = Xml.SubElement(root, "NamedLayer")
    Xml.SubElement(named, "Name").text = layer
    style = Xml.SubElement(Xml.SubElement(named, "UserStyle"), "FeatureTypeStyle")
    for rule in sorted(rules, key=lambda each: each.above):
        written = Xml.SubElement(style, "Rule")
        Xml.SubElement(written, "Name").text = rule.label
        _add_filter(written, rule.conditions)
        if is_point:
            _add_point(written, rule)
        else:
            _add_polygon(written, rule)
    if not rules:
        written = Xml.SubElement(style, "Rule")
        stroke = Xml.SubElement(Xml.SubElement(written, "PolygonSymbolizer"), "Stroke")
        _add_parameters(stroke, {"stroke": LINE_COLOUR, "stroke-width": "1.5", "stroke-dasharray": "6 3"})
    Xml.indent(root, " ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(root, encoding="unicode") + "\n"


def _add_filter(rule: Xml.Element, conditions: Sequence[Condition]) -> None:
    parent = Xml.SubElement(rule, "ogc:Filter")
    if len(conditions) > 1:
        parent = Xml.SubElement(parent, "ogc:And")
    for condition in conditions:
        compared = Xml.SubElement(parent, f"ogc:{_COMPARISONS[condition.sign]}")
        if condition.column == SERVED_OF_DEMAND:
            total = Xml.SubElement(compared, "ogc:Add")
            for name in ("served_kwh_day", "competitor_kwh_day"):
                Xml.SubElement(total, "ogc:PropertyName").text = name
            part = Xml.SubElement(compared, "ogc:Mul")
            Xml.SubElement(part, "ogc:Literal").text = f"{condition.value:g}"
            Xml.SubElement(part, "ogc:PropertyName").text = "demand_kwh_day"
            continue
        Xml.SubElement(compared, "ogc:PropertyName").text = condition.column
        value = condition.value
        text = str(value).lower() if isinstance(value, bool) else value
        Xml.SubElement(compared, "ogc:Literal").text = text if isinstance(text, str) else f"{text:.10g}"


def _add_point(rule: Xml.Element, drawn: StyleRule) -> None:
    graphic = Xml.SubElement(Xml.SubElement(rule, "PointSymbolizer"), "Graphic")
    mark = Xml.SubElement(graphic, "Mark")
    # SLD has no diamond: a square on its corner.
    Xml.SubElement(mark, "WellKnownName").text = "square" if drawn.shape == "diamond" else drawn.shape
    if not drawn.is_hollow:
        _add_parameters(Xml.SubElement(mark, "Fill"), {"fill": drawn.colour})
    edge = drawn.colour if drawn.is_hollow else "#ffffff"
    _add_parameters(Xml.SubElement(mark, "Stroke"), {"stroke": edge, "stroke-width": "1"})
    Xml.SubElement(graphic, "Size").text = _SMALL_PX if drawn.is_hollow else _USUAL_PX
    if drawn.shape == "diamond":
        Xml.SubElement(graphic, "Rotation").text = "45"


def _add_polygon(rule: Xml.Element, drawn: StyleRule) -> None:
    symbolizer = Xml.SubElement(rule, "PolygonSymbolizer")
    if drawn.shape == "hatched":
        graphic = Xml.SubElement(Xml.SubElement(Xml.SubElement(symbolizer, "Fill"), "GraphicFill"), "Graphic")
        mark = Xml.SubElement(graphic, "Mark")
        Xml.SubElement(mark, "WellKnownName").text = "x"
        stroke = {"stroke": drawn.colour, "stroke-opacity": "0.3"}
        _add_parameters(Xml.SubElement(mark, "Stroke"), stroke)
        Xml.SubElement(graphic, "Size").text = _SMALL_PX
        return
    _add_parameters(Xml.SubElement(symbolizer, "Fill"), {"fill": drawn.colour, "fill-opacity": "0.8"})
    _add_parameters(Xml.SubElement(symbolizer, "Stroke"), {"stroke": "#ffffff", "stroke-width": "0.3"})


def _add_parameters(parent: Xml.Element, values: dict[str, str]) -> None:
    for name, value in values.items():
        Xml.SubElement(parent, "CssParameter", name=name).text = value
