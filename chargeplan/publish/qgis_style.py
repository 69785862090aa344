"""Styles of layers as QGIS keeps them: QML, and SLD for other programs."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as Xml

from chargeplan.publish.style_rules import LINE_COLOUR, SERVED_OF_DEMAND

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chargeplan.publish.style_rules import Condition, StyleRule

# Symbols and labels as QGIS 3.22 and later write and read them.
QGIS_VERSION = "3.22.16-Białowieża"
# Millimetres, by the square root of the power: the area of a symbol is its power.
SIZE_BY_POWER = 'coalesce(scale_exp("power_kw", 0, 1000, 4, 10, 0.5), 4)'
_SMALL_MM, _USUAL_MM = "1.6", "3.4"
_OPAQUE, _SHEER, _FAINT = 255, 210, 80


def write_point_qml(rules: Sequence[StyleRule], *, label: str) -> str:
    """Write the style of points: rules, growth with power, labels by an expression."""
    root = _start(has_labels=bool(label))
    _add_renderer(root, rules, "marker")
    if label:
        _add_labels(root, label, on_points=True)
    return _finish(root, "0")


def write_polygon_qml(rules: Sequence[StyleRule]) -> str:
    """Write the style of polygons with rules."""
    root = _start(has_labels=False)
    _add_renderer(root, rules, "fill")
    return _finish(root, "2")


def write_outline_qml(*, label: str) -> str:
    """Write the style of polygons that are only outlined, and named where there is a label."""
    root = _start(has_labels=bool(label))
    renderer = Xml.SubElement(root, "renderer-v2", type="singleSymbol", symbollevels="0", forceraster="0")
    symbols = Xml.SubElement(renderer, "symbols")
    options = {
        "style": "no",
        "outline_color": _rgba(LINE_COLOUR, _OPAQUE if label else _FAINT),
        "outline_style": "dash",
        "outline_width": "0.4",
        "outline_width_unit": "MM",
    }
    _add_symbol(symbols, "0", "fill", "SimpleFill", options)
    if label:
        _add_labels(root, label, on_points=False)
    return _finish(root, "2")


def write_expression(conditions: Sequence[Condition]) -> str:
    """Write conditions as a filter of QGIS.

    Examples
    --------
    >>> from chargeplan.publish.style_rules import Condition
    >>> write_expression([Condition("is_new", "=", True), Condition("people", ">=", 2.5)])
    '"is_new" = true AND "people" >= 2.5'
    """
    return " AND ".join(_write_condition(each) for each in conditions)


def _write_condition(condition: Condition) -> str:
    value = condition.value
    if isinstance(value, bool):
        written = "true" if value else "false"
    elif isinstance(value, str):
        written = "'" + value.replace("'", "''") + "'"
    else:
        written = f"{value:.10g}"
    if condition.column == SERVED_OF_DEMAND:
        return f'"served_kwh_day" + "competitor_kwh_day" {condition.sign} {written} * "demand_kwh_day"'
    return f'"{condition.column}" {condition.sign} {written}'


def _start(*, has_labels: bool) -> Xml.Element:
    return Xml.Element(
        "qgis",
        version=QGIS_VERSION,
        styleCategories="Symbology|Labeling",
        labelsEnabled="1" if has_labels else "0",
    )


def _finish(root: Xml.Element, geometry_type: str) -> str:
    Xml.SubElement(root, "blendMode").text = "0"
    Xml.SubElement(root, "layerGeometryType").text = geometry_type
    Xml.indent(root, " ")
    doctype = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
    return doctype + Xml.tostring(root, encoding="unicode") + "\n"


def _add_renderer(root: Xml.Element, rules: Sequence[StyleRule], kind: str) -> None:
    renderer = Xml.SubElement(root, "renderer-v2", type="RuleRenderer", symbollevels="1", forceraster="0")
    tree = Xml.SubElement(renderer, "rules", key="root")
    symbols = Xml.SubElement(renderer, "symbols")
    for at, rule in enumerate(rules):
        Xml.SubElement(
            tree,
            "rule",
            key=f"rule-{at}",
            symbol=str(at),
            label=rule.label,
            filter=write_expression(rule.conditions),
        )
        if kind == "marker":
            size = {"size": SIZE_BY_POWER} if rule.grows else {}
            _add_symbol(symbols, str(at), kind, "SimpleMarker", _list_marker(rule), size, rule.above)
        else:
            _add_symbol(symbols, str(at), kind, "SimpleFill", _list_fill(rule), {}, rule.above)


def _list_marker(rule: StyleRule) -> dict[str, str]:
    return {
        "name": rule.shape,
        "color": _rgba(rule.colour, 0 if rule.is_hollow else _OPAQUE),
        "outline_color": _rgba(rule.colour if rule.is_hollow else "#ffffff", _OPAQUE),
        "outline_width": "0.3",
        "outline_width_unit": "MM",
        "size": _USUAL_MM if rule.grows or not rule.is_hollow else _SMALL_MM,
        "size_unit": "MM",
    }


def _list_fill(rule: StyleRule) -> dict[str, str]:
    if rule.shape == "hatched":
        return {"color": _rgba(rule.colour, _FAINT), "style": "b_diagonal", "outline_style": "no"}
    return {
        "color": _rgba(rule.colour, _SHEER),
        "style": "solid",
        "outline_color": _rgba("#ffffff", _FAINT),
        "outline_width": "0.1",
        "outline_width_unit": "MM",
        "outline_style": "solid",
    }


def _add_symbol(
    symbols: Xml.Element,
    name: str,
    kind: str,
    layer_class: str,
    options: dict[str, str],
    expressions: dict[str, str] | None = None,
    above: int = 0,
) -> None:
    symbol = Xml.SubElement(symbols, "symbol", type=kind, name=name, alpha="1", clip_to_extent="1")
    layer = Xml.SubElement(
        symbol, "layer", {"class": layer_class, "enabled": "1", "locked": "0", "pass": str(above)}
    )
    written = Xml.SubElement(layer, "Option", type="Map")
    for key, value in sorted(options.items()):
        Xml.SubElement(written, "Option", name=key, type="QString", value=value)
    defined = Xml.SubElement(Xml.SubElement(layer, "data_defined_properties"), "Option", type="Map")
    Xml.SubElement(defined, "Option", name="name", type="QString", value="")
    properties = Xml.SubElement(defined, "Option", name="properties")
    if expressions:
        properties.set("type", "Map")
    for key, expression in (expressions or {}).items():
        each = Xml.SubElement(properties, "Option", name=key, type="Map")
        Xml.SubElement(each, "Option", name="active", type="bool", value="true")
        Xml.SubElement(each, "Option", name="expression", type="QString", value=expression)
        Xml.SubElement(each, "Option", name="type", type="int", value="3")  # an expression
    Xml.SubElement(defined, "Option", name="type", type="QString", value="collection")


def _add_labels(root: Xml.Element, expression: str, *, on_points: bool) -> None:
    """Add labels: white in the middle of points, dark inside polygons, each with an edge of the other."""
    text, edge = ("#ffffff", LINE_COLOUR) if on_points else (LINE_COLOUR, "#ffffff")
    settings = Xml.SubElement(Xml.SubElement(root, "labeling", type="simple"), "settings")
    style = Xml.SubElement(
        settings,
        "text-style",
        fieldName=expression,
        isExpression="1",
        fontSize="7.5" if on_points else "8",
        fontSizeUnit="Point",
        fontWeight="75" if on_points else "50",
        textColor=_rgba(text, _OPAQUE),
    )
    Xml.SubElement(
        style,
        "text-buffer",
        bufferDraw="1",
        bufferSize="0.3" if on_points else "0.8",
        bufferSizeUnits="MM",
        bufferColor=_rgba(edge, _OPAQUE),
    )
    # 1 is over the point, with quadrant 4 its middle; 0 is around the middle of a polygon.
    Xml.SubElement(settings, "placement", placement="1" if on_points else "0", quadOffset="4", priority="8")
    Xml.SubElement(settings, "rendering", drawLabels="1", displayAll="1" if on_points else "0")


def _rgba(colour: str, alpha: int) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"{red},{green},{blue},{alpha}"
