"""How a GIS draws the layers of the plan: colours, shapes and classes, apart from any file format.

Cells go from light to dark blue, which every colour vision reads in the same order, and what is not
served is orange; kinds have colours of the Okabe-Ito set. Shape and hatching say the same again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.publish.geojson import MARKER_COLOURS
from chargeplan.words import SiteStatus

if TYPE_CHECKING:
    from chargeplan.records import Floats

DEMAND_COLOURS = ("#e8f0f5", "#bfd6e6", "#86b3d1", "#4b88b5", "#1d5588")  # from little to much
UNSERVED_COLOUR = "#d55e00"
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
        One of =, >=, <.
    value : str, float or bool
    """

    column: str
    sign: str
    value: str | float | bool


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
    """List how cells are drawn: by demand, and hatched where the plan serves less than half of it."""
    bounds = find_class_bounds(demand_kwh_day, len(DEMAND_COLOURS))
    ends = [*bounds[1:], None]
    rules = []
    for low, high, colour in zip(bounds, ends, DEMAND_COLOURS, strict=False):
        conditions = [Condition("demand_kwh_day", ">=", low)]
        label = f"Demand {low:g} kWh/day or more"
        if high is not None:
            conditions.append(Condition("demand_kwh_day", "<", high))
            label = f"Demand {low:g} to {high:g} kWh/day"
        rules.append(StyleRule(label, tuple(conditions), colour, "solid"))
    unserved = (Condition("served_of_demand_share", "<", 0.5), Condition("demand_kwh_day", ">=", bounds[0]))
    return [*rules, StyleRule("Less than half of it served", unserved, UNSERVED_COLOUR, "hatched", above=1)]


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
