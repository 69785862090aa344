"""How a GIS draws the layers of the plan: colours, shapes and classes, apart from any file format.

Cells go from light to dark, which every colour vision reads in the same order: blue where the plan
serves them, orange where it does not, hatched too for prints in grey. Kinds have colours of the
Okabe-Ito set.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.publish.geojson import MARKER_COLOURS
from chargeplan.words import SiteStatus

if TYPE_CHECKING:
    from chargeplan.records import Floats

# From little demand to much.
SERVED_COLOURS = ("#e4eef5", "#bfd6e6", "#86b3d1", "#4b88b5", "#1d5588")
UNSERVED_COLOURS = ("#fcead8", "#fbcb9c", "#f39c54", "#d76a1c", "#963f00")
LINE_COLOUR = "#26323b"
_COMPETITOR_COLOUR = "#0072b2"
_KIND_COLOURS = ("#e69f00", "#56b4e9", "#009e73", "#cc79a7", "#0072b2", "#d55e00", "#f0e442", "#7d2a6b")
_NOT_CHOSEN_COLOUR = "#8a8f94"


@dataclass(frozen=True, slots=True)
class Condition:
    """A comparison of a column with a value; what both ends of a rule are made of.

    Parameters
    ----------
    column : str
    sign : str
        One of =, >=, <, >.
    value : str, float or bool
    """

    column: str
    sign: str
    value: str | float | bool


# No column of its own: what the plan and competitors serve, over the demand.
SERVED_OF_DEMAND = "served_of_demand_share"
_IS_WANTED = Condition("demand_kwh_day", ">", 0.0)


@dataclass(frozen=True, slots=True)
class StyleRule:
    """One line of a legend.

    Parameters
    ----------
    label : str
    conditions : tuple of Condition
        All must hold.
    colour : str
        ``#rrggbb``.
    shape : str
        Of points: circle, diamond, square, triangle or cross; of polygons: solid or hatched.
    is_hollow : bool
    grows : bool
        The point grows with its power.
    above : int
        Points of a larger number are drawn over others.
    """

    label: str
    conditions: tuple[Condition, ...]
    colour: str
    shape: str
    is_hollow: bool = False
    grows: bool = True
    above: int = 0


def list_site_rules() -> list[StyleRule]:
    """List how sites are drawn, by status."""
    new = Condition("is_new", "=", True)
    return [
        StyleRule(
            "New station",
            (new, Condition("status", "=", SiteStatus.CANDIDATE.value)),
            MARKER_COLOURS[SiteStatus.CANDIDATE],
            "circle",
            above=3,
        ),
        StyleRule(
            "New station, required",
            (new, Condition("status", "=", SiteStatus.REQUIRED.value)),
            MARKER_COLOURS[SiteStatus.REQUIRED],
            "diamond",
            above=3,
        ),
        StyleRule(
            "Existing station",
            (Condition("status", "=", SiteStatus.EXISTING.value),),
            MARKER_COLOURS[SiteStatus.EXISTING],
            "square",
            above=2,
        ),
        StyleRule(
            "Competitor",
            (Condition("status", "=", SiteStatus.COMPETITOR.value),),
            _COMPETITOR_COLOUR,
            "triangle",
            grows=False,
            above=1,
        ),
        StyleRule(
            "Not chosen",
            (Condition("is_open", "=", False), Condition("status", "=", SiteStatus.CANDIDATE.value)),
            _NOT_CHOSEN_COLOUR,
            "circle",
            is_hollow=True,
            grows=False,
        ),
    ]


def list_kind_rules(kinds: list[str]) -> list[StyleRule]:
    """List how stations are drawn by what stands there; kinds beyond eight share colours but not shapes."""
    shapes = ("circle", "square", "diamond", "triangle")
    return [
        StyleRule(
            kind.replace("_", " ").capitalize(),
            (Condition("is_open", "=", True), Condition("kind", "=", kind)),
            _KIND_COLOURS[at % len(_KIND_COLOURS)],
            shapes[at // len(_KIND_COLOURS) % len(shapes)],
            above=1,
        )
        for at, kind in enumerate(kinds)
    ]


def list_cell_rules(demand_kwh_day: Floats) -> list[StyleRule]:
    """List how cells are drawn: by demand, apart where the plan serves less than half of it."""
    inner = find_class_bounds(demand_kwh_day, len(SERVED_COLOURS))[1:]
    half = {
        "at least half served": (Condition(SERVED_OF_DEMAND, ">=", 0.5), SERVED_COLOURS),
        "less than half served": (Condition(SERVED_OF_DEMAND, "<", 0.5), UNSERVED_COLOURS),
    }
    rules = []
    for words, (share, colours) in half.items():
        for at in range(len(inner) + 1):
            low = Condition("demand_kwh_day", ">=", inner[at - 1]) if at else _IS_WANTED
            high = (Condition("demand_kwh_day", "<", inner[at]),) if at < len(inner) else ()
            label = f"{_name_class(inner, at)} kWh/day, {words}"
            rules.append(StyleRule(label, (low, *high, share), colours[at], "solid"))
    unserved = (_IS_WANTED, Condition(SERVED_OF_DEMAND, "<", 0.5))
    return [*rules, StyleRule("Less than half served", unserved, LINE_COLOUR, "hatched", above=1)]


def _name_class(inner: list[float], at: int) -> str:
    """Name a class by its ends.

    Examples
    --------
    >>> [_name_class([3.0, 14.0], at) for at in range(3)], _name_class([], 0)
    (['Below 3', '3 to 14', '14 or more'], 'Above 0')
    """
    if not inner:
        return "Above 0"
    if at == 0:
        return f"Below {inner[0]:g}"
    return f"{inner[at - 1]:g} to {inner[at]:g}" if at < len(inner) else f"{inner[-1]:g} or more"


def find_class_bounds(demand_kwh_day: Floats, n_classes: int) -> list[float]:
    """Find the lower ends of classes with equally many cells, rounded to two digits.

    The first is the least demand that is not nothing, rounded down; fewer classes come where
    rounded ends are equal.

    Examples
    --------
    >>> find_class_bounds(np.array([0.0, 12.0, 34.0, 56.0, 1234.0]), 2)
    [12.0, 45.0]
    """
    wanted = np.asarray(demand_kwh_day)[np.asarray(demand_kwh_day) > 0]
    if not len(wanted):
        return [0.0]
    ends = np.quantile(wanted, np.arange(n_classes) / n_classes)
    scale = 10.0 ** (np.floor(np.log10(ends)) - 1)
    rounded = np.floor(ends / scale) * scale
    return sorted({float(f"{value:.10g}") for value in rounded})
