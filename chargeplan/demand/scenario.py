"""Scenarios: which share of sales is electric in which year, and what else changes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypeGuard

from chargeplan.demand.explain import Figure
from chargeplan.demand.national import read_histories
from chargeplan.errors import ConfigError, DataError, FaultCollector
from chargeplan.files import find_data_file, require_file

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from chargeplan.config.settings import FigureFiles

_FIGURE_KEYS = ("value", "unit", "year", "source", "confidence")
_CONFIDENCES = ("high", "med", "low", "assumption")
_SHARE, _VEHICLES = "share of sales", "vehicles"
# Further figures of a scenario: unit, value without it, smallest and largest value.
FURTHER_FIGURES = {
    "outage_hours_factor": ("factor", 1.0, 0.0, 24.0),
    "home_to_fast_share": ("share", 0.0, 0.0, 1.0),
}


@dataclass(frozen=True, slots=True)
class SalesPoint:
    """What the electric part of the sales of a class reaches in a year.

    Parameters
    ----------
    year : int
        Fiscal year, to 30 June.
    figure : Figure
        Unit "share of sales", or "vehicles" sold in that year.
    """

    year: int
    figure: Figure

    def get_share(self, sales: float) -> float:
        """Return the share of the sales of the year."""
        return self.figure.value if self.figure.unit == _SHARE else self.figure.value / sales


@dataclass(frozen=True, slots=True)
class Scenario:
    """How fast vehicles become electric.

    Parameters
    ----------
    name, title : str
    first_year, last_year : int
        Years that can be planned for.
    points : dict of str to tuple of SalesPoint
        By vehicle class, in the order of the years; the share of a class without points stays as
        it was when its electric stock was recorded.
    further : dict of str to Figure
        One for each of `FURTHER_FIGURES`.
    """

    name: str
    title: str
    first_year: int
    last_year: int
    points: dict[str, tuple[SalesPoint, ...]]
    further: dict[str, Figure]

    def require_year(self, year: int) -> None:
        """Refuse a year that the scenario does not reach.

        Raises
        ------
        ConfigError
            With the range of years.
        """
        if not self.first_year <= year <= self.last_year:
            raise ConfigError(
                f"study.year: the scenarios go from {self.first_year} to {self.last_year}; got {year}"
            )


def suggest(name: str, known: Iterable[str]) -> str:
    """Write the nearest known name as a question, or nothing when none is near."""
    near = get_close_matches(name, list(known), n=1)
    return f' (did you mean "{near[0]}"?)' if near else ""


def read_scenario(name: str, *, path: Path | None = None, own: FigureFiles | None = None) -> Scenario:
    """Read a scenario by its name.

    Parameters
    ----------
    name : str
        As `demand.scenario` names it.
    path : Path or None
        YAML of scenarios of the planner; without it that of the project.
    own : FigureFiles or None
        The planner's files of figures, which say what classes there are.

    Raises
    ------
    ConfigError
        When there is no scenario of this name; the nearest is named.
    DataError
        When the file cannot be used; every fault is named.
    """
    scenarios = read_scenarios(path, own)
    if name not in scenarios:
        raise ConfigError(
            f'demand.scenario: no scenario "{name}"{suggest(name, scenarios)}; '
            f"the scenarios are {', '.join(scenarios)}"
        )
    return scenarios[name]


def read_scenarios(path: Path | None = None, own: FigureFiles | None = None) -> dict[str, Scenario]:
    """Read every scenario of a file, in its order.

    Raises
    ------
    DataError
        When the file cannot be used; every fault is named.
    """
    path = path or find_data_file("fleet", "scenarios.yaml")
    content = _read_yaml(path)
    faults = FaultCollector(DataError)
    where = f"demand.fleet.scenarios: {path.name}"
    years = _read_years(content, where, faults)
    listed = content.get("scenarios")
    if not isinstance(listed, dict) or not listed:
        faults.add(f"{where} has no scenarios; expected a section scenarios with a section for each")
        listed = {}
    faults.raise_if_any()
    classes = [history.name for history in read_histories(own)]
    scenarios = {
        str(name): _read_one(str(name), section, years, classes, f"{where}: {name}", faults)
        for name, section in listed.items()
    }
    faults.raise_if_any()
    return scenarios


def _read_yaml(path: Path) -> dict[str, Any]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    require_file(path, "demand.fleet.scenarios")
    try:
        # Not as "safe", which forgets the lines.
        content = YAML(typ="rt", pure=True).load(path.read_text(encoding="utf-8"))
    except (YAMLError, UnicodeDecodeError) as error:
        raise DataError(f"demand.fleet.scenarios: {path} cannot be read as YAML in UTF-8: {error}") from error
    if not isinstance(content, dict):
        raise DataError(
            f"demand.fleet.scenarios: {path} is no section of keys; see data/fleet/scenarios.yaml"
        )
    return content


def _read_years(content: dict[str, Any], where: str, faults: FaultCollector) -> tuple[int, int]:
    first, last = content.get("first_year"), content.get("last_year")
    if _is_year(first) and _is_year(last) and first <= last:
        return first, last
    faults.add(f"{where}: first_year is {first} and last_year {last}; expected years, the first one first")
    return 0, 0


def _read_one(
    name: str,
    section: object,
    years: tuple[int, int],
    classes: list[str],
    where: str,
    faults: FaultCollector,
) -> Scenario:
    known = {"title", "sales_share", *FURTHER_FIGURES}
    given = section if isinstance(section, dict) else {}
    if not isinstance(section, dict) or not isinstance(given.get("title"), str):
        faults.add(f"{where} has no title; expected a section with title and sales_share")
    for key in given:
        if key not in known:
            faults.add(
                f'{where}: unknown key "{key}" in line {_find_line(given, key)}{suggest(str(key), known)}'
            )
    by_class = given.get("sales_share")
    if not isinstance(by_class, dict):
        faults.add(f"{where} has no sales_share; expected points by vehicle class, or {{}} for none")
        by_class = {}
    for vehicles in by_class:
        if vehicles not in classes:
            faults.add(
                f'{where}: sales_share: unknown class "{vehicles}" in line {_find_line(by_class, vehicles)}'
                f"{suggest(str(vehicles), classes)}; national sales are known of {', '.join(classes)}"
            )
    points = {
        str(vehicles): _read_points(listed, f"{where}: sales_share of {vehicles}", faults)
        for vehicles, listed in by_class.items()
    }
    further = {
        key: _read_figure(f"scenario {name}: {key.replace('_', ' ')}", given[key], f"{where}: {key}", faults)
        if key in given
        else Figure(
            f"scenario {name}: {key.replace('_', ' ')}", default, unit, f"scenario {name} changes nothing", ""
        )
        for key, (unit, default, _, _) in FURTHER_FIGURES.items()
    }
    for key, (unit, _, low, high) in FURTHER_FIGURES.items():
        if not low <= further[key].value <= high or further[key].unit != unit:
            faults.add(
                f"{where}: {key} is {further[key].value:g} {further[key].unit}; expected a {unit} "
                f"from {low:g} to {high:g}"
            )
    return Scenario(name, str(given.get("title", "")), *years, points, further)


def _find_line(section: Any, key: object) -> int:
    """Find the line of a key in a section as ruamel.yaml reads it."""
    return int(section.lc.key(key)[0]) + 1


def _read_points(listed: object, where: str, faults: FaultCollector) -> tuple[SalesPoint, ...]:
    if not isinstance(listed, list) or not listed:
        faults.add(f"{where}: expected a list of points")
        return ()
    points = []
    for number, item in enumerate(listed):
        at = f"{where}, point {number + 1}"
        year = item.get("for_year") if isinstance(item, dict) else None
        if not _is_year(year):
            faults.add(f"{at}: for_year is {year!r}; expected the fiscal year in which the share is reached")
            continue
        figure = _read_figure("", item, at, faults)
        if figure.unit not in (_SHARE, _VEHICLES):
            faults.add(f'{at}: the unit is "{figure.unit}"; expected {_SHARE} or {_VEHICLES}')
        if not figure.value > 0 or (figure.unit == _SHARE and figure.value >= 1):
            faults.add(f"{at}: the value is {figure.value:g}; expected a number above 0, a share below 1")
        points.append(SalesPoint(year, figure))
    years = [point.year for point in points]
    if sorted(set(years)) != years:
        faults.add(f"{where}: the years are {years}; expected them to rise without repeats")
    return tuple(points)


def _read_figure(step: str, item: object, where: str, faults: FaultCollector) -> Figure:
    given = item if isinstance(item, dict) else {}
    missing = [key for key in _FIGURE_KEYS if key not in given]
    if missing:
        faults.add(f"{where} has no {', '.join(missing)}; every figure needs {', '.join(_FIGURE_KEYS)}")
    value = given.get("value", math.nan)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        faults.add(f"{where}: value is {value!r}; expected a number")
        value = math.nan
    if given.get("confidence", "high") not in _CONFIDENCES:
        faults.add(f'{where}: confidence is "{given["confidence"]}"; expected {", ".join(_CONFIDENCES)}')
    return Figure(
        step,
        float(value),
        str(given.get("unit", "")),
        str(given.get("source", "")),
        str(given.get("confidence", "")),
    )


def _is_year(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 1900 <= value <= 2200
