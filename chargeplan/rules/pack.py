"""A rule pack: the rules of one policy, each with its figures and where they come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from chargeplan.units import METRES_PER_KM, SQUARE_METRES_PER_KM2


class RuleKind(StrEnum):
    """What a rule asks for."""

    CELL_COVER = "cell_cover"  # stations in every occupied square of a grid
    DISTANCE_COVER = "distance_cover"  # stations within a distance of every occupied square
    SHARE_OF_SITES = "share_of_sites"  # stations at a share of the sites of some kinds
    POINTS_PER_VEHICLE = "points_per_vehicle"  # charging points for so many electric vehicles
    POWER_PER_VEHICLE = "power_per_vehicle"  # charging power for each electric vehicle
    BAYS = "bays"  # charging points by the parking bays of a site
    MIN_POOL_POWER = "min_pool_power"  # power of a station and of its chargers


# By kind: figures that a rule needs, and those that it may have. A unit that is listed is read in
# the first of its group: metres, people per square metre and so on.
NEEDED_FIGURES: Mapping[RuleKind, tuple[str, ...]] = {
    RuleKind.CELL_COVER: ("side", "occupied_from"),
    RuleKind.DISTANCE_COVER: ("distance", "side", "occupied_from"),
    RuleKind.SHARE_OF_SITES: ("share",),
    RuleKind.POINTS_PER_VEHICLE: ("vehicles_per_point",),
    RuleKind.POWER_PER_VEHICLE: ("kw_per_vehicle",),
    RuleKind.BAYS: (),
    RuleKind.MIN_POOL_POWER: ("pool_kw",),
}
OPTIONAL_FIGURES: Mapping[RuleKind, tuple[str, ...]] = {
    RuleKind.CELL_COVER: ("stations",),
    RuleKind.DISTANCE_COVER: ("stations",),
    RuleKind.BAYS: ("bays_per_charger",),
    RuleKind.MIN_POOL_POWER: ("charger_kw", "chargers"),
}
EVERY_KIND = ("due_year",)
# By figure: accepted units with their factor to the unit that is computed with, and the range there.
_LENGTHS_M = {"m": 1.0, "km": METRES_PER_KM}
UNITS: Mapping[str, Mapping[str, float]] = {
    "side": _LENGTHS_M,
    "distance": _LENGTHS_M,
    "occupied_from": {"people": 1.0, "people/km2": 1.0, "kWh/day": 1.0},
    "stations": {"stations": 1.0},
    "share": {"share": 1.0},
    "vehicles_per_point": {"vehicles per charging point": 1.0},
    "kw_per_vehicle": {"kW per vehicle": 1.0},
    "bays_per_charger": {"bays per charger": 1.0},
    "pool_kw": {"kW": 1.0},
    "charger_kw": {"kW": 1.0},
    "chargers": {"chargers": 1.0},
    "due_year": {"year": 1.0},
    "step": {"charging points": 1.0},
}
RANGES: Mapping[str, tuple[float, float]] = {
    "side": (100.0, 100_000.0),
    "distance": (100.0, 100_000.0),
    "occupied_from": (0.0, 1e9),
    "stations": (1.0, 1000.0),
    "share": (0.0, 1.0),
    "vehicles_per_point": (0.01, 1e6),
    "kw_per_vehicle": (0.0, 1000.0),
    "bays_per_charger": (0.01, 1000.0),
    "pool_kw": (0.0, 1e6),
    "charger_kw": (0.0, 1e5),
    "chargers": (1.0, 1000.0),
    "due_year": (2000.0, 2100.0),
    "step": (0.0, 1000.0),
}
WHOLE_FIGURES = ("stations", "chargers", "due_year", "step")
PEOPLE_PER_KM2 = "people/km2"
KWH_PER_DAY = "kWh/day"


@dataclass(frozen=True, slots=True)
class RuleFigure:
    """A figure of a rule and where it comes from.

    Parameters
    ----------
    value : float
        As the pack gives it, in `unit`.
    unit : str
    year : int
        Of the source.
    source : str
    confidence : str
        high, med, low, assumption, or planner.
    address : str
        Of the source, empty when none.
    """

    value: float
    unit: str
    year: int
    source: str
    confidence: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class BayStep:
    """Charging points that a site needs from a number of parking bays on.

    Parameters
    ----------
    from_bays : int
    figure : RuleFigure
    """

    from_bays: int
    figure: RuleFigure


@dataclass(frozen=True, slots=True)
class PolicyRule:
    """One rule.

    Parameters
    ----------
    pack, name : str
    kind : RuleKind
    must : bool
        True for a rule that every plan has to keep, False for one that is only reported.
    says : str
        The rule in one plain sentence.
    figures : mapping of str to RuleFigure
    steps : tuple of BayStep
        Of the bays rule, with rising bays.
    site_kinds : tuple of str
        Words of `PlaceKind` whose sites the rule is about; empty for all.
    classes : tuple of str
        Vehicle classes that are counted; empty for all.
    """

    pack: str
    name: str
    kind: RuleKind
    must: bool
    says: str
    figures: Mapping[str, RuleFigure]
    steps: tuple[BayStep, ...] = ()
    site_kinds: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()

    @property
    def rule_id(self) -> str:
        """Pack and name, such as ``in-mop-2022/cells``."""
        return f"{self.pack}/{self.name}"

    @property
    def all_figures(self) -> tuple[RuleFigure, ...]:
        """Figures and steps."""
        return (*self.figures.values(), *(step.figure for step in self.steps))

    def get(self, name: str, default: float | None = None) -> float:
        """Return a figure in the unit that is computed with: metres, kW, years.

        Raises
        ------
        KeyError
            When the rule has no such figure and there is no default.
        """
        if name not in self.figures:
            if default is None:
                raise KeyError(f"{self.rule_id} has no {name}")
            return default
        figure = self.figures[name]
        return figure.value * UNITS[name][figure.unit]

    def compute_occupied_from(self, square_km2: float) -> tuple[float, bool]:
        """Compute from how many people, or kWh per day (True), a square counts as occupied."""
        figure = self.figures["occupied_from"]
        per_square = square_km2 if figure.unit == PEOPLE_PER_KM2 else 1.0
        return figure.value * per_square, figure.unit == KWH_PER_DAY

    @property
    def square_km2(self) -> float:
        """Area of a square of the rule's grid."""
        return self.get("side") ** 2 / SQUARE_METRES_PER_KM2


@dataclass(frozen=True, slots=True)
class RulePack:
    """The rules of one policy.

    Parameters
    ----------
    name : str
        Name of its file without ``.yaml``.
    title, country : str
    about : str
        What it is and how firmly it is known, in plain words.
    left_out : tuple of str
        What the policy also asks for and no rule here says.
    rules : tuple of PolicyRule
    """

    name: str
    title: str
    country: str
    about: str
    left_out: tuple[str, ...]
    rules: tuple[PolicyRule, ...]

    def report_only(self) -> RulePack:
        """Make the same pack with rules that are only reported."""
        return replace(self, rules=tuple(replace(rule, must=False) for rule in self.rules))
